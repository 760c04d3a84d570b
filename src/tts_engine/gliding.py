"""The knobs of a live clause: what is wanted, reached from clause to clause in steps that nobody hears as jumps."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .emotion.policies import Influence
    from .options import SynthesisOptions

#: Most that a knob moves from one clause to the next: factor on the rate, semitones, dB, the listener's share.
GLIDE = {"speed": 1.12, "pitch_shift_st": 1.5, "volume_db": 3.0, "weight": 0.2}


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a clause is spoken with.

    Attributes:
        speed: rate, a factor.
        pitch_shift_st: semitones.
        volume_db: gain, dB.
        influence: what the listener's state asks for.
    """

    speed: float
    pitch_shift_st: float
    volume_db: float
    influence: Influence | None = None

    @classmethod
    def wanted(cls, options: SynthesisOptions, influence: Influence | None) -> Knobs:
        """What the options ask for with what the listener's state adds, never outside the ranges of the knobs."""
        knobs = cls(options.speed, options.pitch_shift_st, options.volume_db, influence)
        if influence is None or influence.is_nothing:
            return knobs
        return cls(
            _within("speed", options.speed * (1.0 + influence.rate)),
            _within("pitch_shift_st", options.pitch_shift_st + influence.pitch_st),
            _within("volume_db", options.volume_db + influence.level_db),
            influence,
        )

    def glide_from(self, held: Knobs | None) -> Knobs:
        """At most one step of ``GLIDE`` away from what the clause before had."""
        if held is None:
            return dataclasses.replace(self, influence=_glide_influence(None, self.influence))
        most = math.log(GLIDE["speed"])
        return Knobs(
            held.speed * math.exp(_clip(math.log(self.speed / held.speed), most)),
            held.pitch_shift_st + _clip(self.pitch_shift_st - held.pitch_shift_st, GLIDE["pitch_shift_st"]),
            held.volume_db + _clip(self.volume_db - held.volume_db, GLIDE["volume_db"]),
            _glide_influence(held.influence, self.influence),
        )


def _glide_influence(held: Influence | None, wanted: Influence | None) -> Influence | None:
    """What is wanted, at a weight at most one step from that of the clause before."""
    before, after = (one.weight if one else 0.0 for one in (held, wanted))
    weight = before + _clip(after - before, GLIDE["weight"])
    meant = wanted if after > 0.0 else held
    return wanted if meant is None or weight <= 0.0 else dataclasses.replace(meant, weight=weight)


def _clip(value: float, most: float) -> float:
    return max(-most, min(most, value))


def _within(name: str, value: float) -> float:
    """The value inside the range of its knob: what a listener's state adds never leaves it."""
    from .options import KNOBS

    knob = KNOBS[name]
    return max(knob.minimum or -math.inf, min(knob.maximum or math.inf, value))
