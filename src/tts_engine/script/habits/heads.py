"""What a habit's head of a line means in our model: a name, and a cue in which an emotion is expected."""

from __future__ import annotations

import re
from dataclasses import replace

from ...emotion.instructions import read_instructions
from ...emotion.vocabulary import is_emotion, unknown_emotion
from ..fields import LINE_FIELDS, number_in
from ..heads import emotion_in
from ..model import NARRATOR, Line
from ..problems import Place

_NARRATOR = re.compile(r"旁白|叙述|解说|画外音|narrator|narration|voice-?over", re.IGNORECASE)
_INTENSITY = next(field for field in LINE_FIELDS if field.name == "intensity")


def role_of(name: str) -> str:
    """The role that a name means: the narrator is called many names."""
    return NARRATOR if _NARRATOR.fullmatch(name.strip()) else name.strip()


def line_of(name: str, cue: str, text: str, place: Place) -> Line:
    """The line of a head and what follows it.

    Raises:
        TextError: the cue is no emotion, number or direction that is understood; near matches are named.
    """
    line = Line(text.strip(), role_of(name))
    for item in filter(None, (part.strip() for part in re.split(r"[，,；;|]", cue))):
        number = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)", item)
        found = emotion_in(item, place)
        if number:
            line = replace(line, intensity=number_in(item, _INTENSITY, place))
        elif found is not None and line.emotion is None:
            line = replace(line, emotion=found[0], intensity=found[1])
        elif len(item) > 12 or read_instructions(item).evidence or (line.emotion and not is_emotion(item)):
            line = replace(line, direction=f"{line.direction}，{item}" if line.direction else item)
        else:
            error = unknown_emotion(item)
            raise place.problem(error.message, "", code=error.code, value=item, near=error.fields["near"])
    return line
