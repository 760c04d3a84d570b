"""A user's own readings: word -> pinyin, other words, or English phonemes.

    重庆: chong2 qing4        pinyin, one syllable per character (ü as ü or v, 5 = neutral)
    GPT-4: 杰皮提四            other words to read instead
    Qwen: /kwˈɛn/            phonemes of the acoustic model's English set

As YAML (one ``word: reading`` per line, as above) or CSV (``word,reading``), ``#`` begins a comment. A lexicon belongs
to one front end or one request; nothing here is global.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigError
from ..types import Span
from .characters import is_han, is_latin
from .phonemes import is_syllable
from .symbols import ENGLISH

#: Longest word and reading, characters.
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """How a word is read; exactly one of the three is given.

    Attributes:
        pinyin: one syllable per character.
        alias: words to read instead.
        phonemes: of the English set.
    """

    pinyin: tuple[str, ...] = ()
    alias: str = ""
    phonemes: str = ""


@dataclass(frozen=True)
class UserLexicon:
    """Words with their readings.

    Attributes:
        entries: word -> reading.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, readings: Mapping[str, str]) -> UserLexicon:
        """A lexicon of words and readings written as in a file.

        Raises:
            ConfigError: a reading that cannot be used; names the word.
        """
        return cls({word: parse_entry(word, reading, f"词条 {word!r}") for word, reading in readings.items()})

    @classmethod
    def from_file(cls, path: Path) -> UserLexicon:
        """The lexicon of a ``.yaml``, ``.yml`` or ``.csv`` file.

        Raises:
            ConfigError: not readable, or a line that cannot be used; names file and line.
        """
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"读音词典无法读取 (lexicon cannot be read): {path}: {error}", path=str(path)) from error
        return cls.from_text(text, is_csv=path.suffix.lower() == ".csv", name=path.name)

    @classmethod
    def from_text(cls, text: str, *, is_csv: bool = False, name: str = "lexicon") -> UserLexicon:
        """The lexicon of a file's text.

        Raises:
            ConfigError: a line that cannot be used; names it.
        """
        entries: dict[str, Entry] = {}
        first: dict[str, int] = {}
        for number, word, reading in _csv_pairs(text) if is_csv else _yaml_pairs(text, name):
            where = f"{name}，第 {number} 行 (line {number})"
            if word in entries:
                raise ConfigError(
                    f"{where}: {word!r} 已在第 {first[word]} 行出现 (already on line {first[word]})", line=number
                )
            entries[word] = parse_entry(word, reading, where)
            first[word] = number
        return cls(entries)

    def merged(self, other: UserLexicon | None) -> UserLexicon:
        """Both; ``other`` goes first where both know a word."""
        return self if other is None else UserLexicon({**self.entries, **other.entries})

    def find(self, text: str) -> Iterator[tuple[Span, Entry]]:
        """Words of the lexicon in a text, the longest at each place; a Latin word only as a whole."""
        pattern = self._pattern()
        if pattern is None:
            return
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end()), self.entries[match.group()]

    def _pattern(self) -> re.Pattern[str] | None:
        if not self.entries:
            return None
        words = sorted(self.entries, key=len, reverse=True)
        return _compiled(tuple(words))


def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for word in words:
        before = r"(?<![A-Za-z])" if is_latin(word[0]) else ""
        after = r"(?![A-Za-z])" if is_latin(word[-1]) else ""
        parts.append(before + re.escape(word) + after)
    return re.compile("|".join(parts))  # the re module keeps compiled patterns


def parse_entry(word: str, reading: str, where: str) -> Entry:
    """One reading as written.

    Raises:
        ConfigError: empty, too long, pinyin that is none or does not fit the word, unknown phonemes.
    """
    word, reading = word.strip(), reading.strip()
    if not word or not reading or len(word) > MAX_LENGTH or len(reading) > MAX_LENGTH:
        raise ConfigError(
            f"{where}: 词和读音都不能为空，且不超过 {MAX_LENGTH} 字 (word and reading: 1-{MAX_LENGTH} characters)"
        )
    if reading.startswith("/") and reading.endswith("/") and len(reading) > 2:
        phonemes = reading.strip("/").replace(" ", "")
        unknown = sorted(set(phonemes) - ENGLISH)
        if unknown:
            raise ConfigError(
                f"{where}: 未知音素 {' '.join(unknown)}，可用的是 (unknown phonemes; allowed are): "
                + "".join(sorted(ENGLISH))
            )
        return Entry(phonemes=phonemes)
    syllables = tuple(item.lower().replace("v", "ü").replace("u:", "ü") for item in reading.split())
    looks_like_pinyin = all(is_han(char) for char in word) and re.search(r"[A-Za-zü]\d", reading)
    if not looks_like_pinyin and not re.fullmatch(r"[A-Za-züÜ: ]+[1-5](\s+[A-Za-züÜ:]+[1-5])*", reading):
        return Entry(alias=reading)
    wrong = [item for item in syllables if not is_syllable(item)]
    if wrong:
        raise ConfigError(f"{where}: {' '.join(wrong)} 不是拼音音节 (no Mandarin syllable), 例如 chong2 qing4")
    if len(syllables) != len(word) or not all(is_han(char) for char in word):
        raise ConfigError(
            f"{where}: {word!r} 有 {len(word)} 个字，读音有 {len(syllables)} 个音节 "
            f"(one syllable per Chinese character: {len(word)} characters, {len(syllables)} syllables)"
        )
    return Entry(pinyin=syllables)


def _yaml_pairs(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        if not line.strip() or line.strip() == "---":
            continue
        match = re.fullmatch(r"""(?:"([^"]+)"|'([^']+)'|(\S[^:]*?))\s*[:：]\s+(?:"([^"]+)"|'([^']+)'|(\S.*))""", line)
        if match is None:
            raise ConfigError(
                f"{name}，第 {number} 行 (line {number}): 应为“词: 读音” (expected 'word: reading'), got {line!r}",
                line=number,
            )
        word, reading = ("".join(part or "" for part in match.groups()[begin : begin + 3]) for begin in (0, 3))
        yield number, word, reading


def _csv_pairs(text: str) -> Iterator[tuple[int, str, str]]:
    reader = csv.reader(io.StringIO(text))
    for row in reader:
        if not row or not "".join(row).strip() or row[0].lstrip().startswith("#"):
            continue
        if reader.line_num == 1 and [item.strip().lower() for item in row[:2]] == ["word", "reading"]:
            continue
        if len(row) < 2:
            raise ConfigError(
                f"第 {reader.line_num} 行 (line {reader.line_num}): "
                f"应为“词,读音” (expected word,reading), got {row[0]!r}",
                line=reader.line_num,
            )
        yield reader.line_num, row[0].strip(), row[1].strip()
