import dataclasses

import numpy as np
import pytest
from prosody_material import make_durations, make_prosody, make_sentence

from tts_engine.prosody.parts import FIRST_FRAMES, LAST_FRAMES, cut_parts, whole
from tts_engine.prosody.pauses import silence_of
from tts_engine.prosody.timings import joined, part_of, time_sentence


def drawn(comma_frames=6, stretch=1, comma_after=4):
    sentence = make_sentence(comma_after)
    durations = np.maximum(np.rint(stretch * make_durations(sentence)), 1).astype(np.int64)
    durations[sentence.breaks[0].phoneme + 1] = comma_frames
    return sentence, make_prosody(sentence, durations)


def test_a_cut_lies_in_the_middle_of_the_silence_and_between_the_words_around_it():
    sentence, prosody = drawn()
    first, second = cut_parts(sentence, prosody)
    begin, end = silence_of(prosody, sentence.breaks[0])
    assert first.end == second.begin == (begin + end) // 2
    assert (first.begin, second.end) == (0, prosody.durations.sum())
    assert (first.span.begin, first.span.end, second.span.end) == (0, 5, sentence.span.end)
    assert (first.is_first, first.is_last, second.is_first, second.is_last) == (True, False, False, True)


@pytest.mark.parametrize(
    "material",
    [drawn(comma_frames=1), drawn(comma_after=0), drawn(comma_after=9), drawn(comma_after=8)],
    ids=["no silence", "short beginning", "nothing follows", "short end"],
)
def test_where_a_cut_would_be_heard_or_bring_nothing_there_is_none(material):
    sentence, prosody = material
    assert cut_parts(sentence, prosody) == whole(sentence, prosody)


def test_no_part_is_shorter_than_allowed():
    for after in range(1, 9):
        sentence, prosody = drawn(comma_after=after)
        parts = cut_parts(sentence, prosody)
        if len(parts) > 1:
            assert parts[0].end >= FIRST_FRAMES and parts[1].end - parts[1].begin >= LAST_FRAMES


def test_a_reading_that_reaches_over_the_pause_is_not_parted():
    sentence, prosody = drawn()
    words = list(sentence.words)
    last = words[4].syllables[0]
    span = dataclasses.replace(last.span, end=last.span.end + 1)
    words[4] = dataclasses.replace(words[4], syllables=(dataclasses.replace(last, span=span),))
    assert len(cut_parts(dataclasses.replace(sentence, words=tuple(words)), prosody)) == 1


def test_the_times_of_the_parts_are_those_of_the_whole():
    sentence, prosody = drawn()
    end_s = float(prosody.durations.sum() / 40)
    timing = time_sentence(sentence, prosody.durations, frame_rate=40.0, offset_s=0.0, begin_s=0.0, end_s=end_s)
    parts = cut_parts(sentence, prosody)
    times = [part_of(timing, part.span, part.begin / 40, part.end / 40) for part in parts]
    assert joined(*times) == timing
    assert all(one.begin_s <= word.begin_s <= word.end_s <= one.end_s for one in times for word in one.words)
