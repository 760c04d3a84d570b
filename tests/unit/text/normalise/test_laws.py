"""Laws of normalisation: nothing is lost, spans are ordered, long and odd input stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.text.normalise import NormaliseOptions, normalise

WORDS = st.sampled_from(
    [
        "我们",
        "在",
        "价格",
        "2024年",
        "3-5天",
        "￥13.5",
        "-5℃",
        "010-64035547",
        "A-103",
        "x²+1=5",
        "1/2",
        "，",
        "。",
        " ",
        "\n",
        "www.a.com",
        "😀",
        "[1]",
        "第3章",
        "臺灣",
        "ＡＢ１２",
        "14:30",
        "5G",
        "（三）",
        "#话题#",
        "@你",
        "II型",
        "10kg",
        "50%",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map("".join))


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_every_source_character_is_spoken_or_accounted_for(text: str) -> None:
    result = normalise(text)
    assert result.source == text
    assert len(result.spans) == len(result.spoken)
    covered = [False] * len(text)
    last = (0, 0)
    for span in result.spans:
        assert 0 <= span.begin < span.end <= len(text)
        assert (span.begin, span.end) == last or span.begin >= last[1], "spans are ordered and do not overlap"
        last = (span.begin, span.end)
        covered[span.begin : span.end] = [True] * (span.end - span.begin)
    for applied in result.rules:
        assert applied.source == text[applied.span.begin : applied.span.end]
        covered[applied.span.begin : applied.span.end] = [True] * (applied.span.end - applied.span.begin)
    assert all(covered)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="我们的天气很好，。！？", max_size=50))
def test_text_without_anything_to_read_stays_as_it_is(text: str) -> None:
    result = normalise(text)
    assert result.spoken == text
    assert result.rules == ()
    assert [(span.begin, span.end) for span in result.spans] == [(at, at + 1) for at in range(len(text))]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_ascii_digit_survives(text: str) -> None:
    assert not any("0" <= char <= "9" for char in normalise(text).spoken)


def test_a_number_maps_on_the_whole_number() -> None:
    result = normalise("共110人")
    assert result.spoken == "共一百一十人"
    assert {(span.begin, span.end) for span in result.spans[1:5]} == {(1, 4)}
    (applied,) = result.rules
    assert (applied.source, applied.spoken) == ("110", "一百一十")


def test_traditional_text_is_read_simplified_and_keeps_its_source() -> None:
    result = normalise("後來乾隆皇帝看著乾淨的髮型")
    assert result.spoken == "后来乾隆皇帝看着干净的发型"
    assert result.source == "後來乾隆皇帝看著乾淨的髮型"
    assert all(span.end - span.begin == 1 for span in result.spans)
    assert any(applied.rule == "character.simplified" for applied in result.rules)


def test_digits_of_other_scripts_and_widths_are_digits() -> None:
    assert normalise("１٢३个").spoken == "一百二十三个"


def test_emoji_is_silent_but_reported() -> None:
    result = normalise("你好😊😊！")
    assert result.spoken == "你好！"
    assert any("😊" in warning for warning in result.warnings)


def test_emoji_can_be_named() -> None:
    assert normalise("👍好", NormaliseOptions(emoji="name")).spoken == "点赞好"


def test_transcript_style_is_a_choice() -> None:
    style = NormaliseOptions(drop_fillers=True, drop_erhua=True)
    assert normalise("呃这事儿啊，我儿子和婴儿不知道", style).spoken == "这事，我儿子和婴儿不知道"
    assert normalise("呃这事儿").spoken == "呃这事儿"


def test_reading_does_not_depend_on_how_far_into_the_text_it_stands() -> None:
    alone = normalise("他在2008年8月8日花了￥13.5。").spoken
    repeated = normalise("他在2008年8月8日花了￥13.5。" * 300).spoken
    assert repeated == alone * 300


@pytest.mark.parametrize("unit", ["1", "[", "-", " ", "中", "a", "1 ", "(1", "1:", "$1", "a.", "\u0300", "😀", "1/"])
def test_long_runs_take_linear_time(unit: str, seconds_of: Callable[[Callable[[], object]], float]) -> None:
    def seconds(times: int) -> float:
        return seconds_of(lambda: normalise(unit * times))

    normalise(unit * 100)
    assert seconds(4000) < 12 * max(seconds(1000), 0.05)


def test_threads_agree() -> None:
    text = "2008年8月8日，气温-5℃，电话010-64035547，臺灣"
    with ThreadPoolExecutor(4) as pool:
        assert len({normalise(text).spoken, *pool.map(lambda _: normalise(text).spoken, range(50))}) == 1
