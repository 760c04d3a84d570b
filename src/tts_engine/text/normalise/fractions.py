# ruff: noqa: E501 - tables: one rule, one line
"""Fractions: 1/2, 1 1/2, ½, 3/4英寸."""

from __future__ import annotations

from .numbers import cardinal
from .rule import Rule, rule

VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6),
    "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅑": (1, 9), "⅒": (1, 10), "↉": (0, 3),
}  # fmt: skip


def fraction(numerator: str, denominator: str) -> str:
    """``1``, ``2`` -> 二分之一."""
    return f"{cardinal(denominator)}分之{cardinal(numerator)}"


BLOOD_PRESSURE: tuple[Rule, ...] = (
    # 血压120/80mmHg => 血压一百二十比八十毫米汞柱
    rule(
        "fraction.pressure",
        "d",
        r"(\d{2,3})\s?/\s?(\d{2,3})\s?(mmHg)?(?![\d./])",
        lambda m: f"{cardinal(m[1])}比{cardinal(m[2])}" + ("毫米汞柱" if m[3] else ""),
        left=r"血压[^\d，。；]{0,4}",
    ),
    rule(
        "fraction.pressure_unit",
        "d",
        r"(\d{2,3})\s?/\s?(\d{2,3})\s?mmHg",
        lambda m: f"{cardinal(m[1])}比{cardinal(m[2])}毫米汞柱",
    ),
)

RULES: tuple[Rule, ...] = (
    # 7/24小时 => 七乘二十四小时, 24/7
    rule("fraction.round_the_clock", "d", r"7/24(?=\s?小?时)|24/7", lambda m: "七乘二十四"),
    # 第1/3页 => 第一页共三页
    rule(
        "fraction.page",
        "d",
        r"(\d{1,4})\s?/\s?(\d{1,4})(?=\s?(?P<unit>[页章集节轮题期天话回]))",
        lambda m: f"{cardinal(m[1])}{m['unit']}共{cardinal(m[2])}",
        left=r"第\s?",
    ),
    # 1 1/2 => 一又二分之一
    rule(
        "fraction.mixed",
        "d",
        r"(\d+)\s(\d{1,3})\s?/\s?(\d{1,3})(?![\d./])",
        lambda m: f"{cardinal(m[1])}又{fraction(m[2], m[3])}",
    ),
    # 1½ => 一又二分之一
    rule(
        "fraction.mixed_sign",
        "d",
        rf"(\d+)\s?([{''.join(VULGAR)}])",
        lambda m: f"{cardinal(m[1])}又{fraction(*map(str, VULGAR[m[2]]))}",
    ),
    # ½ => 二分之一
    rule("fraction.sign", "s", rf"[{''.join(VULGAR)}]", lambda m: fraction(*map(str, VULGAR[m[0]]))),
    # y=1/x => x分之一
    rule(
        "fraction.letter",
        "d",
        r"(\d{1,4})\s?/\s?([A-Za-z])(?![A-Za-z\d])",
        lambda m: f"{m[2]}分之{cardinal(m[1])}",
        left=r"[=+×(（]\s?",
    ),
    # 1/2 => 二分之一, 3 / 16 => 十六分之三
    rule(
        "fraction",
        "d",
        r"(\d{1,6})\s?/\s?(\d{1,6})(?![\d./]|[A-CY](?![A-Za-z])|R\d)",
        lambda m: fraction(m[1], m[2]) if int(m[2]) else None,
        not_left=r"[\d/]",
    ),
)
