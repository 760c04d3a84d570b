"""A sentence -> its clauses, each with whether it is quoted, named as a word, or put in parentheses.

Quotation marks pair up by a stack of depth one: what is quoted inside a quotation belongs to it. A sentence may begin
inside a quotation that an earlier one opened (``is_open``), since sentences are cut at 。！？ also within quotations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPENERS = {"“": "”", "「": "」", "『": "』", "‘": "’"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
_ENDS = re.compile(r"[，,。！!？?；;：:…—\n～~]+")
_PARENTHESES = {"（": "）", "(": ")"}

#: A quoted stretch this short, without punctuation and not said by anybody, is a word that is talked about.
_MENTION_LENGTH = 10
_BEFORE_SPEECH = re.compile(r"(?:[：:，,]|(?<!名)[道说问喊叫答曰骂吼嚷])\s*$")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch between punctuation marks, ``text[begin:end]``.

    Attributes:
        begin: first character.
        end: one past the last, punctuation not included.
        mark: the punctuation that ends it, may be empty or several characters.
        role: ``narration``, ``quote``, ``mention`` (a quoted word that is talked about) or ``aside`` (parentheses).
    """

    begin: int
    end: int
    mark: str
    role: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A maximal run of one role, ``text[begin:end]``, quotation marks and punctuation included."""

    begin: int
    end: int
    role: str


def split_stretches(text: str, is_open: bool = False) -> tuple[tuple[Stretch, ...], bool]:
    """Runs of narration, quotation and parentheses in order, and whether a quotation is still open at the end.

    Args:
        text: one sentence.
        is_open: it begins inside a quotation.
    """
    stretches: list[Stretch] = []
    role = "quote" if is_open else "narration"
    closer = "”" if is_open else ""
    begin = 0
    for index, character in enumerate(text):
        if role == "narration" and (character in OPENERS or character in _PARENTHESES or _opens_plain(text, index)):
            _append(stretches, text, begin, index, role)
            begin, role = index, "aside" if character in _PARENTHESES else "quote"
            closer = _PARENTHESES.get(character) or OPENERS.get(character, '"')
        elif role != "narration" and (character == closer or (is_open and not stretches and character in '”」』"')):
            _append(stretches, text, begin, index + 1, role)
            begin, role = index + 1, "narration"
    _append(stretches, text, begin, len(text), role)
    return tuple(stretches), role == "quote"


def _opens_plain(text: str, index: int) -> bool:
    """A straight quotation mark opens where narration stands before it; after a digit it means inches."""
    return text[index] == '"' and not (index and text[index - 1].isdigit())


def _append(stretches: list[Stretch], text: str, begin: int, end: int, role: str) -> None:
    if begin == end:
        return
    if role == "quote" and _is_mention(text, begin, end):
        role = "mention"
    stretches.append(Stretch(begin, end, role))


def _is_mention(text: str, begin: int, end: int) -> bool:
    """``“愤怒”两个字``: short, no punctuation inside, nobody says it."""
    inner = text[begin + 1 : end - 1]
    if text[begin] not in OPENERS and text[begin] != '"':
        return False
    if not inner or len(inner) > _MENTION_LENGTH or _ENDS.search(inner):
        return False
    before, after = text[:begin].rstrip(), text[end:].lstrip()
    return (
        bool(before or after) and not _BEFORE_SPEECH.search(before) and not re.match(r"[，,]?.{0,8}[道说问喊叫]", after)
    )


def split_clauses(text: str, stretches: tuple[Stretch, ...]) -> tuple[Clause, ...]:
    """Clauses in order; quotation marks at their ends are left out."""
    clauses: list[Clause] = []
    for stretch in stretches:
        position = stretch.begin
        for end in _ENDS.finditer(text, stretch.begin, stretch.end):
            _add_clause(clauses, text, position, end.start(), end.group(), stretch.role)
            position = end.end()
        _add_clause(clauses, text, position, stretch.end, "", stretch.role)
    return tuple(clauses)


def _add_clause(clauses: list[Clause], text: str, begin: int, end: int, mark: str, role: str) -> None:
    trimmed = '“”"「」『』‘’（）() \t　'
    while begin < end and text[begin] in trimmed:
        begin += 1
    while end > begin and text[end - 1] in trimmed:
        end -= 1
    if begin < end:
        clauses.append(Clause(begin, end, mark, role))
