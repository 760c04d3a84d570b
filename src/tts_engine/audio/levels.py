"""Samples kept inside full scale without wrapping, one at a time, so that blocks and the whole agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import FloatArray

KNEE = 0.95


@dataclass(frozen=True, slots=True)
class Level:
    """Samples under the ceiling.

    Attributes:
        waveform: (samples,) float32, every value inside (-1, 1).
        limited_samples: how many values were changed.
        peak: greatest absolute value before.
    """

    waveform: FloatArray
    limited_samples: int
    peak: float


def soft_ceiling(waveform: FloatArray) -> Level:
    """The samples, those beyond ±0.95 bent smoothly towards ±1.

    Below the knee nothing changes. There is no memory and no look-ahead: a rare peak is rounded off for a fraction
    of a millisecond, and the result does not depend on how the audio was cut into blocks.
    """
    import numpy as np

    size = np.abs(waveform)
    peak = float(size.max(initial=0.0))
    if peak <= KNEE:
        return Level(waveform, 0, peak)
    over = size > KNEE
    room = 1.0 - KNEE
    bent = waveform.copy()
    # tanh reaches 1.0 in float32: stop one 16-bit step short of it
    bent[over] = np.sign(waveform[over]) * np.minimum(KNEE + room * np.tanh((size[over] - KNEE) / room), 32766 / 32768)
    return Level(bent, int(over.sum()), peak)
