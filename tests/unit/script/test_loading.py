"""Scripts of other habits become ours; the form is guessed and told; errors name line and column."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.emotion.vocabulary import is_emotion
from tts_engine.errors import ControlError, TextError
from tts_engine.script import FORMATS, Line, check, load, read, to_json, write
from tts_engine.script.habits.subtitles import read_subtitles
from tts_engine.text.markup import read_markup

NATIVE = "@小雨\n小雨（害怕）：你听"
BRACKETS = "[Alice: excited, 0.8] Hello!\nGo on.\n\n[Bob] [开心]Hi"
LENTICULAR = "【旁白】雨下了一夜。\n【小雨·害怕】你听。\n【音效】敲门\n【老王】（压低声音）嘘。"
SRT = "1\n00:00:01,000 --> 00:00:02,500\n小雨：你好\n\n2\n00:00:03,000 --> 00:00:04,500\n<i>再见</i>\n"
SSML = (
    '<speak><voice name="a"><mstts:express-as style="cheerful" styledegree="2">你好！</mstts:express-as>'
    '<break time="500ms"/>我是<phoneme alphabet="sapi" ph="xing 2">行</phoneme>者。</voice>'
    '<voice name="b"><prosody rate="slow">再<break time="300ms"/>见</prosody></voice></speak>'
)
PROSE = "雨停了。\n“走吧。”老王说。"


def said(text: str, form: str | None = None) -> list[tuple[str, str]]:
    return [(line.role, line.text) for line in load(text, form).script.lines]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (NATIVE, "native"),
        ("小雨：你好\n老王：嗯", "native"),
        (to_json(read(NATIVE)), "json"),
        (BRACKETS, "brackets"),
        (LENTICULAR, "brackets"),
        (SRT, "subtitles"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<v 小雨>你好", "subtitles"),
        (SSML, "ssml"),
        (PROSE, "prose"),
        ("他说：“走吧。”\n天亮了。\n她问：“去哪儿？”", "prose"),
    ],
)
def test_the_form_is_guessed_and_told(text: str, form: str) -> None:
    loaded = load(text)
    assert loaded.format == form
    assert loaded.reason
    assert load(text, form).reason == ""
    assert load(text, form).script == loaded.script
    assert read(write(loaded.script)).lines == tuple(
        Line(
            line.text, line.role, line.emotion, line.intensity, line.direction, line.pause_s, line.speed, line.volume_db
        )
        for line in loaded.script.lines
    )


def test_names_in_square_brackets() -> None:
    script = load(BRACKETS).script
    assert said(BRACKETS) == [("Alice", "Hello!"), ("Alice", "Go on."), ("Bob", "[开心]Hi")]
    assert (script.lines[0].emotion, script.lines[0].intensity) == ("excited", 0.8)


def test_names_in_lenticular_brackets() -> None:
    script = load(LENTICULAR).script
    assert said(LENTICULAR) == [("旁白", "雨下了一夜。"), ("小雨", "你听。"), ("旁白", ""), ("老王", "嘘。")]
    assert script.lines[1].emotion == "害怕"
    assert script.lines[2].direction == "音效：敲门"
    assert script.lines[3].direction == "压低声音"


def test_subtitles_keep_their_silences() -> None:
    lines = load(SRT).script.lines
    assert [(line.role, line.text, line.pause_s) for line in lines] == [("小雨", "你好", None), ("旁白", "再见", 0.5)]
    both = "00:00:01,000 --> 00:00:02,000\n- 去哪儿？\n- 回家。"
    assert said(both, "subtitles") == [("未知", "去哪儿？"), ("未知", "回家。")]


def test_ssml_voices_are_roles_and_styles_emotions() -> None:
    script = load(SSML).script
    assert said(SSML) == [("a", "你好！"), ("a", "我是<行|xing2>者。"), ("b", "再[pause:300ms]见")]
    assert (script.lines[0].emotion, script.lines[0].intensity) == ("cheerful", 1.0)
    assert script.lines[1].pause_s == 0.5
    assert script.lines[2].speed == 0.64
    assert script.roles["a"].voice == "a"
    kept = read_markup(script.lines[1].text, is_emotion=is_emotion)
    assert [request.pinyin for request in kept.requests] == [("xing2",)]


def test_what_ssml_has_and_a_line_has_not_is_told() -> None:
    loaded = load('<speak><prosody pitch="+2st">你好</prosody><emphasis>再见</emphasis></speak>')
    assert any("pitch" in warning and "emphasis" in warning for warning in loaded.warnings)


@pytest.mark.parametrize(
    ("text", "form", "line", "column", "near"),
    [
        ("你好\n[Alice: excitd] Hello!", "brackets", 2, 9, "excited"),
        ("【小雨：害伯】你听。", "brackets", 1, 5, "害怕"),
        ("1\n00:00:01 --> 00:00:02,500\n你好", "subtitles", 2, 1, None),
        ("1\n00:00:09,000 --> 00:00:02,500\n你好", "subtitles", 2, 1, None),
        ("<speak>你好</voice></speak>", "ssml", 1, 12, None),
    ],
)
def test_errors_name_the_place(text: str, form: str, line: int, column: int, near: str | None) -> None:
    with pytest.raises(TextError) as caught:
        load(text, form)
    assert (caught.value.fields["line"], caught.value.fields["column"]) == (line, column)
    assert near is None or near in caught.value.fields["near"]


def test_a_form_that_nobody_knows_is_named() -> None:
    with pytest.raises(ControlError) as caught:
        load(NATIVE, "jsn")
    assert caught.value.fields["near"] == ["json"]


def test_speakers_that_are_not_certain_are_told() -> None:
    assert any("2" in warning for warning in load("“走吧。”\n“嗯。”").warnings)


def test_slips_are_noticed() -> None:
    warnings = check(read("@小雨\n@老王\n小雨（激洞）：你好\n小雨（压低声音）：嘘 [emotion=怪]"))
    assert len(warnings) == 3
    assert "激动" in warnings[0]
    assert "老王" in warnings[2]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.text(st.sampled_from('【】[]:：<>/speakvoic="name-0123,小雨害怕开心，。“”\n\n {}\\'), max_size=60)
    | st.text(max_size=60),
)
def test_any_text_in_any_form_is_read_or_refused(form: str, text: str) -> None:
    try:
        script = load(text, form).script
    except (TextError, ControlError) as error:
        assert error.message
    else:
        assert script.lines or script.chapters
        assert json.loads(to_json(script))


def test_long_subtitles_take_linear_time() -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,500\n小雨：你好\n\n"
    assert sum(1 for _ in read_subtitles(cue * 3000)) == 3000
