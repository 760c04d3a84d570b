"""``角色（情绪 0.7，压低声音）：``: who says a line of the text form, and how.

A name that is declared (``@小雨``) is always a role. Where nothing is declared, what stands before the colon is a role
if it looks like a name: short, without punctuation, and no phrase of saying (``他笑着说：``), which is narration.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ..emotion.parse import parse_emotion
from ..emotion.vocabulary import is_emotion
from ..errors import ControlError
from .fields import LINE_FIELDS, check_number
from .problems import Place, meant

#: Longest name that is taken for a role without being declared, in characters that count one each if Chinese.
LONGEST_NAME = 8
LONGEST_LATIN_NAME = 24

_MARKS = r"，。！？；：:…—“”\"「」『』‘’（）()\[\]【】{}<>《》、,!?;|/\\\n"
_HEAD = re.compile(
    rf"(?P<name>(?:\\.|[^{_MARKS}]){{1,60}}?)\s*(?:[（(](?P<cue>[^（）()\n]{{0,120}})[）)])?\s*(?P<colon>：|:(?![/\d]))"
)
_SAYING = re.compile(
    r"(?:[说道问喊叫答曰喝骂吼嚷念写想唱讲]|回答|表示|指出|认为|介绍|如下|例如|比如|譬如|注意|提示|结果|原因|以下|包括)[着了过]?$"
)
_AMOUNT = re.compile(r"^(?P<name>.*?\D)\s*(?P<amount>\d+(?:\.\d+)?|\.\d+)$")
_INTENSITY = next(field for field in LINE_FIELDS if field.name == "intensity")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the text of a line.

    Attributes:
        name: the role, escapes resolved.
        emotion: as written, None where the cue names none.
        intensity: the number behind a single name.
        direction: the rest of the cue.
        end: first character after the colon.
    """

    name: str
    emotion: str | None
    intensity: float | None
    direction: str | None
    end: int


def find_head(raw: str, declared: Collection[str], place: Place) -> Head | None:
    """The head of a line, or None for narration.

    Args:
        raw: one line without white space around it.
        declared: names and other names of the roles that are declared; with any, others are an error.
        place: of the line's first character.

    Raises:
        TextError: a role that is not declared beside others that are (``role_unknown``), an intensity out of range.
    """
    match = _HEAD.match(raw)
    if match is None:
        return None
    name = re.sub(r"\\(.)", r"\1", match["name"]).strip()
    if name not in declared:
        if "\\" not in match["name"] and not looks_like_name(name):
            return None
        if declared:
            raise _undeclared(name, declared, place)
    emotion, intensity, direction = read_cue(match["cue"] or "", place.at(place.column + max(0, match.start("cue"))))
    return Head(name, emotion, intensity, direction, match.end())


def looks_like_name(name: str) -> bool:
    """Whether it is taken for a role where nothing is declared."""
    width = len(name) if any("一" <= character <= "鿿" for character in name) else len(name) / 3
    return (
        0 < width <= LONGEST_NAME
        and not _SAYING.search(name)
        and any(character.isalpha() for character in name)
        and not name.startswith(("@", "#", "//", "*", "-"))
    )


def _undeclared(name: str, declared: Collection[str], place: Place) -> Exception:
    zh, en, near = meant(name, declared)
    return place.problem(
        f"角色 {name!r} 没有声明{zh}？已声明：{'、'.join(declared)}。请加一行“@{name}”；若不是角色，请以“旁白：”开头。",
        f"The role {name!r} is not declared{en}? Add a line '@{name}', or begin the line with '旁白：' if it is none.",
        code="role_unknown",
        value=name,
        near=near,
        allowed=list(declared),
    )


def read_cue(cue: str, place: Place) -> tuple[str | None, float | None, str | None]:
    """Emotion, intensity and direction of what stands in parentheses."""
    emotion: str | None = None
    intensity: float | None = None
    directions = []
    for item in filter(None, (part.strip() for part in re.split(r"[，,；;]", cue))):
        found = None if emotion is not None else emotion_in(item, place)
        if found is None:
            directions.append(item)
        else:
            emotion, intensity = found
    return emotion, intensity, "，".join(directions) or None


def emotion_in(item: str, place: Place) -> tuple[str, float | None] | None:
    """``害怕 0.7`` -> the name and its intensity; a blend or a name alone as it stands; None for other words."""
    amount = _AMOUNT.match(item)
    if amount is not None and is_emotion(amount["name"].strip()):
        return amount["name"].strip(), check_number(_INTENSITY, float(amount["amount"]), place)
    try:
        parse_emotion(item)
    except ControlError:
        return None
    return item, None
