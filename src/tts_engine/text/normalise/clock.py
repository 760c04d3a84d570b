# ruff: noqa: E501 - tables: one rule, one line
"""Times of day and durations: 14:30, 8:00 a.m., 1:02:36, 1'23"."""

from __future__ import annotations

from re import Match

from .numbers import cardinal, count, digits
from .rule import Rule, rule

TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?![:.]?\d)"
_HALF = r"\s?(?:[aApP]\.?\s?[mM](?:\.(?![一-鿿])|\.|(?![A-Za-z])))"
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"
_DURATION = "用时|时长|历时|耗时|计时|成绩|长度|片长|全长|纪录|记录|配速|倒计时|播放|总长"
# A colon between numbers is a ratio or a score behind these words, and before those.
_RATIO_LEFT = "比分|比例|比率|比值|(?<![时间早晚])比(?![赛较如方亚基])|坡度|配比|以|战胜|击败|战平|打平|逼平|不敌|负于|领先|落后|大胜|完胜|险胜|告负|战成|定格在|稀释|滴度|尺|ANA|阳性|赔率|爆冷|按"
RATIO_LEFT = rf"(?:{_RATIO_LEFT})[^\d，。；]{{0,4}}"
RATIO_RIGHT = r"\s?(?:的?比例|的?比分|的?比率|获胜|取胜|战胜|击败|大胜|完胜|险胜|领先|落后|告负|战平|逼平|不敌|负于|混合|稀释|配比|力克|惨败|淘汰|横扫|胜|负)"


def minute_words(minutes: str) -> str:
    """``05`` -> 零五分, ``30`` -> 三十分, ``00`` -> nothing."""
    if minutes == "00":
        return ""
    return (digits(minutes) if minutes[0] == "0" else cardinal(minutes)) + "分"


def time_words(text: str) -> str:
    """A time of day: ``2:02`` -> 两点零二分, ``13:10:36`` -> 十三点十分三十六秒, ``12:00`` -> 十二点."""
    hour, minute, *rest = text.split(":")
    out = count(str(int(hour))) + "点"
    second = rest[0] if rest else ""
    whole, _, part = second.partition(".")
    if minute != "00" or (whole and whole != "00"):
        out += minute_words(minute) or "零分"
    if whole and (whole != "00" or part):
        out += (digits(whole) if whole[0] == "0" and whole != "00" else cardinal(whole)) + (
            "点" + digits(part) if part else ""
        )
        out += "秒"
    return out


def _with_half(match: Match[str]) -> str:
    hour = int(match["time"].split(":")[0])
    half = "上午" if match["half"].strip()[0] in "aA" else "下午"
    return (half if hour <= 12 else "") + time_words(match["time"])


def _range(match: Match[str]) -> str:
    return time_words(match[1]) + "到" + time_words(match[2])


def _duration(match: Match[str]) -> str:
    parts = [str(int(part)) for part in match[0].split(":")]
    units = ("小时", "分", "秒") if len(parts) == 3 else ("分", "秒")
    return "".join(count(part) + unit for part, unit in zip(parts, units, strict=True))


def _quoted(match: Match[str]) -> str:
    out = count(match[1]) + "分"
    if match[2]:
        out += cardinal(match[2]) + "秒"
    if match[3]:
        out += cardinal(match[3])
    return out


RULES: tuple[Rule, ...] = (
    # 用时1:02:36 => 用时一小时两分三十六秒, 配速5:30 => 配速五分三十秒
    rule(
        "clock.duration",
        "d",
        r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?![:.]?\d)",
        _duration,
        left=rf"(?:{_DURATION})[是为了:：\s]{{0,3}}",
        not_right=rf"{_TO}\d",
    ),
    # 8:00 a.m. => 上午八点, 1:02:36am => 上午一点零二分三十六秒
    rule("clock.half", "d", rf"(?P<time>{TIME})(?P<half>{_HALF})", _with_half),
    # 8am => 上午八点, 3 p.m. => 下午三点
    rule(
        "clock.half_hour",
        "d",
        rf"(?P<time>1[0-2]|[1-9])(?P<half>{_HALF})",
        lambda m: ("上午" if m["half"].strip()[0] in "aA" else "下午") + count(m["time"]) + "点",
        not_left=r"\d:|[\d.A-Za-z]",
    ),
    # 14:30-16:45 => 十四点三十分到十六点四十五分
    rule("clock.range", "d", rf"({TIME}){_TO}({TIME})", _range, not_left=RATIO_LEFT),
    # 14:30 => 十四点三十分, 05:35:36 => 五点三十五分三十六秒
    rule(
        "clock.time",
        "d",
        TIME,
        lambda m: None if m[0].startswith("0:0") and m[0].count(":") == 1 and len(m[0]) < 4 else time_words(m[0]),
        not_left=rf"{RATIO_LEFT}|[A-Za-z:]\s?",
        not_right=RATIO_RIGHT,
    ),
    # 2点 => 两点, 2时30分 => 两时三十分
    rule("clock.hour", "d", r"2(?=\s?(?:点|时(?!代|期|常|尚|候)))", "两"),
    # 8点05分 => 八点零五分
    rule("clock.minute", "d", r"0\d(?=\s?[分秒])", lambda m: digits(m[0]), left="[点时分]"),
    # 3分05秒 => 三分零五秒
    # 1'23"45 => 一分二十三秒四十五, 3'20" => 三分二十秒
    rule("clock.quoted", "d", r"(\d{1,3})'([0-5]?\d)(?:\"|'')(\d{1,3})?", _quoted, not_left=r"[°度]\s?|身高|高"),
    # 时间比2:30早 => two digits of minutes where neither a ratio nor a score fits
    rule(
        "clock.any",
        "d",
        TIME,
        lambda m: time_words(m[0]),
        left=r"(?:时间|时刻|时候|早上?|晚上?|上午|下午|中午|凌晨|清晨)[^\d，。；]{0,4}",
    ),
)
