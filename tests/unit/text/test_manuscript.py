"""Markup reaches the sentences: offsets hold, nothing of it is spoken, what it asks for is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.acoustic.config import default_symbols
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.manuscript import MASK
from tts_engine.types import Span

KNOWN = {"开心", "悲伤", "happy"}


@pytest.fixture(scope="module")
def front_end():
    return FrontEnd(default_symbols(), is_emotion=KNOWN.__contains__)


def read(front_end, text):
    return [item.sentence for item in front_end.sentences(text)]


def pinyin(sentence):
    return [syllable.reading for word in sentence.words for syllable in word.syllables]


TAGGED = "[开心]今天天气很好。[pause:800ms]我们去<行|hang2>走{zou3}！"


def test_offsets_count_the_original(front_end):
    for sentence in read(front_end, TAGGED):
        for word in sentence.words:
            for syllable in word.syllables:
                assert TAGGED[syllable.span.begin : syllable.span.end] == syllable.text


def test_sentences_cover_the_input_and_hide_the_markup(front_end):
    sentences = read(front_end, TAGGED)
    assert [s.span for s in sentences] == [Span(0, sentences[0].span.end), Span(sentences[0].span.end, len(TAGGED))]
    assert "".join(s.source for s in sentences).replace(MASK, "") == "今天天气很好。我们去行走！"
    assert sum(len(s.source) for s in sentences) == len(TAGGED)


def test_a_marked_reading_is_spoken(front_end):
    assert pinyin(read(front_end, "这家<行|XING2>很大。")[0])[2] == "xing2"
    assert pinyin(read(front_end, "他去了重庆{zhong4 qing4}。")[0])[3:5] == ["zhong4", "qing4"]


def test_a_pause_at_a_border_is_a_silence(front_end):
    first, second = read(front_end, "好。[pause:2s]走。")
    assert (first.silence_before_s, second.silence_before_s) == (0.0, 2.0)


def test_a_pause_inside_becomes_a_break(front_end):
    (sentence,) = read(front_end, "我们[pause:800ms]走了，再见。")
    assert [(b.mark, b.pause_s) for b in sentence.breaks] == [("", 0.8), ("，", None)]
    assert sentence.phonemes[sentence.breaks[0].phoneme] == ","


def test_a_pause_beside_a_mark_sets_its_length(front_end):
    (sentence,) = read(front_end, "走了，[停顿 0.5秒]再见。")
    assert [(b.mark, b.pause_s) for b in sentence.breaks] == [("，", 0.5)]


def test_pauses_at_both_ends(front_end):
    (sentence,) = read(front_end, "[pause:1s]走了[pause:1.5s]")
    assert (sentence.silence_before_s, sentence.silence_after_s) == (1.0, 1.5)


def test_a_voice_holds_from_where_it_is_named(front_end):
    sentences = read(front_end, "她说，[voice:yunxi]你好吗？好。")
    assert [s.controls.voice for s in sentences] == [None, "yunxi", "yunxi"]


def test_ssml_shapes_stretches(front_end):
    text = (
        '<speak>你好，<prosody rate="slow" pitch="+2st">慢慢说</prosody>，<sub alias="世界卫生组织">WHO</sub>。</speak>'
    )
    sentences = read(front_end, text)
    slow = next(s for s in sentences if "慢慢说" in s.source)
    assert slow.controls.rate == pytest.approx(0.64)
    assert slow.controls.pitch_st == pytest.approx(2.0)
    last = sentences[-1]
    assert pinyin(last) == ["shi4", "jie4", "wei4", "sheng1", "zu3", "zhi1"]
    assert {syllable.span for word in last.words for syllable in word.syllables} == {
        Span(text.index("WHO"), text.index("WHO") + 3)
    }


def test_emotions_are_collected_not_spoken(front_end):
    manuscript = front_end.open("[开心]好。[悲伤]不好。[图1]在这里。")
    assert [request.name for request in manuscript.emotions] == ["开心", "悲伤"]
    assert "图1" in manuscript.masked


def test_an_entity_is_one_character(front_end):
    manuscript = front_end.open("<speak>甲&amp;乙</speak>")
    assert manuscript.masked.replace(MASK, "") == "甲&乙"
    assert len(manuscript.masked) == len(manuscript.source)


@given(
    st.lists(st.sampled_from(["[开心]", "[pause:300ms]", "[voice:a]", "<行|XING2>", "你好", "，", "。", "[", "<", "3"]))
)
def test_any_mixture_keeps_length_and_order(front_end, parts):
    text = "".join(parts) + "好"
    sentences = read(front_end, text)
    assert sum(len(s.source) for s in sentences) == len(text)
    spans = [syllable.span for s in sentences for word in s.words for syllable in word.syllables]
    assert spans == sorted(spans, key=lambda span: (span.begin, span.end))
    for sentence in sentences:
        assert all(0 <= item.phoneme < len(sentence.phonemes) for item in sentence.breaks)
