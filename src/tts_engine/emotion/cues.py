"""Words of stage directions and what they ask for: ``directions.txt`` and the vocabulary, found in a clause.

    directions.txt + vocabulary ── load_cues ──► Cues ── read ──► Token, Token, ...

A token is a word with every meaning that the file gives it; which one counts is decided by its neighbours
(``instructions``). Han words are found anywhere, the longest first; English ones must be whole words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .parse import amounts_of, parse_emotion
from .vocabulary import BLENDS, LABELS

#: Knobs that a direction moves: factors for ``speed`` and ``pause``, semitones, decibels.
KNOB_NAMES = ("speed", "pitch", "volume", "pause")

_FILE = Path(__file__).with_name("directions.txt")
_SECTION = re.compile(r"\[(?P<head>[^\]]+)\]$")
_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
_SPACE = re.compile(r"[\s\"'“”‘’「」()（）:：、/*#_~～…—-]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a word can mean.

    Attributes:
        kind: ``effect``, ``topic``, ``up``, ``down``, ``degree``, ``negation``, ``time``, ``keep`` or
            ``filler``.
        amounts: what an effect asks for, by emotion or knob.
        topic: what a topic is about: a knob, or ``voice``.
        factor: of a degree.
    """

    kind: str
    amounts: tuple[tuple[str, float], ...] = ()
    topic: str = ""
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a direction; without meanings it is one that nobody here knows."""

    text: str
    meanings: tuple[Meaning, ...] = ()

    def as_(self, kind: str) -> Meaning | None:
        """Its meaning of a kind, if it has one."""
        return next((meaning for meaning in self.meanings if meaning.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Cues:
    """All words, ready to be looked for; build it with ``load_cues``."""

    words: dict[str, tuple[Meaning, ...]]
    longest: dict[str, int]

    def read(self, clause: str) -> Iterator[Token]:
        """The tokens of a clause in lower case with single spaces; what is between them is spaces and marks."""
        position = 0
        while position < len(clause):
            space = _SPACE.match(clause, position)
            if space:
                position = space.end()
                continue
            end = self._longest(clause, position)
            if end > position:
                word = clause[position:end]
                yield Token(word, self.words[word])
            else:
                latin = _WORD.match(clause, position)
                end = latin.end() if latin else position + 1
                yield Token(clause[position:end])
            position = end

    def _longest(self, clause: str, begin: int) -> int:
        limit = min(len(clause), begin + self.longest.get(clause[begin], 0))
        for end in range(limit, begin, -1):
            if clause[begin:end] in self.words and _is_whole(clause, begin, end):
                return end
        return begin


def _is_whole(text: str, begin: int, end: int) -> bool:
    """Latin words must not be parts of longer ones."""
    if not text[begin].isascii():
        return True
    following = text[end : end + 1]
    is_compound = following == "-" and text[end + 1 : end + 2].isalpha()
    return not (following.isascii() and (following.isalnum() or is_compound))


@functools.lru_cache(maxsize=1)
def load_cues() -> Cues:
    """The words of the file, then the names of the vocabulary that it does not list."""
    words: dict[str, tuple[Meaning, ...]] = {}
    meaning: Meaning | None = None
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        section = _SECTION.match(line)
        if section:
            meaning = _meaning(section["head"])
        elif line and not line.startswith("#") and meaning is not None:
            for word in line.split():
                name = word.replace("_", " ")
                known = words.get(name, ())
                if meaning.kind != "filler" or not known:
                    words[name] = known if meaning in known else (*known, meaning)
    for name in _vocabulary():
        if name not in words:
            emotion = parse_emotion(name)
            amounts = tuple((n, round(w * emotion.intensity, 3)) for n, w in amounts_of(emotion).items())
            words[name] = (Meaning("effect", amounts),)
    longest: dict[str, int] = {}
    for word in words:
        longest[word[0]] = max(len(word), longest.get(word[0], 0))
    return Cues(words, longest)


def _vocabulary() -> Iterator[str]:
    """Names of emotions long enough to be no part of another word."""
    for label in LABELS:
        if label.name != "neutral":
            yield from (name for name in (label.name, label.zh, *label.aliases) if len(name) > 1)
    yield from (name.replace("_", " ") for name in BLENDS if len(name) > 1)


def _meaning(head: str) -> Meaning:
    kind, _, rest = head.partition(" ")
    if kind == "topic":
        return Meaning("topic", topic=rest)
    if kind == "degree":
        return Meaning("degree", factor=float(rest))
    if kind in ("up", "down", "negation", "time", "keep", "filler"):
        return Meaning(kind)
    if head == "neutral":
        return Meaning("effect", (("neutral", 1.0),))
    pairs = (part.split("=") for part in head.split())
    return Meaning("effect", tuple((name, float(amount)) for name, amount in pairs))
