"""What happens from one cycle of the voice to the next: jitter, shimmer, growl; and a shorter vocal tract.

The curves have a value every 12.5 ms, three cycles of a high voice, so nothing in them can differ from cycle to
cycle. That is done on the waveform, by reading it at times that waver and at levels that waver. The same reading
speeds up what was rendered slower and lower, which moves the formants up with the pitch: a smaller or smiling mouth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import CURVE_S, VOICED_HZ

if TYPE_CHECKING:
    from ..types import FloatArray
    from .layout import Curve

#: Standard deviation of the shift of a cycle, in periods, that gives one per cent of local jitter: consecutive periods
#: then differ by sqrt(6) deviations, 0.8 of it on average.
JITTER_SHIFT = 0.01 / (0.8 * np.sqrt(6.0))

#: At full roughness: how much louder and earlier every other cycle is, and how far that wavers.
GROWL_GAIN = 0.3
GROWL_SHIFT = 0.02
SHIMMER = 0.12

#: Most cycles are shifted by, in periods: never past their neighbours.
MOST_SHIFT = 0.12

#: Share of a cycle in which it hands over to the next one.
HANDOVER = 0.3


def cycle_starts(f0: FloatArray, samples: int, sample_rate: int) -> Curve:
    """Times of the beginnings of the cycles, in samples, increasing; none where nothing is voiced."""
    hop = CURVE_S * sample_rate
    voiced = np.where(f0 > VOICED_HZ, f0, 0.0).astype(np.float64)
    turns = np.concatenate([[0.0], np.cumsum(voiced * CURVE_S)])
    at = np.arange(len(turns)) * hop
    moving = np.concatenate([[True], np.diff(turns) > 0])
    wanted = np.arange(1.0, np.floor(turns[-1]))
    return np.asarray(np.interp(wanted, turns[moving], at[moving])).clip(0, samples)


def waver(
    f0: FloatArray, jitter: Curve, rough: Curve, samples: int, sample_rate: int, *, seed: int = 0
) -> tuple[Curve, Curve]:
    """How the cycles of a rough or frightened voice deviate: (shift in samples, gain), each per sample.

    Args:
        f0: (values,) Hz as rendered.
        jitter: (values,) local jitter to add, per cent.
        rough: (values,) 0-1, growl and shimmer.
        samples: of the waveform.
        sample_rate: samples per second.
        seed: of the chance.
    """
    starts = cycle_starts(f0, samples, sample_rate)
    if len(starts) < 2:
        return np.zeros(samples), np.ones(samples)
    value = np.minimum((starts / (CURVE_S * sample_rate)).astype(np.int64), len(f0) - 1)
    period = sample_rate / np.maximum(f0[value].astype(np.float64), VOICED_HZ)
    chance = np.random.default_rng(seed)
    noise = np.clip(chance.standard_normal((2, len(starts))), -2.5, 2.5)
    growl = np.where(np.arange(len(starts)) % 2, 1.0, -1.0) * (1.0 + 0.3 * noise[0])
    roughness = np.clip(rough[value], 0.0, 1.0)
    shift = JITTER_SHIFT * np.maximum(jitter[value], 0.0) * noise[0] + GROWL_SHIFT * roughness * growl
    level = 1.0 + roughness * (GROWL_GAIN * growl + SHIMMER * noise[1]) + 0.02 * np.maximum(jitter[value], 0) * noise[1]
    # each cycle moves as a whole, ringing included, and hands over to the next in a part of its length
    corners = np.stack([starts, starts + (1.0 - HANDOVER) * period], axis=1).ravel()
    corners = np.maximum.accumulate(corners)
    at = np.arange(samples)
    shifts = np.interp(at, corners, np.repeat(np.clip(shift, -MOST_SHIFT, MOST_SHIFT) * period, 2))
    return shifts, np.interp(at, corners, np.repeat(np.clip(level, 0.3, 1.7), 2))


def read_at(waveform: FloatArray, at: Curve) -> FloatArray:
    """The waveform read at fractional sample numbers, by cubic splines; numbers outside give its ends."""
    from scipy.ndimage import map_coordinates

    return np.asarray(map_coordinates(waveform.astype(np.float64), at[None], order=3, mode="nearest"), dtype=np.float32)


def stretched_time(ratio: Curve) -> Curve:
    """(values + 1,) where each border between values lies when every value is ``ratio`` times as long."""
    return np.concatenate([[0.0], np.cumsum(ratio)])


def read_curve(curve: FloatArray, at: Curve, *, threshold: float | None = None) -> FloatArray:
    """A curve read at fractional places; where one neighbour is at or below the threshold the nearer one counts."""
    low = np.clip(np.floor(at).astype(np.int64), 0, len(curve) - 1)
    high = np.minimum(low + 1, len(curve) - 1)
    share = np.clip(at - low, 0.0, 1.0)
    mixed = (1.0 - share) * curve[low] + share * curve[high]
    if threshold is not None:
        is_edge = (curve[low] > threshold) != (curve[high] > threshold)
        mixed = np.where(is_edge, np.where(share < 0.5, curve[low], curve[high]), mixed)
    return np.asarray(mixed, dtype=np.float32)


def per_sample_time(time: Curve, samples: int, sample_rate: int) -> Curve:
    """(samples,) where each sample lies in the stretched waveform, in its samples."""
    hop = CURVE_S * sample_rate
    return np.interp(np.arange(samples), np.arange(len(time)) * hop, time * hop)
