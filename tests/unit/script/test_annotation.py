"""Prose becomes a script in which every word is said, by whom the text says, and nobody is made up."""

from __future__ import annotations

import time

import pytest
from benchmarks.attribution import measure
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import TextError
from tts_engine.script import NARRATOR, UNKNOWN, annotate, read, write

BITS = ["老王", "小雨", "他", "她", "说", "笑着说", "道", "砰", "的一声", "所谓", "林晚秋", "走吧", "第一章", "A", "5"]
BITS += [*'“”「」『』"‘’：，。！\n　\t', "——", "……", "***", "\n\n"]


def said(text: str) -> list[tuple[str, str]]:
    """The dialogue of a text."""
    return [(line.role, line.text) for line in annotate(text).lines if line.role != NARRATOR]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(BITS), max_size=30).map("".join) | st.text(max_size=60))
def test_no_word_is_lost_and_none_is_made_up(text: str) -> None:
    try:
        script = annotate(text)
    except TextError as error:
        assert error.code == "script_empty"
        return
    titles = [chapter.title for chapter in script.chapters]
    spoken = "".join([*titles, *(line.text for line in script.lines)])
    wanted = "".join(character for character in text if character.isalnum())
    assert sorted(character for character in spoken if character.isalnum()) == sorted(wanted)
    ends = 0
    for line in script.lines:
        assert line.span is not None
        assert ends <= line.span[0] < line.span[1] <= len(text)
        assert line.text in text
        ends = line.span[1]
    again = read(write(script))
    assert [(line.role, line.text) for line in again.lines] == [(line.role, line.text) for line in script.lines]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("老王放下茶杯，说：“走吧。”", "老王"),
        ("“走吧。”老王笑着说。", "老王"),
        ("“走吧，”老王看了看表，“晚了就赶不上了。”", "老王"),
        ("「走吧。」林晚秋轻声说道。", "林晚秋"),
        ('"走吧。"李明说。', "李明"),
        ("李明看着窗外。他说：“走吧。”", "李明"),
        ("门外传来老王的声音：“走吧。”", "老王"),
        ("只听欧阳锋冷笑道：“走吧。”", "欧阳锋"),
        ("张教授表示：“走吧。”", "张教授"),
        ("穿红裙子的小女孩喊道：“走吧。”", "小女孩"),
        ("“走吧。”说话的是老王。", "老王"),
        ("乡村司机陈志刚告诉记者：“走吧。”", "陈志刚"),
        ("小李回过头，冲老王喊：“走吧。”", "小李"),
    ],
)
def test_who_speaks_is_found_before_after_and_between(text: str, role: str) -> None:
    assert {found for found, _ in said(text)} == {role}


def test_speakers_alternate_and_the_one_who_is_called_does_not_speak() -> None:
    text = "老王问：“你去哪儿？”\n“回家。”小雨说。\n“这么早？”\n“嗯。”\n“小雨，路上小心。”"
    assert [role for role, _ in said(text)] == ["老王", "小雨", "老王", "小雨", "老王"]


def test_nobody_is_named_where_the_text_names_nobody() -> None:
    assert said("“走吧。”\n“嗯。”") == [(UNKNOWN, "走吧。"), (UNKNOWN, "嗯。")]


@pytest.mark.parametrize(
    "text",
    [
        "所谓“自由”，就是不怕。",
        "门“砰”的一声关上了。",
        "墙上写着“禁止入内”四个大字。",
        "他被称为“铁人”。",
        "她说过“没办法”这三个字。",
        "“铁心剑”的名号响彻江湖。",
    ],
)
def test_what_nobody_says_is_told(text: str) -> None:
    script = annotate(text)
    assert [(line.role, line.text) for line in script.lines] == [(NARRATOR, text)]


def test_quotations_nest_and_go_on_over_paragraphs() -> None:
    text = "老王说：“他对我说‘走吧’，我就走了。\n“后来下雨了。”\n"
    assert said(text) == [("老王", "他对我说‘走吧’，我就走了。"), ("老王", "后来下雨了。")]


def test_a_paragraph_that_begins_with_a_dash_is_said() -> None:
    assert said("——你来了。\n老王点点头。\n——我来了。") == [
        (said("——你来了。\n老王点点头。\n——我来了。")[0][0], "你来了。"),
        (said("——你来了。\n老王点点头。\n——我来了。")[1][0], "我来了。"),
    ]


def test_how_it_is_said_counts_with_its_evidence() -> None:
    line = next(line for line in annotate("“出去。”老王怒吼道。").lines if line.role == "老王")
    assert line.emotion is not None
    assert "愤怒" in line.emotion
    assert [item.words for item in line.evidence if item.what == "emotion"] == ["怒吼道"]
    assert all(0 <= item.confidence <= 1 for item in line.evidence)
    quiet = next(line for line in annotate("“出去。”老王压低声音说。").lines if line.role == "老王")
    assert quiet.direction == "压低声音"


def test_chapters_scenes_and_silences() -> None:
    script = annotate("第一章 雨夜\n下雨了。\n***\n天亮了。\n第二章\n老王沉默了很久。\n“走吧。”老王说。")
    assert [chapter.title for chapter in script.chapters] == ["第一章 雨夜", "第二章"]
    assert [line.pause_s for line in script.chapters[0].lines] == [None, 1.5]
    assert script.chapters[1].lines[1].pause_s == 0.8


def test_sounds_are_marked() -> None:
    line = annotate("门“砰”的一声关上，雨哗啦啦地下。").lines[0]
    assert [item.words for item in line.evidence if item.what == "sound"] == ["砰", "哗啦啦"]


def test_nothing_to_say_is_one_error() -> None:
    with pytest.raises(TextError) as caught:
        annotate(" \n……\n")
    assert caught.value.code == "script_empty"


@pytest.mark.parametrize("unit", ["““”", "“", '"好"', "老王，", "·王", "的", "“好。”他说", "“好\n"])
def test_long_runs_take_linear_time(unit: str) -> None:
    def seconds(times: int) -> float:
        begin = time.thread_time()
        annotate(unit * times + "好")
        return time.thread_time() - begin

    annotate(unit * 10 + "好")
    best = min(seconds(1200) for _ in range(3))  # a collection of garbage in a large process is not ours
    assert best < 12 * max(seconds(300), 0.05)


@pytest.mark.parametrize(
    ("part", "quotations", "accuracy"),
    [("tuned", 109, 0.95), ("fresh", 108, 0.92), ("fresh_2", 102, 0.92), ("fresh_3", 76, 0.88)],
)
def test_what_the_set_has_gained_is_not_lost(part: str, quotations: int, accuracy: float) -> None:
    _, whole = measure(part)
    assert whole.quotations == quotations
    assert whole.accuracy >= accuracy
    assert whole.coverage >= 0.87
    assert whole.confused == 0
