"""Where in a recording somebody speaks, where the pauses are, and how far the noise lies below the voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP_S, RATE, decibels, fill, runs, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve, Mask
    from .pitch import Pitch

#: Band in which speech is looked for, Hz.
BAND_HZ = (150.0, 5000.0)

#: A gap of at least this length is a pause; shorter ones are closures of stops. Seconds.
SHORTEST_PAUSE_S = 0.14

#: From here on upwards sound counts as loud, Hz: the fundamental of a man does, rumble does not.
LOUD_FROM_HZ = 50.0

#: 10th to 90th percentile of a normal distribution, in standard deviations.
PERCENTILES = 2.563

#: Speech does not reach further than this from a voiced frame (a final fricative), seconds.
REACH_S = 0.22

#: Shorter islands of sound are clicks, seconds.
SHORTEST_SPEECH_S = 0.09

#: Highest signal-to-noise ratio that is told apart, dB.
CLEANEST_DB = 70.0


@dataclass(frozen=True, slots=True)
class Speech:
    """Where speech is.

    Attributes:
        active: (frames,) True in speech, pauses left out.
        level_db: (frames,) level in the band of speech, dB, smoothed over 20 ms.
        noise_db: level of what is there when nobody speaks, dB.
        voice_db: mean level of speech, dB.
        stretches: (n, 2) begin and end frame between two pauses, in order.
    """

    active: Mask
    level_db: Curve
    noise_db: float
    voice_db: float
    stretches: NDArray[np.int64]

    @property
    def speech_s(self) -> float:
        """How long somebody speaks, seconds."""
        return float(np.count_nonzero(self.active)) * HOP_S

    @property
    def snr_db(self) -> float:
        """Speech against noise, dB."""
        return min(self.voice_db - self.noise_db, CLEANEST_DB)

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The pauses inside, seconds."""
        gaps = self.stretches[1:, 0] - self.stretches[:-1, 1]
        return tuple(round(float(gap) * HOP_S, 3) for gap in gaps)


def find_speech(power: NDArray[np.floating], pitch: Pitch) -> Speech:
    """Speech by level and voice: sound well above the noise that is voiced, or close to something voiced.

    Args:
        power: (frames, bins) of ``frames.power_spectra``.
        pitch: of the same recording.
    """
    hz = np.linspace(0.0, RATE / 2, power.shape[1])
    band = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    level = smooth(decibels(power[:, band].sum(axis=1)), 0.012)
    voiced = pitch.voiced & (pitch.strength > 0.5)
    if not voiced.any():
        return Speech(np.zeros(len(level), bool), level, float(np.median(level)), -120.0, np.zeros((0, 2), np.int64))
    loud = float(np.percentile(level[voiced], 75))
    noise = _noise_floor(level, voiced)
    threshold = max(noise + min(6.0, 0.35 * max(loud - noise, 0.0)), loud - 42.0)
    sound = level > threshold
    reach = int(REACH_S / HOP_S)
    near = np.convolve(voiced, np.ones(2 * reach + 1), mode="same") > 0.5
    sound = fill(sound & near, SHORTEST_PAUSE_S)
    for begin, end in runs(sound):
        if (end - begin) * HOP_S < SHORTEST_SPEECH_S or np.count_nonzero(voiced[begin:end]) < 4:
            sound[begin:end] = False
    if not sound.any():
        return Speech(sound, level, noise, -120.0, np.zeros((0, 2), np.int64))
    voice = float(decibels(np.mean(10.0 ** (level[sound] / 10.0))))
    still = np.convolve(sound, np.ones(11), mode="same") < 0.5  # nobody speaks, the edges of words left out
    if np.count_nonzero(still) >= 10:
        noise = float(np.percentile(level[still], 30))  # not the mean: a voice without pitch may be among them
    else:  # no pause to hear the noise in: it is no louder than the quietest closure or what is not harmonic
        harmonic = float(np.percentile(pitch.hnr_db[voiced & sound], 75))
        noise = min(voice - harmonic, float(np.percentile(level, 2)))
    return Speech(sound, level, noise, voice, runs(sound))


def loudness(power: NDArray[np.floating]) -> Curve:
    """(frames,) level of the whole sound, dB, smoothed over 20 ms: how loud it is, not where speech is."""
    hz = np.linspace(0.0, RATE / 2, power.shape[1])
    return smooth(decibels(power[:, hz > LOUD_FROM_HZ].sum(axis=1)), 0.012)


def spread_of(level_db: Curve) -> float:
    """How much a level varies, dB: between its 10th and 90th percentile, on the scale of a standard deviation."""
    low, high = np.percentile(level_db, [10, 90])
    return float(high - low) / PERCENTILES


def _noise_floor(level: Curve, voiced: Mask) -> float:
    """Level under which almost nothing lies between words, dB; far down where there is nothing between words."""
    unvoiced = level[~voiced]
    return float(np.percentile(unvoiced, 10)) if len(unvoiced) >= 10 else -120.0
