"""SSML: what is understood, what is refused, and where everything stands in the document."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import TextError
from tts_engine.text.markup import (
    DurationRequest,
    EmotionRequest,
    EmphasisRequest,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    ReferenceRequest,
    SayAsRequest,
    VoiceRequest,
    read_markup,
)


def speak(inner: str) -> str:
    return f'<speak version="1.0" xmlns:mstts="urn:x" xml:lang="zh-CN">{inner}</speak>'


def only(inner: str) -> object:
    (request,) = read_markup(speak(inner)).requests
    return request


def test_a_reference_has_an_element_of_our_own() -> None:
    document = speak('他说：<tts:ref name=" host ">大家好！</tts:ref>再见。')
    marked = read_markup(document)
    (request,) = marked.requests
    assert isinstance(request, ReferenceRequest)
    assert (request.name, document[request.span.begin : request.span.end]) == ("host", "大家好！")
    assert marked.text == "他说：大家好！再见。" and not marked.warnings
    nameless = read_markup(speak("<tts:ref>大家好！</tts:ref>"))
    assert not nameless.requests and any("tts:ref" in warning for warning in nameless.warnings)


def test_text_entities_and_layout() -> None:
    document = speak("\n  你好 &amp; &#x4F60;\n  <p>一</p>\n  <p>two\n words</p>\n")
    marked = read_markup(document)
    assert marked.text == "你好 & 你\n一\ntwo words\n"
    origins = [document[span.begin : span.end] for span in marked.spans()]
    assert origins[3] == "&amp;"
    assert origins[5] == "&#x4F60;"
    assert origins[0] == "你"


def test_a_sentence_element_ends_a_sentence() -> None:
    assert read_markup(speak("<s>你好</s><s>再见！</s>")).text == "你好。再见！"


def test_breaks() -> None:
    document = speak('一<break time="500ms"/>二<break strength="weak"/>三<break/>')
    marked = read_markup(document)
    assert [request.seconds for request in marked.requests if isinstance(request, PauseRequest)] == [0.5, 0.5, 0.75]
    assert [document[request.at] for request in marked.requests if isinstance(request, PauseRequest)] == ["<"] * 3


@pytest.mark.parametrize(
    ("attributes", "rate", "pitch_st", "pitch_hz", "volume_db"),
    [
        ('rate="fast"', 1.55, None, None, None),
        ('rate="x-slow"', 0.5, None, None, None),
        ('rate="+20%"', 1.2, None, None, None),
        ('rate="-30%"', 0.7, None, None, None),
        ('rate="150%"', 1.5, None, None, None),
        ('pitch="+2st"', None, 2.0, None, None),
        ('pitch="high"', None, 3.0, None, None),
        ('pitch="-20Hz"', None, None, -20.0, None),
        ('pitch="+100%"', None, 12.0, None, None),
        ('volume="+6dB"', None, None, None, 6.0),
        ('volume="silent"', None, None, None, -math.inf),
        ('volume="50"', None, None, None, 20 * math.log10(0.5)),
    ],
)
def test_prosody(
    attributes: str, rate: float | None, pitch_st: float | None, pitch_hz: float | None, volume_db: float | None
) -> None:
    request = only(f"<prosody {attributes}>快</prosody>")
    assert isinstance(request, ProsodyRequest)
    for got, expected in (
        (request.rate, rate),
        (request.pitch_st, pitch_st),
        (request.pitch_hz, pitch_hz),
        (request.volume_db, volume_db),
    ):
        assert got == (pytest.approx(expected) if expected is not None else None)


def test_phoneme_sub_voice_emphasis_style_duration() -> None:
    phoneme = only('<phoneme alphabet="sapi" ph="fen 1 ci 2">分词</phoneme>')
    assert isinstance(phoneme, PronunciationRequest)
    assert phoneme.pinyin == ("fen1", "ci2")
    marked = read_markup(speak('<sub alias="万维网">W3C</sub>'))
    assert marked.text == "万维网"
    voice = only('<voice name="zh-CN-XiaoxiaoNeural">你</voice>')
    assert isinstance(voice, VoiceRequest)
    assert voice.name == "zh-CN-XiaoxiaoNeural"
    emphasis = only("<emphasis>重</emphasis>")
    assert isinstance(emphasis, EmphasisRequest)
    assert emphasis.level == "moderate"
    style = only('<mstts:express-as style="cheerful" styledegree="1.5" role="Girl">你</mstts:express-as>')
    assert isinstance(style, EmotionRequest)
    assert (style.name, style.degree, style.role, style.written) == ("cheerful", 1.5, "Girl", "ssml")
    duration = only('<mstts:audioduration value="2s">你</mstts:audioduration>')
    assert isinstance(duration, DurationRequest)
    assert duration.seconds == 2.0


@pytest.mark.parametrize(
    ("kind", "written", "spoken"),
    [
        ("cardinal", "12345", "一万二千三百四十五"),
        ("ordinal", "3", "第三"),
        ("digits", "2024", "二零二四"),
        ("characters", "A1", "A 一"),
        ("telephone", "010-1234", "零幺零幺二三四"),
        ("time", "14:30", "十四点三十分"),
        ("fraction", "3/4", "四分之三"),
        ("date", "2024-05-01", "二零二四年五月一日"),
        ('date" format="mdy', "5/1/2024", "二零二四年五月一日"),
        ('date" format="md', "5/1", "五月一日"),
    ],
)
def test_say_as(kind: str, written: str, spoken: str) -> None:
    document = speak(f'<say-as interpret-as="{kind}">{written}</say-as>')
    marked = read_markup(document)
    assert marked.text == spoken
    (request,) = marked.requests
    assert isinstance(request, SayAsRequest)
    assert request.read
    assert document[request.span.begin : request.span.end] == written


def test_say_as_that_does_not_fit_is_read_as_ordinary_text_and_reported() -> None:
    marked = read_markup(speak('<say-as interpret-as="date">明天</say-as>'))
    assert marked.text == "明天"
    assert marked.warnings


def test_unknown_elements_are_reported_and_their_text_is_read() -> None:
    marked = read_markup(speak("<shout>你好</shout>"))
    assert marked.text == "你好"
    assert any("shout" in warning for warning in marked.warnings)


BOMB = '<!DOCTYPE speak [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><speak>&b;</speak>'


@pytest.mark.parametrize(
    ("document", "line", "column"),
    [
        ("<speak>你好", 1, 10),
        ("<speak>\n<p>你</s></speak>", 2, 7),
        (BOMB, 1, 17),
        ('<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>a</speak>', 1, 44),
        ("<speak>&unknown;</speak>", 1, 8),
        ("<speak>" + "<p>" * 5000, 1, 197),
        ("<speak>\0</speak>", 1, 8),
        ("<speak>\ud800</speak>", 1, 8),
        ("<speak>好</speak>尾", 1, 17),
        ("<speak><?php x ?></speak>", 1, 8),
    ],
)
def test_errors_say_line_and_column(document: str, line: int, column: int) -> None:
    with pytest.raises(TextError) as raised:
        read_markup(document)
    assert raised.value.code == "ssml_invalid"
    assert (raised.value.fields["line"], raised.value.fields["column"]) == (line, column)


ELEMENTS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<s>",
        "</s>",
        '<break time="1s"/>',
        "你好",
        "a b",
        " \n ",
        "&lt;",
        "&amp;",
        '<sub alias="甲">乙</sub>',
        '<prosody rate="fast">',
        "</prosody>",
        "<x>",
        "</x>",
        "\U00020000",
        "é",
        "<!-- c -->",
        "<![CDATA[<a>]]>",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ELEMENTS, max_size=14).map("".join))
def test_a_document_is_read_or_refused_with_its_place(inner: str) -> None:
    document = f"<speak>{inner}</speak>"
    try:
        marked = read_markup(document)
    except TextError as error:
        assert error.fields["line"] >= 1
        return
    last = 0
    for char, span in zip(marked.text, marked.spans(), strict=True):
        assert last <= span.begin < span.end <= len(document)
        if char in "你好甲乙é\U00020000" and char != "甲":
            assert document[span.begin : span.end] == char
        last = span.begin


@pytest.mark.parametrize("unit", ["<b/>", "你<break/>", "<!-- 你 -->", "你好\n", "&amp;"])
def test_long_documents_take_linear_time(unit: str, seconds_of: Callable[[Callable[[], object]], float]) -> None:
    def seconds(times: int) -> float:
        return seconds_of(lambda: read_markup(f"<speak>{unit * times}</speak>"))

    assert seconds(8000) < 12 * max(seconds(2000), 0.05)
