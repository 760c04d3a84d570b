# ruff: noqa: E501 - tables: one rule, one line
"""Money: ￥13.5, US$5, HKD13.5, 12.99€, ¥10万元, £12.99-£19.99."""

from __future__ import annotations

from decimal import Decimal
from re import Match

from .numbers import NUMBER, count, number
from .rule import Rule, rule

SYMBOLS = {
    "US$": "美元", "A$": "澳元", "AU$": "澳元", "C$": "加元", "CA$": "加元", "HK$": "港元", "NT$": "新台币", "S$": "新加坡元",
    "NZ$": "新西兰元", "R$": "雷亚尔", "MOP$": "澳门元", "RMB¥": "元", "CN¥": "元", "JP¥": "日元",
    "$": "美元", "¥": "元", "€": "欧元", "£": "英镑", "₩": "韩元", "₹": "卢比", "₽": "卢布", "฿": "泰铢", "₫": "越南盾",
    "₱": "比索", "₺": "里拉", "₿": "比特币", "₴": "格里夫纳", "₪": "谢克尔", "¢": "美分",
}  # fmt: skip
CODES = {
    "CNY": "人民币", "RMB": "元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元", "HKD": "港元", "AUD": "澳元",
    "CAD": "加元", "SGD": "新加坡元", "NZD": "新西兰元", "CHF": "瑞士法郎", "KRW": "韩元", "TWD": "新台币", "THB": "泰铢",
    "RUB": "卢布", "MYR": "林吉特", "VND": "越南盾", "MOP": "澳门元", "SEK": "瑞典克朗", "BTC": "比特币",
}  # fmt: skip

_SYMBOL = "|".join(sorted((symbol.replace("$", r"\$") for symbol in SYMBOLS), key=len, reverse=True))
_CODE = "|".join(CODES)
_SCALE = r"\s?(?:万亿|百亿|千亿|十亿|亿|千万|百万|十万|万|千(?!克|米|瓦)|百)"
_ENGLISH = {
    "million": (100, "万"), "mn": (100, "万"), "M": (100, "万"), "billion": (10, "亿"), "bn": (10, "亿"), "B": (10, "亿"),
    "trillion": (1, "万亿"), "k": (1000, ""), "K": (1000, ""),
}  # fmt: skip
_TO = r"\s?(?:-|—{1,2}|~|到|至)\s?"
# The unit that the writer may have added himself: ¥10万元.
_OWN = r"(?P<own>\s?(?:元|块钱|块|美元|美金|欧元|英镑|日元|港元|港币|人民币))?"


def _unit(mark: str) -> str:
    return SYMBOLS.get(mark) or CODES[mark]


def _amount(text: str, scale: str | None, unit: str) -> str:
    scale = (scale or "").strip()
    text = text.removesuffix(".00")  # ¥3,999.00 => 三千九百九十九元
    if scale in _ENGLISH:
        factor, word = _ENGLISH[scale]
        return number(f"{(Decimal(text.replace(',', '')) * factor).normalize():f}") + word + unit
    return count(text) + scale + unit


def _before(match: Match[str]) -> str:
    unit = _unit(match["mark"])
    own = (match["own"] or "").strip()
    if own and unit in ("元", "人民币"):
        unit = own
    return ("负" if match["sign"] else "") + _amount(match["n"], match["scale"], unit)


def _range(match: Match[str]) -> str:
    first, last = _unit(match["mark"]), _unit(match["mark2"] or match["mark"])
    scale = (match["scale"] or "").strip()
    if match["mark2"]:
        return f"{_amount(match['a'], None, first)}至{_amount(match['b'], scale, last)}"
    return f"{number(match['a'])}到{_amount(match['b'], scale, last)}"


_N = NUMBER.replace(r"(?!\.?\d)", r"(?!\d)")

RULES: tuple[Rule, ...] = (
    # 99.00元 => 九十九元
    rule(
        "money.round",
        "d",
        rf"({_N}?)\.00(?=\s?(?:元|美元|欧元|英镑|日元|港元|块))",
        lambda m: count(m[1]) if "." not in m[1] else None,
    ),
    # £12.99-£19.99 => 十二点九九英镑至十九点九九英镑, ￥10-20 => 十到二十元
    rule(
        "money.range",
        "sa",
        rf"(?P<mark>{_SYMBOL})\s?(?P<a>{_N}){_TO}(?P<mark2>{_SYMBOL})?\s?(?P<b>{NUMBER})(?P<scale>{_SCALE})?(?!\s?元)",
        _range,
    ),
    # $3 billion => 三十亿美元, $2.5M => 二点五百万美元
    rule(
        "money.english",
        "sa",
        rf"(?P<sign>)(?P<mark>{_SYMBOL})\s?(?P<n>{_N})\s?(?P<scale>million|billion|trillion|mn|bn|[kKMB])(?![A-Za-z])(?P<own>)",
        _before,
    ),
    # ￥1.25 => 一点二五元, ¥10 万元 => 十万元, A$13.5 => 十三点五澳元, $3亿 => 三亿美元, -$5 => 负五美元
    rule(
        "money.symbol",
        "sa",
        rf"(?P<sign>-\s?)?(?P<mark>{_SYMBOL})\s?(?P<n>{NUMBER})(?P<scale>{_SCALE})?{_OWN}",
        _before,
    ),
    # CNY 1.25 => 一点二五人民币, HKD13.5 => 十三点五港元
    rule("money.code", "a", rf"(?P<sign>)(?P<mark>{_CODE})\s?(?P<n>{NUMBER})(?P<scale>{_SCALE})?{_OWN}", _before),
    # 100USD => 一百美元, 12.99€ => 十二点九九欧元, 3.5万USD
    rule(
        "money.suffix",
        "d",
        rf"(?P<n>{NUMBER})(?P<scale>{_SCALE})?\s?(?P<mark>{_CODE}|[€£₩₹₽฿₫₱])(?![A-Za-z\d])",
        lambda m: _amount(m["n"], m["scale"], _unit(m["mark"])),
    ),
)
