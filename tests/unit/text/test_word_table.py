"""Tables of words as arrays: what a ``dict`` would say."""

from __future__ import annotations

import random

import pytest

from tts_engine.errors import ConfigError
from tts_engine.text.dictionaries import MAX_WORD, longest_match, phrase_reading
from tts_engine.text.word_table import WordTable, package_file, places_of

LETTERS = "一丁不识重庆𠀀a"


@pytest.fixture(scope="module")
def listed():
    chance = random.Random(4)
    words = {"".join(chance.choices(LETTERS, k=chance.randint(1, 4))) for _ in range(300)}
    return {word: chance.choice(["", "chóng qìng", word]) for word in words}


def test_it_finds_what_is_listed_and_nothing_else(listed):
    table = WordTable.of(listed.items())
    asked = [a + b + c for a in LETTERS for b in ("", *LETTERS) for c in ("", *LETTERS)]
    assert any(word in listed for word in asked)
    assert not all(word in listed for word in asked)
    assert table.look_up(asked) == [listed.get(word) for word in asked]


def test_a_text_longer_than_all_words_is_none_of_them():
    table = WordTable.of([("重庆", "chóng qìng")])
    assert table.look_up(["重庆", "重庆市", "重", ""]) == ["chóng qìng", None, None, None]
    assert places_of(table.words, []).tolist() == []
    assert WordTable.of([]).look_up(["重庆", ""]) == [None, None]


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="pip install no_such_package"):
        package_file("no_such_package", "words.txt")


def test_phrases_are_read_from_the_file_as_the_package_reads_them():
    from pypinyin.constants import PHRASES_DICT

    from tts_engine.text.dictionaries import numbered

    for word, readings in list(PHRASES_DICT.items())[::97]:
        is_listed = len(word) == len(readings) <= MAX_WORD
        assert phrase_reading(word) == (tuple(numbered(item[0]) for item in readings) if is_listed else None)


def test_the_longest_word_around_a_character_reads_it():
    assert longest_match("我在银行工作", 3, "phrases") == ("hang2", "银行")
    assert longest_match("行", 0, "phrases") is None
