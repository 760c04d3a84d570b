"""Dictionaries of readings: characters and phrases of pypinyin, words of CC-CEDICT.

All readings are tone-numbered pinyin with ü (5 = neutral). Tables load on first use, once for all instances: they
never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

#: Letter with a tone mark -> plain letter and tone.
_MARKED = {
    marked: (plain, tone)
    for plain, row in {"a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "ü": "ǖǘǚǜ"}.items()
    for tone, marked in enumerate(row, 1)
} | {"ń": ("n", 2), "ň": ("n", 3), "ǹ": ("n", 4), "ḿ": ("m", 2)}
_COMBINED = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}

#: Longest word in the tables that is looked for.
MAX_WORD = 8


@cache
def numbered(marked: str) -> str:
    """Pinyin with a tone mark -> with a tone number: ``zhòng`` -> ``zhong4``."""
    letters = []
    tone = 5
    for char in marked:
        if char in _MARKED:
            char, tone = _MARKED[char]  # noqa: PLW2901
        elif char in _COMBINED:
            tone = _COMBINED[char]
            continue
        letters.append(char)
    return "".join(letters) + str(tone)


@cache
def character_readings(char: str) -> tuple[str, ...]:
    """All readings of a character, the usual one first; empty for an unknown one."""
    from pypinyin.constants import PINYIN_DICT

    listed = PINYIN_DICT.get(ord(char), "")
    return tuple(dict.fromkeys(numbered(item) for item in listed.split(","))) if listed else ()


def first_reading(char: str) -> str:
    """The usual reading of a character, or an empty string."""
    readings = character_readings(char)
    return readings[0] if readings else ""


def _phrases() -> Mapping[str, object]:
    from pypinyin.constants import PHRASES_DICT

    phrases: Mapping[str, object] = PHRASES_DICT
    return phrases


def phrase_reading(word: str) -> tuple[str, ...] | None:
    """Reading of a phrase of pypinyin's table, one per character, or None."""
    from pypinyin.constants import PHRASES_DICT

    listed = PHRASES_DICT.get(word)
    if listed is None or len(listed) != len(word):
        return None
    return tuple(numbered(item[0]) for item in listed)


@cache
def _cedict() -> dict[str, str]:
    table = {}
    text = (files(__package__) / "data" / "cedict_words.txt").read_text("utf-8")
    for line in text.splitlines():
        word, _, readings = line.partition(" ")
        table[word] = readings
    table.pop("#", None)
    return table


def word_reading(word: str) -> tuple[str, ...] | None:
    """Reading of a word of CC-CEDICT, one per character, or None."""
    listed = _cedict().get(word)
    if listed is None:
        return None
    if not listed:
        return tuple(first_reading(char) for char in word)
    return tuple(
        first_reading(char) if item == "." else item for char, item in zip(word, listed.split(" "), strict=True)
    )


def longest_match(text: str, at: int, table: str) -> tuple[str, str] | None:
    """Reading of ``text[at]`` in the longest listed word around it, with that word.

    Args:
        text: characters.
        at: index of the one that is read.
        table: ``phrases`` or ``words``.
    """
    listed, lookup = (_phrases(), phrase_reading) if table == "phrases" else (_cedict(), word_reading)
    for size in range(min(MAX_WORD, len(text)), 1, -1):
        for begin in range(max(0, at - size + 1), min(at, len(text) - size) + 1):
            if text[begin : begin + size] in listed:
                readings = lookup(text[begin : begin + size])
                if readings:
                    return readings[at - begin], text[begin : begin + size]
    return None
