import numpy as np
import pytest

from tts_engine.prosody.breaths import inhalation

RATE = 24_000


def test_a_breath_swells_and_ends_in_silence():
    breath = inhalation(0.4, RATE, seed=1)
    assert len(breath) == round(0.4 * RATE)
    parts = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(breath, 8)]
    assert parts.index(max(parts)) in (4, 5, 6)
    assert abs(breath[0]) < 1e-3
    assert abs(breath[-1]) < 1e-3
    assert max(parts) == pytest.approx(1.0, abs=0.35)


def test_it_is_noise_of_the_middle_frequencies():
    breath = inhalation(1.0, RATE, seed=1)
    power = np.abs(np.fft.rfft(breath)) ** 2
    hz = np.fft.rfftfreq(len(breath), 1 / RATE)
    middle = power[(hz > 400) & (hz < 4000)].sum()
    assert middle > 0.8 * power.sum()
    assert power.max() < 0.05 * power.sum()  # no tone


def test_repeatable_by_seed():
    np.testing.assert_array_equal(inhalation(0.3, RATE, seed=5), inhalation(0.3, RATE, seed=5))
    assert np.abs(inhalation(0.3, RATE, seed=5) - inhalation(0.3, RATE, seed=6)).max() > 0.1
