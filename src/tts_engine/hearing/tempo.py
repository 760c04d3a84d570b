"""Syllables in the sound: their nuclei, the rate, and how it changes.

Source of the idea: N. de Jong and T. Wempe, "Praat script to detect syllable nuclei and measure speech rate
automatically", 2009: peaks of the intensity that stand out from the dips beside them and are voiced. Differs in that
the intensity is a loudness of mel bands, lowered where the spectrum turns (a nasal between two vowels makes no dip),
and in that the constants were fitted on speech whose syllables are known, our engine's own and recordings bent and
noised in three languages (docs/experiments.md): as many peaks are too many there as leave no dip.
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
PROMINENCE_DB = 1.2

#: How much a turn of the spectrum lowers the loudness, and over what time it is measured.
TURN_WEIGHT, TURN_FRAMES = 0.2, 3

#: Nuclei lie at least this far apart, seconds.
SHORTEST_SYLLABLE_S = 0.06

#: A nucleus has at least a trace of a pitch: this normalised autocorrelation, less than voicing takes.
VOICE = 0.4

#: Window of the local rate, standard deviation in seconds.
LOCAL_S = 0.35


def find_nuclei(power: NDArray[np.floating], pitch: Pitch, speech: Speech) -> NDArray[np.int64]:
    """(n,) frames of the syllable nuclei, in order."""
    from scipy.signal import find_peaks

    level = _loudness(power, speech)
    floor = float(np.percentile(level[speech.active], 90)) - 30.0
    level = np.where(speech.active, np.maximum(level, floor), floor - 3.0)
    peaks, _ = find_peaks(
        level, prominence=PROMINENCE_DB, distance=max(round(SHORTEST_SYLLABLE_S / HOP_S), 1), height=floor + 3.0
    )
    near_voice = np.convolve(pitch.strength > VOICE, np.ones(3), mode="same") > 0.5
    return np.asarray(peaks[near_voice[peaks]], np.int64)


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


def local_rate(nuclei: NDArray[np.int64], speech: Speech) -> Curve:
    """(frames,) syllables per second of speech around each frame, pauses left out."""
    impulses = np.zeros(len(speech.active))
    impulses[nuclei] = 1.0
    time = smooth(speech.active.astype(np.float64), LOCAL_S) * HOP_S
    return np.asarray(smooth(impulses, LOCAL_S) / np.maximum(time, 0.2 * HOP_S))
