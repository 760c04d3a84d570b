"""What is told -> sentences and clauses, each with whom it is about and whether somebody says something in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .cast import FIRST_PERSON, PRONOUNS, Cast, Person
from .people import segmenter
from .sayings import says
from .subjects import leads

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?…]*")
_CLAUSE = re.compile(r"[^，,；;：:—…。！？!?\s、]+")
_VOICE = re.compile("的(?:声音|嗓音|喊声|叫声|吼声|笑声|话音)")
_VOICE_OF = re.compile(r"(?:传来|响起|是|听到|听见|传出)(?:了)?(?:[^，。]{0,8}?)$")
_REVERSED = re.compile(r"(?:说话|开口|问话|说这话|喊话|发话|答话|接话|回答)的(?:人)?(?:[^，。]{0,4}是)(?:一?[个位名])?")
_TO = re.compile(r"(?:[对向跟朝冲问]|告诉|看着|望着|叫住)$")


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody at the beginning of a clause.

    Attributes:
        words: as written.
        person: None for a pronoun.
        gender: of a pronoun.
        is_first: it is 我.
    """

    words: str
    person: Person | None
    gender: str | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch between marks, with whom it is about, whom it is said to, and whether something is said in it."""

    text: str
    subject: Subject | None
    addressee: Person | None
    is_saying: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of what is told."""

    text: str
    clauses: tuple[Clause, ...]

    @property
    def subject(self) -> Subject | None:
        """Whom its first clause that is about somebody is about."""
        return next((clause.subject for clause in self.clauses if clause.subject), None)


def read_told(text: str, cast: Cast) -> tuple[Told, ...]:
    """The sentences of a stretch of what is told."""
    return tuple(
        Told(match.group(), tuple(_clause(clause.group(), cast) for clause in _CLAUSE.finditer(match.group())))
        for match in _SENTENCE.finditer(text)
        if match.group().strip("，, 　")
    )


def _clause(text: str, cast: Cast) -> Clause:
    subject = addressee = None
    reversed_tag = _REVERSED.search(text)
    for match in cast.finder.finditer(text):
        words = match.group()
        if not _is_whole(text, match.start(), match.end()):
            continue
        person = cast.people.get(words)
        before = text[: match.start()]
        if person is not None and _TO.search(before) and addressee is None:
            addressee = person
        is_voice = re.match("的(?:声音|嗓音|喊声|叫声|吼声|笑声|话音)", text[match.end() :]) and _VOICE_OF.search(
            before
        )
        is_named_last = reversed_tag is not None and reversed_tag.end() == match.start()
        if subject is None and (leads(text, match.start()) or is_voice or is_named_last):
            if words in PRONOUNS:
                if words in ("自己", "我们", "他们", "她们"):
                    continue
                subject = Subject(words, None, PRONOUNS[words], words == FIRST_PERSON)
            else:
                subject = Subject(words, person)
    return Clause(text, subject, addressee, says(text) or reversed_tag is not None)


def _is_whole(text: str, begin: int, end: int) -> bool:
    """A name of one character must not be part of a word."""
    if end - begin > 1 or text[begin:end] in PRONOUNS:
        return not (text[begin:end] in ("他", "她", "它", "我") and text[end : end + 1] == "们")
    words = segmenter()
    return not words.is_word(text[begin : end + 1]) and not words.is_word(text[max(0, begin - 1) : end])
