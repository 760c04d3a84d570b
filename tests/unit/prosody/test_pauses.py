import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prosody_material import make_durations, make_prosody, make_sentence

from tts_engine.prosody.pauses import set_silences, silence_of

RATE = 40.0


def drawn(comma_frames=4):
    sentence = make_sentence()
    durations = np.maximum(np.rint(make_durations(sentence)), 1).astype(np.int64)
    durations[sentence.breaks[0].phoneme + 1] = comma_frames
    return sentence, make_prosody(sentence, durations)


def sounding(prosody):
    return prosody.f0[prosody.energy > 0]


def test_the_silence_of_a_mark_is_found():
    sentence, prosody = drawn()
    begin, end = silence_of(prosody, sentence.breaks[0])
    at = int(prosody.durations[: sentence.breaks[0].phoneme + 1].sum())
    assert (begin, end) == (at, at + 4)


def test_the_length_that_it_has_leaves_the_very_same_value():
    sentence, prosody = drawn()
    assert set_silences(prosody, sentence.breaks, lambda _, length: length, frame_rate=RATE) is prosody


@settings(deadline=None)
@given(st.floats(0.0, 3.0), st.integers(1, 12))
def test_a_silence_gets_the_length_that_is_wished_and_all_that_sounds_stays(wished, comma_frames):
    sentence, prosody = drawn(comma_frames)
    made = set_silences(prosody, sentence.breaks, lambda *_: wished, frame_rate=RATE)
    begin, end = silence_of(made, sentence.breaks[0])
    assert abs((end - begin) / RATE - wished) <= 1 / RATE
    np.testing.assert_array_equal(sounding(made), sounding(prosody))
    assert len(made.f0) == len(made.energy) == 2 * made.durations.sum()
    assert made.durations.min() >= 1


def test_what_is_added_has_no_voice_and_belongs_to_the_mark():
    sentence, prosody = drawn()
    made = set_silences(prosody, sentence.breaks, lambda _, length: length + 0.5, frame_rate=RATE)
    token = sentence.breaks[0].phoneme + 1
    changed = made.durations - prosody.durations
    assert changed[token] == 20
    assert changed.sum() == 20
    begin, end = silence_of(made, sentence.breaks[0])
    assert made.f0[2 * begin : 2 * end].max() < 50


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_silence_that_lies_in_the_sound_before_is_given_to_the_mark(lag):
    sentence, prosody = drawn()
    token = sentence.breaks[0].phoneme + 1
    durations = prosody.durations.copy()
    durations[token - 1] += lag
    durations[token] -= lag
    late = type(prosody)(durations, prosody.f0, prosody.energy)
    made = set_silences(late, sentence.breaks, lambda _, length: length + 0.25, frame_rate=RATE)
    assert made.durations[token] == prosody.durations[token] + 10
    assert made.durations[token - 1] == prosody.durations[token - 1]


def test_a_break_without_silence_gets_one_at_its_weakest_point():
    sentence, prosody = drawn()
    energy = np.maximum(prosody.energy, 5.0)
    voiced = type(prosody)(prosody.durations, np.maximum(prosody.f0, 200.0), energy)
    made = set_silences(voiced, sentence.breaks, lambda *_: 0.3, frame_rate=RATE)
    begin, end = silence_of(made, sentence.breaks[0])
    assert end - begin == 12
    assert made.durations.sum() == voiced.durations.sum() + 12
