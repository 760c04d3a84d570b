"""The benchmark's texts have the lengths that the tables claim."""

from __future__ import annotations

import pytest
from benchmarks import texts


@pytest.mark.parametrize("length", texts.LENGTHS)
def test_fixed_texts_have_exactly_their_length(length):
    assert texts.count(texts.fixed(length)) == length


def test_another_length_is_refused():
    with pytest.raises(ValueError, match="20, 100, 500, 3000"):
        texts.fixed(50)


def test_long_text_is_reproducible_and_barely_longer_than_asked():
    text = texts.long(30_000)
    assert 30_000 <= texts.count(text) < 30_500
    assert text == texts.long(30_000)
    assert text != texts.long(30_000, seed=1)


def test_sixty_distinct_sentences_of_sensible_length():
    lines = texts.sentences()
    assert len(lines) == len(set(lines)) == 60
    assert all(10 <= len(line) <= 40 for line in lines)


def test_sentences_of_a_file_skip_empty_lines(tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text("一二三\n\n  四五六  \n", encoding="utf-8")
    assert texts.sentences(file) == ["一二三", "四五六"]
