"""Cutting the source into sentences: nothing lost, linear time, the ends where people hear them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.text.pieces import MAX_PIECE, split_pieces

ALPHABET = "你好，。！？…—、；：“”（）\"'.!? \n\t1a9B-/😀\u3000"


@given(st.text(ALPHABET, max_size=200))
def test_pieces_cover_the_text_without_gap_or_overlap(text):
    pieces = list(split_pieces(text, max_piece=20))
    assert "".join(text[piece.begin : piece.end] for piece in pieces) == text
    assert all(piece.begin < piece.end <= piece.begin + 20 for piece in pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。世界！", ["你好。", "世界！"]),
        ("“你好。”他说。", ["“你好。”", "他说。"]),
        ('"你好。"他说。', ['"你好。"', "他说。"]),
        ("真的吗？！是的。", ["真的吗？！", "是的。"]),
        ("他……走了。", ["他……走了。"]),
        ("圆周率是3.14。版本v1.2.3发布", ["圆周率是3.14。", "版本v1.2.3发布"]),
        ("Hello there. How are you? Fine.", ["Hello there. ", "How are you? ", "Fine."]),
        ("Mr. Smith met J. K. Rowling.", ["Mr. Smith met J. K. Rowling."]),
        ("见http://a.com/?q=1。好", ["见http://a.com/?q=1。", "好"]),
        ("第一行\n第二行", ["第一行\n", "第二行"]),
    ],
)
def test_sentences_end_where_people_end_them(text, expected):
    assert [text[piece.begin : piece.end] for piece in split_pieces(text)] == expected


def test_only_line_ends_end_paragraphs():
    pieces = list(split_pieces("一。二。\n\n三"))
    assert [piece.paragraph_end for piece in pieces] == [False, True, True]


def test_a_long_sentence_is_cut_after_its_best_mark_and_continues():
    text = "很长的话" * 40 + "，" + "接着说" * 60 + "。"
    first, *rest = split_pieces(text)
    assert text[: first.end].endswith("，")
    assert first.continues
    assert not rest[-1].continues


@pytest.mark.parametrize("unit", ["好", "a", "。", "…x", ".", "a. ", "\n", "”", "1.", "“"])
def test_time_is_linear(unit):
    def seconds(count: int) -> float:
        text = unit * count
        start = time.perf_counter()
        assert sum(piece.end - piece.begin for piece in split_pieces(text)) >= count
        return time.perf_counter() - start

    seconds(1000)
    assert seconds(40_000) < 40 * seconds(4_000) + 0.05  # four times the linear expectation, for a noisy machine
    assert MAX_PIECE < 1000
