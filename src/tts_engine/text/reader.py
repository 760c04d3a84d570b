"""Spoken text -> words and marks with their phonemes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..types import Span
from .characters import is_han, is_latin
from .english.reader import EnglishReader
from .marks import TOKENS
from .phonemes import is_syllable, syllable_phonemes
from .readings import Readings
from .sandhi import apply_sandhi
from .segment import Segmenter
from .symbols import ENGLISH
from .units import MarkUnit, SyllableUnit, Unit, WordUnit

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))

#: Longest run of letters read as one token.
MAX_TOKEN = 40


class Reader:
    """Reads spoken text. Thread-safe; dictionaries load on first use.

    Args:
        lexicon_dir: folder of the English lexicon, or None.
    """

    def __init__(self, lexicon_dir: Path | None = None) -> None:
        self._segmenter = Segmenter()
        self._readings = Readings()
        self._english = EnglishReader(lexicon_dir)

    @property
    def has_lexicon(self) -> bool:
        """Whether the English lexicon was found."""
        return self._english.has_lexicon

    def read(self, spoken: str, spans: Sequence[Span], offset: int) -> tuple[list[Unit], bool]:
        """Units of a spoken text, and whether there was English in it.

        Args:
            spoken: text as it is said.
            spans: one per character, into the piece of source.
            offset: where the piece begins in the original input.
        """
        place = [Span(span.begin + offset, span.end + offset) for span in spans]
        units: list[Unit] = []
        has_english = False
        at = 0
        quotes = 0
        while at < len(spoken):
            char = spoken[at]
            end = at + 1
            if self._is_read_as_han(char):
                while end < len(spoken) and self._is_read_as_han(spoken[end]):
                    end += 1
                units.extend(self._han(spoken[at:end], place[at:end]))
            elif is_latin(char):
                while end < len(spoken) and end - at < MAX_TOKEN and _in_token(spoken, end):
                    end += 1
                units.extend(self._latin(spoken[at:end], place[at:end]))
                has_english = True
            elif char == '"':
                quotes += 1
                units.append(MarkUnit(char, "“" if quotes % 2 else "”", place[at]))
            elif char in TOKENS:
                token = TOKENS[char]
                while end < len(spoken) and TOKENS.get(spoken[end]) == token:
                    end += 1
                units.append(MarkUnit(char, token, Span(place[at].begin, place[end - 1].end)))
            at = end
        return units, has_english

    def _is_read_as_han(self, char: str) -> bool:
        return char in _DIGITS or (is_han(char) and self._readings.knows(char))

    def _han(self, run: str, place: Sequence[Span]) -> list[Unit]:
        chars = "".join(_DIGITS.get(char, char) for char in run)
        words = self._segmenter.split(chars)
        readings = self._readings.read(words)
        spoken = apply_sandhi(list(zip(words, readings, strict=True)))
        units: list[Unit] = []
        at = 0
        for word, pinyins in zip(words, spoken, strict=True):
            syllables = []
            for index, pinyin in enumerate(pinyins):
                if is_syllable(pinyin):
                    syllables.append(SyllableUnit(word[index], pinyin, syllable_phonemes(pinyin), place[at + index]))
            at += len(word)
            units.append(WordUnit(word, tuple(syllables)))
        return units

    def _latin(self, token: str, place: Sequence[Span]) -> list[Unit]:
        """The word of a token of letters, or nothing where no letter has a reading."""
        syllables = []
        at = 0
        for part, phonemes in self._english.read(token):
            kept = "".join(char for char in phonemes if char in ENGLISH)
            span = Span(place[at].begin, place[at + len(part) - 1].end)
            if kept:
                syllables.append(SyllableUnit(part, kept, kept, span, "en"))
            at += len(part)
        return [WordUnit(token, tuple(syllables))] if syllables else []


def _in_token(text: str, at: int) -> bool:
    """Whether a character goes on with a token of letters: a letter, or an apostrophe between letters."""
    if is_latin(text[at]):
        return True
    return text[at] in "'’" and at + 1 < len(text) and is_latin(text[at + 1])
