"""Text and JSON are two views of one model: writing and reading gives the same script back."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema_rs
import pytest
from any_scripts import NASTY, scripts
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import TextError
from tts_engine.script import Role, Script, from_json, read, schema, to_json, write

KEYS = st.sampled_from(["title", "chapters", "lines", "text", "role", "roles", "name", "pause_s", "emotion", "lexicon"])
DATA = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def bare(script: Script) -> Script:
    """Without where the lines come from, which the text form does not say."""
    chapters = (
        replace(chapter, lines=tuple(replace(line, span=None, evidence=()) for line in chapter.lines))
        for chapter in script.chapters
    )
    return replace(script, chapters=tuple(chapters))


@settings(max_examples=25, deadline=None)
@given(scripts())
def test_what_is_written_as_text_reads_back(script: Script) -> None:
    again = read(write(script))
    assert again == bare(script)
    assert list(again.roles) == list(script.roles)


@settings(max_examples=5, deadline=None)
@given(scripts())
def test_remarks_about_the_evidence_change_nothing(script: Script) -> None:
    assert read(write(script, with_evidence=True)) == bare(script)


@settings(max_examples=12, deadline=None)
@given(scripts())
def test_what_is_written_as_json_reads_back_and_is_as_the_schema_says(script: Script) -> None:
    written = to_json(script)
    jsonschema_rs.validate(schema(), json.loads(written))
    again = from_json(written)
    assert again == script
    assert list(again.roles) == list(script.roles)


@settings(max_examples=120, deadline=None)
@given(st.text(st.sampled_from(NASTY + "\n\n\r\t"), max_size=80) | st.text(max_size=80))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        script = read(text)
    except TextError as error:
        assert error.code == "script_empty" or error.fields["line"] >= 1
        assert error.code == "script_empty" or error.fields["column"] >= 1
    else:
        assert read(write(script)) == script


@settings(max_examples=60, deadline=None)
@given(DATA)
def test_any_json_is_read_or_refused(data: object) -> None:
    try:
        script = from_json(json.dumps(data))
    except TextError as error:
        assert error.message
    else:
        assert from_json(to_json(script)) == script


def test_the_strict_schema_asks_for_every_property() -> None:
    def visit(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["required"] == list(node["properties"])
                assert node["additionalProperties"] is False
            for value in node.values():
                visit(value)

    visit(schema(strict=True))


def test_what_a_model_answers_in_the_strict_form_is_read() -> None:
    line = {"role": "小雨", "text": "你好", "emotion": "开心", "intensity": None, "direction": None, "pause_s": None}
    line |= {"speed": None, "volume_db": None, "sound": None}
    data = {"title": "雨", "author": None, "language": None, "kind": None, "roles": []}
    data["chapters"] = [{"title": None, "music": None, "lines": [line]}]
    jsonschema_rs.validate(schema(strict=True), data)
    script = from_json(json.dumps(data))
    assert script.lines[0].emotion == "开心"
    assert script.roles == {"小雨": Role("小雨")}


@pytest.mark.parametrize(
    ("text", "line", "column", "code", "near"),
    [
        ("小雨：你 {停顿=很久}", 1, 7, "script_invalid", None),
        ("小雨：你 {停=1}", 1, 7, "script_key_unknown", "停顿"),
        ("\n小雨：你 {情绪=激洞}", 2, 7, "emotion_unknown", "激动"),
        ("@小雨\n\n  小余：你好", 3, 3, "role_unknown", "小雨"),
        ("小雨（开心 3）：你好", 1, 4, "script_invalid", None),
        ("小雨：你好\n老王：", 2, 1, "script_line_empty", None),
        ("---\n类型: 广播\n---\n你好", 2, 5, "script_kind_unknown", "广播剧"),
        ("---\n题目: 雨\n---\n你好", 2, 1, "script_key_unknown", "标题"),
        ("@小雨\n@小雨\n小雨：你好", 2, 1, "role_twice", None),
        ("你好 {语速=9}", 1, 5, "script_invalid", None),
        ("你好 {语速=1 语速=1}", 1, 10, "script_invalid", None),
        ("@：谁", 1, 1, "role_unnamed", None),
    ],
)
def test_errors_name_the_place_and_what_is_near(text: str, line: int, column: int, code: str, near: str | None) -> None:
    with pytest.raises(TextError) as caught:
        read(text)
    error = caught.value
    assert (error.fields["line"], error.fields["column"], error.code) == (line, column, code)
    assert near is None or near in error.fields["near"]
    assert f"第 {line} 行第 {column} 列" in error.message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"chapters": [{"lines": [{"text": "a", "emotion": "激洞"}]}]}', "chapters[0].lines[0].emotion"),
        ('{"chapters": [{"lines": [{"text": "a", "speed": 99}]}]}', "chapters[0].lines[0].speed"),
        ('{"chapters": [{"lines": [{"txt": "a"}]}]}', "chapters[0].lines[0]"),
        ('{"chapters": 3}', "chapters"),
        ('{"roles": [{"name": ""}]}', "roles[0]"),
    ],
)
def test_errors_in_json_name_the_path(text: str, place: str) -> None:
    with pytest.raises(TextError) as caught:
        from_json(text)
    assert caught.value.fields["path"] == place


def test_broken_json_names_line_and_column() -> None:
    with pytest.raises(TextError) as caught:
        from_json('{"title": "雨",\n oops}')
    assert (caught.value.fields["line"], caught.value.fields["column"]) == (2, 2)


def test_the_text_form_by_example() -> None:
    script = read(
        "---\n作者: 林间\n类型: 新闻\n---\n# 雨夜\n\n@小雨：八岁 {声音=zf_xiaoyi 别名=雨儿、丫头}\n@老王\n"
        "## 第一章 {音乐=rain.ogg}\n雨下了一整夜。\n（停顿 1.5 秒）\n小雨（害怕 0.7，压低声音）：你听。\n| 外面有人。\n"
        "***\n雨儿：嗯\n（风声）\n他说：走吧\n老王：去重庆{chong2 qing4}\n// 只给人看\n"
    )
    assert (script.title, script.author, script.kind) == ("雨夜", "林间", "news")
    assert [(line.role, line.text) for line in script.lines] == [
        ("旁白", "雨下了一整夜。"),
        ("小雨", "你听。\n外面有人。"),
        ("小雨", "嗯"),
        ("旁白", ""),
        ("旁白", "他说：走吧"),
        ("老王", "去重庆{chong2 qing4}"),
    ]
    second = script.lines[1]
    assert (second.emotion, second.intensity, second.direction, second.pause_s) == ("害怕", 0.7, "压低声音", 1.5)
    assert script.lines[2].pause_s == 1.5
    assert script.chapters[0].music == "rain.ogg"
    assert script.roles["小雨"].aliases == ("雨儿", "丫头")
