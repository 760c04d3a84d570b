"""Audible inhalations for the pauses of frightened or exhausted speech.

An inhalation through the mouth is noise that the open vocal tract shapes: weak resonances near 0.6, 1.6 and 2.7 kHz
over a slowly falling slope, swelling over most of its length and cut off by the next sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..types import FloatArray

RESONANCES_HZ = ((600.0, 350.0, 0.7), (1600.0, 500.0, 1.0), (2700.0, 700.0, 0.8))
SLOPE_FROM_HZ = 3500.0

#: Share of the length after which the breath is loudest.
PEAK_AT = 0.7

_FADE_S = 0.025


def inhalation(length_s: float, sample_rate: int, *, seed: int = 0) -> FloatArray:
    """(samples,) float32 noise that sounds as a breath drawn in; root mean square 1 at its loudest, silent at its ends.

    Args:
        length_s: 0.1 or more.
        sample_rate: samples per second.
        seed: of the noise.
    """
    count = round(length_s * sample_rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1.0 / sample_rate)
    shape = 0.15 + sum(gain * np.exp(-0.5 * ((hz - centre) / width) ** 2) for centre, width, gain in RESONANCES_HZ)
    shape = shape * (1.0 - np.exp(-((hz / 250.0) ** 2))) / (1.0 + (hz / SLOPE_FROM_HZ) ** 2)
    noise = np.fft.irfft(spectrum * shape, count)
    noise /= np.sqrt(np.mean(np.square(noise)))
    at = np.arange(count) / count
    falls = np.clip((at - PEAK_AT) / (1.0 - PEAK_AT), 0.0, 1.0)
    swell = np.minimum(at / PEAK_AT, 1.0) ** 1.5 * np.cos(0.5 * np.pi * falls) ** 0.7
    fade = min(round(_FADE_S * sample_rate), count // 2)
    edge = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / max(fade, 1))
    return np.asarray(noise * swell * edge, dtype=np.float32)
