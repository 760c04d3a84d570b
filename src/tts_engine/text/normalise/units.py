"""Numbers with units, simple and compound: 25kg, 0.1mol/L, 100 km/h, 3×2cm, 220-240V, 次/分."""

from __future__ import annotations

import re
from re import Match

from .numbers import NUMBER, count, number
from .rule import Rule, rule
from .temperature import scale_word
from .unit_table import FIELDS, HANZI_UNITS, LETTER_ONLY, UNITS

_N = NUMBER.replace(r"(?!\.?\d)", r"(?!\d)")
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(UNITS, key=len, reverse=True))
_NEVER_ALONE = "".join(LETTER_ONLY)
_EDGE = r"(?![A-Za-zμΩ²³])"
_POWER = {"s²": "二次方秒", "s2": "二次方秒", "s^2": "二次方秒"}
# What may stand behind the slash of a compound unit.
_PER = rf"(?:s²|s\^2|s2|{_SYMBOL}|人次|{HANZI_UNITS})"
_COMPOUND = rf"(?:(?:{_SYMBOL}|°)(?:\s?/\s?{_PER})+{_EDGE})"
_SIMPLE = rf"(?:(?:{_SYMBOL}){_EDGE})"
_ANY = rf"(?:{_COMPOUND}|{_SIMPLE})"
_TIMES = r"\s?[×xX*]\s?"


def unit_word(text: str) -> str:
    """A unit's name, compounds with 每: ``mol/L`` -> 摩尔每升, ``m/s²`` -> 米每二次方秒."""
    words = []
    for part in text.replace(" ", "").split("/"):
        words.append(_POWER.get(part) or UNITS.get(part) or (scale_word(part) if part == "°" else part))
    return "每".join(word.removesuffix("姆") if word == "欧姆" and len(words) > 1 else word for word in words)


def _doubtful(match: Match[str], unit: str) -> bool:
    """Whether a lone letter behind the number is more likely a grade or a generation than a unit."""
    plain = unit.strip()
    if "/" in plain or plain not in LETTER_ONLY:
        return False
    field = FIELDS.get(plain, "")
    return not (field and re.search(field, match.string[max(0, match.start() - 12) : match.end() + 6]))


def _single(match: Match[str]) -> str | None:
    if _doubtful(match, match["unit"]):
        return None
    return count(match["n"]) + unit_word(match["unit"])


def _range(match: Match[str]) -> str | None:
    if _doubtful(match, match["unit"]):
        return None
    unit = unit_word(match["unit"])
    own = unit_word(match["own"]) if match["own"] and match["own"] != match["unit"] else ""
    return f"{_quantity(match['a'])}{own}到{_quantity(match['b'])}{unit}"


def _quantity(text: str) -> str:
    """As ``number``; round and plain hundreds read 两百二十 in ranges as people say them."""
    said = number(text)
    return "两" + said[1:] if said.startswith("二百") else said


def _size(match: Match[str]) -> str | None:
    if _doubtful(match, match["unit"]):
        return None
    parts = re.split(_TIMES, match["numbers"])
    return "乘".join(number(part) for part in parts) + unit_word(match["unit"])


def _alone(match: Match[str]) -> str:
    return unit_word(match[0])


