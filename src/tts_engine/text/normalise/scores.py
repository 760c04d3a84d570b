# ruff: noqa: E501 - tables: one rule, one line
"""Scores and ratios: 78:96, 0:1, 中国1-2, 比例1:500, 3:1-5:1."""

from __future__ import annotations

import re
from re import Match

from .clock import RATIO_LEFT, RATIO_RIGHT
from .counters import MEASURES
from .numbers import number
from .rule import Rule, rule

_N = r"\d{1,6}(?:\.\d+)?"
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"
# Sides in a match: a name before "1-2" makes it a score.
TEAMS = (
    "中国|日本|韩国|朝鲜|澳大利亚|伊朗|沙特|卡塔尔|阿联酋|泰国|越南|印尼|美国|英国|法国|德国|巴西|阿根廷|葡萄牙|西班牙|意大利|英格兰|荷兰|比利时|克罗地亚|"
    "乌拉圭|墨西哥|丹麦|瑞士|波兰|俄罗斯|女足|男足|国足|女排|男篮|女篮|国乒|拉齐奥|皇马|巴萨|曼联|曼城|切尔西|利物浦|阿森纳|热刺|拜仁|多特|尤文|国米|"
    "AC米兰|米兰|罗马|那不勒斯|巴黎|马竞|恒大|国安|上港|申花|鲁能|泰山|湖人|勇士|火箭|马刺|热火|凯尔特人|雄鹿|快船|太阳|掘金|广东|辽宁|北京|上海|主队|客队|队"
)
_SCORE_LEFT = rf"(?:比分|战胜|击败|大胜|完胜|险胜|告负|逼平|战平|打平|不敌|负于|领先|落后|爆冷|最终|大比分|总比分|局分|{TEAMS})[^\d，。；、]{{0,4}}|以\s?"
_SCORE_RIGHT = r"\s?(?:宽屏|屏幕|画幅|的屏|显示|比例|获胜|取胜|战胜|击败|大胜|完胜|险胜|领先|落后|告负|战平|逼平|不敌|负于|力克|惨败|淘汰|横扫|轻取|客胜|主胜|逆转|绝杀|晋级|夺冠|拿下|胜|负)"


def _versus(match: Match[str]) -> str:
    return f"{number(match['a'])}比{number(match['b'])}"


_BOOKS = "福音|诗篇|创世[记纪]|出埃及记|利未记|民数记|申命记|箴言|传道书|雅歌|以赛亚书|启示录|罗马书|希伯来书|雅各书|使徒行传|提摩太[前后]书|哥林多[前后]书|加拉太书|以弗所书|腓立比书|约伯记"

_COUNTED = re.compile(rf"\s?(?:{MEASURES})")


def _dash(match: Match[str]) -> str | None:
    """``1-2`` behind a side; rising before a measure word it is a range after all (以1-2周为宜)."""
    rising = int(match["a"]) < int(match["b"])
    return None if rising and _COUNTED.match(match.string, match.end()) else _versus(match)


RULES: tuple[Rule, ...] = (
    # 约翰福音3:16 => 约翰福音三章十六节
    rule(
        "verse.bible",
        "d",
        r"(\d{1,3}):(\d{1,3})(?:-(\d{1,3}))?(?!\d)",
        lambda m: f"{number(m[1])}章{number(m[2])}" + (f"到{number(m[3])}" if m[3] else "") + "节",
        left=rf"(?:{_BOOKS})\s?",
    ),
    # 3:1-5:1 => 三比一到五比一
    rule(
        "ratio.range",
        "d",
        rf"({_N}):({_N}){_TO}({_N}):({_N})(?![:.]?\d)",
        lambda m: (
            None if len(m[2]) == len(m[4]) == 2 else f"{number(m[1])}比{number(m[2])}到{number(m[3])}比{number(m[4])}"
        ),
        not_left="[:]",
        not_right=r"\s?(?:之间|开|上|下|前)",
    ),
    # 1:2:3 => 一比二比三, not a time
    rule(
        "ratio.three",
        "d",
        r"\d{1,3}(?::\d{1,3}){2,}(?!:?\d)",
        lambda m: (
            "比".join(number(part) for part in m[0].split(":"))
            if not all(len(part) == 2 for part in m[0].split(":")[1:])
            else None
        ),
    ),
    # 比分定格在78:96 => 七十八比九十六, 以 11:8 获胜
    rule(
        "score.colon",
        "d",
        rf"(?P<a>{_N})\s?:\s?(?P<b>{_N})(?![:.]?\d)",
        _versus,
        left=rf"{RATIO_LEFT}|{_SCORE_LEFT}",
        not_left=r"时间[^\d]{0,4}|[A-Za-z\d]:",
    ),
    rule(
        "score.colon_verb",
        "d",
        rf"(?P<a>{_N})\s?:\s?(?P<b>{_N})(?![:.]?\d)",
        _versus,
        right=rf"{RATIO_RIGHT}|{_SCORE_RIGHT}",
    ),
    # 0:1, 1:160, 1:2.5, 16:9 => ratio, because no time of day looks so
    rule(
        "ratio",
        "d",
        rf"(?P<a>{_N})\s?[:]\s?(?P<b>{_N})(?![:.]?\d)",
        lambda m: (
            None
            if len(m["b"]) == 2
            and m["b"].isdigit()
            and int(m["b"]) < 60
            and m["a"].isdigit()
            and int(m["a"]) <= 24
            and len(m["a"]) < 3
            else _versus(m)
        ),
        not_left=r"[\d]:",
    ),
    # 中国1-2 => 中国一比二, 以2-1获胜
    rule(
        "score.dash",
        "d",
        r"(?P<a>\d{1,3})\s?[-—]\s?(?P<b>\d{1,3})(?![\d.\-—:])(?!\s?(?:个|人|名|天|年|月|日(?!本)|岁|元|万|亿|%|线|号|度|米|公里|小时|分钟|点))",
        _dash,
        left=_SCORE_LEFT,
        not_left=r"第",
    ),
    rule("score.dash_verb", "d", r"(?P<a>\d{1,3})\s?[-—]\s?(?P<b>\d{1,3})(?![\d.])", _versus, right=_SCORE_RIGHT),
    # 3-0, 2-1 => a falling or level pair of small numbers is a score
    rule(
        "score.falling",
        "d",
        r"(?P<a>\d{1,3})-(?P<b>\d{1,3})(?![\d.\-—:/A-Za-z])",
        lambda m: (
            _versus(m)
            if (int(m["a"]) >= int(m["b"]) and m["b"] != "0" and not m["b"].startswith("0")) or m["b"] == "0"
            else None
        ),
        not_left=r"\d:|(?:[\dA-Za-z.\-—/第])\s?|[图表附录栋幢楼室房座号]",
        not_right=r"\s?(?:[=+×÷*元个岁天月日年层级号栋楼室万%])",
    ),
    # 拉齐奥 2/2 => 二比二
    rule(
        "score.slash",
        "d",
        r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\d./])",
        _versus,
        left=rf"(?:{TEAMS.replace('|队', '').replace('|北京', '').replace('|上海', '')})\s?",
    ),
)
