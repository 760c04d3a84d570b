"""Pairs of texts that differ only in the context: the same sentence moves as its place says."""

from __future__ import annotations

import pytest
from emotion_sentences import read_sentences

from tts_engine.emotion.context import (
    LEVEL_LIMITS_DB,
    PAUSE_LIMITS_S,
    PITCH_LIMIT_ST,
    RANGE_LIMITS,
    RATE_LIMITS,
    combine,
)
from tts_engine.emotion.direct import direct
from tts_engine.emotion.parse import parse_emotion
from tts_engine.types import ContextProsody

# rule, text with the sentence in one context, in another, index of the sentence in each, {field: sign of one - other}
PAIRS = [
    (
        "a new paragraph resets the pitch, the middle of one declines",
        ("天亮了。\n他出门去了。雨停了。", 1),
        ("天亮了。他出门去了。雨停了。", 1),
        {"pitch_st": 1, "range": 1, "pause_before_s": 1},
    ),
    (
        "pitch declines from sentence to sentence",
        ("门开着。灯亮着。他出门去了。雨停了。", 2),
        ("门开着。他出门去了。雨停了。", 1),
        {"pitch_st": -1},
    ),
    (
        "the end of a paragraph closes",
        ("雨停了。他出门去了。", 1),
        ("雨停了。他出门去了。天亮了。", 1),
        {"pitch_st": -1, "rate": -1, "final_lengthening": 1},
    ),
    (
        "a new topic lifts after a pause",
        ("天亮了。另外，他出门去了。雨停了。", 1),
        ("天亮了。这样，他出门去了。雨停了。", 1),
        {"pitch_st": 1, "pause_before_s": 1},
    ),
    (
        "a quotation stands out of the narration",
        ("天亮了。“他出门去了。”她说。雨停了。", 1),
        ("天亮了。他出门去了。她说。雨停了。", 1),
        {"pitch_st": 1, "range": 1, "rate": 1, "level_db": 1},
    ),
    (
        "who said it stands back",
        ("“天亮了。”他轻声说。雨停了。", 1),
        ("天亮了。他轻声说。雨停了。", 1),
        {"pitch_st": -1, "range": -1, "level_db": -1},
    ),
    (
        "a contrast lifts after a pause",
        ("天亮了。但是他出门去了。雨停了。", 1),
        ("天亮了。于是他出门去了。雨停了。", 1),
        {"pitch_st": 1, "pause_before_s": 1},
    ),
    (
        "an enumeration that was opened is closed by 最后",
        ("首先，洗手。最后，他出门去了。雨停了。", 1),
        ("今天，洗手。最后，他出门去了。雨停了。", 1),
        {"pitch_st": -1, "rate": -1, "pause_before_s": 1},
    ),
    (
        "the items of an enumeration lift",
        ("天亮了。首先，他出门去了。雨停了。", 1),
        ("天亮了。今天，他出门去了。雨停了。", 1),
        {"pitch_st": 1, "pause_before_s": 1},
    ),
    (
        "after suspense an outburst is a climax",
        ("脚步声越来越近。突然，门开了。雨停了。", 1),
        ("今天天气不错。突然，门开了。雨停了。", 1),
        {"pitch_st": 1, "rate": 1, "level_db": 1, "pause_before_s": 1},
    ),
    (
        "suspense deepens",
        ("脚步声越来越近。他大气都不敢出。雨停了。", 1),
        ("今天天气不错。他大气都不敢出。雨停了。", 1),
        {"rate": -1, "level_db": -1},
    ),
    (
        "after suspense relief lets go",
        ("脚步声越来越近。原来是他的猫。雨停了。", 1),
        ("今天天气不错。原来是他的猫。雨停了。", 1),
        {"rate": -1, "pitch_st": -1},
    ),
    (
        "终于 closing a thought relaxes",
        ("天亮了。走了一夜，他们终于出门去了。雨停了。", 1),
        ("天亮了。走了一夜，他们已经出门去了。雨停了。", 1),
        {"pitch_st": -1, "rate": -1, "level_db": -1, "final_lengthening": 1},
    ),
    (
        "终于 opening a thought turns it",
        ("天亮了。终于，他们出门去了。雨停了。", 1),
        ("天亮了。今天，他们出门去了。雨停了。", 1),
        {"pitch_st": 1, "range": 1, "pause_before_s": 1},
    ),
    (
        "a parenthesis is lower and faster",
        ("天亮了。（他出门去了。）雨停了。", 1),
        ("天亮了。他出门去了。雨停了。", 1),
        {"pitch_st": -1, "rate": 1, "level_db": -1, "range": -1},
    ),
    (
        "an answer follows its question after a breath",
        ("谁来了？他出门去了。雨停了。", 1),
        ("谁来了。他出门去了。雨停了。", 1),
        {"pitch_st": -1, "pause_before_s": 1},
    ),
    (
        "the sentence of the article is quieter and slower by itself",
        ("他颤抖着打开门，发现里面空无一人。", 0),
        ("他微笑着打开门，发现里面坐满了人。", 0),
        {"level_db": -1, "rate": -1},
    ),
]


