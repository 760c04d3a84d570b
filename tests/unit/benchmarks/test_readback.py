"""Recognition errors: an edit distance over toneless syllables."""

from __future__ import annotations

import pytest
from benchmarks.readback import distance, syllables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SEQUENCES = st.lists(st.sampled_from("abc"), max_size=8)


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("abc", "abc", 0),
        ("abc", "", 3),
        ("", "ab", 2),
        ("abc", "ac", 1),
        ("abc", "axc", 1),
        ("ab", "xab", 1),
        ("ab", "ba", 2),
    ],
)
def test_distance_counts_edits(reference, heard, errors):
    assert distance(reference, heard) == errors


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
@given(SEQUENCES, SEQUENCES, SEQUENCES)
def test_distance_is_a_metric(a, b, c):
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我们约好下午三点见面。", "我們約好下午3點見面"),  # traditional, digits, punctuation
        ("她在读书", "他再读书"),  # homophones and tones are not counted
        ("他笑着说，怎么了", "他笑著說怎麽了"),  # variants
        ("用 GPU 计算", "用gpu計算"),
    ],
)
def test_spellings_of_the_same_speech_are_equal(one, other):
    assert syllables(one) == syllables(other)


def test_different_speech_is_different():
    assert distance(syllables("今天下雨"), syllables("今天下雪")) == 1
    assert syllables("，。！") == []
