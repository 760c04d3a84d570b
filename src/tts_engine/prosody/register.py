"""How high each voice speaks, and how far it may be pushed before it breaks.

Measured once per voice with the engine (``scripts/measure_voice_registers.py`` -> ``registers.json``). The limit
upwards is an absolute one, the same for high and low voices: the decoder gets rough where the mean pitch passes
about 285 Hz; downwards six semitones are clean (docs/experiments.md).
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

#: Mean pitch above which the decoder gets rough, Hz.
HIGHEST_MEAN_HZ = 285.0

#: Peak pitch that is still clean, Hz.
HIGHEST_PEAK_HZ = 480.0

#: Deepest clean shift downwards, semitones.
DEEPEST_ST = 6.0

#: Every voice can be raised by this much, semitones.
LEAST_ROOM_ST = 2.4

#: Most jitter, as a wandering of the pitch in Hz: 1.2 % of 228 Hz are heard as damage, of 111 Hz as a rough voice.
MOST_JITTER_HZ = 1.8


@dataclass(frozen=True, slots=True)
class Register:
    """Where a voice speaks when nothing moves it.

    Attributes:
        median_hz: median F0.
        low_hz: 3rd percentile.
        high_hz: 97th percentile.
    """

    median_hz: float
    low_hz: float
    high_hz: float

    @property
    def room_up_st(self) -> float:
        """How far the mean may rise, semitones."""
        return max(12.0 * math.log2(HIGHEST_MEAN_HZ / self.median_hz), LEAST_ROOM_ST)

    @property
    def most_jitter(self) -> float:
        """Most local jitter that this voice bears, per cent."""
        return 100.0 * MOST_JITTER_HZ / self.median_hz

    @property
    def floor_st(self) -> float:
        """Lowest pitch to move to, semitones relative to the median."""
        return self._relative(self.low_hz) - 3.0

    @property
    def ceiling_st(self) -> float:
        """Highest pitch to move to, semitones relative to the median; never below what the voice does by itself."""
        return max(self._relative(HIGHEST_PEAK_HZ), self._relative(self.high_hz) + 3.0)

    def _relative(self, hz: float) -> float:
        return 12.0 * math.log2(hz / self.median_hz)


#: For voices that were never measured.
UNKNOWN = Register(median_hz=190.0, low_hz=110.0, high_hz=290.0)


@functools.cache
def _table() -> dict[str, Register]:
    data = json.loads(resources.files(__package__).joinpath("registers.json").read_text("utf-8"))
    return {name: Register(**values) for name, values in data["voices"].items()}


def register_of(
    parts: Sequence[tuple[str, float]], own: Mapping[str, tuple[float, float, float]] | None = None
) -> Register:
    """The register of a voice or of a weighted mix, interpolated on the pitch scale.

    Args:
        parts: (voice name, weight); names that were not measured count as an average voice.
        own: median, low and high F0 of voices that are not in the table, Hz.
    """
    table = {**_table(), **{name: Register(*hertz) for name, hertz in (own or {}).items()}}
    total = sum(weight for _, weight in parts)
    if total <= 0:
        return UNKNOWN
    known = [(table.get(name, UNKNOWN), weight / total) for name, weight in parts]

    def mean(field: str) -> float:
        return math.exp(sum(weight * math.log(getattr(register, field)) for register, weight in known))

    return Register(mean("median_hz"), mean("low_hz"), mean("high_hz"))


def soft_cap(amount: float, room: float, softness: float = 0.75) -> float:
    """An amount that is free up to ``softness * room`` and never passes ``room``; monotone, and 0 stays 0."""
    free = softness * room
    if amount <= free:
        return amount
    rest = room - free
    return free + rest * (1.0 - math.exp(-(amount - free) / rest)) if rest > 0 else free
