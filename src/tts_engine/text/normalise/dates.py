"""Dates and ranges of them: 2008-08-08, 8/16, 12/31/2025, 8月16-18日, 3·15, 5.1劳动节."""

from __future__ import annotations

from re import Match

from .clock import TIME, time_words
from .numbers import cardinal, digits
from .rule import Rule, rule

_Y = r"(?:1[0-9]|20|21)\d{2}"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_SEP = r"(?P<s>[-/.])"
_ISO = rf"(?P<y>{_Y}){_SEP}(?P<m>{_M})(?P=s)(?P<d>{_D})(?![-/.]?\d)"
_END = r"(?![-/.:]?\d)(?!\s?[A-Za-z%°℃])"
_DATE_LEFT = (
    "日期|生日|截止|截至|发布于|时间|有效期至?|更新于?|周[一二三四五六日]|星期[一二三四五六日]|圣诞|出生|于|自|从|至"
)


def _date(year: str | None, month: str | None, day: str | None) -> str:
    out = f"{digits(year)}年" if year else ""
    if month:
        out += f"{cardinal(month)}月"
    if day:
        out += f"{cardinal(day)}日"
    return out


def _ymd(match: Match[str]) -> str:
    return _date(match["y"], match["m"], match["d"])


def _ym(match: Match[str]) -> str:
    return _date(match["y"], match["m"], None)


def _md(match: Match[str]) -> str:
    return _date(None, match["m"], match["d"])


def _stamp(match: Match[str]) -> str:
    return _ymd(match) + time_words(match["t"])


def _ymd_range(match: Match[str]) -> str:
    return _ymd(match) + "至" + _date(match["y2"], match["m2"], match["d2"])


RULES: tuple[Rule, ...] = (
    # 2025-05-20T10:20:30 => 二零二五年五月二十日十点二十分三十秒
    rule("date.stamp", "d", rf"(?P<y>{_Y})-(?P<m>{_M})-(?P<d>{_D})T(?P<t>{TIME})(?:Z|[+-]\d\d:?\d\d)?", _stamp),
    # 2025-06-10~2025-06-20 => 二零二五年六月十日至二零二五年六月二十日
    rule(
        "date.range",
        "d",
        rf"(?P<y>{_Y}){_SEP}(?P<m>{_M})(?P=s)(?P<d>{_D})\s?(?:-{{1,2}}|—{{1,2}}|~|到|至)\s?"
        rf"(?:(?P<y2>{_Y})(?P=s))?(?P<m2>{_M})(?P=s)(?P<d2>{_D}){_END}",
        _ymd_range,
    ),
    # 2008-08-08, 2008/8/8, 2008.08.08 => 二零零八年八月八日
    rule("date.iso", "d", _ISO, _ymd),
    # 20080808日 is left alone; 12/31/2025, 08-08-2008 => 二零零八年八月八日
    rule("date.us", "d", rf"(?P<m>{_M}){_SEP}(?P<d>{_D})(?P=s)(?P<y>{_Y}){_END}", _ymd),
    # 31/12/2025 => 二零二五年十二月三十一日
    rule("date.uk", "d", rf"(?P<d>{_D}){_SEP}(?P<m>{_M})(?P=s)(?P<y>{_Y}){_END}", _ymd),
    # 2008-08, 2002/01, 2008.08 => 二零零八年八月
    rule(
        "date.year_month",
        "d",
        rf"(?P<y>(?:19|20)\d\d)[-/.](?P<m>0[1-9]|1[0-2]){_END}(?!\s?[元万亿个米分次人点倍折])",
        _ym,
    ),
    # 2024/5月 => 二零二四年五月
    rule(
        "date.year_month_word",
        "d",
        rf"(?P<y>(?:19|20)\d\d)[-/.](?P<m>{_M})(?=\s?月)",
        lambda m: f"{digits(m['y'])}年{cardinal(m['m'])}",
    ),
    # 08-2008, 08/2008 => 二零零八年八月
    rule("date.month_year", "d", rf"(?P<m>0[1-9]|1[0-2])[-/.](?P<y>(?:19|20)\d\d){_END}", _ym),
    # 08-08, 08/08, 08.08 => 八月八日
    rule(
        "date.padded",
        "d",
        rf"(?P<m>0[1-9])(?P<s>[-/.])(?P<d>0[1-9]|[12]\d|3[01]){_END}(?!\s?[元万亿个米分次人])",
        _md,
        not_left=r"\d:|[-\d./A-Za-z]",
    ),
    # 12/25 => 十二月二十五日, but 占3/16 => 占十六分之三
    rule(
        "date.slash",
        "d",
        rf"(?P<m>1[0-2])/(?P<d>1[3-9]|2\d|3[01]){_END}(?!\s?[的之英])",
        _md,
        not_left=r"[占约的为/\d]\s?|其中|余下|剩下|[=+×÷]\s?|得分|评分",
    ),
    # 生日8/16 => 生日八月十六日
    rule(
        "date.slash_labelled",
        "d",
        rf"(?P<m>{_M})/(?P<d>{_D}){_END}",
        _md,
        left=rf"(?:{_DATE_LEFT})[是为在:：\s]{{0,2}}",
        right=r"\s?(?:$|[一-鿿，。、；！？）)~-])(?!的)",
    ),
    # 8月16-18日 => 八月十六到十八日
    rule(
        "date.day_range",
        "d",
        rf"({_D})\s?(?:-{{1,2}}|—{{1,2}}|~)\s?({_D})(?=\s?[日号])",
        lambda m: f"{cardinal(m[1])}到{cardinal(m[2])}",
    ),
    # 3-5月 => 三到五月
    rule(
        "date.month_range",
        "d",
        rf"({_M})\s?(?:-{{1,2}}|—{{1,2}}|~)\s?({_M})(?=\s?月)",
        lambda m: f"{cardinal(m[1])}到{cardinal(m[2])}",
    ),
    # 09月01日 => 九月一日
    rule("date.padded_part", "d", r"0\d(?=\s?[月日号])", lambda m: cardinal(m[0]), not_left=r"\d"),
    # 20080808 with 日期 before it => 二零零八年八月八日
    rule(
        "date.compact",
        "d",
        r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)",
        _ymd,
        left="(?:日期|生日|出生|截至|截止)[是为于至:：\\s]{0,3}",
    ),
    # 3·15 => 三一五, 9·11 => 九一一
    rule("date.memorial", "d", r"(\d{1,2})[·•・](\d{1,2})(?![\d.])", lambda m: digits(m[1] + m[2])),
    # 11.11购物节 => 双十一购物节
    rule(
        "date.double", "d", r"(11|12)\.\1(?=\s?(?:购物|大促|促销|狂欢|活动|电商|预售))", lambda m: "双" + cardinal(m[1])
    ),
    # 5.1劳动节 => 五一劳动节
    rule(
        "date.holiday",
        "d",
        r"(\d{1,2})\.(\d{1,2})(?=\s?(?:劳动节|国际劳动节|国庆|儿童节|青年节|建党节|建军节|妇女节|植树节|小长假|黄金周|购物节|消费者|维权))",
        lambda m: cardinal(m[1]) + cardinal(m[2]),
    ),
)
