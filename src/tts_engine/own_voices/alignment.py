"""When each phoneme is spoken in a recording, found by laying the engine's own reading beside it.

The engine says the same phonemes and knows its durations; dynamic time warping (Sakoe and Chiba 1978) between the
cepstra of the two readings carries its boundaries over. Good to about a frame of 25 ms on clear speech.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..hearing.frames import decibels, mel_bank, power_spectra
from .timbre import BANDS, HIGH_HZ, LOW_HZ, cepstra_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray, IntArray

    Matrix = NDArray[np.float64]

#: Lengths that differ by more than this factor are not the same text.
MOST_STRETCH = 4.0


def carry_over(durations: IntArray, own: Matrix, other: Matrix, frames: int) -> IntArray:
    """Durations of the other reading, in frames, at least 1 each, adding up to ``frames``.

    Args:
        durations: (tokens,) of the own reading, in frames.
        own: (n, features) of the own reading, evenly spaced over all its frames.
        other: (m, features) of the other one, over all of its frames.
        frames: of the other reading; at least one per token.
    """
    path = warp(own, other)
    inner = np.cumsum(durations)[:-1] / durations.sum() * len(own)
    places = np.interp(inner, path[:, 0], path[:, 1]) / len(other) * frames
    bounds = np.rint(places).astype(np.int64)
    for token in range(len(bounds)):  # one frame each, from the front, and room for those behind
        least = (bounds[token - 1] if token else 0) + 1
        bounds[token] = min(max(bounds[token], least), frames - (len(bounds) - token))
    return np.diff(np.concatenate([[0], bounds, [frames]]))


def warp(one: Matrix, other: Matrix) -> IntArray:
    """(steps, 2) indices of the cheapest monotone path through both, each index of ``one`` once."""
    distance = np.sqrt(np.maximum(
        np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1) - 2 * one @ other.T, 0.0
    ))  # fmt: skip
    rows, columns = distance.shape
    total = np.full((rows, columns), np.inf)
    came = np.zeros((rows, columns), np.int8)
    total[0] = np.cumsum(distance[0])
    came[0, 1:] = 1
    for row in range(1, rows):
        before = total[row - 1]
        diagonal = np.concatenate([[np.inf], before[:-1]])
        best = np.where(diagonal <= before, diagonal, before)
        came[row] = np.where(diagonal <= before, 2, 0)
        for column in range(columns):
            side = total[row, column - 1] if column else np.inf
            if side < best[column]:
                best[column], came[row, column] = side, 1
            total[row, column] = best[column] + distance[row, column]
    path = [(rows - 1, columns - 1)]
    while path[-1] != (0, 0):
        row, column = path[-1]
        move = came[row, column]
        path.append((row - (move != 1), column - (move != 0)))
    indices = np.array(path[::-1])
    first = np.unique(indices[:, 0], return_index=True)[1]
    return np.stack([indices[first, 0], indices[first, 1]], axis=1)


def cepstra_over(waveform: FloatArray, sample_rate: int) -> Matrix:
    """(frames of 10 ms, 12) cepstra of a waveform, mean and variance taken out."""
    from .fast import at_hearing_rate

    return movement(at_hearing_rate(waveform, sample_rate))


def movement(waveform: NDArray[np.floating]) -> Matrix:
    """(frames, 12) cepstra of a waveform at 16 kHz without the speaker's mean, each of the same variance."""
    power = power_spectra(waveform)
    mel = decibels(power @ mel_bank(BANDS, LOW_HZ, HIGH_HZ, power.shape[1]).T)
    cepstra = cepstra_of(np.maximum(mel, mel.max() - 60.0))[:, :12]
    return np.asarray((cepstra - cepstra.mean(axis=0)) / (cepstra.std(axis=0) + 1e-6))
