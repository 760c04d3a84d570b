"""A text that comes in pieces is cut as it would be cut whole, and never in the middle of anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.errors import TextError
from tts_engine.text.incremental import Segmenter, check_text, pause_after_s
from tts_engine.text.marks import Pauses
from tts_engine.text.pieces import split_pieces

STORY = (
    "今天气温3.5度，风很大，12:30以前不要出门。“你听，”他压低声音说，“外面有人！”她看了看表，已经是2024年11月26日晚上了……\n"
    "第二天，天晴了。Dr. Smith paid 1,234.56 dollars, and then he left. 网址是https://example.com/a,b?c=1。"
    "[开心]太好了！[pause:1.5s]我们去重庆{chong2 qing4}吧，<行|XING2>不行？他说：“好。”"
)
PIECES = st.lists(
    st.sampled_from(["。", "，", "！", "…", ".", ",", "”", "“", " ", "\n", "3", "a", "天", "[开心]", "：", "—"]),
    max_size=60,
)


def cut(text, sizes, grain):
    segmenter, parts, at = Segmenter(grain), [], 0
    for size in sizes:
        parts += segmenter.feed(text[at : at + size])
        at += size
    parts += segmenter.feed(text[at:])
    return parts + segmenter.flush()


@given(st.lists(st.integers(1, 12), max_size=80), st.sampled_from(["clause", "sentence"]))
def test_the_parts_do_not_depend_on_how_the_text_is_chopped(sizes, grain):
    assert cut(STORY, sizes, grain) == cut(STORY, [], grain)


@given(PIECES, st.lists(st.integers(1, 5), max_size=60), st.sampled_from(["clause", "sentence"]))
def test_the_same_with_any_marks(tokens, sizes, grain):
    text = "".join(tokens)
    chopped, whole = cut(text, sizes, grain), cut(text, [], grain)
    assert [(part.begin, part.text) for part in chopped] == [(part.begin, part.text) for part in whole]


@given(PIECES, st.sampled_from(["clause", "sentence"]))
def test_nothing_is_lost(tokens, grain):
    text = "".join(tokens)
    parts = cut(text, [], grain)
    assert all(text[part.begin : part.end] == part.text for part in parts)
    assert "".join(part.text for part in parts).replace(" ", "").replace("\n", "") == "".join(text.split())


def test_sentences_are_those_of_the_whole_text():
    whole = [STORY[piece.begin : piece.end] for piece in split_pieces(STORY)]
    assert [part.text for part in cut(STORY, [1] * len(STORY), "sentence")] == whole


def test_a_sentence_leaves_as_soon_as_the_next_character_is_there():
    segmenter = Segmenter("sentence")
    assert not segmenter.feed("你好。")
    assert [part.text for part in segmenter.feed("我")] == ["你好。"]
    assert segmenter.pending == 1 and segmenter.position == 4


@pytest.mark.parametrize(
    "halves",
    [
        ("一共3", ".14元左右吧。"),
        ("见https://a.", "com/x,y 好吗"),
        ("现在是12:", "30左右了呀，"),
        ("[pau", "se:1s]好。"),
        ("重庆{chong2", " qing4}，好"),
        ("花了1,", "000块钱左右，"),
    ],
)
def test_nothing_is_cut_in_the_middle(halves):
    segmenter = Segmenter("clause")
    assert not segmenter.feed(halves[0])
    assert not segmenter.settle()
    parts = segmenter.feed(halves[1]) + segmenter.flush()
    assert "".join(part.text for part in parts) == "".join(halves)
    assert halves[0] in parts[0].text


def test_clauses_are_long_enough_and_say_that_they_continue():
    parts = cut("其实，我早就知道，这件事情从一开始就不会那么简单，可是没有人听。", [], "clause")
    assert [part.text for part in parts] == ["其实，我早就知道，", "这件事情从一开始就不会那么简单，", "可是没有人听。"]
    assert [part.continues for part in parts] == [True, True, False]


def test_who_speaks_stays_with_what_is_said():
    parts = cut("他转过身来怒吼一声大叫道：“你给我滚出去！”", [], "clause")
    assert len(parts) == 1


def test_a_pause_of_the_writer_gives_what_is_there_up_to_the_last_mark():
    segmenter = Segmenter()
    assert not segmenter.feed("好的，这个")
    (part,) = segmenter.settle()
    assert part.text == "好的，" and part.continues
    assert segmenter.pending == 2
    assert [part.text for part in segmenter.flush()] == ["这个"]


def test_lines_end_paragraphs():
    parts = cut("第一段。\n第二段。", [1] * 9, "clause")
    assert [(part.text, part.ends_paragraph) for part in parts] == [("第一段。\n", True), ("第二段。", False)]


def test_ssml_is_held_until_it_is_complete():
    ssml = '<speak>你好。<break time="1s"/>再见。</speak>'
    segmenter = Segmenter()
    for char in ssml[:-1]:
        assert not segmenter.feed(char)
    assert [part.text for part in segmenter.feed(ssml[-1])] == [ssml]


def test_what_is_cleared_is_gone_and_places_go_on():
    segmenter = Segmenter()
    segmenter.feed("不要了")
    assert segmenter.clear() == 3
    (part,) = segmenter.feed("好。") + segmenter.flush()
    assert (part.begin, part.text) == (3, "好。")


def test_pauses_come_from_the_marks():
    pauses = Pauses()
    assert pause_after_s("你好，", pauses, ends_paragraph=False) == pauses.comma / 1000
    assert pause_after_s("“你好！”", pauses, ends_paragraph=False) == pauses.exclamation / 1000
    assert pause_after_s("你好", pauses, ends_paragraph=False) == pauses.breath / 1000
    assert pause_after_s("你好。\n", pauses, ends_paragraph=True) == pauses.paragraph / 1000


@pytest.mark.parametrize("value", [None, 3, "\ud800"])
def test_no_text_is_refused(value):
    with pytest.raises(TextError):
        check_text(value)
