"""Every entrance speaks to one function, and every mistake has one error."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tts_engine.emotion.parse import (
    DEFAULT_INTENSITY,
    amounts_of,
    asks_for_auto,
    describe,
    intensity_of_styledegree,
    parse_emotion,
    to_vector,
)
from tts_engine.emotion.vocabulary import AXES, BLENDS, LABELS, find_label, is_emotion, names, style_names
from tts_engine.errors import ControlError
from tts_engine.types import Emotion

GOLDEN = Path(__file__).parents[2] / "golden" / "emotion" / "requests.tsv"
CASES = [line.rsplit(" => ", 1) for line in GOLDEN.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]

AZURE = [
    "affectionate",
    "angry",
    "assistant",
    "calm",
    "chat",
    "chat-casual",
    "cheerful",
    "customerservice",
    "depressed",
    "disgruntled",
    "documentary-narration",
    "embarrassed",
    "empathetic",
    "envious",
    "excited",
    "fearful",
    "friendly",
    "gentle",
    "hopeful",
    "lyrical",
    "narration-professional",
    "narration-relaxed",
    "newscast",
    "newscast-casual",
    "newscast-formal",
    "poetry-reading",
    "sad",
    "serious",
    "shouting",
    "sorry",
    "sports-commentary",
    "story-telling",
    "surprised",
    "terrified",
    "unfriendly",
    "whispering",
]


@pytest.mark.parametrize(("request_", "meaning"), CASES, ids=[case[0] for case in CASES])
def test_a_request_means_what_the_golden_file_says(request_, meaning):
    assert describe(parse_emotion(request_), "en") == meaning


def test_the_axes_are_those_of_indextts_in_its_order():
    assert AXES == ("happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm")
    for index, axis in enumerate(AXES):
        vector = [0.0] * 8
        vector[index] = DEFAULT_INTENSITY
        assert parse_emotion(vector) == parse_emotion(axis)


@pytest.mark.parametrize("name", AZURE)
def test_every_style_of_azure_is_known_and_audible(name):
    assert not parse_emotion(name).is_neutral


def test_labels_of_the_article_are_distinct_and_the_two_words_for_excitement_one():
    meanings = [describe(parse_emotion(word)) for word in ["平静", "激动", "悲伤", "愤怒", "温柔", "愉快", "中性"]]
    assert len(set(meanings)) == len(meanings)
    assert parse_emotion("激动") == parse_emotion("兴奋")
    assert parse_emotion("愉快") != parse_emotion("开心")
    assert not parse_emotion("平静").is_neutral


def test_no_name_means_two_things():
    seen: dict[str, str] = {}
    for label in LABELS:
        for alias in (label.name, label.zh, *label.aliases):
            assert seen.setdefault(alias.casefold(), label.name) == label.name, alias
    assert not {name.casefold() for name in BLENDS} & seen.keys()


def test_every_name_is_found_under_itself_and_its_label():
    for name in names():
        assert find_label(name).name == name
        assert is_emotion(name)
    assert set(style_names()) | set(AXES) | {"neutral"} == set(names())


def test_entrances_agree():
    blend = parse_emotion("悲伤 0.6 + 愤怒 0.3")
    assert parse_emotion({"sad": 0.6, "angry": 0.3}) == blend
    assert parse_emotion([0, 0.3, 0.6, 0, 0, 0, 0, 0]) == blend
    assert parse_emotion(np.array([0, 0.3, 0.6, 0, 0, 0, 0, 0])) == blend
    assert parse_emotion({"vector": [0, 0.3, 0.6, 0, 0, 0, 0, 0]}) == blend
    assert parse_emotion({"emotion": "悲伤 0.6 + 愤怒 0.3"}) == blend
    assert parse_emotion(blend) is blend


def test_describing_and_reading_back_changes_nothing():
    for text in ("sad", "悲伤 0.6 + 愤怒 0.3", "sports-commentary", "gentle 0.25"):
        emotion = parse_emotion(text)
        again = parse_emotion(describe(emotion))
        assert again.intensity == pytest.approx(emotion.intensity, abs=0.011)
        assert amounts_of(again) == pytest.approx(amounts_of(emotion), abs=0.02)


def test_weights_sum_to_one_and_intensity_stays_in_range():
    for text in ("sad", "悲伤 0.6 + 愤怒 0.3", "sad:1+angry:1", "disgruntled"):
        emotion = parse_emotion(text)
        assert math.fsum(amounts_of(emotion).values()) == pytest.approx(1.0)
        assert 0.0 < emotion.intensity <= 1.0


def test_intensity_multiplies_amounts_and_replaces_the_default():
    assert parse_emotion("sad").intensity == DEFAULT_INTENSITY
    assert parse_emotion("sad", 0.3).intensity == 0.3
    assert parse_emotion("sad 0.6", 0.5).intensity == pytest.approx(0.3)
    assert parse_emotion({"emotion": "sad", "intensity": 0.5}).intensity == 0.5
    assert parse_emotion("sad", 0.0).is_neutral
    assert parse_emotion("neutral", 1.0).is_neutral


def test_styledegree_runs_from_faint_to_full_with_our_default_in_the_middle():
    degrees = [0.01, 0.5, 1.0, 1.5, 2.0]
    mapped = [intensity_of_styledegree(degree) for degree in degrees]
    assert mapped == sorted(mapped)
    assert mapped[2] == DEFAULT_INTENSITY
    assert mapped[-1] == 1.0
    for wrong in (0.0, 2.1, math.nan, True, "1"):
        with pytest.raises(ControlError, match="styledegree"):
            intensity_of_styledegree(wrong)


def test_auto_is_a_request_of_its_own():
    assert asks_for_auto(parse_emotion("auto"))
    assert parse_emotion("auto", 0.5).intensity == 0.5
    assert not asks_for_auto(parse_emotion("sad"))


def test_styles_have_a_place_on_the_axes_for_other_engines():
    assert to_vector(parse_emotion("sad", 0.5))[2] == pytest.approx(0.5)
    for name in style_names():
        assert 0.0 < max(to_vector(parse_emotion(name))) <= 1.0


WRONG = [
    ([0.0] * 9, "emotion_invalid", "8 numbers"),
    ([0.5] * 7, "emotion_invalid", "got 7"),
    ([math.nan] + [0.0] * 7, "emotion_invalid", "nan"),
    ([math.inf] + [0.0] * 7, "emotion_invalid", "inf"),
    ([-0.1] + [0.0] * 7, "emotion_invalid", "-0.1"),
    ([1.5] + [0.0] * 7, "emotion_invalid", "1.5"),
    ([0.0] * 8, "emotion_invalid", "zeros"),
    (["sad"] * 8, "emotion_invalid", "'sad'"),
    ("0 0 0 0 0 0 0 0 0", "emotion_invalid", "got 9"),
    ("sad 7", "emotion_invalid", "7"),
    ("sad nan", "emotion_invalid", "nan"),
    ("悲伤 0.6 + 愤怒", "emotion_invalid", "愤怒"),
    ("悲伤 0 + 愤怒 0", "emotion_invalid", "zero"),
    ("", "emotion_invalid", "empty"),
    ("[]", "emotion_invalid", "empty"),
    (None, "emotion_invalid", "None"),
    (3, "emotion_invalid", "3"),
    (b"sad", "emotion_invalid", "b'sad'"),
    ({}, "emotion_invalid", "empty"),
    ({"sad": "much"}, "emotion_invalid", "much"),
    ({1: 0.5}, "emotion_invalid", "keys"),
    ({"emotion": "sad", "volume": 3}, "emotion_invalid", "volume"),
    ({"vector": 5}, "emotion_invalid", "5"),
    ({"styles": [1]}, "emotion_invalid", "styles"),
    ("sadd", "emotion_unknown", "sad"),
    ("愤努", "emotion_unknown", "愤怒"),
    ("sad + flurb", "emotion_unknown", "flurb"),
    ("neutral + sad", "emotion_contradictory", "neutral"),
    ("auto + sad", "emotion_contradictory", "auto"),
    ("低语 + 喊叫", "emotion_contradictory", "低语"),
    ("sad 0.5 + 悲伤 0.2", "emotion_contradictory", "twice"),
    ({"emotion": "sad", "vector": [0.5] * 8}, "emotion_contradictory", "both"),
    ({"emotion": "sad", "intensity": 7}, "intensity_invalid", "7"),
]


@pytest.mark.parametrize(("value", "code", "said"), WRONG, ids=[repr(case[0])[:40] for case in WRONG])
def test_a_mistake_is_one_clear_error(value, code, said):
    with pytest.raises(ControlError) as caught:
        parse_emotion(value)
    assert caught.value.code == code
    assert said in caught.value.message
    assert caught.value.to_dict()["message"] == caught.value.message


@pytest.mark.parametrize("intensity", [7, -0.1, math.nan, math.inf, True, "0.5"])
def test_an_intensity_out_of_range_is_refused_everywhere(intensity):
    for value in ("sad", [0.5] * 8, {"sad": 0.5}, "auto", "neutral", Emotion()):
        with pytest.raises(ControlError) as caught:
            parse_emotion(value, intensity)
        assert caught.value.code == "intensity_invalid"
