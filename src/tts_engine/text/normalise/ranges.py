"""Ranges of plain numbers, and hyphens that are none: 3-5天, 6000-7000, 第10-12条, 章节3-4-5."""

from __future__ import annotations

from re import Match

from .counters import MEASURES
from .numbers import NUMBER, cardinal, digits, number
from .rule import Rule, rule

_N = NUMBER.replace(r"(?!\.?\d)", r"(?!\d)")
_DASH = r"\s?(?:-{1,2}|—{1,2}|~)\s?"
_SCALE = r"(?:万亿|亿|万|千|百)"


def _ends(first: str, last: str, to: str = "到") -> str:
    low = "两" if first == "2" and last != "2" else number(first)
    return f"{low}{to}{number(last)}"


def _range(match: Match[str]) -> str | None:
    first, last = match[1], match[2]
    if any(len(part) > 1 and part[0] == "0" and "." not in part for part in (first, last)):
        return None
    return _ends(first, last)


RULES: tuple[Rule, ...] = (
    # 页码123-456 => 页码一百二十三至四百五十六
    rule(
        "range.pages",
        "d",
        rf"(\d{{1,5}}){_DASH}(\d{{1,5}})(?![\d-])",
        lambda m: f"{cardinal(m[1])}至{cardinal(m[2])}",
        left=r"(?:页码?|[Pp]{1,2}\.?)[:：\s]{0,2}",
    ),
    # 第10-12条 => 第十到十二条
    rule(
        "range.ordinal",
        "d",
        rf"(\d{{1,6}}){_DASH}第?\s?(\d{{1,6}})(?![\d-])",
        lambda m: f"{cardinal(m[1])}到{cardinal(m[2])}",
        left=r"第\s?",
    ),
    # 图1-1 => 图一杠一, 表2-3 => 表二杠三
    rule(
        "range.figure",
        "d",
        r"(\d{1,3})-(\d{1,3})(?![\d-])",
        lambda m: f"{cardinal(m[1])}杠{cardinal(m[2])}",
        left=r"(?:[图表题栋楼幢座]|公式|附录|例|练习|习题|插图|附图|附表)\s?",
    ),
    # 1-2个 => 一到两个
    rule(
        "range.two",
        "d",
        rf"({_N}){_DASH}2(?=\s?(?:{MEASURES}))(?!\s?[万亿千])",
        lambda m: f"{number(m[1])}到两",
        not_left=r"\d:|[\d./-]|[A-Za-z][-\s]?",
    ),
    # 1-1-201 => 一杠一杠二零一
    rule(
        "range.door",
        "d",
        r"\d{1,4}(?:-\d{1,4}){2,3}(?![\d-])",
        lambda m: (
            "杠".join(digits(part) for part in m[0].split("-"))
            if any(len(part) > 2 for part in m[0].split("-"))
            else None
        ),
    ),
    # 章节3-4-5 => 章节三四五, 1-2-1
    rule(
        "range.chain",
        "d",
        r"\d{1,3}(?:-\d{1,3}){2,}(?![\d-])",
        lambda m: "".join(cardinal(part) for part in m[0].split("-")),
    ),
    # 3万-5万 => 三万到五万, 1.5万~2万元
    rule(
        "range.scaled",
        "d",
        rf"({_N})({_SCALE}){_DASH}({_N})({_SCALE})",
        lambda m: f"{_ends(m[1], m[3]).split('到')[0]}{m[2]}到{number(m[3])}{m[4]}",
    ),
    # 3-5天 => 三到五天, 6000-7000 => 六千到七千
    rule(
        "range",
        "d",
        rf"({_N}){_DASH}({NUMBER})",
        _range,
        not_left=r"\d:|[\d./-]|[A-Za-z][-\s]?",
        not_right=r"\s?[=+×÷*]|-\d",
    ),
    # 3个-5个 => 三个到五个
    rule(
        "range.worded",
        "s",
        r"\s?[-—~]{1,2}\s?(?=\d)",
        "到",
        left=r"\d\s?(?:[万亿千百]?(?:个|天|年|岁|元|块|人|次|米|公里|小时|分钟|分|秒|月|日|号|点|层|楼|级|度|%|期|章|节|页|集|周|点钟|斤|公斤|条|辈))|(?:点|时)\d{1,2}分?|周[一二三四五六日末]",
    ),
    # 公元前21世纪-公元前16世纪 => 到
    rule(
        "range.eras",
        "s",
        r"\s?(?:-|—{1,2}|~)\s?(?=(?:公元|西元|前)?前?\d)",
        "到",
        left=r"(?:世纪|年代|年)\s?",
        right=r"公元|西元|前\d",
    ),
    # 周一-周五 => 周一到周五, 一月—三月
    rule(
        "range.days",
        "s",
        r"\s?(?:-|—{1,2}|~)\s?(?=周[一二三四五六日]|星期[一二三四五六日]|[一二三四五六七八九十]{1,2}[月年日级])",
        "到",
        left=r"周[一二三四五六日]|星期[一二三四五六日]|[一二三四五六七八九十]{1,2}[月年日级]",
    ),
    # what no time or score has claimed: 99:100 => 九十九比一百
    rule("ratio.any", "d", r"(\d{1,6}):(\d{1,6})(?![:\d])", lambda m: f"{number(m[1])}比{number(m[2])}"),
    # 1-01室 and other padded parts: digits with a silent hyphen
    rule("range.padded", "d", r"\d+(?:-\d+)+", lambda m: digits(m[0].replace("-", "杠")), not_right=r"\s?[=+×÷*]"),
)
