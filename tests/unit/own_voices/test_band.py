"""How far up a recording reaches, by its waveform and by its mel bands."""

from __future__ import annotations

import numpy as np
import pytest

from tts_engine.hearing.frames import decibels, mel_bank, power_spectra
from tts_engine.own_voices.band import narrowed, reach_hz, reach_of_bands
from tts_engine.own_voices.timbre import BANDS, HIGH_HZ, LOW_HZ

NOISE = 0.1 * np.random.default_rng(0).standard_normal(32_000)


def bands_of(waveform):
    power = power_spectra(waveform)
    return decibels(power @ mel_bank(BANDS, LOW_HZ, HIGH_HZ, power.shape[1]).T)


@pytest.mark.parametrize("band_hz", [3400.0, 4000.0, 5000.0])
def test_a_narrow_recording_is_known_by_waveform_and_by_bands(band_hz):
    narrow = narrowed(NOISE, band_hz)
    assert reach_hz(narrow) == pytest.approx(band_hz, abs=300.0)
    assert reach_of_bands(bands_of(narrow), LOW_HZ, HIGH_HZ) == pytest.approx(band_hz, rel=0.25)


def test_a_whole_recording_is_left_alone():
    assert reach_hz(NOISE) == 8000.0
    assert reach_of_bands(bands_of(NOISE), LOW_HZ, HIGH_HZ) == 8000.0
    assert narrowed(NOISE, 8000.0) is NOISE
