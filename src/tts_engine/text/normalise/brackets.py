"""Brackets around numbers, references and lists: 第（三）项, 文献[15], (2)、(4-6)."""

from __future__ import annotations

from .numbers import cardinal
from .rule import Rule, rule

RULES: tuple[Rule, ...] = (
    # 第 (三) 项 => 第三项
    rule(
        "bracket.ordinal",
        "s",
        r"[（(]\s?([一二三四五六七八九十百零]{1,5}|\d{1,3})\s?[）)]",
        lambda m: cardinal(m[1]) if m[1].isdigit() else m[1],
        left=r"第\s?",
    ),
    # 参见文献[15] => 参见文献第十五
    rule("bracket.reference", "s", r"\[(\d{1,3})\]", lambda m: "第" + cardinal(m[1]), left=r"文献|参考|引文"),
)
