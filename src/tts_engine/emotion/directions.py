"""What plain directions ask for, as a value, and how it changes the options of a request."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from ..options import KNOBS, SynthesisOptions
from ..types import Emotion
from .parse import amounts_of, asks_for_auto, describe, parse_emotion
from .vocabulary import AUTO, NEUTRAL


@dataclass(frozen=True, slots=True)
class Cue:
    """One reason for a part of the directions.

    Attributes:
        words: what was written.
        meaning: what it did: an emotion with its amount, or a knob with its move.
        notes: what changed it: a degree, a negation.
    """

    words: str
    meaning: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"“{self.words}” → {self.meaning}" + (f"（{'，'.join(self.notes)}）" if self.notes else "")


@dataclass(frozen=True, slots=True)
class Directions:
    """What a text is asked to sound like.

    Attributes:
        emotion: None where nothing is said about it; ``Emotion(intensity=0)`` where it shall be neutral.
        speed: factor on the speaking rate.
        pitch_st: shift, semitones.
        volume_db: gain, dB.
        pause: factor on every pause.
        evidence: what each word did, in order.
        not_understood: words that meant nothing here, in order.
        warnings: for the caller: what was not understood, and contradictions.
    """

    emotion: Emotion | None = None
    speed: float = 1.0
    pitch_st: float = 0.0
    volume_db: float = 0.0
    pause: float = 1.0
    evidence: tuple[Cue, ...] = ()
    not_understood: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def applied_to(self, options: SynthesisOptions) -> tuple[SynthesisOptions, tuple[str, ...]]:
        """The options with these directions, and what a caller should know.

        The directed emotion takes the place of ``neutral`` and ``auto``; one that is asked for by name stays, with a
        warning. Knobs add to those of the options; a sum outside the allowed range stops at its end, with a warning.
        """
        warnings = list(self.warnings)
        changes: dict[str, object] = {}
        if self.emotion is not None:
            asked = parse_emotion(options.emotion)
            if asked.is_neutral or asks_for_auto(asked):
                changes["emotion"] = NEUTRAL if self.emotion.is_neutral else plain_emotion(self.emotion)
            elif describe(asked) != describe(self.emotion):
                warnings.append(
                    f"emotion 已指定为{describe(asked)}，说明中的{describe(self.emotion)}未采用。"
                    f"The emotion of the request stays; that of the instructions was left out."
                )
        moved = {
            "speed": options.speed * self.speed,
            "pitch_shift_st": options.pitch_shift_st + self.pitch_st,
            "volume_db": options.volume_db + self.volume_db,
            "pause_scale": options.pause_scale * self.pause,
        }
        for name, value in moved.items():
            knob = KNOBS[name]
            kept = min(max(value, knob.minimum or 0.0), knob.maximum or math.inf)
            if kept != value:
                warnings.append(
                    f"{name} 按说明应为 {value:.3g}，已限制到 {kept:g}。"
                    f"{name} was limited to {kept:g} (asked: {value:.3g})."
                )
            if kept != getattr(options, name):
                changes[name] = round(kept, 4)
        return dataclasses.replace(options, **changes), tuple(warnings)  # type: ignore[arg-type]


def plain_emotion(emotion: Emotion) -> dict[str, object]:
    """The emotion as plain data, a value for ``SynthesisOptions.emotion``."""
    if asks_for_auto(emotion):
        return {"emotion": AUTO, "intensity": emotion.intensity}
    weights = amounts_of(emotion)
    styles = dict(emotion.styles)
    data: dict[str, object] = {"intensity": emotion.intensity}
    if any(emotion.vector):
        data["vector"] = [float(weight) for weight in emotion.vector]
    if styles:
        data["styles"] = {name: weights[name] for name in styles if name in weights}
    return data
