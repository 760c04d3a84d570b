"""Readings: the golden lines, the witnesses, and what the rule file's format promises."""

from pathlib import Path

import numpy as np
import pytest

from tts_engine.errors import ConfigError
from tts_engine.text.context_model import load_model
from tts_engine.text.dictionaries import character_readings, numbered
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.phonemes import is_syllable
from tts_engine.text.polyphones import find_rule, load_rules, parse_rules
from tts_engine.text.readings import Readings
from tts_engine.text.segment import Segmenter
from tts_engine.text.symbols import INVENTORY

GOLDEN = Path(__file__).parents[2] / "golden" / "readings"
FRONT = FrontEnd(INVENTORY)


def golden_lines(path):
    lines = path.read_text("utf-8").splitlines()
    return [tuple(line.split(" => ")) for line in lines if line.strip() and not line.startswith("#")]


def spoken(text):
    return " ".join(
        syllable.reading
        for sentence in FRONT.analyse(text).sentences
        for word in sentence.words
        for syllable in word.syllables
    )


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_golden_readings(path):
    lines = golden_lines(path)
    assert lines
    wrong = [
        f"{text} => {spoken(text)}\n    expected {expected}" for text, expected in lines if spoken(text) != expected
    ]
    assert not wrong, "\n".join(wrong)


def test_there_are_enough_golden_lines():
    assert sum(len(golden_lines(path)) for path in GOLDEN.glob("*.txt")) >= 150


def test_every_hand_written_reading_is_a_syllable_and_known_of_its_character():
    for char, known in load_rules().items():
        for reading in [rule.reading for rule in known.rules] + ([known.usual] if known.usual else []):
            assert is_syllable(reading), (char, reading)


@pytest.mark.parametrize("line", ["行 hang2 银行", "行 hang9: 银行", "行: hang2", "行 hang2: 银号", "行 hang2: (<行>"])
def test_a_wrong_line_is_named(line):
    with pytest.raises(ConfigError, match="line 2"):
        parse_rules("# comment\n" + line)


def test_a_word_rule_does_not_cut_other_words():
    assert find_rule("口占一绝", 1, {0, 2, 3, 4}).reading == "zhan1"
    hit = find_rule("人口占了", 2, {0, 2, 3, 4})
    assert hit is None or hit.reading != "zhan1"


def test_the_network_gives_probabilities_of_the_candidates():
    text = "他在银行里行走。"
    model = load_model()
    places = [at for at, char in enumerate(text) if char in model.candidates]
    for place, rated in zip(places, model.rate(text, places), strict=True):
        assert tuple(rated) == model.candidates[text[place]]
        assert np.isclose(sum(np.exp(list(rated.values()))), 1, atol=1e-5)


def test_the_network_hears_both_sides():
    model = load_model()
    assert model.rate("长大", [0])[0]["zhang3"] > model.rate("长短", [0])[0]["zhang3"]


def test_words_change_nothing_but_the_reading():
    segmenter = Segmenter()
    text = "我们在重庆的银行里商量事情"
    words, at = [], 0
    for word in segmenter.split(text):
        words.append((at, word))
        at += len(word)
    readings = Readings().read(text, words)
    assert list(readings) == list(range(len(text)))
    for place, reading in readings.items():
        spellings = {item[:-1] for item in character_readings(text[place])}
        assert reading.pinyin[:-1] in spellings
        assert reading.source


def test_marked_pinyin_is_numbered():
    assert [numbered(item) for item in ("zhòng", "lǘ", "nǚ", "de", "ér", "ń")] == [
        "zhong4",
        "lü2",
        "nü3",
        "de5",
        "er2",
        "n2",
    ]


def test_the_segmentation_joins_to_the_text_again():
    segmenter = Segmenter()
    for run in ("", "好", "中华人民共和国成立了", "龘𪚥䶮", "的的的的的"):
        assert "".join(segmenter.split(run)) == run