@pytest.mark.parametrize(("one", "other", "moves"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_context_alone_makes_the_difference(one, other, moves):
    here = list(direct(read_sentences(one[0]), parse_emotion("neutral")))[one[1]][1].context
    there = list(direct(read_sentences(other[0]), parse_emotion("neutral")))[other[1]][1].context
    for field, sign in moves.items():
        assert (getattr(here, field) - getattr(there, field)) * sign > 0.01, (field, here, there)
    assert here.reasons != there.reasons


def test_words_that_turn_or_count_are_emphasised_and_asides_are_not():
    sentences = read_sentences("天亮了。但是他出门去了。")
    but = list(direct(sentences))[1][1].context
    assert but.emphasis == ((0, 4, 0.5),)
    aside = next(iter(direct(read_sentences("这本书（很旧）卖得好。"))))[1].context
    assert len(aside.emphasis) == 1
    begin, end, strength = aside.emphasis[0]
    assert strength < 0
    assert (begin, end) == (7, 11)  # 很旧: after three characters and the bracket


def test_a_plain_sentence_alone_is_left_as_it_is():
    for text in ("今天星期三。", "今天星期三", "Hello world."):
        assert all(performance.is_neutral for _, performance in direct(read_sentences(text), parse_emotion("auto")))


def test_context_off_changes_nothing():
    text = "脚步声越来越近。突然，门开了！\n但是他没有来。（完）终于，天亮了。"
    for request in ("neutral", "sad", "auto"):
        for _, performance in direct(read_sentences(text), parse_emotion(request), context=False):
            assert performance.context == ContextProsody()
            assert performance.origin != "context"


def test_moves_stay_small_whatever_piles_up():
    text = (
        "但是，脚步声越来越近，他大气都不敢出。" * 12
        + "（突然！门开了！）"
        + "\n另外，终于，但是，首先，他颤抖着说（低声）：“谁？”"
    )
    for sentence, performance in direct(read_sentences(text), parse_emotion("auto")):
        context = performance.context
        assert abs(context.pitch_st) <= PITCH_LIMIT_ST
        assert RATE_LIMITS[0] <= context.rate <= RATE_LIMITS[1]
        assert RANGE_LIMITS[0] <= context.range <= RANGE_LIMITS[1]
        assert LEVEL_LIMITS_DB[0] <= context.level_db <= LEVEL_LIMITS_DB[1]
        assert PAUSE_LIMITS_S[0] <= context.pause_before_s <= PAUSE_LIMITS_S[1]
        for begin, end, strength in context.emphasis:
            assert 0 <= begin < end <= len(sentence.phonemes)
            assert -1 <= strength <= 1


def test_combining_adds_and_multiplies():
    total = combine([ContextProsody(pitch_st=0.5, rate=0.9, reasons=("a",)), ContextProsody(pitch_st=0.5, rate=0.95)])
    assert total.pitch_st == 1.0
    assert total.rate == pytest.approx(0.855)
    assert total.reasons == ("a",)
