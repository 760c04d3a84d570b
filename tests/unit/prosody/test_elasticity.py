import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.prosody.elasticity import elasticities, stretch
from tts_engine.types import Break

PHONEMES = "pʰa→ꭧʊ→ŋ,sɤ↘ti"
BREAKS = (Break(PHONEMES.index(","), "，"),)


def lengths():
    return np.linspace(1.0, 4.0, len(PHONEMES) + 2).astype(np.float32)


@settings(deadline=None)
@given(st.floats(0.6, 1.6))
def test_the_spoken_part_follows_the_rate_exactly(factor):
    before = lengths()
    after = stretch(before, PHONEMES, np.full(len(before), np.log2(factor), np.float32), BREAKS)
    spoken = np.ones(len(before), bool)
    spoken[[0, -1, BREAKS[0].phoneme + 1]] = False
    assert after[spoken].sum() == pytest.approx(before[spoken].sum() / factor, rel=1e-4)
    np.testing.assert_array_equal(after[~spoken], before[~spoken])


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_vowels_give_more_than_stops(factor):
    before = lengths()
    ratio = stretch(before, PHONEMES, np.full(len(before), np.log2(factor), np.float32), BREAKS) / before
    change = np.abs(np.log2(ratio))
    vowel, stop, affricate = (PHONEMES.index(symbol) + 1 for symbol in "apꭧ")
    assert change[vowel] > 1.5 * change[stop] > 0
    assert change[vowel] > 1.5 * change[affricate] > 0


def test_no_rate_is_the_same_array():
    before = lengths()
    assert stretch(before, PHONEMES, np.zeros(len(before), np.float32), BREAKS) is before


def test_pads_have_no_elasticity():
    assert elasticities("ta")[[0, -1]].tolist() == [0.0, 0.0]


def test_extreme_rates_leave_every_sound_a_length():
    before = lengths()
    for factor in (0.25, 4.0):
        after = stretch(before, PHONEMES, np.full(len(before), np.log2(factor), np.float32), BREAKS)
        assert after.min() > 0
        assert np.isfinite(after).all()
