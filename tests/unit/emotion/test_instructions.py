"""Plain directions: what they mean, that nothing is silent, and what is refused."""

from __future__ import annotations

import pytest
from direction_cases import disagreement, emotions_of, moves_of, read_cases
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.emotion.cues import load_cues
from tts_engine.emotion.directions import plain_emotion
from tts_engine.emotion.instructions import MAX_CHARACTERS, read_instructions
from tts_engine.emotion.parse import describe, parse_emotion
from tts_engine.emotion.vocabulary import LABELS, names
from tts_engine.errors import ControlError
from tts_engine.options import KNOBS, SynthesisOptions


@pytest.mark.parametrize(
    ("name", "least"), [("instructions.tsv", 0.98), ("instructions_fresh.tsv", 0.92), ("instructions_fresh_2.tsv", 0.9)]
)
def test_golden_instructions(name, least):
    cases = read_cases(name)
    wrong = {case.text: why for case in cases if (why := disagreement(case, read_instructions(case.text)))}
    assert 1 - len(wrong) / len(cases) >= least, wrong


@pytest.mark.parametrize("label", [label for label in LABELS if label.name != "neutral"], ids=lambda label: label.name)
def test_every_label_is_understood_inside_a_sentence(label):
    for text in (f"请用{label.zh}的语气说", f"Say it in a {label.name} tone"):
        directions = read_instructions(text)
        assert label.name in emotions_of(directions), text
        assert not directions.not_understood, text


def test_every_line_of_the_file_names_things_that_exist():
    known = {*names(), "speed", "pitch", "volume", "pause"}
    for word, meanings in load_cues().words.items():
        for meaning in meanings:
            assert {name for name, _ in meaning.amounts} <= known, word
            assert meaning.topic in ("", "voice", "speed", "pitch", "volume", "pause"), word


def test_degrees_are_ordered():
    amounts = [
        read_instructions(text).emotion.intensity
        for text in ("有点温柔地说", "温柔一点地说", "温柔地说", "非常温柔地说")
    ]
    assert amounts == sorted(amounts) and len(set(amounts)) == len(amounts)
    speeds = [
        read_instructions(text).speed for text in ("很慢", "慢", "慢一点", "稍微慢一点", "稍微快一点", "快", "非常快")
    ]
    assert speeds == sorted(speeds) and len(set(speeds)) == len(speeds)
    speeds = [read_instructions(text).speed for text in ("very slow", "slow", "a bit slow", "a bit fast", "very fast")]
    assert speeds == sorted(speeds) and len(set(speeds)) == len(speeds)


@pytest.mark.parametrize("words", ["快", "大声", "fast", "loud"])
def test_a_negation_moves_the_other_way_and_less(words):
    plain, negated = (
        read_instructions(f"说{words}"),
        read_instructions(f"not too {words}" if words.isascii() else f"不要太{words}"),
    )
    assert moves_of(negated) == {move[:-1] + "-" for move in moves_of(plain)}
    assert abs(negated.volume_db) <= abs(plain.volume_db) and abs(negated.speed - 1) <= abs(plain.speed - 1)


def test_the_same_form_as_the_vocabulary_means_the_same():
    for text in ("悲伤 0.6 + 愤怒 0.3", "[whispers]", "非常开心", "sad:0.6,angry:0.3"):
        assert read_instructions(text).emotion == parse_emotion(text)


@given(st.text(max_size=80))
def test_whatever_comes_in_is_answered_and_nothing_is_silent(text):
    directions = read_instructions(text)
    if text.strip():
        assert directions.evidence or directions.not_understood
    assert bool(directions.not_understood) <= bool(directions.warnings)
    options, _ = directions.applied_to(SynthesisOptions())
    assert isinstance(options, SynthesisOptions)


def test_what_was_not_understood_is_quoted():
    directions = read_instructions("用东北话温柔地说，像海盗那样")
    assert directions.not_understood == ("东北话", "海盗")
    assert "东北话" in directions.warnings[0]


def test_a_course_over_time_is_told():
    assert any("标签" in warning for warning in read_instructions("开头平静，然后越来越激动").warnings)
    assert any("tags" in warning for warning in read_instructions("start calm, then excited").warnings)


def test_contradictions_are_told():
    both = read_instructions("whisper, then shout it")
    assert emotions_of(both) == {"shouting"} and any("exclude" in warning for warning in both.warnings)
    assert any("both ways" in warning for warning in read_instructions("快一点，慢一点").warnings)


def test_directions_move_the_options_from_where_they_are():
    options = SynthesisOptions(speed=1.2, volume_db=-2.0)
    moved, warnings = read_instructions("温柔，语速0.5倍，音量提高3分贝").applied_to(options)
    assert moved.speed == pytest.approx(0.6) and moved.volume_db == pytest.approx(1.0) and not warnings
    assert describe(parse_emotion(moved.emotion)) == "温柔 0.80"
    assert read_instructions("").applied_to(options) == (options, ())


def test_an_emotion_by_name_is_stronger_than_a_direction_and_that_is_told():
    moved, warnings = read_instructions("sad, slow").applied_to(SynthesisOptions(emotion="happy"))
    assert moved.emotion == "happy" and moved.speed < 1 and len(warnings) == 1
    assert parse_emotion(read_instructions("sadly").applied_to(SynthesisOptions(emotion="auto"))[0].emotion).vector[2]


def test_a_knob_stops_at_its_range_with_a_warning():
    moved, warnings = read_instructions("语速9倍").applied_to(SynthesisOptions())
    assert moved.speed == KNOBS["speed"].maximum and "speed" in warnings[0]


@pytest.mark.parametrize("text", ["悲伤 0.6 + 愤怒 0.3", "温柔", "低语", "自动", "悲伤+温柔"])
def test_plain_data_is_the_same_emotion(text):
    emotion = read_instructions(text).emotion
    back = parse_emotion(plain_emotion(emotion))
    assert back.vector == pytest.approx(emotion.vector) and back.intensity == pytest.approx(emotion.intensity)
    assert dict(back.styles) == pytest.approx(dict(emotion.styles))


@pytest.mark.parametrize("value", [None, 3, ["sad"], b"sad"])
def test_no_text_is_refused(value):
    with pytest.raises(ControlError) as caught:
        read_instructions(value)
    assert caught.value.code == "instructions_invalid"


def test_too_long_is_refused_and_long_is_linear():
    with pytest.raises(ControlError) as caught:
        read_instructions("慢" * (MAX_CHARACTERS + 1))
    assert caught.value.code == "instructions_too_long"
    assert 0.7 < read_instructions("慢慢说，" * (MAX_CHARACTERS // 4)).speed < 0.85  # said often is not done often
