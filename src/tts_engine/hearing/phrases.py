"""The phrases of a recording: their slow melody, the course of their level, and their tempo.

The melody is what is left of log-F0 when the movement inside syllables is taken out. Its main part is the level, the
slope and the arch of each phrase, by least squares over all its voiced frames: a regression over neighbours alone is
held level at the ends of a phrase and hears half of its slope. What the phrase is beside them is a line through the
heights of the syllables by local linear regression over 0.45 s, the idea and width of ``prosody/melody.py``, half
believed: which tone a syllable has is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..types import ReferencePhrase
from .frames import HOP_S, decibels, smooth
from .tempo import local_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve
    from .pitch import Pitch
    from .speech import Speech

#: Values along a phrase.
STEPS = 32

#: Width of the regression, seconds.
MELODY_WIDTH_S = 0.45

#: Half waves that a phrase is made of: its level, its slope, its arch.
WAVES = 3

#: How strongly slope and arch are held to be none, in seconds of voice times the number of the wave squared.
WAVE_RIDGE_S = 0.03

#: How much of what a phrase has beside them is believed.
REST_SHARE = 0.5

#: Shorter stretches join their nearer neighbour, seconds.
SHORTEST_PHRASE_S = 0.3

#: Level is smoothed over about a syllable, seconds.
LEVEL_WIDTH_S = 0.12


def slow_melody(pitch: Pitch, nuclei: NDArray[np.int64], speech: Speech) -> Curve:
    """(frames,) slow component of log-F0, semitones over the median of the voiced frames, defined everywhere."""
    voiced = np.flatnonzero(pitch.voiced & speech.active)
    if len(voiced) < 2:
        return np.zeros(len(pitch.f0_hz))
    semitones = 12.0 * np.log2(pitch.f0_hz[voiced])
    semitones = semitones - np.median(semitones)
    main = _main_line(len(pitch.f0_hz), voiced, semitones, speech)
    return main + REST_SHARE * _rest(len(pitch.f0_hz), voiced, semitones - main[voiced], nuclei, speech)


def _main_line(count: int, voiced: NDArray[np.int64], semitones: Curve, speech: Speech) -> Curve:
    """(count,) level, slope and arch of each phrase, joined by straight lines."""
    times, heights = [], []
    waves = np.arange(WAVES)
    for begin, end in _joined(speech.stretches):
        inside = (voiced >= begin) & (voiced < end)
        if not inside.any():
            continue
        at = (voiced[inside] - begin) / (end - begin)
        rows = np.vstack([np.cos(np.pi * np.outer(at, waves)), np.diag(np.sqrt(WAVE_RIDGE_S / HOP_S) * waves)])
        goal = np.concatenate([semitones[inside], np.zeros(WAVES)])
        weights, *_ = np.linalg.lstsq(rows, goal, rcond=None)
        frames = np.arange(begin, end)
        times.append(frames)
        heights.append(np.cos(np.pi * np.outer((frames - begin) / (end - begin), waves)) @ weights)
    return np.asarray(np.interp(np.arange(count), np.concatenate(times), np.concatenate(heights)))


def _rest(count: int, voiced: NDArray[np.int64], semitones: Curve, nuclei: NDArray[np.int64], speech: Speech) -> Curve:
    """(count,) what the syllables still show beside that, smoothed over their neighbours."""
    # a syllable's frames: those nearer to its nucleus than to any other, within the stretch
    owner = _owners(voiced, nuclei, speech)
    times, heights, weights = [], [], []
    for syllable in np.unique(owner):
        inside = owner == syllable
        times.append(float(voiced[inside].mean()))
        heights.append(float(semitones[inside].mean()))
        weights.append(float(np.count_nonzero(inside)))
    knots = _regress(np.array(times), np.array(heights), np.minimum(np.array(weights), 30.0))
    return smooth(np.interp(np.arange(count), times, knots), 0.06)


def _owners(frames: NDArray[np.int64], nuclei: NDArray[np.int64], speech: Speech) -> NDArray[np.int64]:
    """(n,) which syllable each frame belongs to; stretches without a nucleus count as one syllable each."""
    stretch = np.searchsorted(speech.stretches[:, 0], frames, side="right") - 1
    if not len(nuclei):
        return stretch
    right = np.clip(np.searchsorted(nuclei, frames), 0, len(nuclei) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(nuclei[left] - frames) <= np.abs(nuclei[right] - frames), left, right)
    return nearest + stretch * (len(nuclei) + 1)


def _regress(times: Curve, heights: Curve, weights: Curve) -> Curve:
    """Local linear regression of heights at the times themselves, weakly held to be level."""
    result = np.empty(len(times))
    reach = 4.0 * MELODY_WIDTH_S / HOP_S
    for index, at in enumerate(times):
        near = slice(int(np.searchsorted(times, at - reach)), int(np.searchsorted(times, at + reach)) + 1)
        distance = (times[near] - at) * HOP_S / MELODY_WIDTH_S
        kernel = weights[near] * np.exp(-0.5 * np.square(distance))
        s0, s1, s2 = kernel.sum(), (kernel * distance).sum(), (kernel * distance**2).sum()
        t0, t1 = (kernel * heights[near]).sum(), (kernel * distance * heights[near]).sum()
        s2 += 0.3 * s0  # single syllables at the edges do not tip the line
        result[index] = (t0 * s2 - t1 * s1) / (s0 * s2 - s1**2)
    return result


def find_phrases(
    melody: Curve, loud_db: Curve, nuclei: NDArray[np.int64], speech: Speech, syllable_rate: float
) -> tuple[ReferencePhrase, ...]:
    """The stretches between two pauses with their curves at equal steps."""
    voice_db = float(decibels(np.mean(10.0 ** (loud_db[speech.active] / 10.0))))
    level = smooth(10.0 ** (np.maximum(loud_db, voice_db - 40.0) / 10.0), LEVEL_WIDTH_S)
    level_db = decibels(level) - voice_db
    tempo = local_rate(nuclei, speech) / max(syllable_rate, 1e-3)
    phrases = []
    for begin, end in _joined(speech.stretches):
        at = begin + (np.arange(STEPS) + 0.5) / STEPS * (end - begin) - 0.5
        frames = np.arange(len(melody))
        inside = (nuclei >= begin) & (nuclei < end)
        phrases.append(
            ReferencePhrase(
                begin_s=round(begin * HOP_S, 3),
                end_s=round(end * HOP_S, 3),
                melody_st=_rounded(np.interp(at, frames, melody)),
                level_db=_rounded(np.interp(at, frames, level_db)),
                tempo=_rounded(np.interp(at, frames, tempo)),
                syllables=float(np.count_nonzero(inside)),
            )
        )
    return tuple(phrases)


def _rounded(values: Curve) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)


def _joined(stretches: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The stretches with those that are too short for a phrase joined to the nearer neighbour."""
    joined = [(int(begin), int(end)) for begin, end in stretches]
    while len(joined) > 1:
        lengths = [end - begin for begin, end in joined]
        short = int(np.argmin(lengths))
        if lengths[short] * HOP_S >= SHORTEST_PHRASE_S:
            break
        gap_before = joined[short][0] - joined[short - 1][1] if short > 0 else np.inf
        gap_after = joined[short + 1][0] - joined[short][1] if short + 1 < len(joined) else np.inf
        first = short - 1 if gap_before <= gap_after else short
        joined[first : first + 2] = [(joined[first][0], joined[first + 1][1])]
    return joined
