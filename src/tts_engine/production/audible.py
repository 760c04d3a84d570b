"""The mark of synthetic audio that is heard, once for a programme: a spoken notice as a line of its own, or tones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..audio.labelling import NOTICE, gap, tones
from ..options import SynthesisOptions
from ..script.model import NARRATOR
from .lines import Identify, PlannedLine

if TYPE_CHECKING:
    from ..audio.labelling import Labelling
    from ..types import FloatArray
    from .casting.cast import Cast

#: Sounds that are no lines, once the end of the last line is known: begin and samples of each.
Tones = Callable[[int], "tuple[tuple[int, FloatArray], ...]"]

_APART_S = 0.6


def notice_lines(lines: list[PlannedLine], labelling: Labelling, cast: Cast, identify: Identify) -> list[PlannedLine]:
    """The lines with the notice before or after them where it is to be spoken; it is line 0, or one after the last."""
    if labelling.audible != "spoken" or not lines:
        return lines
    entry = cast.entries.get(NARRATOR) or cast.entries[lines[0].role]
    role = NARRATOR if NARRATOR in cast.entries else lines[0].role
    options = SynthesisOptions(voice=entry.voice)
    identity = identify(NOTICE, options, None)

    def notice(number: int, chapter: int, pause_s: float | None) -> PlannedLine:
        return PlannedLine(
            number=number,
            chapter=chapter,
            role=role,
            text=NOTICE,
            options=options,
            readings=None,
            identity=identity,
            first=identity,
            pause_s=pause_s,
            gain_db=0.0,
            sound=None,
            take=0,
            source=None,
        )

    before = [notice(0, lines[0].chapter, None)] if labelling.at_start == "spoken" else []
    after = [notice(len(lines) + 1, lines[-1].chapter, _APART_S)] if labelling.at_end == "spoken" else []
    return [*before, *lines, *after]


def notice_tones(labelling: Labelling, sample_rate: int) -> tuple[Tones, float]:
    """The tones of the mark, and how many seconds they take before the first line."""
    sound, silence = tones(sample_rate), len(gap(sample_rate))
    at_start, at_end = labelling.at_start == "tones", labelling.at_end == "tones"

    def placed(end: int) -> tuple[tuple[int, FloatArray], ...]:
        return (*([(0, sound)] if at_start else []), *([(end + silence, sound)] if at_end else []))

    return placed, (len(sound) + silence) / sample_rate if at_start else 0.0
