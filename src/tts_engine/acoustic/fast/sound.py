"""What the fast decoder shapes, and how its spectra become a waveform. Pure numpy.

    curves ──► excitation: pulses and noise, whole utterance ──► STFT ──► x the network's filters ──► inverse STFT

The pulses hold every harmonic of F0 in phase with the harmonic source of the full decoder, so the pitch of what is
heard is that of the curve whatever the network does, and the filters that it draws vary slowly. The noise is the very
noise of that source. Frame *j* of the STFT is centred on the middle of its hop, so there are as many frames as hops and
a stretch of frames is cut without a remainder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tts_engine.acoustic import source

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.fast.config import FastConfig
    from tts_engine.types import FloatArray

#: Highest frequency of a harmonic.
HIGHEST_HZ = 11_500.0

#: Pitch under which there are no pulses: the predictor draws 8-12 Hz where it means no voice.
LOWEST_HZ = 40.0

#: Pitch that the feature of the pitch counts octaves from, the least that it tells, and what the energy is divided by.
PITCH_HZ, LEAST_HZ, ENERGY = 200.0, 5.0, 4.0


def excitation(f0: FloatArray, model: ModelConfig, *, seed: int, noise: float) -> FloatArray:
    """Pulses and noise of unit power, (values,) Hz -> (2, values * curve_hop) float32.

    Args:
        f0: Hz per value of the curve, below ``LOWEST_HZ`` = no pulses.
        model: rates of the curves.
        seed: of the noise.
        noise: factor on the noise.
    """
    hop = model.curve_hop
    voiced = f0 >= LOWEST_HZ
    highest = np.maximum(np.floor(HIGHEST_HZ / np.maximum(f0, 1.0)), 1.0)
    count = np.repeat(np.where(voiced, highest, 1.0), hop).astype(np.float32)
    angle = source.phase(f0, model)
    angle = np.where(angle > np.pi, angle - np.float32(2 * np.pi), angle)  # exact where it is small, at the pulse
    half = np.sin(angle / 2)
    is_top = np.abs(half) < 1e-4
    total = np.sin((count + np.float32(0.5)) * angle) / np.where(is_top, 1.0, 2 * half) - np.float32(0.5)
    pulses = np.where(is_top, count, total) * np.sqrt(2 / count) * np.repeat(voiced, hop)
    pulses[: hop // 2] = pulses[-(hop // 2) :] = 0  # the phase stands still outside the outermost centres
    drawn = np.random.default_rng(seed).standard_normal(len(angle), dtype=np.float32) * np.float32(noise)
    return np.stack([pulses.astype(np.float32), drawn])


def features(f0: FloatArray, energy: FloatArray, model: ModelConfig) -> FloatArray:
    """(values,) Hz and (values,) -> (values, FEATURES) float32, what the network reads beside text and timbre."""
    voiced, pulsed = f0 > model.voiced_threshold_hz, f0 >= LOWEST_HZ
    turns = np.cumsum(f0.astype(np.float64) * model.curve_hop / model.sample_rate)
    angle = 2 * np.pi * (turns - np.floor(turns))
    octaves = np.log2(np.maximum(f0, LEAST_HZ) / PITCH_HZ)
    columns = (octaves, voiced, energy / ENERGY, pulsed * np.cos(angle), pulsed * np.sin(angle))
    return np.stack(columns, axis=1).astype(np.float32)


def window(n_fft: int) -> FloatArray:
    """(n_fft,) periodic Hann."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


def spectra(signals: FloatArray, config: FastConfig, begin: int, end: int) -> np.ndarray:
    """STFT frames ``begin`` to ``end`` of signals (2, samples): (frames, 2, bins) complex64; outside is silence.

    Divided by the root of the window's power, so that noise of power 1 has bins of power 1.
    """
    margin = (config.n_fft - config.hop) // 2
    first, last = begin * config.hop - margin, end * config.hop + margin
    inside = signals[:, max(first, 0) : min(last, signals.shape[1])]
    padded = np.pad(inside, ((0, 0), (max(-first, 0), max(last - signals.shape[1], 0))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft, axis=1)[:, :: config.hop]
    shape = window(config.n_fft)
    bins = np.fft.rfft(frames * (shape / np.sqrt(np.sum(shape**2))), axis=2)
    return bins.transpose(1, 0, 2).astype(np.complex64)


def waveform(spectrum: np.ndarray, config: FastConfig) -> FloatArray:
    """Inverse of ``spectra`` for one signal, (frames, bins) -> (frames * hop,) float32.

    The first and last samples lack the neighbouring frames: give some more on both sides and cut.
    """
    shape = window(config.n_fft)
    power = np.sqrt(np.sum(shape**2))  # times window / (sum of squares / hop): power from the analysis, then overlap
    frames = np.fft.irfft(spectrum, n=config.n_fft, axis=1) * (shape * (config.hop / power))
    per_frame = config.n_fft // config.hop
    parts = frames.reshape(len(frames), per_frame, config.hop)
    added = np.zeros((len(frames) + per_frame - 1, config.hop), np.float32)
    for i in range(per_frame):
        added[i : i + len(frames)] += parts[:, i]
    margin = (config.n_fft - config.hop) // 2
    flat = added.reshape(-1)
    return flat[margin : margin + len(frames) * config.hop]
