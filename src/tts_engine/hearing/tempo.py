"""Syllables in the sound: their nuclei, the rate, and how it changes.

Source of the idea: N. de Jong and T. Wempe, "Praat script to detect syllable nuclei and measure speech rate
automatically", 2009: peaks of the intensity that stand out from the dips beside them and are voiced. Differs in that
the intensity is a loudness of mel bands, lowered where the spectrum turns (a nasal between two vowels makes no dip);
and a gap that is much longer than the usual one holds the syllables that nobody heard a dip between. The constants
were fitted on our engine's speech, whose syllables are known (docs/reference.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP_S, decibels, mel_bank, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve
    from .pitch import Pitch
    from .speech import Speech

BANDS, BAND_HZ = 32, (250.0, 4000.0)

#: Loudness grows with this power of the power of a band.
LOUDNESS = 0.3

#: A nucleus stands at least this far above the dips beside it, dB.
PROMINENCE_DB = 0.5

#: How much a turn of the spectrum lowers the loudness, and over what time it is measured.
TURN_WEIGHT, TURN_FRAMES = 0.3, 3

#: Nuclei lie at least this far apart, seconds.
SHORTEST_SYLLABLE_S = 0.075

#: A gap longer than this many usual ones holds more syllables.
LONG_GAP = 1.4

#: Syllables for each nucleus that is found: some leave no trace at all.
SYLLABLES_PER_NUCLEUS = 1.07

#: Window of the local rate, standard deviation in seconds.
LOCAL_S = 0.35


def find_nuclei(power: NDArray[np.floating], pitch: Pitch, speech: Speech) -> NDArray[np.int64]:
    """(n,) frames of the syllable nuclei, in order; multiply their number by ``SYLLABLES_PER_NUCLEUS``."""
    from scipy.signal import find_peaks

    level = _loudness(power, speech)
    floor = float(np.percentile(level[speech.active], 90)) - 30.0
    level = np.where(speech.active, np.maximum(level, floor), floor - 3.0)
    peaks, _ = find_peaks(
        level, prominence=PROMINENCE_DB, distance=max(round(SHORTEST_SYLLABLE_S / HOP_S), 1), height=floor + 3.0
    )
    near_voice = np.convolve(pitch.voiced, np.ones(5), mode="same") > 0.5
    return _filled(np.asarray(peaks[near_voice[peaks]], np.int64), speech)


def _loudness(power: NDArray[np.floating], speech: Speech) -> Curve:
    """(frames,) loudness of the vowels' bands in dB, lowered where the spectrum turns."""
    bands = power @ mel_bank(BANDS, *BAND_HZ, power.shape[1]).T
    loud = smooth(decibels(np.power(np.maximum(bands, 1e-12), LOUDNESS).mean(axis=1)) / LOUDNESS, 0.012)
    shape = np.stack([smooth(band, 0.012) for band in decibels(bands[:, ::2]).T], axis=1)
    shape = np.maximum(shape, shape[speech.active].max() - 45.0)
    turn = np.zeros(len(shape))
    if len(shape) > 2 * TURN_FRAMES:
        step = shape[2 * TURN_FRAMES :] - shape[: -2 * TURN_FRAMES]
        turn[TURN_FRAMES:-TURN_FRAMES] = np.sqrt(np.square(step).mean(axis=1))
    return np.asarray(loud - TURN_WEIGHT * smooth(turn, 0.02))


def _filled(nuclei: NDArray[np.int64], speech: Speech) -> NDArray[np.int64]:
    """The nuclei with more of them at even steps in gaps that are too long for two neighbours."""
    if len(nuclei) < 3:
        return nuclei
    stretch = np.searchsorted(speech.stretches[:, 0], nuclei, side="right")
    gaps = np.diff(nuclei)
    together = stretch[1:] == stretch[:-1]
    if not together.any():
        return nuclei
    usual = float(np.median(gaps[together]))
    pieces = np.where(together & (gaps > LONG_GAP * usual), np.maximum(np.round(gaps / usual), 1), 1).astype(np.int64)
    filled = [nuclei[:1]]
    for begin, end, count in zip(nuclei[:-1], nuclei[1:], pieces, strict=True):
        filled.append(np.round(np.linspace(begin, end, count + 1)[1:]).astype(np.int64))
    return np.concatenate(filled)


def local_rate(nuclei: NDArray[np.int64], speech: Speech) -> Curve:
    """(frames,) syllables per second of speech around each frame, pauses left out."""
    impulses = np.zeros(len(speech.active))
    impulses[nuclei] = 1.0
    time = smooth(speech.active.astype(np.float64), LOCAL_S) * HOP_S
    return np.asarray(SYLLABLES_PER_NUCLEUS * smooth(impulses, LOCAL_S) / np.maximum(time, 0.2 * HOP_S))
