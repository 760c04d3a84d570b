import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.prosody.edges import LEAD_FRAMES, TAIL_FRAMES, UNVOICED_TAIL_FRAMES, crop_silence
from tts_engine.types import Prosody, Sentence, Span, Syllable, Word


def sentence(phonemes):
    """One syllable over all phonemes but a final mark."""
    syllable = Syllable("好", "hao3", Span(0, 1), (0, len(phonemes) - 1))
    return Sentence("好。", Span(0, 2), "好。", (Word("好", Span(0, 1), (syllable,)),), phonemes)


def curves(durations, begin, end):
    """Voiced from model frame ``begin`` to ``end``; energy numbers the values."""
    durations = np.array(durations)
    f0 = np.full(2 * durations.sum(), 9.0, np.float32)
    f0[2 * begin : 2 * end] = 200.0
    return Prosody(durations, f0, np.arange(len(f0), dtype=np.float32))


def test_silence_goes_and_the_voice_stays():
    whole = curves([17, 3, 4, 22, 7, 1], 18, 26)
    cropped = crop_silence(whole, sentence("xau."))
    assert cropped.durations[0] == LEAD_FRAMES
    assert cropped.durations.sum() == LEAD_FRAMES + 9 + TAIL_FRAMES
    np.testing.assert_array_equal(cropped.f0[cropped.f0 > 30], whole.f0[whole.f0 > 30])


def test_a_final_voiceless_consonant_lives_longer():
    whole = curves([17, 3, 4, 22, 7, 1], 18, 26)
    assert crop_silence(whole, sentence("æts.")).durations.sum() == LEAD_FRAMES + 9 + UNVOICED_TAIL_FRAMES


def test_nothing_voiced_is_left_whole():
    whole = curves([5, 3, 5], 0, 0)
    assert crop_silence(whole, sentence("s.")) is whole


@given(st.lists(st.integers(1, 30), min_size=4, max_size=12), st.data())
def test_curves_are_a_stretch_of_the_whole_and_fit_the_durations(durations, data):
    total = sum(durations)
    begin = data.draw(st.integers(0, total - 1))
    end = data.draw(st.integers(begin + 1, total))
    whole = curves(durations, begin, end)
    cropped = crop_silence(whole, sentence("x" * (len(durations) - 3) + "."))
    assert cropped.durations.min() >= 1
    assert len(cropped.f0) == len(cropped.energy) == 2 * cropped.durations.sum()
    assert (cropped.durations <= whole.durations).all()
    assert np.array_equal(np.diff(cropped.energy), np.ones(len(cropped.energy) - 1))
    assert (cropped.f0 > 30).sum() == (whole.f0 > 30).sum()


@pytest.mark.parametrize("durations", [[2, 3, 4, 1, 1, 1], [1, 1, 1, 1]])
def test_little_silence_is_left_alone(durations):
    whole = curves(durations, durations[0], sum(durations))
    assert crop_silence(whole, sentence("x" * (len(durations) - 3) + ".")).durations.tolist() == durations
