import numpy as np
import pytest

from tts_engine.prosody.timings import time_sentence
from tts_engine.types import Sentence, Span, Syllable, Word

# "涨15。" at offset 10 of its text: one hanzi, a number of two characters read as two syllables, a full stop
SENTENCE = Sentence(
    source="涨15。",
    span=Span(10, 14),
    spoken="涨十五。",
    words=(
        Word("涨", Span(10, 11), (Syllable("涨", "zhang3", Span(10, 11), (0, 2)),)),
        Word(
            "十五",
            Span(11, 13),
            (Syllable("十", "shi2", Span(11, 13), (2, 4)), Syllable("五", "wu3", Span(11, 13), (4, 5))),
        ),
    ),
    phonemes="abcde.",
)
DURATIONS = np.array([4, 2, 2, 3, 3, 2, 6, 4])  # pads at both ends; 40 frames per second


@pytest.fixture
def timing():
    return time_sentence(SENTENCE, DURATIONS, frame_rate=40.0, offset_s=4.9, begin_s=4.95, end_s=5.45)


def test_words_take_the_time_of_their_phonemes(timing):
    assert [(w.text, round(w.begin_s, 4), round(w.end_s, 4)) for w in timing.words] == [
        ("涨", 5.0, 5.1),
        ("十五", 5.1, 5.3),
    ]


def test_every_character_is_timed_in_order_without_overlap(timing):
    assert "".join(c.text for c in timing.characters) == SENTENCE.source
    assert [c.span.begin for c in timing.characters] == [10, 11, 12, 13]
    edges = [edge for c in timing.characters for edge in (c.begin_s, c.end_s)]
    assert edges == sorted(edges)


def test_characters_of_a_number_share_its_time(timing):
    one, five = timing.characters[1:3]
    assert (round(one.begin_s, 4), round(one.end_s, 4), round(five.end_s, 4)) == (5.1, 5.2, 5.3)


def test_punctuation_has_no_length(timing):
    stop = timing.characters[3]
    assert stop.begin_s == stop.end_s == pytest.approx(5.3)


def test_nothing_lies_outside_the_sentence(timing):
    for item in (*timing.words, *timing.characters):
        assert timing.begin_s <= item.begin_s <= item.end_s <= timing.end_s
