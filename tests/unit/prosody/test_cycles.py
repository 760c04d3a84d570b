import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.prosody.cycles import (
    cycle_starts,
    per_sample_time,
    read_at,
    read_curve,
    stretched_time,
    waver,
)

RATE = 24_000
F0 = np.full(80, 200.0, np.float32)  # one second, cycles of 120 samples
SAMPLES = 300 * len(F0)


def tone(hz, samples=SAMPLES):
    return np.sin(2 * np.pi * hz * np.arange(samples) / RATE).astype(np.float32)


def ones(value):
    return np.full(len(F0), value)


def periods(shifts):
    """Lengths of the cycles of a 200 Hz voice that is read at these shifts, in samples."""
    at = np.arange(SAMPLES) + shifts
    return np.diff(np.interp(np.arange(240, SAMPLES - 240, 120.0), at, np.arange(SAMPLES)))


def test_cycles_start_a_period_apart_and_only_in_voice():
    np.testing.assert_allclose(np.diff(cycle_starts(F0, SAMPLES, RATE)), 120.0, atol=1e-6)
    half = np.where(np.arange(80) < 40, 200.0, 11.0).astype(np.float32)
    assert cycle_starts(half, SAMPLES, RATE).max() <= SAMPLES / 2
    assert len(cycle_starts(np.zeros(80, np.float32), SAMPLES, RATE)) == 0


@pytest.mark.parametrize("percent", [0.5, 1.0, 2.0])
def test_jitter_is_the_local_jitter_that_was_asked_for(percent):
    shifts, _ = waver(F0, ones(percent), ones(0.0), SAMPLES, RATE, seed=1)
    lengths = periods(shifts)
    measured = 100 * np.abs(np.diff(lengths)).mean() / lengths.mean()
    assert measured == pytest.approx(percent, rel=0.25)


def test_a_growl_makes_every_other_cycle_louder():
    _, gain = waver(F0, ones(0.0), ones(1.0), SAMPLES, RATE)
    peaks = gain[cycle_starts(F0, SAMPLES, RATE).astype(int)]
    assert (peaks[1::2].mean() - peaks[::2].mean()) > 0.4
    assert gain.min() > 0


def test_no_irregularity_is_none():
    shifts, gain = waver(F0, ones(0.0), ones(0.0), SAMPLES, RATE)
    assert not shifts.any()
    np.testing.assert_array_equal(gain, 1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 20), st.floats(0, 1))
def test_time_never_runs_backwards(seed, percent, rough):
    shifts, gain = waver(F0, ones(percent), ones(rough), SAMPLES, RATE, seed=seed)
    assert np.diff(np.arange(SAMPLES) + shifts).min() > 0
    assert gain.min() >= 0.3


def test_reading_at_whole_samples_changes_nothing():
    waveform = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    np.testing.assert_allclose(read_at(waveform, np.arange(1000.0)), waveform, atol=1e-5)


def test_a_stretched_rendering_read_in_its_own_time_is_higher_by_the_ratio():
    ratio = np.full(len(F0), 2 ** (1 / 12))
    slow = tone(200.0, round(SAMPLES * ratio[0]) + 600)
    heard = read_at(slow, per_sample_time(stretched_time(ratio), SAMPLES, RATE))
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(SAMPLES)))
    assert spectrum.argmax() * RATE / SAMPLES == pytest.approx(200 * ratio[0], abs=1.0)


def test_curves_keep_the_border_between_voice_and_silence():
    curve = np.array([11.0, 11.0, 200.0, 210.0], np.float32)
    read = read_curve(curve, np.linspace(0, 3, 31), threshold=50.0)
    assert not ((read > 12) & (read < 199)).any()
    assert read[-1] == 210.0
    np.testing.assert_allclose(read_curve(curve, np.arange(4.0)), curve)
