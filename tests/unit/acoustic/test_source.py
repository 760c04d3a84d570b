"""Laws of the harmonic source, on the real configuration."""

from __future__ import annotations

import numpy as np
import pytest

from tts_engine.acoustic import source
from tts_engine.acoustic.config import ModelConfig

CONFIG = ModelConfig()
MIX = np.linspace(1.0, 0.2, CONFIG.harmonics).astype(np.float32)


def strongest_hz(signal: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    peak = int(spectrum.argmax())
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2])
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * CONFIG.sample_rate / len(signal)


@pytest.mark.parametrize("shift_st", [-12, -3.5, 0, 2, 12])
def test_k_semitones_multiply_the_frequency(shift_st):
    f0 = np.full(160, 200 * 2 ** (shift_st / 12), np.float32)
    only_fundamental = np.eye(1, CONFIG.harmonics, dtype=np.float32)[0]
    signal = source.excitation(f0, only_fundamental, 0.0, CONFIG, noise=0)
    assert strongest_hz(signal) == pytest.approx(200 * 2 ** (shift_st / 12), rel=1e-3)


@pytest.mark.parametrize("harmonic", range(1, 10))
def test_harmonics_are_multiples(harmonic):
    mix = np.eye(1, CONFIG.harmonics, harmonic - 1, dtype=np.float32)[0]
    signal = source.excitation(np.full(160, 150, np.float32), mix, 0.0, CONFIG, noise=0)
    assert strongest_hz(signal) == pytest.approx(150 * harmonic, rel=1e-3)


def test_the_recurrence_equals_nine_sines():
    f0 = 200 + 80 * np.sin(np.arange(60) / 7).astype(np.float32)
    angle = source.phase(f0, CONFIG).astype(np.float64)
    sines = sum(weight * np.sin((h + 1) * angle) for h, weight in enumerate(MIX)) * CONFIG.sine_amplitude
    signal = source.excitation(f0, MIX, 0.1, CONFIG, noise=0)
    np.testing.assert_allclose(signal, np.tanh(sines + 0.1), atol=2e-5)


def test_length_and_phase_are_continuous():
    f0 = np.array([100, 100, 250, 250, 120], np.float32)
    angle = source.phase(f0, CONFIG).astype(np.float64)
    assert len(angle) == len(f0) * CONFIG.curve_hop
    steps = np.angle(np.exp(1j * np.diff(angle)))
    assert steps.max() <= 2 * np.pi * 250 / CONFIG.sample_rate * 1.001
    assert steps.min() >= 0


def test_without_voice_only_noise():
    silent = source.excitation(np.zeros(80, np.float32), MIX, 0.0, CONFIG, noise=0)
    np.testing.assert_array_equal(silent, 0)
    noise = source.excitation(np.zeros(80, np.float32), MIX, 0.0, CONFIG)
    expected = CONFIG.sine_amplitude / 3 * np.linalg.norm(MIX)
    assert np.std(noise) == pytest.approx(expected, rel=0.05)


def test_noise_is_the_seeds():
    f0 = np.full(20, 200, np.float32)
    make = [source.excitation(f0, MIX, 0.0, CONFIG, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(make[0], make[1])
    assert np.abs(make[0] - make[2]).max() > 0


def test_spectrum_is_the_windowed_transform():
    signal = np.random.default_rng(0).standard_normal(50 * CONFIG.hop).astype(np.float32)
    spectrum = source.spectrum(signal, CONFIG)
    assert spectrum.shape == (2 * CONFIG.bins, len(signal) // CONFIG.hop + 1)
    step = 20
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(CONFIG.n_fft) / CONFIG.n_fft)
    centre = step * CONFIG.hop
    expected = np.fft.rfft(signal[centre - 10 : centre + 10] * window)
    np.testing.assert_allclose(spectrum[: CONFIG.bins, step], np.abs(expected), atol=1e-4)
    np.testing.assert_allclose(np.exp(1j * spectrum[CONFIG.bins :, step]), expected / np.abs(expected), atol=1e-3)


def test_rates_of_the_checkpoint():
    assert (CONFIG.curve_hop, CONFIG.frame_hop, CONFIG.max_phonemes) == (300, 600, 510)
    assert (CONFIG.frame_rate, CONFIG.curve_rate) == (40.0, 80.0)
    assert len(CONFIG.symbols) == 114
    assert max(CONFIG.symbols.values()) < CONFIG.n_symbols
    assert all(len(symbol) == 1 for symbol in CONFIG.symbols)
