"""The time axis that everything heard shares: one value per 10 ms, and what is computed frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    #: Values over the frames, float64.
    Curve = NDArray[np.float64]
    Mask = NDArray[np.bool_]

#: Sample rate of everything that is measured, samples per second.
RATE = 16_000

#: Distance of two frames: samples and seconds.
HOP = 160
HOP_S = HOP / RATE

#: Frames worked on at a time: memory stays flat however long the recording is.
CHUNK = 2048


def count_frames(samples: int) -> int:
    """Frames of a waveform of so many samples; frame ``i`` is centred at ``(i + 0.5) * HOP``."""
    return samples // HOP


def windows(waveform: NDArray[np.floating], size: int) -> Iterator[tuple[slice, Curve]]:
    """Chunks of (frames, size) samples around the frame centres, zeros beyond the ends."""
    count = count_frames(len(waveform))
    before = size // 2 - HOP // 2
    padded = np.pad(waveform.astype(np.float64), (before, size))
    views = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:count]
    for begin in range(0, count, CHUNK):
        chunk = slice(begin, min(begin + CHUNK, count))
        yield chunk, views[chunk]


def power_spectra(waveform: NDArray[np.floating], size: int = 512) -> Curve:
    """(frames, size // 2 + 1) power of Hann-windowed spectra; a full-scale sine has about 0.25 in its bin."""
    window = np.hanning(size + 1)[:-1]
    window = window / window.sum()
    out = np.empty((count_frames(len(waveform)), size // 2 + 1), np.float32)
    for chunk, samples in windows(waveform, size):
        out[chunk] = np.square(np.abs(np.fft.rfft(samples * window, axis=1)))
    return out.astype(np.float64) if len(out) <= 8 * CHUNK else out  # type: ignore[return-value]


def decibels(power: NDArray[np.floating] | np.floating | float) -> Curve:
    """Power as dB, never below -120."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-12)))


def smooth(curve: Curve, width_s: float) -> Curve:
    """A curve blurred by a Gaussian of that standard deviation, its ends held."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(curve, width_s / HOP_S, mode="nearest")) if len(curve) else curve


def runs(mask: Mask) -> NDArray[np.int64]:
    """(n, 2) begin and end (one past) of the stretches in which a mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges.reshape(-1, 2)


def fill(mask: Mask, longest_s: float) -> Mask:
    """The mask with gaps of at most that length closed; open ends stay open."""
    filled = mask.copy()
    for begin, end in runs(~mask):
        if begin > 0 and end < len(mask) and (end - begin) * HOP_S <= longest_s:
            filled[begin:end] = True
    return filled


def mel_bank(bands: int, low_hz: float, high_hz: float, bins: int) -> Curve:
    """(bands, bins) triangles at equal steps of the mel scale, each with weights that add up to 1."""
    edges = 700.0 * (np.exp(np.linspace(_mel(low_hz), _mel(high_hz), bands + 2)) - 1.0)
    hz = np.linspace(0.0, RATE / 2, bins)
    spacing = hz[1]
    rise = (hz[None, :] - edges[:-2, None]) / np.maximum(edges[1:-1] - edges[:-2], spacing)[:, None]
    drop = (edges[2:, None] - hz[None, :]) / np.maximum(edges[2:] - edges[1:-1], spacing)[:, None]
    weights = np.maximum(np.minimum(rise, drop), 0.0)
    empty = weights.sum(axis=1) == 0
    weights[empty, np.argmin(np.abs(hz[None, :] - edges[1:-1][empty, None]), axis=1)] = 1.0
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _mel(hz: float) -> float:
    return float(np.log1p(hz / 700.0))
