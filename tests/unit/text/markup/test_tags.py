"""Inline tags: what is a tag, what stays text, and where everything stands in the original."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.text.markup import (
    EmotionRequest,
    MarkedText,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    ReferenceRequest,
    VoiceRequest,
    read_markup,
)
from tts_engine.types import Span

EMOTIONS = {"开心", "悲伤", "happy", "angry", "sad", "whispers"}


def read(text: str) -> MarkedText:
    return read_markup(text, is_emotion=EMOTIONS.__contains__)


def heard(text: str, span: Span) -> str:
    return text[span.begin : span.end]


def test_an_emotion_holds_until_the_end_of_the_line() -> None:
    text = "[开心]你好！[pause:800ms]再见。\n下一行"
    marked = read(text)
    assert marked.text == "你好！再见。\n下一行"
    emotion, pause = marked.requests
    assert isinstance(emotion, EmotionRequest)
    assert (emotion.name, heard(text, emotion.span)) == ("开心", "你好！[pause:800ms]再见。")
    assert pause == PauseRequest(7, 0.8)
    assert marked.warnings == ()


def test_the_next_emotion_ends_the_one_before() -> None:
    text = "[happy]一[sad]二[/]三"
    stretches = [(r.name, heard(text, r.span)) for r in read(text).requests if isinstance(r, EmotionRequest)]
    assert stretches == [("happy", "一"), ("sad", "二")]


@pytest.mark.parametrize(
    "tag",
    [
        "[emotion=happy][intensity=0.8]",
        "[emotion=happy, intensity=0.8]",
        "[intensity=80%][emotion:happy]",
        "[happy:0.8]",
        "[happy 0.8]",
        "［情感：happy］[强度：0.8]",
    ],
)
def test_intensity_belongs_to_the_emotion_beside_it(tag: str) -> None:
    (request,) = read(f"{tag}你好").requests
    assert isinstance(request, EmotionRequest)
    assert (request.name, request.intensity, heard(f"{tag}你好", request.span)) == ("happy", 0.8, "你好")


def test_a_later_intensity_changes_what_holds() -> None:
    requests = read("[happy]一[intensity=0.2]二").requests
    assert [(r.name, r.intensity) for r in requests if isinstance(r, EmotionRequest)] == [
        ("happy", None),
        ("happy", 0.2),
    ]


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ("[pause:800ms]", 0.8),
        ("[pause:1.5s]", 1.5),
        ("[pause=2]", 2.0),
        ("[停顿 0.5秒]", 0.5),
        ("[停顿:500毫秒]", 0.5),
        ("[pause]", 0.5),
        ('<break time="700ms"/>', 0.7),
        ('<break strength="strong"/>', 1.0),
    ],
)
def test_pauses(tag: str, seconds: float) -> None:
    marked = read(f"你{tag}好")
    assert marked.text == "你好"
    assert marked.requests == (PauseRequest(1, seconds),)


def test_voice_and_prosody() -> None:
    text = "[voice:xiaoxiao]一[speed=1.2]二[pitch=+2st]三[volume=-3dB]四"
    voice, speed, pitch, volume = read(text).requests
    assert isinstance(voice, VoiceRequest)
    assert voice.name == "xiaoxiao"
    assert isinstance(speed, ProsodyRequest)
    assert isinstance(pitch, ProsodyRequest)
    assert isinstance(volume, ProsodyRequest)
    assert (speed.rate, pitch.pitch_st, volume.volume_db) == (1.2, 2.0, -3.0)
    assert heard(text, volume.span) == "四"


@pytest.mark.parametrize(
    ("text", "plain", "words", "pinyin"),
    [
        ("<行|XING2>不行", "行不行", "行", ("xing2",)),
        ("去<银行|yin2 hang2>", "去银行", "银行", ("yin2", "hang2")),
        ("重庆{chong2 qing4}火锅", "重庆火锅", "重庆", ("chong2", "qing4")),
        ("去重庆{chóng qìng}", "去重庆", "重庆", ("chong2", "qing4")),
        ("绿{lv4}茶", "绿茶", "绿", ("lü4",)),
    ],
)
def test_pinyin(text: str, plain: str, words: str, pinyin: tuple[str, ...]) -> None:
    marked = read(text)
    assert marked.text == plain
    (request,) = marked.requests
    assert isinstance(request, PronunciationRequest)
    assert (heard(text, request.span), request.pinyin) == (words, pinyin)


def test_other_words_take_the_place_of_what_is_written() -> None:
    text = "看<W3C|万维网>的"
    marked = read(text)
    assert marked.text == "看万维网的"
    assert [heard(text, span) for span in marked.spans()] == ["看", "W3C", "W3C", "W3C", "的"]


def test_english_phonemes() -> None:
    (request,) = read("<OpenAI|/ˈoʊpən/>").requests
    assert isinstance(request, PronunciationRequest)
    assert request.phonemes == "ˈoʊpən"


@pytest.mark.parametrize(
    "text",
    [
        "数组[0]",
        "见[1]和[图1]",
        "a<b，c>d",
        "若a<b>c则",
        "x[index]=1",
        "看[link](http://a.b)",
        "集合{x}和{a, b}",
        "f(sad)",
        "[[[",
        "<<<>>>",
        "C:\\[x]",
        "{}",
        "[]",
        "<|>",
        "1 < 2",
    ],
)
def test_ordinary_text_stays_text(text: str) -> None:
    marked = read(text)
    assert marked.text == text
    assert marked.requests == ()


def test_without_a_predicate_names_alone_are_text() -> None:
    assert read_markup("[开心]你好").text == "[开心]你好"
    (request,) = read_markup("[emotion=开心]你好").requests
    assert isinstance(request, EmotionRequest)
    assert request.name == "开心"


def test_a_backslash_keeps_the_bracket() -> None:
    marked = read("\\[开心]这样写")
    assert (marked.text, marked.requests) == ("[开心]这样写", ())


@pytest.mark.parametrize("tag", ["[dances]", "[mood=blue]", "[emotion=wütend]", "<b>", "<mstts:foo/>", "[/unheard]"])
def test_unknown_tags_are_reported_and_not_spoken(tag: str) -> None:
    marked = read(f"你{tag}好")
    assert marked.text == "你好"
    assert any(tag in warning for warning in marked.warnings)


@pytest.mark.parametrize("tag", ["[pause:9999s]", "[pause:soon]", "[intensity=7]", "[speed=99]", "行{hang2 hang2}"])
def test_invalid_values_are_reported_and_not_spoken(tag: str) -> None:
    marked = read(f"，{tag}好")
    assert marked.requests == ()
    assert marked.warnings
    assert not any(char.isdigit() for char in marked.text)


def test_an_unterminated_tag_is_text_and_reported() -> None:
    marked = read("你好[pause:800ms")
    assert marked.text == "你好[pause:800ms"
    assert marked.warnings


TAGS = st.sampled_from(
    [
        "[开心]",
        "[/]",
        "[pause:1s]",
        "重庆{chong2 qing4}",
        "<行|XING2>",
        "<W3C|万维网>",
        "[1]",
        "[",
        "]",
        "<",
        "{",
        "\\[happy]",
        "\n",
    ]
)
TEXTS = st.lists(st.one_of(TAGS, st.text(alphabet="你好a1[]<>{}|\\/ \n(", max_size=6)), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_map_back_is_sound(text: str) -> None:
    marked = read(text)
    spans = marked.spans()
    assert len(spans) == len(marked.text)
    last = Span(0, 0)
    for span in spans:
        assert 0 <= span.begin < span.end <= len(text)
        assert span == last or span.begin >= last.end
        last = span
    for segment in marked.segments:
        if segment.exact:
            assert marked.text[segment.begin : segment.end] == heard(text, segment.source)
    for at in range(len(marked.text)):
        assert marked.span_of(at, at + 1) == spans[at]
    for request in marked.requests:
        if isinstance(request, PauseRequest):
            assert 0 <= request.at <= len(text)
        else:
            assert 0 <= request.span.begin < request.span.end <= len(text)


@pytest.mark.parametrize(
    "unit", ["[", "<", "{", "[开心]", "[pause:1s", "<a", "\\[", "(a", "[a b", "{a1 ", "<a|", "[happy]\n"]
)
def test_long_runs_take_linear_time(unit: str, seconds_of: Callable[[Callable[[], object]], float]) -> None:
    def seconds(times: int) -> float:
        return seconds_of(lambda: read(unit * times))

    read(unit * 100)
    assert seconds(12000) < 12 * max(seconds(3000), 0.05)


@pytest.mark.parametrize("tag", ["[ref:host]", "[ref=host]", "[参考：host]", "[reference: host]"])
def test_a_reference_holds_like_a_voice(tag: str) -> None:
    text = f"他说：{tag}大家好！[/ref]再见。"
    marked = read(text)
    assert marked.text == "他说：大家好！再见。"
    (request,) = marked.requests
    assert isinstance(request, ReferenceRequest)
    assert (request.name, heard(text, request.span)) == ("host", "大家好！")
