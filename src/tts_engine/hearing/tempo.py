"""Syllables in the sound: their nuclei, the rate, and how it changes.

Source of the idea: N. de Jong and T. Wempe, "Praat script to detect syllable nuclei and measure speech rate
automatically", 2009: peaks of the intensity that stand out from the dips beside them and are voiced. Differs in that
the intensity is that of the vowels' band, that a turn of the spectrum without a dip (a nasal between two vowels)
counts as a boundary too, and that the constants were fitted on our engine's speech, whose syllables are known
(docs/reference.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP_S, RATE, decibels, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve
    from .pitch import Pitch
    from .speech import Speech

BAND_HZ = (250.0, 3000.0)

#: A nucleus stands at least this far above the dips beside it, dB.
PROMINENCE_DB = 1.2

#: Nuclei lie at least this far apart, seconds.
SHORTEST_SYLLABLE_S = 0.075

#: Window of the local rate, standard deviation in seconds.
LOCAL_S = 0.35


def find_nuclei(power: NDArray[np.floating], pitch: Pitch, speech: Speech) -> NDArray[np.int64]:
    """(n,) frames of the syllable nuclei, in order."""
    from scipy.signal import find_peaks

    hz = np.linspace(0.0, RATE / 2, power.shape[1])
    band = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    level = smooth(decibels(power[:, band].sum(axis=1)), 0.018)
    floor = speech.voice_db - 30.0
    level = np.where(speech.active, np.maximum(level, floor), floor - 3.0)
    peaks, _ = find_peaks(
        level, prominence=PROMINENCE_DB, distance=max(round(SHORTEST_SYLLABLE_S / HOP_S), 1), height=floor + 3.0
    )
    near_voice = np.convolve(pitch.voiced, np.ones(5), mode="same") > 0.5
    return np.asarray(peaks[near_voice[peaks]], np.int64)


def local_rate(nuclei: NDArray[np.int64], speech: Speech) -> Curve:
    """(frames,) syllables per second of speech around each frame, pauses left out."""
    impulses = np.zeros(len(speech.active))
    impulses[nuclei] = 1.0
    time = smooth(speech.active.astype(np.float64), LOCAL_S) * HOP_S
    return np.asarray(smooth(impulses, LOCAL_S) / np.maximum(time, 0.2 * HOP_S))
