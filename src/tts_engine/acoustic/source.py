"""The harmonic source: what vibrates before the decoder shapes it.

Nine sines at multiples of F0 with running phase, noise where there is no voice, one linear layer and tanh, then the
STFT in which the decoder reads it. Computed over a whole utterance because the phase runs through it: a later
decoder that works in windows cuts this, it does not recompute it. Pure numpy; deterministic for a seed.

Exact rewrites against the original: the phase of harmonic h is h times that of the fundamental, so the sines follow
from one sine and one cosine by recurrence; nine noises through one linear layer are one noise with the weights'
norm as its deviation. (Its random start phases have no effect there either: they fall between the points at which
the phase is read.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray


def phase(f0: FloatArray, config: ModelConfig) -> FloatArray:
    """Phase of the fundamental in radians within one turn, (values,) Hz -> (values * curve_hop,) float32.

    The phase advances by whole values of the curve and runs linearly between their centres, as in the original.
    """
    turns = np.cumsum(f0.astype(np.float64) * config.curve_hop / config.sample_rate)
    centres = np.arange(len(f0)) * config.curve_hop + (config.curve_hop - 1) / 2
    fine = np.interp(np.arange(len(f0) * config.curve_hop), centres, turns)
    fine -= np.floor(fine)
    return (fine * (2 * np.pi)).astype(np.float32)


def excitation(
    f0: FloatArray, mix: FloatArray, bias: float, config: ModelConfig, *, seed: int = 0, noise: float = 1.0
) -> FloatArray:
    """The source signal, (values,) Hz -> (values * curve_hop,) float32 in (-1, 1).

    Args:
        f0: Hz per value of the curve; at or below the voicing threshold = unvoiced.
        mix: (harmonics,) weights of the linear layer.
        bias: its bias.
        config: rates and amplitudes.
        seed: of the noise.
        noise: factor on the noise; 0 = none, 1 = as trained.
    """
    angle = phase(f0, config)
    voiced = np.repeat(f0 > config.voiced_threshold_hz, config.curve_hop)
    twice_cosine = 2 * np.cos(angle)
    before, now = np.zeros_like(angle), np.sin(angle)
    total = mix[0] * now
    for weight in mix[1:]:
        before, now = now, twice_cosine * now - before
        total += weight * now
    total *= voiced * np.float32(config.sine_amplitude)
    if noise:
        deviation = np.float32(noise * np.linalg.norm(mix))
        level = np.where(voiced, np.float32(config.noise_voiced), np.float32(config.sine_amplitude / 3)) * deviation
        total += level * np.random.default_rng(seed).standard_normal(len(total), dtype=np.float32)
    excited: FloatArray = np.tanh(total + np.float32(bias))
    return excited


def spectrum(signal: FloatArray, config: ModelConfig, begin: int = 0, end: int | None = None) -> FloatArray:
    """Magnitude and phase of the STFT, (samples,) -> (2 bins, samples / hop + 1) float32, reflected at both ends.

    Of the stretch from sample ``begin`` to ``end`` where they are given, multiples of the hop; inside the signal it is
    the same as that stretch of the whole.
    """
    half = config.n_fft // 2
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.n_fft) / config.n_fft)).astype(np.float32)
    padded = np.pad(signal, half, mode="reflect")[begin : None if end is None else end + config.n_fft]
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[:: config.hop]
    bins = np.fft.rfft(frames * window, axis=1)  # (steps, bins)
    if begin == 0:  # symmetric, so its phases are 0 or pi; a rounding error would decide between pi and -pi
        bins[0] = bins[0].real
    bins = bins.T
    return np.concatenate([np.abs(bins), np.angle(bins)]).astype(np.float32)
