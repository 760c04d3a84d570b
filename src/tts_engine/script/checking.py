"""What is allowed in a script but perhaps not meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..emotion.instructions import read_instructions
from ..emotion.vocabulary import is_emotion, unknown_emotion
from ..text.markup import read_markup
from .model import NARRATOR, UNKNOWN, Line, Script

#: Longest direction that may be a misspelt emotion, in characters.
_SHORT = 4


def check(script: Script) -> tuple[str, ...]:
    """Warnings about a script, in the order of its lines."""
    return tuple(dict.fromkeys((*_about_lines(script), *_about_roles(script))))


def _about_lines(script: Script) -> Iterator[str]:
    for number, line in enumerate(script.lines, 1):
        place = f"第 {number} 句 (line {number} of what is said)"
        near = _misspelt(line)
        if near:
            meant = f"是不是要情感 {'、'.join(near)}"
            yield f"{place}：{line.direction!r} 读作舞台指示，{meant}？ (a direction, or an emotion?)"
        yield from (f"{place}：{warning}" for warning in read_markup(line.text, is_emotion=is_emotion).warnings)


def _misspelt(line: Line) -> list[str]:
    """Emotions that a short direction, which means nothing here, is near to."""
    direction = line.direction or ""
    if line.emotion is not None or not line.text or not 1 < len(direction) <= _SHORT:
        return []
    if read_instructions(direction).evidence:
        return []
    near: list[str] = unknown_emotion(direction).fields["near"]
    return near


def _about_roles(script: Script) -> Iterator[str]:
    counts = Counter(line.role for line in script.lines)
    if counts[UNKNOWN]:
        yield f"{counts[UNKNOWN]} 句没有说话人 ({counts[UNKNOWN]} lines by nobody who is known)"
    for name in script.roles:
        if not counts[name] and name != NARRATOR:
            yield f"角色 {name!r} 一句台词也没有 (the role {name!r} says nothing)"
