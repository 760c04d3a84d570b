"""``[Alice: excited] Hello!`` and ``【旁白】雨下了一整夜。``: names in brackets at the beginning of a line.

    [Alice: excited, 0.8] Hello!        name, emotion, intensity
    【小雨·害怕】你听。  【小雨】（害怕）你听。
    【音效】敲门声                        a direction of its own

A line without a bracket right below goes on with the same speaker; after a blank line it is narration. Tags of the
engine (``[开心]``, ``[pause:800ms]``) are no names and stay in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...emotion.vocabulary import is_emotion
from ...text.markup import read_markup
from ..model import NARRATOR, Line
from ..problems import Place
from .heads import line_of

_HEAD = re.compile(
    r"(?:\[(?P<square>[^\[\]\n]{1,60})\]|［(?P<wide>[^［］\n]{1,60})］|【(?P<thick>[^【】\n]{1,60})】|〔(?P<soft>[^〔〕\n]{1,60})〕)\s*"
    r"(?:[（(](?P<cue>[^（）()\n]{1,60})[）)])?\s*[：:]?\s*(?P<text>.*)$"
)
_NAME = re.compile(r"(?P<name>[^:：,，|/（(]{1,30})(?:\s*[:：,，|/（(]\s*(?P<cue>.*?)[）)]?)?$")
_DIRECTIONS = re.compile(
    r"音效|音乐|背景音乐?|BGM|SFX|SE|场景|场|转场|灯光|画面|镜头|舞台|提示|sound|music|scene", re.IGNORECASE
)


def read_brackets(text: str) -> Iterator[Line]:
    """The lines of a text in this habit.

    Raises:
        TextError: an emotion that nobody knows; the error has line and column.
    """
    speaker: Line | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip()
        match = _HEAD.match(stripped)
        if not stripped:
            speaker = None
        elif match is None or not (inside := name_in(stripped)):
            yield replace(speaker or Line("", NARRATOR), text=stripped)
        else:
            place = Place(number, 1 + len(raw) - len(raw.lstrip()) + 1)
            name, cue = _split(inside)
            if _DIRECTIONS.fullmatch(name):
                yield Line("", NARRATOR, direction="：".join(filter(None, (name, cue, match["text"].strip()))))
                continue
            at = place.at(place.column + (inside.find(cue) if cue else stripped.find(match["cue"] or "") - 1))
            line = line_of(name, "，".join(filter(None, (cue, match["cue"]))), match["text"], at)
            if line.text:
                yield line
            speaker = replace(line, text="")


def name_in(stripped: str) -> str:
    """What stands in the bracket that a line begins with, if it names a speaker; else nothing."""
    match = _HEAD.match(stripped)
    if match is None:
        return ""
    inside = (match["square"] or match["wide"] or match["thick"] or match["soft"]).strip()
    name = _NAME.match(inside)
    if name is None or not any(character.isalpha() for character in name["name"]):
        return ""
    if match["thick"] or match["soft"]:
        return inside
    is_tag = is_emotion(inside) or bool(read_markup(f"[{inside}]字", is_emotion=is_emotion).requests)
    return "" if is_tag else inside


def _split(inside: str) -> tuple[str, str]:
    """Name and cue; ``小雨·害怕`` counts as both only if the last part is an emotion."""
    dotted, _, last = inside.rpartition("·")
    if dotted and is_emotion(last.strip()):
        return dotted.strip(), last.strip()
    name = _NAME.match(inside)
    return (name["name"].strip(), (name["cue"] or "").strip()) if name else (inside, "")
