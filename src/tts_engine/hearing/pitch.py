"""F0 every 10 ms by autocorrelation, with the path through its candidates that makes the fewest jumps.

Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", 1993, own implementation: the autocorrelation of each window is divided by that of the window, its
peaks are candidates, and dynamic programming chooses among them. Two passes: the second searches only the register
that the first has found (the idea of D. Hirst and C. De Looze), which repairs most octave errors; a last step moves
single stretches by an octave where that joins them to their neighbours and the sound repeats itself that fast too:
the creak at the end of a phrase is an octave lower and does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP_S, RATE, count_frames, runs, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve, Mask

FLOOR_HZ, CEILING_HZ = 60.0, 700.0
CANDIDATES = 6

#: Costs of the path, as published; jumps are per 10 ms.
VOICING_THRESHOLD = 0.45
SILENCE_THRESHOLD = 0.03
OCTAVE_COST = 0.02
OCTAVE_JUMP_COST = 0.35
VOICING_COST = 0.14

#: Cost of an F0 that lies an octave away from the register, growing with the square: between a period and its double,
#: which a rough voice repeats equally well, this decides.
REGISTER_COST = 0.12

#: A stretch is moved by an octave only where the sound repeats itself there this strongly, against where it was.
LEAST_EVIDENCE = 0.9

#: The second pass searches from so far below the register to so far above it, octaves.
BELOW, ABOVE = 1.35, 1.5


@dataclass(frozen=True, slots=True)
class Pitch:
    """A pitch curve.

    Attributes:
        f0_hz: (frames,) 0 where unvoiced.
        strength: (frames,) normalised autocorrelation at the period, 0-1; where unvoiced that of the best candidate.
        floor_hz: lowest F0 that was searched in the last pass.
        ceiling_hz: highest.
        repaired: frames that were moved by an octave.
    """

    f0_hz: Curve
    strength: Curve
    floor_hz: float
    ceiling_hz: float
    repaired: int = 0

    @property
    def voiced(self) -> Mask:
        """(frames,) where there is a pitch."""
        return np.asarray(self.f0_hz > 0)

    @property
    def hnr_db(self) -> Curve:
        """(frames,) harmonics-to-noise ratio, dB; only where voiced is it one."""
        strength = np.clip(self.strength, 1e-3, 1.0 - 1e-4)
        return np.asarray(10.0 * np.log10(strength / (1.0 - strength)))


def track_pitch(waveform: NDArray[np.floating], *, floor_hz: float = FLOOR_HZ, ceiling_hz: float = CEILING_HZ) -> Pitch:
    """The pitch curve of a waveform at 16 kHz.

    Args:
        waveform: (samples,).
        floor_hz: lowest F0 to look for.
        ceiling_hz: highest.
    """
    first = _track(*_candidates(waveform, floor_hz, ceiling_hz), floor_hz, ceiling_hz)
    if np.count_nonzero(first.voiced) < 10:
        return first
    threshold = np.median(first.strength[first.voiced])
    register = float(np.median(first.f0_hz[first.voiced & (first.strength >= threshold)]))
    floor = max(register * 2.0**-BELOW, floor_hz)
    ceiling = min(max(register * 2.0**ABOVE, 2.5 * floor), ceiling_hz)
    candidates = _candidates(waveform, floor, ceiling)
    return _repair(_track(*candidates, floor, ceiling, register), *candidates[:2])


def _track(
    hz: Curve, strength: Curve, relative: Curve, floor_hz: float, ceiling_hz: float, register_hz: float | None = None
) -> Pitch:
    if not len(hz):
        return Pitch(np.zeros(0), np.zeros(0), floor_hz, ceiling_hz)
    chosen = _best_path(hz, strength, relative, ceiling_hz, register_hz)
    at = np.arange(len(hz))
    is_voiced = chosen > 0
    column = np.maximum(chosen - 1, 0)
    f0 = np.where(is_voiced, hz[at, column], 0.0)
    best = np.where(is_voiced, strength[at, column], strength.max(axis=1, initial=0.0))
    return Pitch(f0, np.clip(best, 0.0, 1.0), floor_hz, ceiling_hz)


def _candidates(waveform: NDArray[np.floating], floor_hz: float, ceiling_hz: float) -> tuple[Curve, Curve, Curve]:
    """(frames, CANDIDATES) F0 and strength of the best peaks, and (frames,) the peak against the loudest."""
    size = round(3.0 * RATE / floor_hz) // 2 * 2
    longest, shortest = int(np.ceil(RATE / floor_hz)), int(RATE / ceiling_hz)
    points = 1 << int(np.ceil(np.log2(size + longest + 2)))
    window = np.hanning(size + 2)[1:-1]
    of_window = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, points))))[: longest + 2]
    of_window /= of_window[0]
    count = count_frames(len(waveform))
    hz = np.zeros((count, CANDIDATES))
    strength = np.zeros((count, CANDIDATES))
    peaks = np.zeros(count)
    middle = slice(size // 2 - int(RATE / floor_hz) // 2, size // 2 + int(RATE / floor_hz) // 2)
    for chunk, samples in windows(waveform, size):
        centred = samples - samples.mean(axis=1, keepdims=True)
        peaks[chunk] = np.abs(centred[:, middle]).max(axis=1)
        power = np.square(np.abs(np.fft.rfft((centred * window).astype(np.float32), points, axis=1)))
        lags = np.fft.irfft(power, axis=1)[:, : longest + 2].astype(np.float64)
        lags = lags / np.maximum(lags[:, :1], 1e-12) / of_window
        hz[chunk], strength[chunk] = _peaks(lags, shortest, longest, floor_hz, ceiling_hz)
    return hz, strength, peaks / max(float(peaks.max(initial=0.0)), 1e-9)


def _peaks(lags: Curve, shortest: int, longest: int, floor_hz: float, ceiling_hz: float) -> tuple[Curve, Curve]:
    """The strongest maxima of each row between two lags, refined by a parabola."""
    before, here, after = lags[:, shortest - 1 : longest], lags[:, shortest : longest + 1], lags[:, shortest + 1 :]
    after = after[:, : here.shape[1]]
    is_peak = (here > before) & (here >= after) & (here > 0.5 * VOICING_THRESHOLD)
    at_lag = np.arange(shortest, longest + 1)
    score = np.where(is_peak, here - OCTAVE_COST * np.log2(floor_hz * at_lag / RATE), -1.0)
    columns = np.argpartition(-score, CANDIDATES, axis=1)[:, :CANDIDATES]
    rows = np.arange(len(lags))[:, None]
    found = score[rows, columns] > -1.0
    y0, y1, y2 = before[rows, columns], here[rows, columns], after[rows, columns]
    bend = np.minimum(y0 - 2.0 * y1 + y2, -1e-9)
    shift = np.clip(0.5 * (y0 - y2) / bend, -0.5, 0.5)
    period = columns + shortest + shift
    height = np.minimum(y1 - 0.25 * (y0 - y2) * shift, 1.0)
    hz = RATE / period
    found &= (hz >= floor_hz) & (hz <= ceiling_hz)
    return np.where(found, hz, 0.0), np.where(found, height, 0.0)


def _best_path(
    hz: Curve, strength: Curve, relative: Curve, ceiling_hz: float, register_hz: float | None
) -> NDArray[np.int64]:
    """(frames,) 0 for unvoiced, or 1 + the candidate, by dynamic programming over log-F0 jumps."""
    count, width = hz.shape
    is_found = hz > 0
    octave = np.where(is_found, np.log2(np.maximum(hz, 1.0)), 0.0)
    unvoiced = VOICING_THRESHOLD + np.maximum(0.0, 2.0 - relative / SILENCE_THRESHOLD * (1.0 + VOICING_THRESHOLD))
    score = np.empty((count, width + 1))
    score[:, 0] = unvoiced
    score[:, 1:] = np.where(is_found, strength - OCTAVE_COST * (np.log2(ceiling_hz) - octave), -1e3)
    if register_hz is not None:
        score[:, 1:] -= np.where(is_found, REGISTER_COST * np.square(octave - np.log2(register_hz)), 0.0)
    scale = 0.01 / HOP_S
    came_from = np.zeros((count, width + 1), np.int64)
    total = score[0].copy()
    jump = np.empty((width + 1, width + 1))
    jump[0, 0] = 0.0
    jump[0, 1:] = jump[1:, 0] = VOICING_COST * scale
    states = np.arange(width + 1)
    for frame in range(1, count):
        jump[1:, 1:] = OCTAVE_JUMP_COST * scale * np.abs(octave[frame][None, :] - octave[frame - 1][:, None])
        options = total[:, None] - jump
        best = options.argmax(axis=0)
        came_from[frame] = best
        total = options[best, states] + score[frame]
    path = np.empty(count, np.int64)
    path[-1] = int(total.argmax())
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def _repair(pitch: Pitch, hz: Curve, strength: Curve) -> Pitch:
    """The curve with short stretches moved by an octave where they stand one apart from register and neighbours.

    Args:
        pitch: as tracked.
        hz: (frames, CANDIDATES) what it was chosen from.
        strength: of the same.
    """
    f0 = pitch.f0_hz.copy()
    stretches = runs(f0 > 0)
    if len(stretches) < 3:
        return pitch
    octaves = np.array([np.median(np.log2(f0[begin:end])) for begin, end in stretches])
    lengths = stretches[:, 1] - stretches[:, 0]
    middle = _weighted_median(octaves, lengths)
    moved = 0
    for index, (begin, end) in enumerate(stretches):
        near = slice(max(index - 2, 0), index + 3)
        around = _weighted_median(
            np.delete(octaves[near], index - near.start), np.delete(lengths[near], index - near.start)
        )
        for step in (-1.0, 1.0):
            candidate = octaves[index] + step
            nearer = abs(candidate - around) < 0.3 and abs(octaves[index] - around) > 0.7
            if (
                nearer
                and abs(candidate - middle) < abs(octaves[index] - middle)
                and end - begin < 30
                and _evidence(pitch, hz, strength, slice(begin, end), 2.0**step) >= LEAST_EVIDENCE
            ):
                f0[begin:end] *= 2.0**step
                moved += int(end - begin)
                octaves[index] = candidate
                break
    return Pitch(f0, pitch.strength, pitch.floor_hz, pitch.ceiling_hz, moved)


def _evidence(pitch: Pitch, hz: Curve, strength: Curve, stretch: slice, factor: float) -> float:
    """How strongly a stretch repeats itself at another pitch, against its own."""
    moved = factor * pitch.f0_hz[stretch, None]
    there = np.where(np.abs(hz[stretch] / moved - 1.0) < 0.1, strength[stretch], 0.0).max(axis=1)
    return float(there.mean() / max(float(pitch.strength[stretch].mean()), 1e-3))


def _weighted_median(values: Curve, weights: NDArray[np.int64]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])
