"""The syllable table against the golden file of the training text's own phonemes."""

from pathlib import Path

import pytest

from tts_engine.errors import TextError
from tts_engine.text.phonemes import TONES, is_syllable, syllable_phonemes

GOLDEN = Path(__file__).parents[2] / "golden" / "readings" / "syllables.tsv"

#: Where this package decided against the reference, and what it gives instead.
DEPARTURES = {f"yo{tone}": "jɔ" + arrow for tone, arrow in TONES.items()}


def golden() -> dict[str, str]:
    return dict(line.split("\t") for line in GOLDEN.read_text("utf-8").splitlines())


def test_every_syllable_has_the_phonemes_that_the_weights_were_trained_with():
    expected = golden() | DEPARTURES
    assert len(expected) > 2000
    assert {syllable: syllable_phonemes(syllable) for syllable in expected} == expected


def test_v_and_u_diaeresis_are_the_same():
    assert syllable_phonemes("lv4") == syllable_phonemes("lü4") == "ly↘"
    assert syllable_phonemes("nve4") == syllable_phonemes("nue4") == "nɥe↘"


@pytest.mark.parametrize(
    ("pinyin", "phonemes"),
    [("huar1", "xwa→ɚ"), ("wanr2", "wa↗ɚ"), ("kongr4", "kʰʊ↘ŋɚ"), ("er2", "ɚ↗"), ("weir4", "we↘ɚ")],
)
def test_the_merged_erhua_ending_follows_the_vowel(pinyin, phonemes):
    assert syllable_phonemes(pinyin) == phonemes


@pytest.mark.parametrize("wrong", ["", "1", "zhong", "zhong6", "xyz1", "bvvv3", "OpenAI"])
def test_no_syllable_is_an_error_that_names_it(wrong):
    assert not is_syllable(wrong)
    with pytest.raises(TextError, match="tone number"):
        syllable_phonemes(wrong)
