"""Dictionaries of readings: characters and phrases of pypinyin, words of CC-CEDICT.

All readings are tone-numbered pinyin with ü (5 = neutral). Tables load on first use, once for all instances: they
never change. pypinyin's are read from its files: imported they take 55 MB, as arrays 5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from .word_table import WordTable, package_file

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
    (listed,) = _characters().look_up([char])
    return tuple(dict.fromkeys(numbered(item) for item in listed.split(","))) if listed else ()


def first_reading(char: str) -> str:
    """The usual reading of a character, or an empty string."""
    readings = character_readings(char)
    return readings[0] if readings else ""


@cache
def _characters() -> WordTable:
    table = json.loads(package_file("pypinyin", "pinyin_dict.json").read_text("utf-8"))
    return WordTable.of((chr(int(point)), readings) for point, readings in table.items())


@cache
def _phrases() -> WordTable:
    return WordTable.of(_read_phrases(package_file("pypinyin", "phrases_dict.json").read_text("utf-8")))


def _read_phrases(text: str) -> Iterator[tuple[str, str]]:
    """Phrases of at most ``MAX_WORD`` characters and the first reading of each of them.

    Args:
        text: ``{"phrase": [["reading", …], …], …}``; read as lists it takes 50 MB.
    """
    phrase, readings = "", list[str]()
    for match in re.finditer(r'"([^"]+)":|\[\s*"([^"]*)"', text):
        if match[1] is None:
            readings.append(match[2])
            continue
        if 0 < len(phrase) == len(readings) <= MAX_WORD:
            yield phrase, " ".join(readings)
        phrase, readings = match[1], []
    if 0 < len(phrase) == len(readings) <= MAX_WORD:
        yield phrase, " ".join(readings)


@cache
def _words() -> WordTable:
    lines = (files(__package__) / "data" / "cedict_words.txt").read_text("utf-8").splitlines()
    parts = (line.partition(" ") for line in lines if not line.startswith("#"))
    return WordTable.of((word, readings) for word, _, readings in parts)


def phrase_reading(word: str) -> tuple[str, ...] | None:
    """Reading of a phrase of pypinyin's table, one per character, or None."""
    (listed,) = _phrases().look_up([word])
    return None if listed is None else _of_phrase(word, listed)


def word_reading(word: str) -> tuple[str, ...] | None:
    """Reading of a word of CC-CEDICT, one per character, or None."""
    (listed,) = _words().look_up([word])
    return None if listed is None else _of_word(word, listed)


def _of_phrase(_: str, listed: str) -> tuple[str, ...]:
    return tuple(map(numbered, listed.split(" ")))


def _of_word(word: str, listed: str) -> tuple[str, ...]:
    readings = listed.split(" ") if listed else ["."] * len(word)
    return tuple(first_reading(char) if item == "." else item for char, item in zip(word, readings, strict=True))


def longest_match(text: str, at: int, table: str) -> tuple[str, str] | None:
    """Reading of ``text[at]`` in the longest listed word around it, with that word.

    Args:
        text: characters.
        at: index of the one that is read.
        table: ``phrases`` or ``words``.
    """
    listed, read = (_phrases(), _of_phrase) if table == "phrases" else (_words(), _of_word)
    stretches = [
        (begin, text[begin : begin + size])
        for size in range(min(MAX_WORD, len(text)), 1, -1)
        for begin in range(max(0, at - size + 1), min(at, len(text) - size) + 1)
    ]
    entries = listed.look_up([word for _, word in stretches])
    for (begin, word), entry in zip(stretches, entries, strict=True):
        if entry is not None:
            return read(word, entry)[at - begin], word
    return None
