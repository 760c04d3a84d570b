"""Pairs of texts that differ only in the context: the same sentence moves as its place says."""

from __future__ import annotations

from pathlib import Path

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

GOLDEN = Path(__file__).parents[2] / "golden" / "emotion" / "context_pairs.tsv"


def read_pairs():
    """rule, (text with the sentence in one context, its index), the same for the other, {field: sign of one - other}"""
    for line in GOLDEN.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            rule, one, at, other, there, _, signs = line.replace("\\n", "\n").split("\t")
            yield rule, (one, int(at)), (other, int(there)), {name[1:]: int(name[0] + "1") for name in signs.split()}


PAIRS = list(read_pairs())


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
