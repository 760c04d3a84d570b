"""F1-F4 over the vowels by linear prediction, and the length of the vocal tract that they speak of.

The order of the prediction is fixed, so what decides is how much of the spectrum it is asked to explain. Several
upper limits are tried and the one is taken under which the formants move least within the recording (the idea of
P. Escudero and others, 2009). Which resonance of a frame is which formant is decided by order and by the distance to
those of a uniform tube, whose length is fitted at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from .frames import HOP, RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve

#: Upper limits of the spectrum that are tried, Hz: from large men to children.
LIMITS_HZ = (4600.0, 5000.0, 5500.0, 6000.0, 6600.0)
ORDER = 10
WINDOW_S = 0.03

#: Frames that are looked at, spread over the recording.
MOST_FRAMES = 400

#: Resonances wider than this are no formants, Hz.
WIDEST_HZ = 700.0

#: Speed of sound in the warm, moist air of a vocal tract, cm/s.
SOUND_CM_S = 35_000.0

#: F1-F4 of the uniform tube of an average adult, Hz.
TUBE_HZ = np.array([545.0, 1635.0, 2725.0, 3815.0])

#: How far each formant can be trusted to speak of the tract rather than of the vowel (the idea of A. Lammert and
#: S. Narayanan, 2015; the weights are ours).
WEIGHTS = np.array([0.05, 0.10, 0.35, 0.50])


@dataclass(frozen=True, slots=True)
class Formants:
    """Resonances over the vowels of a recording.

    Attributes:
        frames: (n,) frames that were looked at.
        hz: (n, 4) F1-F4 in each, NaN where not found.
        medians_hz: (4,).
        vocal_tract_cm: length of the uniform tube that comes closest.
        limit_hz: upper limit of the spectrum that was chosen.
    """

    frames: NDArray[np.int64]
    hz: Curve
    medians_hz: Curve
    vocal_tract_cm: float
    limit_hz: float


def find_formants(waveform: NDArray[np.floating], vowels: NDArray[np.int64]) -> Formants | None:
    """The formants over vowel frames; None where there are fewer than ten of those or nothing is found.

    Args:
        waveform: (samples,) at 16 kHz.
        vowels: (n,) frames, in order.
    """
    if len(vowels) < 10:
        return None
    if len(vowels) > MOST_FRAMES:
        vowels = vowels[np.linspace(0, len(vowels) - 1, MOST_FRAMES).astype(np.int64)]
    best, best_spread, best_limit = None, np.inf, 0.0
    for limit_hz in LIMITS_HZ:
        found = _assign(_resonances(waveform, vowels, limit_hz))
        heard = np.isfinite(found)
        if (heard.mean(axis=0) < 0.3).any():
            continue
        spread = np.log(np.nanpercentile(found, 75, axis=0) / np.nanpercentile(found, 25, axis=0))
        badness = float((spread * [0.5, 0.7, 1.0, 1.0]).sum() + 0.8 * (1.0 - heard.mean()))
        if badness < best_spread:
            best, best_spread, best_limit = found, badness, limit_hz
    if best is None:
        return None
    medians = np.nanmedian(best, axis=0)
    return Formants(vowels, best, medians, vocal_tract(medians), best_limit)


def vocal_tract(formants_hz: Curve) -> float:
    """Length in cm of the uniform tube, closed at one end, whose resonances come closest."""
    odd = 2.0 * np.arange(1, 5) - 1.0
    first = float((WEIGHTS * formants_hz / odd).sum() / WEIGHTS.sum())
    return SOUND_CM_S / (4.0 * first)


def _resonances(waveform: NDArray[np.floating], vowels: NDArray[np.int64], limit_hz: float) -> Curve:
    """(n, ORDER // 2) frequencies of resonances, rising, NaN where there are fewer."""
    from scipy.signal import resample_poly

    rate = 2.0 * limit_hz
    up = round(rate / 100.0)
    narrow = resample_poly(waveform.astype(np.float64), up, 160)
    narrow = np.append(narrow[0], narrow[1:] - np.exp(-2 * np.pi * 50.0 / rate) * narrow[:-1])
    size = int(WINDOW_S * rate)
    centres = ((vowels + 0.5) * HOP * rate / RATE).astype(np.int64)
    padded = np.pad(narrow, size)
    samples = padded[centres[:, None] + size - size // 2 + np.arange(size)[None, :]]
    samples = samples * np.hanning(size + 2)[1:-1]
    coefficients = _predict(samples)
    companion = np.zeros((len(vowels), ORDER, ORDER))
    companion[:, 0] = -coefficients[:, 1:]
    companion[:, np.arange(1, ORDER), np.arange(ORDER - 1)] = 1.0
    poles = np.linalg.eigvals(companion)
    hz = np.angle(poles) * rate / (2 * np.pi)
    width = -np.log(np.maximum(np.abs(poles), 1e-9)) * rate / np.pi
    is_formant = (hz > 150.0) & (hz < limit_hz - 50.0) & (width < WIDEST_HZ)
    return np.sort(np.where(is_formant, hz, np.nan), axis=1)[:, : ORDER // 2]


def _predict(samples: Curve) -> Curve:
    """(n, ORDER + 1) linear prediction by the autocorrelation method, all frames at once (Levinson and Durbin)."""
    size = samples.shape[1]
    points = 1 << int(np.ceil(np.log2(2 * size)))
    lags = np.fft.irfft(np.square(np.abs(np.fft.rfft(samples, points, axis=1))), axis=1)[:, : ORDER + 1]
    lags[:, 0] = lags[:, 0] * (1.0 + 1e-6) + 1e-12
    a = np.zeros((len(samples), ORDER + 1))
    a[:, 0] = 1.0
    error = lags[:, 0].copy()
    for order in range(1, ORDER + 1):
        reflection = -(a[:, :order] * lags[:, order:0:-1]).sum(axis=1) / error
        a[:, 1 : order + 1] += reflection[:, None] * a[:, order - 1 :: -1][:, :order]
        error = error * (1.0 - np.square(reflection))
    return a


def _assign(resonances: Curve) -> Curve:
    """(n, 4) which resonances are F1-F4: in order, and together closest to a tube of the speaker's length."""
    tube = TUBE_HZ
    choices = np.array(list(combinations(range(resonances.shape[1]), 4)))
    for _ in range(3):
        cost = np.abs(np.log(resonances[:, choices] / tube)) * np.array([0.4, 0.6, 1.0, 1.0])
        cost = np.where(np.isfinite(cost), cost, 1.5).sum(axis=2)
        chosen = np.take_along_axis(resonances, choices[cost.argmin(axis=1)], axis=1)
        upper = chosen[:, 2:] / tube[2:]
        if not np.isfinite(upper).any():
            break
        tube = tube * np.clip(np.nanmedian(upper), 0.85, 1.3)
    return np.asarray(chosen)
