"""Filters without scipy give what scipy gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import sosfilt

from tts_engine.prosody import colour


@pytest.mark.parametrize("samples", [1, 300, 24011])
def test_sections_that_fade_are_their_impulse_response(samples):
    waveform = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    sections = np.stack([colour._peak(700.0, -7.0, 1.0, 24000), colour._peak(1150.0, 3.0, 2.0, 24000)])
    exact = sosfilt(sections, waveform.astype(np.float64))
    np.testing.assert_allclose(colour.filtered(waveform, sections), exact, atol=1e-9)


@pytest.mark.parametrize("reach", [1, 3, 5, 7, 9, 145])
@pytest.mark.parametrize("samples", [1, 60, 1000])
def test_the_largest_and_the_smallest_around(samples, reach):
    values = np.random.default_rng(reach).standard_normal(samples)
    np.testing.assert_array_equal(colour._around(values, reach, np.maximum), maximum_filter1d(values, reach))
    np.testing.assert_array_equal(colour._around(values, reach, np.minimum), minimum_filter1d(values, reach))
