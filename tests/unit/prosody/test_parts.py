import dataclasses
import itertools

import numpy as np
import pytest
from prosody_material import make_durations, make_prosody, make_sentence

from tts_engine.prosody.parts import FIRST_FRAMES, GROWTH, LAST_FRAMES, MOST_FRAMES, WHOLE_FRAMES, cut_parts, whole
from tts_engine.prosody.timings import joined, part_of, time_sentence


def drawn(stretch=1.0, comma_after=4):
    sentence = make_sentence(comma_after)
    durations = np.maximum(np.rint(stretch * make_durations(sentence)), 1).astype(np.int64)
    return sentence, make_prosody(sentence, durations)


def test_parts_follow_each_other_and_are_the_whole():
    sentence, prosody = drawn(2.0)
    parts = cut_parts(sentence, prosody)
    assert len(parts) > 2
    assert (parts[0].begin, parts[-1].end) == (0, prosody.durations.sum())
    assert (parts[0].span.begin, parts[-1].span.end) == (sentence.span.begin, sentence.span.end)
    for before, after in itertools.pairwise(parts):
        assert before.end == after.begin and before.span.end == after.span.begin
    assert [part.is_first for part in parts] == [True, *[False] * (len(parts) - 1)]
    assert [part.is_last for part in parts] == [*[False] * (len(parts) - 1), True]


def test_a_cut_lies_between_two_words():
    sentence, prosody = drawn(2.0)
    starts = np.concatenate([[0], np.cumsum(prosody.durations)])[1:]
    for part in cut_parts(sentence, prosody)[1:]:
        word = next(word for word in sentence.words if word.span.begin == part.span.begin)
        first = starts[word.syllables[0].phonemes[0]]
        assert part.begin <= first
        assert not any(starts[s.phonemes[0]] < part.begin < starts[s.phonemes[1]] for w in sentence.words
                       for s in w.syllables)  # fmt: skip


def test_a_cut_at_a_pause_lies_in_its_middle():
    sentence, _ = drawn()
    durations = make_durations(sentence)
    comma = sentence.breaks[0].phoneme
    durations[comma + 1 :] *= 3
    durations[comma + 1] = 9
    durations[: comma + 1] = 1
    durations[0] = FIRST_FRAMES - comma - 3
    prosody = make_prosody(sentence, durations.astype(np.int64))
    begin = int(prosody.durations[: comma + 1].sum())
    assert cut_parts(sentence, prosody)[0].end == begin + 4


@pytest.mark.parametrize("stretch", [0.7, 1.0, 2.0, 6.0])
def test_lengths_grow_within_their_limits(stretch):
    sentence, prosody = drawn(stretch)
    lengths = [part.end - part.begin for part in cut_parts(sentence, prosody)]
    if len(lengths) > 1:
        assert lengths[0] >= FIRST_FRAMES and lengths[-1] >= LAST_FRAMES
    for before, after in itertools.pairwise(lengths[:-1]):
        assert after >= min(MOST_FRAMES, round(GROWTH * before))


def test_a_short_sentence_is_not_cut():
    sentence, prosody = drawn(0.6)
    assert FIRST_FRAMES + LAST_FRAMES < prosody.durations.sum() <= WHOLE_FRAMES
    assert cut_parts(sentence, prosody) == whole(sentence, prosody)


def test_a_reading_that_reaches_over_words_is_not_parted():
    sentence, prosody = drawn(2.0)
    words = [
        dataclasses.replace(word, syllables=tuple(dataclasses.replace(s, span=sentence.span) for s in word.syllables))
        for word in sentence.words
    ]
    assert len(cut_parts(dataclasses.replace(sentence, words=tuple(words)), prosody)) == 1


def test_an_opening_mark_belongs_to_what_it_opens():
    sentence, prosody = drawn(2.0)
    cut = cut_parts(sentence, prosody)[0].span.end
    source = sentence.source[: cut - 1] + "“" + sentence.source[cut:]
    words = tuple(word for word in sentence.words if word.span.begin != cut - 1)
    marked = dataclasses.replace(sentence, source=source, words=words)
    assert any(part.span.begin == cut - 1 for part in cut_parts(marked, prosody))


def test_the_times_of_the_parts_are_those_of_the_whole():
    sentence, prosody = drawn(2.0)
    end_s = float(prosody.durations.sum() / 40)
    timing = time_sentence(sentence, prosody.durations, frame_rate=40.0, offset_s=0.0, begin_s=0.0, end_s=end_s)
    parts = cut_parts(sentence, prosody)
    times = [part_of(timing, part.span, part.begin / 40, part.end / 40) for part in parts]
    total = times[0]
    for time in times[1:]:
        total = joined(total, time)
    assert total == timing
    assert all(one.begin_s <= word.begin_s <= word.end_s <= one.end_s for one in times for word in one.words)
