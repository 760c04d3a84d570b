import numpy as np
import pytest

from tts_engine.prosody.pitch import shift_pitch
from tts_engine.types import Prosody


@pytest.fixture
def prosody():
    return Prosody(
        durations=np.array([1, 2, 1]),
        f0=np.array([0, 200, 210, 0, 190, 0, 0, 100], np.float32),
        energy=np.zeros(8, np.float32),
    )


@pytest.mark.parametrize("semitones", [-12, -3.5, 2, 12])
def test_voiced_frames_move_by_the_ratio_and_unvoiced_ones_stay(prosody, semitones):
    moved = shift_pitch(prosody, semitones)
    np.testing.assert_allclose(moved.f0, prosody.f0 * 2 ** (semitones / 12), rtol=1e-6)
    assert (moved.f0[prosody.f0 == 0] == 0).all()
    assert moved.f0.dtype == np.float32


def test_zero_is_the_same_value(prosody):
    assert shift_pitch(prosody, 0) is prosody


def test_hertz_are_added_to_the_voice(prosody):
    moved = shift_pitch(prosody, 0, hertz=20.0)
    np.testing.assert_allclose(moved.f0[prosody.f0 > 0], prosody.f0[prosody.f0 > 0] + 20.0)
    assert (moved.f0[prosody.f0 == 0] == 0).all()
