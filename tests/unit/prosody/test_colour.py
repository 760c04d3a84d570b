import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.prosody import colour
from tts_engine.prosody.layout import CURVE_S

RATE = 24_000
SECONDS = 1.0
COUNT = round(SECONDS / CURVE_S)


def voice(hz=200.0):
    at = np.arange(int(RATE * SECONDS)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * k * at) / k for k in range(1, 40))
    return (0.1 * tone).astype(np.float32)


def flat(value):
    return np.full(COUNT, float(value))


def level_db(waveform):
    return 10 * np.log10(np.mean(np.square(waveform, dtype=np.float64)))


def high_share_db(waveform):
    power = np.abs(np.fft.rfft(waveform)) ** 2
    hz = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return 10 * np.log10(power[hz > 3000].sum() / power[hz < 700].sum())


def periodicity(waveform, hz=200.0, band=None):
    if band is not None:
        spectrum = np.fft.rfft(waveform)
        spectrum[np.fft.rfftfreq(len(waveform), 1 / RATE) < band] = 0
        waveform = np.fft.irfft(spectrum, len(waveform))
    lag = round(RATE / hz)
    middle = waveform[4000:-4000].astype(np.float64)
    return float(np.corrcoef(middle[:-lag], middle[lag:])[0, 1])


def test_zero_strength_is_the_same_array():
    signal, nothing = voice(), flat(0)
    assert colour.gain(signal, nothing, RATE) is signal
    assert colour.tilt(signal, nothing, RATE) is signal
    assert colour.pinch(signal, nothing, RATE) is signal
    assert colour.aspirate(signal, nothing, RATE) is signal


@settings(deadline=None)
@given(st.floats(-20, 12))
def test_gain_is_exact(decibels):
    signal = voice()
    assert level_db(colour.gain(signal, flat(decibels), RATE)) - level_db(signal) == pytest.approx(decibels, abs=0.01)


def test_a_jump_in_the_curve_is_no_click():
    curve = flat(0)
    curve[COUNT // 2 :] = -12.0
    steady = colour.gain(np.ones(int(RATE * SECONDS), np.float32), curve, RATE)
    assert np.abs(np.diff(steady)).max() < 0.01


@pytest.mark.parametrize("decibels", [-6.0, -3.0, 3.0, 6.0])
def test_tilt_moves_the_highs_and_keeps_the_level(decibels):
    signal = voice()
    tilted = colour.tilt(signal, flat(decibels), RATE)
    assert high_share_db(tilted) - high_share_db(signal) == pytest.approx(decibels, abs=1.5)
    assert level_db(tilted) == pytest.approx(level_db(signal), abs=0.01)
    assert tilted.dtype == np.float32


def test_breath_takes_the_periodicity_of_the_highs_only():
    signal = voice()
    breathy = colour.aspirate(signal, flat(1.0), RATE, seed=1)
    assert len(breathy) == len(signal)
    assert periodicity(breathy, band=4000) < 0.5 < periodicity(breathy)
    assert level_db(breathy) == pytest.approx(level_db(signal), abs=0.01)


def test_more_breath_is_less_periodic():
    shares = [periodicity(colour.aspirate(voice(), flat(b), RATE, seed=1), band=4000) for b in (0.1, 0.4, 0.8)]
    assert shares == sorted(shares, reverse=True)


def test_noise_is_repeatable_by_seed():
    one, again, other = (colour.aspirate(voice(), flat(0.5), RATE, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0


def test_a_pinched_voice_is_thinner_in_the_middle_and_no_louder():
    signal = voice()
    pinched = colour.pinch(signal, flat(1.0), RATE)
    hz = np.fft.rfftfreq(len(signal), 1 / RATE)
    ratio = np.abs(np.fft.rfft(pinched)) / np.maximum(np.abs(np.fft.rfft(signal)), 1e-9)
    middle, above = (float(ratio[np.argmin(np.abs(hz - at))]) for at in (600, 2600))
    assert above > 1.5 * middle
    assert level_db(pinched) == pytest.approx(level_db(signal), abs=0.01)


def test_silence_stays_silence():
    nothing = np.zeros(RATE, np.float32)
    assert not colour.tilt(nothing, flat(3), RATE).any()
    assert not colour.aspirate(nothing, flat(0.5), RATE).any()
