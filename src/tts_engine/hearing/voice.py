"""The quality of a voice: tilt, noise, unrest of its periods, and its long-term spectrum.

Jitter and shimmer are the "local" ones: the mean absolute difference of neighbouring periods (peak amplitudes) over
the mean period (amplitude). Periods are found by matching each stretch of one period with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP, RATE, decibels, mel_bank, runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve, Mask
    from .pitch import Pitch

TILT_CORNER_HZ = 1500.0

#: The long-term spectrum: mel bands between two frequencies.
BANDS = 40
SPECTRUM_HZ = (50.0, 7600.0)

#: Periods that are looked at, spread over the recording: enough for a mean, and a bound on the time.
MOST_PERIODS = 4000

#: Neighbouring periods that differ by more are errors of the search, and amplitudes likewise (the limits that are
#: usual in phonetics).
LARGEST_PERIOD_FACTOR = 1.3
LARGEST_AMPLITUDE_FACTOR = 1.6


@dataclass(frozen=True, slots=True)
class Unrest:
    """How much neighbouring periods differ.

    Attributes:
        jitter: mean relative difference of their lengths.
        shimmer: mean relative difference of their peak amplitudes.
    """

    jitter: float
    shimmer: float


def tilt(power: NDArray[np.floating], voiced: Mask) -> float:
    """Level above 1.5 kHz against below over the voiced frames, dB."""
    hz = np.linspace(0.0, RATE / 2, power.shape[1])
    mean = power[voiced].mean(axis=0)
    low, high = mean[(hz >= 50.0) & (hz < TILT_CORNER_HZ)].sum(), mean[hz >= TILT_CORNER_HZ].sum()
    return float(decibels(high) - decibels(low))


def long_term_spectrum(power: NDArray[np.floating], active: Mask) -> Curve:
    """(40,) long-term average spectrum of speech on the mel scale, dB, mean 0."""
    bank = mel_bank(BANDS, *SPECTRUM_HZ, power.shape[1])
    bands = decibels(bank @ power[active].mean(axis=0))
    return np.asarray(bands - bands.mean())


def unrest(waveform: NDArray[np.floating], pitch: Pitch) -> Unrest:
    """Jitter and shimmer over the steady voiced stretches; zeros where there are none."""
    marks, periods = _marks(pitch)
    if len(marks) < 4:
        return Unrest(0.0, 0.0)
    if len(marks) > MOST_PERIODS:  # whole stretches of neighbours, evenly spread
        keep = np.arange(len(marks)) // 40 % int(np.ceil(len(marks) / MOST_PERIODS)) == 0
        marks, periods = marks[keep], periods[keep]
    lengths, amplitudes, likeness = _match(waveform.astype(np.float64), marks, periods)
    is_next = np.abs(np.diff(marks) / periods[:-1] - 1.0) < 0.25  # not across a gap
    steady = is_next & (likeness[:-1] > 0.6) & (likeness[1:] > 0.6)
    return Unrest(
        _relative(lengths, steady, LARGEST_PERIOD_FACTOR), _relative(amplitudes, steady, LARGEST_AMPLITUDE_FACTOR)
    )


def _relative(values: Curve, steady: Mask, largest_factor: float) -> float:
    one, two = values[:-1], values[1:]
    ratio = np.maximum(one, two) / np.maximum(np.minimum(one, two), 1e-9)
    valid = steady & (ratio < largest_factor)
    if np.count_nonzero(valid) < 3:
        return 0.0
    return float(np.abs(two - one)[valid].mean() / (0.5 * (one + two))[valid].mean())


def _marks(pitch: Pitch) -> tuple[Curve, Curve]:
    """Positions one period apart through every voiced stretch, and the period there, samples."""
    marks, periods = [], []
    for begin, end in runs(pitch.voiced):
        if end - begin < 4:
            continue
        centres = (np.arange(begin, end) + 0.5) * HOP
        phase = np.concatenate(
            [[0.0], np.cumsum(0.5 * HOP * (1 / RATE) * (pitch.f0_hz[begin : end - 1] + pitch.f0_hz[begin + 1 : end]))]
        )
        at = np.interp(np.arange(1.0, np.floor(phase[-1])), phase, centres)
        marks.append(at)
        periods.append(RATE / np.interp(at, centres, pitch.f0_hz[begin:end]))
    if not marks:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(marks), np.concatenate(periods)


def _match(waveform: Curve, marks: Curve, periods: Curve) -> tuple[Curve, Curve, Curve]:
    """Around each mark: the true period, the peak-to-peak amplitude and the likeness of neighbouring periods.

    Each mark first moves to the greatest peak of its period: a stretch that begins just before the pulse holds the
    answer to one pulse only, and its distance to the next is one period and no average of two.
    """
    points, search = 48, 12  # per period; the search reaches a quarter of a period to either side
    whole = _gather(waveform, marks, periods, -points // 2, points // 2, points)
    amplitudes = np.ptp(whole, axis=1)
    peaks = np.abs(whole - whole.mean(axis=1, keepdims=True)).argmax(axis=1)
    marks = marks + (peaks - points // 2) / points * periods
    before, after = points // 8, points // 2
    size = before + after
    around = _gather(waveform, marks, periods, -before, after + points + search + 1, points)
    here = around[:, :size]
    here = here - here.mean(axis=1, keepdims=True)
    shifts = np.arange(points - search, points + search + 1)
    later = np.lib.stride_tricks.sliding_window_view(around, size, axis=1)[:, shifts]
    later = later - later.mean(axis=2, keepdims=True)
    dot = np.einsum("kp,ksp->ks", here, later)
    norm = np.sqrt(np.square(here).sum(axis=1)[:, None] * np.square(later).sum(axis=2))
    match = dot / np.maximum(norm, 1e-12)
    best = np.clip(match.argmax(axis=1), 1, len(shifts) - 2)
    rows = np.arange(len(marks))
    y0, y1, y2 = match[rows, best - 1], match[rows, best], match[rows, best + 1]
    bend = np.minimum(y0 - 2 * y1 + y2, -1e-9)
    shift = np.clip(0.5 * (y0 - y2) / bend, -0.5, 0.5)
    return (shifts[best] + shift) / points * periods, amplitudes, y1


def _gather(waveform: Curve, marks: Curve, periods: Curve, first: int, last: int, points: int) -> Curve:
    """(marks, last - first) the waveform around each mark on a grid of ``points`` per period."""
    at = marks[:, None] + np.arange(first, last)[None, :] / points * periods[:, None]
    grid = np.arange(len(waveform))
    return np.interp(at.ravel(), grid, waveform, left=0.0, right=0.0).reshape(at.shape)
