"""Emotional words in a sentence, found in one pass over the text.

The words live in ``lexicon/*.txt``, one file per emotion or style, in sections ``[kind strength]`` of words separated
by spaces, so that a linguist can extend them. ``a*b`` matches both ends with up to eight characters of the same clause
between them. Kinds:

    state    names a feeling (高兴); negation and neutral reports change it
    act      body, face, voice or deed that shows one (咬牙切齿)
    scene    a situation that brings one about (追悼会)
    call     something said in that feeling (岂有此理)
    lead     a call that counts at the beginning of a clause only (哇)
    lone     a call that must be the whole clause (滚)
    hint     a call that is often said without any feeling (你还…): counts fully only beside a ！ or firmer evidence
    speech   how something is said (怒吼道); colours the quotation beside it

At each position the longest entry wins and covers its characters. ``masks.txt`` lists longer words that contain an
emotional one and say nothing about emotion (喜剧, 愤怒的小鸟). ``frames.txt`` lists negations, degrees and the like.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Ends of clauses; nothing is matched across them.
CLAUSE_MARKS = "，,。.！!？?；;：:…—\n\r、～~"
_MAX_GAP = 8
_GAP_ENDS = frozenset(CLAUSE_MARKS + '“”"「」『』')
_FOLDER = Path(__file__).with_name("lexicon")
_SECTION = re.compile(r"\[(?P<name>[a-z ]+?)(?: (?P<strength>[\d.]+))?\]$")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lexicon says about a word: emotion, kind and strength (0-1)."""

    emotion: str
    kind: str
    strength: float


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found at ``text[begin:end]``."""

    word: str
    begin: int
    end: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Gapped:
    """An entry with a gap: what stands after its first part, with what it means."""

    rest: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All entries, ready to be searched; build it with ``load_lexicon``."""

    words: dict[str, tuple[Entry, ...]]
    gapped: dict[str, tuple[_Gapped, ...]]
    longest: dict[str, int]
    frames: dict[str, dict[str, float]]

    def find(self, text: str) -> Iterator[Hit]:
        """Entries in ``text`` from left to right, the longest at each position, without overlap."""
        position = 0
        while position < len(text):
            end, covered, entries = self._match(text, position)
            for entry in entries:
                if _stands(entry.kind, text, position, end):
                    yield Hit(text[position:end], position, end, entry)
            position = max(covered, position + 1)

    def _match(self, text: str, begin: int) -> tuple[int, int, tuple[Entry, ...]]:
        """End of the longest match at ``begin``, end of what it covers, and its entries; none: ``begin`` twice.

        A situation with a gap (孩子们*笑) covers its first part only, so that what stands in the gap is found too.
        """
        end, covered = begin, begin
        entries: tuple[Entry, ...] = ()
        for length in range(min(self.longest.get(text[begin], 0), len(text) - begin), 0, -1):
            head = text[begin : begin + length]
            whole = self.words.get(head)
            if whole is not None and end == begin and _is_whole(text, begin, length):
                end, covered, entries = begin + length, begin + length, whole
            for gapped in self.gapped.get(head, ()):
                reached = _match_rest(text, begin + length, gapped.rest)
                if reached > end:
                    is_scene = all(entry.kind == "scene" for entry in gapped.entries)
                    end, covered, entries = reached, begin + length if is_scene else reached, gapped.entries
        return end, covered, entries


def _is_whole(text: str, begin: int, length: int) -> bool:
    """English entries must be whole words."""
    if not text[begin].isascii():
        return True
    end = begin + length
    return not (begin and text[begin - 1].isascii() and text[begin - 1].isalnum()) and not (
        end < len(text) and text[end].isascii() and text[end].isalnum()
    )


def _match_rest(text: str, position: int, parts: tuple[str, ...]) -> int:
    """End of the parts, each after a short gap within the clause, or 0."""
    for part in parts:
        found = text.find(part, position, position + _MAX_GAP + len(part))
        if found < 0 or any(character in _GAP_ENDS for character in text[position:found]):
            return 0
        position = found + len(part)
    return position


_BOUNDARY = frozenset(CLAUSE_MARKS + "“”\"「」『』（）() \t　'’")


def _stands(kind: str, text: str, begin: int, end: int) -> bool:
    """Whether an entry of this kind may stand there: ``lead`` and ``lone`` depend on the ends of the clause."""
    if kind == "lead":
        return begin == 0 or text[begin - 1] in _BOUNDARY
    if kind == "lone":
        return (begin == 0 or text[begin - 1] in _BOUNDARY) and (end == len(text) or text[end] in _BOUNDARY)
    return True


@functools.lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon of the package, read on first use."""
    meanings: dict[str, dict[tuple[str, str], float]] = {}
    frames: dict[str, dict[str, float]] = {}
    for file in sorted(_FOLDER.glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        if file.stem == "frames":
            for name, strength, word in _read(text):
                frames.setdefault(name, {}).setdefault(word, strength)
        elif file.stem != "masks":
            emotion = file.stem.removesuffix("_en")
            for kind, strength, word in _read(text):
                entries = meanings.setdefault(word.rstrip("*").casefold(), {})
                key = (emotion, kind)
                entries[key] = max(strength, entries.get(key, 0.0))
    for mask in _words((_FOLDER / "masks.txt").read_text(encoding="utf-8")):
        meanings[mask] = {}
    return _build(meanings, frames)


def _words(text: str) -> list[str]:
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]


def _read(text: str) -> Iterator[tuple[str, float, str]]:
    """(section name, strength, word) of a lexicon file; words of English files are joined by ``_``."""
    name, strength = "", 1.0
    for line in text.splitlines():
        section = _SECTION.match(line.strip())
        if section:
            name, strength = section["name"], float(section["strength"] or 1.0)
        elif not line.startswith("#"):
            for word in line.split():
                yield name, strength, word.replace("_", " ")


def _build(meanings: dict[str, dict[tuple[str, str], float]], frames: dict[str, dict[str, float]]) -> Lexicon:
    words: dict[str, tuple[Entry, ...]] = {}
    gapped: dict[str, list[_Gapped]] = {}
    longest: dict[str, int] = {}
    shared: dict[tuple[tuple[tuple[str, str], float], ...], tuple[Entry, ...]] = {}
    for word, meaning in meanings.items():
        key = tuple(meaning.items())
        entries = shared.get(key)
        if entries is None:
            entries = shared[key] = tuple(Entry(emotion, kind, strength) for (emotion, kind), strength in key)
        head, *rest = word.split("*")
        if rest:
            gapped.setdefault(head, []).append(_Gapped(tuple(rest), entries))
        else:
            words[word] = entries
        if len(head) > longest.get(head[0], 0):
            longest[head[0]] = len(head)
    return Lexicon(words, {head: tuple(items) for head, items in gapped.items()}, longest, frames)
