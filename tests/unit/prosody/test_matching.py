import numpy as np
import pytest
from reference_material import make_phrase, make_style

from tts_engine.prosody.matching import gap_after, match_phrases, reference_roles, sample


def of_lengths(*syllables, gaps=None):
    begin, phrases = 0.0, []
    for index, count in enumerate(syllables):
        phrases.append(make_phrase(begin, seconds=count / 5, syllables=float(count)))
        begin += count / 5 + (gaps[index] if gaps else 0.2)
    return make_style(tuple(phrases))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("known", [1, 2, 4])
def test_any_text_follows_any_recording(count, known):
    matched = match_phrases([6] * count, of_lengths(*[6] * known))
    assert len(matched) == count
    assert all(0 <= index < known for index in matched)


def test_ends_follow_ends():
    matched = match_phrases([6, 6, 6, 6, 6, 6], of_lengths(6, 6, 6, 6))
    assert matched[0] == 0
    assert matched[-1] == 3
    assert set(matched[1:-1]) <= {1, 2}


def test_inner_phrases_follow_those_of_their_length_and_take_turns():
    style = of_lengths(8, 2, 12, 8)
    matched = match_phrases([8, 3, 11, 8], style)
    assert matched == (0, 1, 2, 3)
    assert len(set(match_phrases([6, 6, 6, 6, 6], of_lengths(6, 6, 6, 6))[1:-1])) == 2


def test_a_long_pause_ends_a_sentence_of_the_recording():
    roles = reference_roles(of_lengths(6, 6, 6, 6, gaps=(0.2, 0.9, 0.2, 0.0)))
    assert [role.closes for role in roles] == [False, True, False, True]
    assert [role.opens for role in roles] == [True, False, True, False]


def test_gaps_are_those_between_phrases():
    style = of_lengths(5, 5, gaps=(0.3, 0.0))
    assert gap_after(style, 0) == pytest.approx(0.3)
    assert gap_after(style, 1) is None


def test_a_contour_is_averaged_over_each_stretch():
    edges = np.linspace(0, 1, 9)
    contour = (np.arange(32) + 0.5) / 32
    np.testing.assert_allclose(sample(contour, edges[:-1], edges[1:]), (edges[:-1] + edges[1:]) / 2, atol=0.01)
