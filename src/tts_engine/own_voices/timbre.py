"""What a recording tells about the timbre of its speaker, in numbers that hardly depend on what was said.

Frames of speech are sorted softly into classes of sounds (a Gaussian mixture over cepstra, as in speaker recognition:
Reynolds et al. 2000), and the speaker's mean in each class is compared with everybody's. To these come long-term
means, spreads and percentiles of the mel spectrum, correlations of the cepstra, the register and the formants.
``encoder.npz`` holds the classes; the same script that trained it (``scripts/train_voice_encoder.py``) computes its
features here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import dct

from ..hearing.formants import TUBE_HZ, find_formants
from ..hearing.frames import decibels, mel_bank, power_spectra
from ..hearing.pitch import track_pitch
from ..hearing.speech import find_speech

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

BANDS, LOW_HZ, HIGH_HZ = 40, 80.0, 7600.0
CEPSTRA = 20
#: Cepstra whose correlations tell a speaker.
CORRELATED = 12
#: Frames that a class needs before it is believed more than everybody's mean, in a recording counted as so many frames:
#: the features of three seconds and of three minutes then mean the same.
RELEVANCE, COUNTED_AS = 6.0, 250.0


@dataclass(frozen=True, slots=True)
class Speech:
    """The frames of a recording in which somebody speaks.

    Attributes:
        mel_db: (frames, 40) mel spectrum, dB, its mean over everything 0.
        voiced: (frames,) whether there is a pitch.
        f0_hz: (voiced frames,) pitch.
        formants_hz: (4,) medians of F1-F4.
        snr_db: speech against noise.
        seconds: how long somebody speaks.
    """

    mel_db: Matrix
    voiced: NDArray[np.bool_]
    f0_hz: Matrix
    formants_hz: Matrix
    snr_db: float
    seconds: float


@dataclass(frozen=True, slots=True)
class SoundClasses:
    """A Gaussian mixture with diagonal covariances over cepstra without their mean.

    Attributes:
        weights: (classes,).
        means: (classes, cepstra).
        variances: (classes, cepstra).
    """

    weights: Matrix
    means: Matrix
    variances: Matrix

    def shares(self, cepstra: Matrix) -> Matrix:
        """(frames, cepstra) -> (frames, classes), how much each frame belongs to each class."""
        distance = np.square(cepstra[:, None] - self.means) / self.variances
        log = np.log(self.weights) - 0.5 * (distance + np.log(self.variances)).sum(axis=2)
        log -= log.max(axis=1, keepdims=True)
        shares = np.exp(log)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def find_frames(waveform: NDArray[np.floating]) -> Speech:
    """The frames of speech in a waveform at 16 kHz; may be none."""
    power = power_spectra(waveform)
    pitch = track_pitch(waveform)
    speech = find_speech(power, pitch)
    active = speech.active
    mel = decibels(power[active] @ mel_bank(BANDS, LOW_HZ, HIGH_HZ, power.shape[1]).T)
    floor = (mel.max() - 70.0) if len(mel) else 0.0
    mel = np.maximum(mel, floor)
    clear = pitch.voiced & active & (pitch.strength > 0.7)
    formants = find_formants(waveform, np.flatnonzero(clear)) if clear.any() else None
    return Speech(
        mel_db=mel - mel.mean() if len(mel) else mel,
        voiced=pitch.voiced[active],
        f0_hz=pitch.f0_hz[active & pitch.voiced],
        formants_hz=np.asarray(formants.medians_hz if formants else TUBE_HZ, np.float64),
        snr_db=speech.snr_db,
        seconds=speech.speech_s,
    )


def joined(parts: list[Speech]) -> Speech:
    """Several recordings as one, the longer ones counting more."""
    seconds = sum(part.seconds for part in parts)
    shares = [part.seconds / seconds for part in parts]
    return Speech(
        mel_db=np.concatenate([part.mel_db for part in parts]),
        voiced=np.concatenate([part.voiced for part in parts]),
        f0_hz=np.concatenate([part.f0_hz for part in parts]),
        formants_hz=np.asarray(sum(share * part.formants_hz for share, part in zip(shares, parts, strict=True))),
        snr_db=float(sum(share * part.snr_db for share, part in zip(shares, parts, strict=True))),
        seconds=seconds,
    )


def cepstra_of(mel_db: Matrix) -> Matrix:
    """(frames, 40) dB -> (frames, cepstra), the level left out."""
    return np.asarray(dct(mel_db, type=2, norm="ortho", axis=1)[:, 1 : CEPSTRA + 1])


def describe(speech: Speech, classes: SoundClasses) -> Matrix:
    """(features,) of the speaker.

    First sounds by class (``classes * cepstra``), then the long-term spectrum and how it varies, register, formants.
    """
    cepstra = cepstra_of(speech.mel_db)
    shares = classes.shares(cepstra - cepstra.mean(axis=0))
    shares *= COUNTED_AS / max(len(shares), 1)
    counts = shares.sum(axis=0)
    sums = shares.T @ cepstra - counts[:, None] * classes.means
    offsets = sums / (counts + RELEVANCE)[:, None]
    voiced = speech.mel_db[speech.voiced] if speech.voiced.any() else speech.mel_db
    unvoiced = speech.mel_db if speech.voiced.all() else speech.mel_db[~speech.voiced]
    log_f0 = np.log(speech.f0_hz) if len(speech.f0_hz) else np.log([190.0])
    return np.concatenate(
        [
            offsets.ravel(),
            voiced.mean(axis=0),
            unvoiced.mean(axis=0),
            speech.mel_db.mean(axis=0),
            speech.mel_db.std(axis=0),
            np.percentile(speech.mel_db, (10, 50, 90), axis=0).ravel(),
            np.diff(speech.mel_db, axis=0).std(axis=0) if len(speech.mel_db) > 1 else np.zeros(BANDS),
            _correlations(cepstra[:, :CORRELATED]),
            [np.median(log_f0), log_f0.std()],
            np.log(speech.formants_hz),
        ]
    )


def _correlations(cepstra: Matrix) -> Matrix:
    """(frames, n) -> (n (n + 1) / 2,) correlations, and on the diagonal the logarithms of the spreads."""
    apart = cepstra - cepstra.mean(axis=0)
    covariance = apart.T @ apart / max(len(apart), 1) + 1e-3 * np.eye(cepstra.shape[1])
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, np.log(spread))
    return np.asarray(correlation[np.triu_indices(len(spread))])
