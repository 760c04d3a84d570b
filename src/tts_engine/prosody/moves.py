"""The parameters of a performance: one point in a space where zero is neutral and blends are sums.

Every factor is kept as its base-2 logarithm and every level in decibels, so that half of a move is a move of half the
size, and the sum of two is both at once. That makes intensity and blends linear, without jumps.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moves:
    """How far a performance departs from the neutral reading; all zero by default.

    Attributes:
        pitch_st: mean pitch, semitones.
        phrase_range: log2 of the factor on the slow rise and fall of the phrase.
        tone_range: log2 of the factor on the movement of the tones.
        declination_st: pitch of the end of a phrase against its beginning, semitones.
        final_st: bend of the last two syllables, semitones; above 0 rises.
        attack: onset of a phrase, 1 = hard, below 0 = soft.
        accent: stress on the words that carry the meaning, 1 = strong.
        unrest_st: slow wandering of the pitch, semitones.
        tremor_st: fast trembling of the pitch (5-7 Hz), semitones.
        sob: breaks of the voice as in crying, 1 = many.
        creak: sinking of the voice at the ends of phrases, 1 = deep.
        rate: log2 of the factor on the speaking rate; above 0 faster.
        final_lengthening: log2 of the factor on the last syllables of a phrase.
        rubato: unevenness of the rate, log2.
        pause: log2 of the factor on the pauses.
        level_db: level, dB.
        dynamics_db: how much louder stressed than unstressed syllables get, dB.
        energy: shift of the model's energy curve, a timbre knob: above 0 tenser.
        tilt_db: high frequencies against low ones, dB.
        nasal: share of a nasal, pinched colour, 0-1.
        breath: share of noise in the high frequencies, 0-1.
        whisper: share of the voice that is whispered, 0-1; the weakest parts first.
        softness: share of a soft voice's timbre.
        gasp: audible breaths at the pauses, 1 = strong.
        jitter: how irregular the cycles of the voice get, per cent.
        rough: growl of a voice under pressure, 0-1.
        smile_st: formants higher, as of a smiling or smaller mouth, semitones.
    """

    pitch_st: float = 0.0
    phrase_range: float = 0.0
    tone_range: float = 0.0
    declination_st: float = 0.0
    final_st: float = 0.0
    attack: float = 0.0
    accent: float = 0.0
    unrest_st: float = 0.0
    tremor_st: float = 0.0
    sob: float = 0.0
    creak: float = 0.0
    rate: float = 0.0
    final_lengthening: float = 0.0
    rubato: float = 0.0
    pause: float = 0.0
    level_db: float = 0.0
    dynamics_db: float = 0.0
    energy: float = 0.0
    tilt_db: float = 0.0
    nasal: float = 0.0
    breath: float = 0.0
    whisper: float = 0.0
    softness: float = 0.0
    gasp: float = 0.0
    jitter: float = 0.0
    rough: float = 0.0
    smile_st: float = 0.0

    @property
    def is_zero(self) -> bool:
        """Whether nothing moves."""
        return not any(self.as_tuple())

    def as_tuple(self) -> tuple[float, ...]:
        """The values in the order of ``FIELDS``."""
        return tuple(getattr(self, name) for name in FIELDS)

    def scaled(self, factor: float) -> Moves:
        """The same move, ``factor`` times as far."""
        return Moves(*(value * factor for value in self.as_tuple()))

    def replaced(self, **values: float) -> Moves:
        """A copy with other values for the fields named."""
        return dataclasses.replace(self, **values)


FIELDS = tuple(field.name for field in dataclasses.fields(Moves))


def blend(parts: Iterable[tuple[Moves, float]]) -> Moves:
    """The weighted sum of moves; no parts give the neutral point."""
    total = [0.0] * len(FIELDS)
    for moves, weight in parts:
        total = [before + weight * value for before, value in zip(total, moves.as_tuple(), strict=True)]
    return Moves(*total)


def times(factor: float) -> float:
    """The move that multiplies by ``factor``: its base-2 logarithm."""
    return math.log2(factor)
