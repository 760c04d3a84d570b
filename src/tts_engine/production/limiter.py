"""A ceiling for true peaks that looks ahead a few milliseconds and forgets after as many.

The gain at a sample depends on the samples within ``REACH`` of it and on nothing else: a change somewhere changes
nothing further away, and audio that never comes near the ceiling passes untouched, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..types import FloatArray

#: Half of the window over which the gain glides, samples: 5 ms at 24 kHz.
HALF = 120

#: How far a sample can be heard in the gain of another.
REACH = 2 * HALF + 16

#: Under this share of the ceiling no interpolation between samples can exceed it in speech.
_SAFE = 0.6


def limited(blocks: Iterable[FloatArray], ceiling: float) -> Iterator[FloatArray]:
    """Blocks of (samples,) float32 whose true peaks stay at ``ceiling`` or below; as many samples as came in.

    Args:
        blocks: the audio, in blocks of any size.
        ceiling: greatest allowed true peak, linear.
    """
    import numpy as np

    before: FloatArray = np.zeros(REACH, np.float32)
    held: FloatArray = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        if len(held) <= REACH:
            continue
        count = len(held) - REACH
        yield _pass(np.concatenate([before, held]), count, ceiling)
        before = np.concatenate([before, held[:count]])[-REACH:]
        held = held[count:]
    if len(held):
        yield _pass(np.concatenate([before, held, np.zeros(REACH, np.float32)]), len(held), ceiling)


def _pass(around: FloatArray, count: int, ceiling: float) -> FloatArray:
    """``count`` samples after the first ``REACH`` ones of ``around``, limited; as many again follow them."""
    import numpy as np

    here = around[REACH : REACH + count]
    if np.abs(around).max(initial=0.0) <= _SAFE * ceiling:
        return here
    peaks = _true_peaks(around)
    if peaks.max() <= ceiling:
        return here
    from scipy.ndimage import minimum_filter1d

    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    lowest = minimum_filter1d(needed, 2 * HALF + 1, mode="nearest")
    is_open = minimum_filter1d(lowest, 2 * HALF + 1, mode="nearest") >= 1.0
    window = np.full(2 * HALF + 1, 1.0 / (2 * HALF + 1))
    gain = np.where(is_open, 1.0, np.convolve(lowest, window, "same"))
    return (here * gain[REACH : REACH + count]).astype(np.float32)


def _true_peaks(waveform: FloatArray) -> NDArray[np.float64]:
    """(samples,) greatest absolute value on each sample and between it and its neighbours."""
    import numpy as np

    from ..audio.loudness import interpolator

    peaks = np.abs(waveform).astype(np.float64)
    for phase in interpolator():
        between = np.abs(np.convolve(waveform, phase, "same"))
        peaks = np.maximum(peaks, between)
        peaks[:-1] = np.maximum(peaks[:-1], between[1:])
        peaks[1:] = np.maximum(peaks[1:], between[:-1])
    return peaks
