"""Percentages and their ranges: 2%, 3.8%-4.5%, ±5%, 1.5‰."""

from __future__ import annotations

from .numbers import NUMBER, number, signed
from .rule import Rule, rule

_N = NUMBER.replace(r"(?!\.?\d)", r"(?!\d)")
_SIGNS = {"%": "百分之", "‰": "千分之", "‱": "万分之"}
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"


def _signed(sign: str, body: str) -> str:
    word = {"-": "负", "+": "正", "±": "正负", "": ""}[sign.strip()]
    return word + body


RULES: tuple[Rule, ...] = (
    # 3.8%-4.5% => 百分之三点八至百分之四点五
    rule(
        "percent.range",
        "d",
        rf"({_N})\s?([%‰])({_TO})([+-]?{_N})\s?\2",
        lambda m: f"{_SIGNS[m[2]]}{number(m[1])}至{_SIGNS[m[2]]}{signed(m[4])}",
    ),
    # 10-20% => 百分之十到百分之二十
    rule(
        "percent.range_short",
        "d",
        rf"({_N}){_TO}({_N})\s?([%‰])",
        lambda m: f"{_SIGNS[m[3]]}{number(m[1])}到{_SIGNS[m[3]]}{number(m[2])}",
    ),
    # 2% => 百分之二, 1.5‰ => 千分之一点五
    rule("percent", "d", rf"({NUMBER})\s?([%‰‱])", lambda m: _SIGNS[m[2]] + number(m[1])),
    # 同比+5% => 正百分之五, but 汗水+1% is an addition and left to the plus sign
    rule(
        "percent.added",
        "s",
        rf"\+(?=\s?{NUMBER}\s?%)",
        "加",
        left=r"[一-鿿]\s?",
        not_left=r"(?:同比|环比|涨幅|涨|跌|增长|增幅|变化|误差|收益率?|回报率?|[为是约])\s?",
    ),
    # - 12% => 负百分之十二, ±5% => 正负百分之五, +5% => 正百分之五
    rule(
        "percent.signed",
        "s",
        rf"([+±-]\s?)({NUMBER})\s?([%‰])",
        lambda m: _signed(m[1], _SIGNS[m[3]] + number(m[2])),
        not_left=r"[\dA-Za-z%)）\]]\s?",
    ),
    # YoY +15% => 正百分之十五
    rule(
        "percent.attached",
        "s",
        rf"([+±-])({NUMBER})\s?([%‰])",
        lambda m: _signed(m[1], _SIGNS[m[3]] + number(m[2])),
        left=r"[A-Za-z]\s",
    ),
    # 百分点: 5pct => 百分之五, 20bp => 二十个基点
    rule("percent.pct", "d", rf"({NUMBER})\s?pct(?![A-Za-z])", lambda m: "百分之" + number(m[1])),
    rule(
        "percent.bp",
        "d",
        rf"({NUMBER})\s?(?:bps?|BPs?|BPS)(?![A-Za-z/])",
        lambda m: number(m[1]) + "个基点",
        not_left=r"速率|带宽|码率",
    ),
)
