"""Spoken text -> words and marks with their phonemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..types import Span
from .characters import is_han, is_latin
from .english.reader import EnglishReader
from .marks import TOKENS
from .phonemes import is_syllable, syllable_phonemes
from .readings import Reading, Readings
from .sandhi import Tone, apply_sandhi
from .segment import Segmenter
from .symbols import ENGLISH
from .units import MarkUnit, SyllableUnit, Unit, WordUnit

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))

#: Longest run of letters read as one token.
MAX_TOKEN = 40


@dataclass(frozen=True, slots=True)
class Pinned:
    """A reading that somebody asked for.

    Attributes:
        readings: one per character of the spoken stretch (tone-numbered pinyin), or a single one that is phonemes of
            the acoustic model's English set for the whole of it.
        source: who asked: ``lexicon:WORD`` or ``markup``.
        is_english: whether ``readings`` are phonemes.
    """

    readings: tuple[str, ...]
    source: str
    is_english: bool = False


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

    def read(
        self,
        spoken: str,
        spans: Sequence[Span],
        offset: int,
        pinned: Mapping[tuple[int, int], Pinned] | None = None,
    ) -> tuple[list[Unit], bool]:
        """Units of a spoken text, and whether there was English in it.

        Args:
            spoken: text as it is said.
            spans: one per character, into the piece of source.
            offset: where the piece begins in the original input.
            pinned: (begin, end) in ``spoken`` -> the reading asked for; stretches do not overlap.
        """
        pinned = pinned or {}
        place = [Span(span.begin + offset, span.end + offset) for span in spans]
        spoken = "".join(_DIGITS.get(char, char) for char in spoken)
        starts = dict(pinned.keys())
        runs = self._runs(spoken)
        words = {run: self._segment(spoken, run, starts) for run in runs}
        plain = [
            (begin, word) for run in runs for begin, word in words[run] if (begin, begin + len(word)) not in pinned
        ]
        readings = self._readings.read(spoken, plain)
        for (begin, end), item in pinned.items():
            if not item.is_english and len(item.readings) == end - begin:
                readings.update({begin + at: Reading(value, item.source) for at, value in enumerate(item.readings)})
        ends = {begin: (begin, end) for begin, end in runs}
        units: list[Unit] = []
        has_english = False
        at = quotes = 0
        while at < len(spoken):
            char = spoken[at]
            end = at + 1
            asked = pinned.get((at, starts.get(at, -1)))
            if asked is not None and asked.is_english:
                end = starts[at]
                units.append(_pinned_word(spoken[at:end], place[at:end], asked))
            elif at in ends:
                end = ends[at][1]
                units.extend(self._han(words[ends[at]], readings, place))
            elif is_latin(char):
                while end < len(spoken) and end - at < MAX_TOKEN and end not in starts and _in_token(spoken, end):
                    end += 1
                beside = _is_english(spoken[max(0, at - 3) : at]) or _is_english(spoken[end : end + 3])
                units.extend(self._latin(spoken[at:end], place[at:end], beside))
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

    def base_readings(self, spoken: str) -> dict[int, Reading]:
        """Readings of the Chinese characters of a spoken text before any tone change, by their index."""
        words = [item for run in self._runs(spoken) for item in self._segment(spoken, run, {})]
        return self._readings.read(spoken, words)

    def _runs(self, spoken: str) -> list[tuple[int, int]]:
        """Runs of characters that are read as Chinese: (begin, end)."""
        runs = []
        begin = None
        for at, char in enumerate(spoken):
            if is_han(char) and self._readings.knows(char):
                begin = at if begin is None else begin
            elif begin is not None:
                runs.append((begin, at))
                begin = None
        if begin is not None:
            runs.append((begin, len(spoken)))
        return runs

    def _segment(self, spoken: str, run: tuple[int, int], starts: Mapping[int, int]) -> list[tuple[int, str]]:
        """Words of a run with their places; stretches with a reading of their own are words."""
        words = []
        at, last = run
        while at < last:
            end = min((begin for begin in starts if at < begin < last), default=last)
            if at in starts:
                end = min(starts[at], last)
                words.append((at, spoken[at:end]))
            else:
                place = at
                for word in self._segmenter.split(spoken[at:end]):
                    words.append((place, word))
                    place += len(word)
            at = end
        return words

    def _han(
        self, words: Sequence[tuple[int, str]], readings: Mapping[int, Reading], place: Sequence[Span]
    ) -> list[Unit]:
        """Words of a run without a pause inside."""
        pinyins = [[readings[begin + at].pinyin for at in range(len(word))] for begin, word in words]
        spoken = apply_sandhi(
            [(word, reading) for (_, word), reading in zip(words, pinyins, strict=True)], self._segmenter.is_word
        )
        units: list[WordUnit] = []
        for (begin, word), tones in zip(words, spoken, strict=True):
            syllables: list[SyllableUnit] = []
            for at, tone in enumerate(tones):
                reading = readings[begin + at]
                syllable = _syllable(word[at], tone, reading, place[begin + at])
                if word[at] == "儿" and reading.pinyin == "r5":
                    before = syllables or (list(units[-1].syllables) if units else [])
                    merged = _merge_r(before[-1], syllable) if before else None
                    if merged is not None:
                        before[-1] = merged
                        if not syllables:
                            units[-1] = WordUnit(units[-1].text + word[at], tuple(before))
                        continue
                syllables.append(syllable)
            if syllables:
                units.append(WordUnit(word, tuple(syllables)))
        return list(units)

    def _latin(self, token: str, place: Sequence[Span], in_english: bool) -> list[Unit]:
        """The word of a token of letters, or nothing where no letter has a reading."""
        syllables = []
        at = 0
        for part, phonemes in self._english.read(token, in_english):
            kept = "".join(char for char in phonemes if char in ENGLISH)
            span = Span(place[at].begin, place[at + len(part) - 1].end)
            if kept:
                syllables.append(SyllableUnit(part, kept, kept, span, "en"))
            at += len(part)
        return [WordUnit(token, tuple(syllables))] if syllables else []


def _syllable(char: str, tone: Tone, reading: Reading, span: Span) -> SyllableUnit:
    pinyin = tone.pinyin if is_syllable(tone.pinyin) else reading.pinyin
    return SyllableUnit(
        char, pinyin, syllable_phonemes(pinyin), span, base=reading.pinyin, source=reading.source, change=tone.change
    )


def _merge_r(before: SyllableUnit, ending: SyllableUnit) -> SyllableUnit | None:
    """Both as one syllable, or None where that cannot be said."""
    merged = f"{before.reading[:-1]}r{before.reading[-1]}"
    if before.language != "zh" or before.text.endswith("儿") or not is_syllable(merged) or merged.startswith("er"):
        return None
    return SyllableUnit(
        before.text + ending.text,
        merged,
        syllable_phonemes(merged),
        Span(before.span.begin, ending.span.end),
        base=f"{before.base} r5",
        source=before.source,
        change=before.change or "erhua",
    )


def _pinned_word(text: str, place: Sequence[Span], item: Pinned) -> WordUnit:
    phonemes = "".join(char for char in item.readings[0] if char in ENGLISH)
    span = Span(place[0].begin, place[-1].end)
    return WordUnit(text, (SyllableUnit(text, phonemes, phonemes, span, "en", phonemes, item.source),))


def _is_english(beside: str) -> bool:
    """Whether what stands beside a token is a space and a letter of another word."""
    return " " in beside and any(is_latin(char) for char in beside)


def _in_token(text: str, at: int) -> bool:
    """Whether a character goes on with a token of letters: a letter, or an apostrophe between letters."""
    if is_latin(text[at]):
        return True
    return text[at] in "'’" and at + 1 < len(text) and is_latin(text[at + 1])
