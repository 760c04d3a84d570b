"""Ordinals, chapters, articles, roman and circled numbers, numbered lists: 第3章, №5, Ⅳ, ①, (三)."""

from __future__ import annotations

import unicodedata
from re import Match

from .numbers import cardinal, digits
from .rule import Rule, rule

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CLASS = (
    "级|型|期|类|度|章|节|卷|部|册|世|代|区|号|段|象限|阶段|相|等|组|篇|幕|集|式|线|楼|栋|座|单元|因子|系|族|军|战区|届"
)
_KINDS = "附录|附件|表|图|卷|章|第|阶段|方案|级别|甲醇|溶液"


def roman_value(text: str) -> int:
    """``XIV`` -> 14; 0 for letters that form no roman number."""
    total = 0
    for char, following in zip(text, [*text[1:], ""], strict=True):
        value = _VALUES[char]
        total += -value if following and _VALUES[following] > value else value
    return total if total and _spelt(total) == text else 0


def _spelt(value: int) -> str:
    out = ""
    for letters, worth in (
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ):
        out += letters * (value // worth)
        value %= worth
    return out


def _roman(match: Match[str]) -> str | None:
    value = roman_value(match[1] if match.lastindex else match[0])
    return cardinal(str(value)) if value else None


def _roman_sign(match: Match[str]) -> str:
    value = roman_value(unicodedata.normalize("NFKC", match[0]).upper()) or 0
    return cardinal(str(value)) if value else match[0]


def _circled(match: Match[str]) -> str:
    plain = unicodedata.normalize("NFKC", match[0]).strip("().")
    return cardinal(plain) if plain.isdigit() else plain


def _circled_any(match: Match[str]) -> str:
    char = match[0]
    if "❶" <= char <= "❿":
        return cardinal(str(ord(char) - ord("❶") + 1))
    if "➀" <= char <= "➉":
        return cardinal(str(ord(char) - ord("➀") + 1))
    return _circled(match)


RULES: tuple[Rule, ...] = (
    # 1. 首先 => 一、首先, at the head of a line
    rule(
        "list.number",
        "d",
        r"(\d{1,3})\s?[.．](?!\d)\s?(?=[^\s\d.])",
        lambda m: cardinal(m[1]) + "、",
        left=r"(?:^|\n)\s*",
    ),
    # 第2024001号 => digits, 第007号 => 零零七
    rule("ordinal.serial", "d", r"\d{6,}|0\d+", lambda m: digits(m[0]), left=r"第\s?", right=r"\s?(?:号|条|期)?"),
    # 第 1079 条 => 第一千零七十九条, 第3.2节 => 第三点二节
    rule(
        "ordinal.section",
        "d",
        r"\d+(?:\.\d+)+(?=\s?[节章条])",
        lambda m: "点".join(cardinal(part) for part in m[0].split(".")),
        left=r"第\s?",
    ),
    rule(
        "ordinal.number",
        "d",
        r"\d{1,5}(?![\d.])",
        lambda m: cardinal(m[0]),
        left=r"第\s?㊟?",
        not_right=r"\s?[-—~]\s?\d",
    ),
    # No.5 => 第五, №3 => 第三
    rule(
        "ordinal.number_sign", "as", r"(?:N[oO][.．]\s?|№\s?|Nº\s?)(\d{1,4})(?![\d.])", lambda m: "第" + cardinal(m[1])
    ),
    # Ⅳ => 四, 拿破仑Ⅲ
    rule("ordinal.roman_sign", "as", r"[Ⅰ-Ⅻⅰ-ⅻ]+", _roman_sign),
    # 第IV章 => 第四章, II型 => 二型, III期
    rule(
        "ordinal.roman",
        "a",
        rf"([IVX]{{1,6}})(?=\s?(?:{_CLASS}))",
        _roman,
        not_left=r"[A-Za-z]\s?",
        right=rf"\s?(?:{_CLASS})(?!设计|计)",
    ),
    rule("ordinal.roman_kind", "a", r"([IVX]{1,6})(?![A-Za-z\d])", _roman, left=rf"(?:{_KINDS})\s?"),
    # 路易XIV => 路易十四, 最终幻想VII
    rule(
        "ordinal.roman_name",
        "a",
        r"([IVX]{2,6})(?![A-Za-z\d])",
        lambda m: _roman(m) if m[0] not in ("XX", "XXX", "VI", "IX", "XI", "MV") else None,
        left=r"[一-鿿]",
    ),
    # ① => 一, ⑿ => 十二, ⒊ => 三, ㊀ => 一, ㈠ => 一
    rule("ordinal.circled", "s", r"[①-⑳⑴-⒇⒈-⒛㉑-㉟㊱-㊿㈠-㈩㊀-㊉⓪❶-❿➀-➉]", _circled_any),
    # Ⓐ, ⓑ => letters
    rule("ordinal.circled_letter", "s", r"[⒜-⒵Ⓐ-ⓩ]", _circled),
)
