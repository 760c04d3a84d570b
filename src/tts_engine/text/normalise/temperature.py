"""Temperatures and angles: -5℃, 2-8℃, 98.6 °F, 29°32', 60°."""

from __future__ import annotations

from re import Match

from .numbers import NUMBER, count, number
from .rule import Rule, rule

_N = NUMBER.replace(r"(?!\.?\d)", r"(?!\d)")
SCALES = {"℃": "摄氏度", "°C": "摄氏度", "°c": "摄氏度", "℉": "华氏度", "°F": "华氏度", "°": "度", "度": "度"}
_SCALE = r"(?:℃|℉|°\s?[Cc](?![A-Za-z])|°\s?F(?![A-Za-z])|°)"
_TO = r"\s?(?:-{1,2}|—{1,2}|~|到|至)\s?"


def scale_word(text: str) -> str:
    """``°C`` -> 摄氏度, ``℉`` -> 华氏度, ``°`` -> 度."""
    return SCALES[text.replace(" ", "")]


def _range(match: Match[str]) -> str:
    low, high = match["a"], match["b"]
    below = match["sign"].strip() == "-"
    high_below = match["sign2"].strip() == "-"
    unit = scale_word(match["unit"])
    if below:
        return f"零下{number(low)}至{'零下' if high_below else ''}{number(high)}{unit}"
    return f"{number(low)}到{number(high)}{unit}"


def _degrees(match: Match[str]) -> str:
    out = count(match["d"]) + "度"
    if match["m"]:
        out += number(match["m"]) + "分"
    if match["s"]:
        out += number(match["s"]) + "秒"
    return out


RULES: tuple[Rule, ...] = (
    # -5-10°C => 零下五至十摄氏度, 2-8℃ => 二到八摄氏度, -3℃~5℃
    rule(
        "temperature.range",
        "ds",
        rf"(?P<sign>-?\s?)(?P<a>{_N})\s?{_SCALE}?{_TO}(?P<sign2>-?)(?P<b>{_N})\s?(?P<unit>℃|℉|°\s?[CcF](?![A-Za-z]))",
        _range,
        not_left=r"[\dA-Za-z%°℃℉]\s?",
    ),
    # -3度 => 零下三度, when weather is the subject
    rule(
        "temperature.below_word",
        "s",
        rf"-\s?({_N})(?=\s?(?:(?:到|至|~|-|—)\s?-?\d+\s?)?度)",
        lambda m: "零下" + count(m[1]),
        left=r"(?:气温|温度|室外|最低|最高|降至|降到|低至|跌至)[是为到至约达:：\s]{0,3}",
    ),
    # -273.15℃ => 零下二百七十三点一五摄氏度
    rule(
        "temperature.below",
        "s",
        rf"-\s?({NUMBER})\s?(℃|℉|°\s?[CcF](?![A-Za-z]))",
        lambda m: f"零下{count(m[1])}{scale_word(m[2])}",
        not_left=r"[\dA-Za-z%°℃℉]\s?",
    ),
    # 38.5℃ => 三十八点五摄氏度, 100°F => 一百华氏度
    rule("temperature", "d", rf"({NUMBER})\s?(℃|℉|°\s?[CcF](?![A-Za-z]))", lambda m: count(m[1]) + scale_word(m[2])),
    # ±2℃ is read by its sign and this; (°C) => 摄氏度
    rule("temperature.unit", "s", r"℃|℉|°\s?[CF](?![A-Za-z])", lambda m: scale_word(m[0])),
    # 29°32'15" => 二十九度三十二分十五秒
    rule(
        "angle.parts",
        "d",
        r"(?P<d>\d+)\s?°\s?(?P<m>\d{1,2}(?:\.\d+)?)\s?['′分](?:\s?(?P<s>\d{1,2}(?:\.\d+)?)\s?(?:\"|''|″|秒))?",
        _degrees,
    ),
    # N30°E => N三十度E, 60 °锥角 => 六十度锥角
    rule("angle", "d", rf"({NUMBER})\s?°(?!\s?[/CF])", lambda m: count(m[1]) + "度"),
)