RULES: tuple[Rule, ...] = (
    # 4g网络, 100m宽带 => letters: neither grams nor metres
    rule(
        "unit.none",
        "d",
        rf"({NUMBER})(?=[gmkGM](?:网|手机|信号|时代|基站|套餐|流量|宽带|带宽|网速|光纤|内存|显存))",
        lambda m: number(m[1]),
    ),
    # 10cm×20cm is read by the unit rule twice; 3×2cm => 三乘二厘米, 10*20*30mm
    rule("unit.size", "d", rf"(?P<numbers>{_N}(?:{_TIMES}{_N})+)\s?(?P<unit>{_ANY})", _size),
    # 220-240V => 两百二十到两百四十伏, 5mm-10mm => 五毫米到十毫米 is said once: 五到十毫米
    rule(
        "unit.range",
        "d",
        rf"(?P<a>{_N})\s?(?P<own>{_SIMPLE})?{_TO}(?P<b>{_N})\s?(?P<unit>{_ANY})",
        _range,
        not_left=r"[A-Za-z]-?|\d-",
    ),
    # 0.1mol/L => 零点一摩尔每升, 2°/min => 两度每分钟, 100 km/h => 一百千米每小时
    rule("unit.compound", "d", rf"(?P<n>{NUMBER})\s?(?P<unit>{_COMPOUND})", _single),
    # 5'10" behind 身高 => 五英尺十英寸
    rule(
        "unit.feet",
        "d",
        r"(\d)'\s?(\d{1,2})(?:\"|'')",
        lambda m: f"{count(m[1])}英尺{number(m[2])}英寸",
        left="身高[是为约有:：\\s]{0,2}",
    ),
    # 6.1" => 六点一英寸
    rule(
        "unit.inch",
        "d",
        rf"({NUMBER})(?:\"|'')(?=\s?(?:屏|显示|的|英寸|寸|显|电视|液晶))",
        lambda m: number(m[1]) + "英寸",
    ),
    # 5V2A => 五伏二安, 20V/5A
    rule(
        "unit.charger",
        "d",
        r"(\d+(?:\.\d+)?)V\s?[/⎓]?\s?(\d+(?:\.\d+)?)A(?![A-Za-z])",
        lambda m: f"{count(m[1])}伏{count(m[2])}安",
    ),
    # mg/(kg·d) => 每千克每天
    rule(
        "unit.per_product",
        "s",
        rf"/[（(](?P<a>{_SYMBOL}|d)[·•*](?P<b>{_SYMBOL}|d)[）)]",
        lambda m: "".join("每" + ("天" if m[name] == "d" else unit_word(m[name])) for name in "ab"),
        left=r"[A-Za-z²³μ]",
    ),
    # 6.5L/100km => 六点五升每百公里
    rule("unit.per_hundred", "s", r"\s?/\s?100\s?km(?![A-Za-z/])", "每百公里", left=r"\d\s?(?:L|升|kWh|度)"),
    # 10⁹/L => 十的九次方每升
    rule(
        "unit.per_symbol",
        "s",
        rf"/(?P<unit>{_SYMBOL}){_EDGE}",
        lambda m: "每" + unit_word(m["unit"]),
        left=r"[⁰¹²³⁴⁵⁶⁷⁸⁹]",
    ),
    # 1h30min => 一小时三十分钟, 2h15m20s
    rule(
        "unit.hours",
        "d",
        r"(\d+)\s?h\s?(\d+)\s?m(?:in)?(?:\s?(\d+)\s?s)?(?![A-Za-z])",
        lambda m: f"{count(m[1])}小时{count(m[2])}分" + (f"{count(m[3])}秒" if m[3] else "钟"),
    ),
    # 3.0×10^8m/s, 10³kg
    rule("unit.after_power", "a", _ANY, _alone, left=r"\d(?:\^-?\d{1,3}|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)\s?", not_right=r"\d"),
    # AC220V => AC二百二十伏
    rule(
        "unit.current",
        "a",
        r"(AC|DC)\s?(\d+(?:\.\d+)?)\s?([kK]?V)(?![A-Za-z])",
        lambda m: m[1] + count(m[2]) + unit_word(m[3]),
    ),
    # 25kg => 二十五千克, 120m² => 一百二十平方米, 4.7μF => 四点七微法拉
    rule("unit", "d", rf"(?P<n>{NUMBER})\s?(?P<unit>{_SIMPLE})(?!\d)", _single, not_left=r"[A-Za-z]-?|iPhone\s?"),
    # 单位km/h => 单位千米每小时, (km/h)
    rule(
        "unit.alone",
        "a",
        r"(?:km|m|cm|mm|kg|mg|g|μg|mol|mmol|μmol|L|mL|ml|kW|W|kJ|J|N|V|A)/(?:h|s²|s|min|L|mL|kg|m³|m²|cm³|m|d|mol)(?![A-Za-z\d])",
        _alone,
        left=r"单位[是为:：\s]{0,2}|[（(]\s?|速度|[一-鿿]\s?",
        not_right=r"[/\w]",
    ),
    # 面积单位㎡ => 平方米
    rule(
        "unit.sign",
        "sa",
        "|".join(sorted((u for u in UNITS if ord(u[0]) >= 0x3300 and len(u) == 1), key=len))
        + r"|[μkmMGT]?Ω(?![A-Za-z])",
        lambda m: UNITS.get(m[0], m[0]),
    ),
    # 单位为m² => 平方米
    rule(
        "unit.alone_power",
        "a",
        r"(?:km|dm|cm|mm|m)[²³](?!\w)",
        _alone,
        left=r"单位[是为:：\s]{0,2}|[（(]\s?|[一二三四五六七八九十百千万亿几数/]\s?",
    ),
    # 92 次 / 分 => 九十二次每分, 0.5元/度 => 零点五元每度
    rule(
        "unit.per",
        "s",
        rf"\s?/\s?(?=(?:百|千|万)?(?:{HANZI_UNITS}|[㎡]|{_SYMBOL})(?![A-Za-z]))",
        "每",
        left=rf"[¥$€£]\s?[\d,.]+\s?[万亿]?|[\d万亿千百十几数多]\s?(?:{HANZI_UNITS})(?:\s?/\s?(?:{HANZI_UNITS}))?|单位[是为:：\s]{{0,2}}(?:{HANZI_UNITS})",
    ),
)
