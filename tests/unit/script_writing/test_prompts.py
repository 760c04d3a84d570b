"""Instructions are files that can be edited; a text is cut where a reader pauses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import ConfigError
from tts_engine.script.writing import TASKS, Prompts, copy_prompts, write
from tts_engine.script.writing.chunks import cut
from tts_engine.script.writing.prompts import NAMES, RULES


def test_every_task_has_a_prompt_with_the_rules():
    for name in NAMES:
        text = Prompts().instructions(name, "FIELDS")
        assert RULES in text and "FIELDS" in text and "{{" not in text and "##" not in text
    assert set(TASKS) <= set(NAMES)


def test_edited_prompts_are_used_and_the_others_stay(server, tmp_path):
    written = copy_prompts(tmp_path)
    assert {path.stem for path in written} == set(NAMES) and copy_prompts(tmp_path) == ()
    for path in written[1:]:
        path.unlink()
    (tmp_path / "adapt.txt").write_text("## 我的\n像说书人一样。{{rules}}{{ fields }}", encoding="utf-8")
    model = server.model("good")
    write("adapt", "他在河边等了很久。" * 4, model, prompts=Prompts(tmp_path))
    assert server.requests(model)[0]["messages"][0]["content"].startswith("像说书人一样。用户消息")
    assert Prompts(tmp_path).instructions("plan", "") == Prompts().instructions("plan", "")


@pytest.mark.parametrize(
    ("content", "named"),
    [("没有规则 {{fields}}", "{{rules}}"), ("{{rules}}", "{{fields}}"), ("{{rules}}{{fields}}{{text}}", "{{text}}"),
     (b"\xff\xfe\xff{{rules}}{{fields}}", "UTF-8")],
)  # fmt: skip
def test_a_wrong_prompt_is_told_before_anything_is_asked(server, tmp_path, content, named):
    path = tmp_path / "adapt.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    model = server.model("good")
    with pytest.raises(ConfigError) as caught:
        write("adapt", "字", model, prompts=Prompts(tmp_path))
    assert str(path) in caught.value.message and named in caught.value.message and server.requests(model) == []


def test_a_misspelt_prompt_and_a_missing_folder_are_told(tmp_path):
    (tmp_path / "adpat.txt").write_text("x")
    with pytest.raises(ConfigError, match="adapt"):
        Prompts(tmp_path)
    with pytest.raises(ConfigError, match="write prompts"):
        Prompts(tmp_path / "none")


@given(st.text(alphabet="字句。！？”\n ，a.", max_size=400), st.integers(5, 60))
@settings(max_examples=30, deadline=None)
def test_pieces_joined_are_the_text(text, longest):
    pieces = cut(text, longest)
    assert "".join(text[begin:end] for begin, end in pieces) == text
    assert all(0 < end - begin <= longest for begin, end in pieces)


def test_a_text_is_cut_between_paragraphs_then_sentences():
    text = "一二三四五。六七八九十。\n\n" + "甲" * 15 + "。“走吧！”" + "乙" * 20
    first, second, third = (text[begin:end] for begin, end in cut(text, 25))
    assert first == "一二三四五。六七八九十。\n\n" and second.endswith("”") and third == "乙" * 20
