"""A text -> pieces of the source, about one sentence each, that cover it without a gap.

Works on the original text, before normalisation, so that an endless text is read piece by piece in flat memory. The
scan is linear: each character is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .characters import CLOSERS, NEWLINES, STRONG, WEAK, is_latin

#: Longest piece in characters; longer sentences are cut at their best mark and continue in the next piece.
MAX_PIECE = 300

_CANDIDATE = re.compile("[" + re.escape("".join(STRONG | NEWLINES)) + ".…]")
_TAIL = STRONG | CLOSERS | frozenset("….~～")

#: Written with a full stop that ends no sentence.
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "fig", "vol", "pp", "jr", "sr", "inc", "ltd", "co"}
) | {"corp", "etc", "approx", "dept", "est", "eg", "ie", "e.g", "i.e", "u.s", "a.m", "p.m"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the source, ``text[begin:end]``.

    Attributes:
        begin: first character.
        end: one past the last; the next piece begins here.
        paragraph_end: a line or paragraph ends with it.
        continues: cut inside a sentence; the next piece goes on with it.
    """

    begin: int
    end: int
    paragraph_end: bool = False
    continues: bool = False


def split_pieces(text: str, max_piece: int = MAX_PIECE) -> Iterator[Piece]:
    """Pieces that cover ``text`` in order, without gaps or overlaps."""
    begin = 0
    for end, paragraph_end in _boundaries(text):
        yield from _shorten(text, begin, end, paragraph_end, max_piece)
        begin = end
    if begin < len(text):
        yield from _shorten(text, begin, len(text), True, max_piece)


def _boundaries(text: str) -> Iterator[tuple[int, bool]]:
    """Ends of sentences, each with whether its paragraph ends there too."""
    begin = position = 0
    while match := _CANDIDATE.search(text, position):
        at = match.start()
        end = at if text[at] in NEWLINES else _sentence_end(text, begin, at)
        if end is None:
            position = _after_run(text, at)
            continue
        position = end
        newline = False
        while position < len(text) and (text[position].isspace() or text[position] in NEWLINES):
            newline = newline or text[position] in NEWLINES
            position += 1
        if text[at] not in NEWLINES or newline:
            yield position, newline or position == len(text)
            begin = position
        position = max(position, at + 1)


def _after_run(text: str, at: int) -> int:
    """Index after a run of the same character."""
    end = at + 1
    while end < len(text) and text[end] == text[at]:
        end += 1
    return end


def _sentence_end(text: str, begin: int, at: int) -> int | None:
    """Index after the sentence that the mark at ``at`` ends, closing marks included; None if it ends none."""
    end = at
    has_quote = False
    while end < len(text):
        char = text[end]
        if char in _TAIL:
            end += 1
        elif char in "\"'" and not has_quote and end > at and text.count(char, begin, end) % 2 == 1:
            has_quote = True
            end += 1
        else:
            break
    following = text[end : end + 1]
    at_line_end = not following or following in NEWLINES
    marks = text[at:end]
    if any(mark in STRONG for mark in marks):
        before = text[at - 1 : at]
        inside_word = _is_ascii_word(before) and _is_ascii_word(following) and text[at] in "?!"
        return None if inside_word else end
    if "…" in marks or marks.startswith(".."):  # an ellipsis ends a sentence only with its line or quotation
        return end if at_line_end or any(mark in CLOSERS for mark in marks) else None
    return end if _full_stop_ends(text, begin, at, following, at_line_end) else None


def _full_stop_ends(text: str, begin: int, at: int, following: str, at_line_end: bool) -> bool:
    """Whether a single ASCII full stop ends a sentence."""
    before = text[at - 1 : at]
    if not before or before.isspace():
        return False
    if not following.isspace() and not at_line_end:
        return not before.isascii() and not _is_ascii_word(following)
    start = at
    while start > begin and at - start < 12 and (is_latin(text[start - 1]) or text[start - 1] == "."):
        start -= 1
    word = text[start:at].lower()
    if at_line_end:
        return True
    if word in _ABBREVIATIONS or (len(word) == 1 and word not in ("i", "a")):
        return False
    if before.isdigit() and text[begin:at].strip().isdigit():  # "1. 苹果": a list number
        return False
    return not text[at + 1 : at + 3].strip()[:1].islower()


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in "/_=&%#")


def _shorten(text: str, begin: int, end: int, paragraph_end: bool, max_piece: int) -> Iterator[Piece]:
    """The piece itself, or its parts where it is too long."""
    while end - begin > max_piece:
        cut = _best_cut(text, begin, begin + max_piece)
        yield Piece(begin, cut, continues=True)
        begin = cut
    yield Piece(begin, end, paragraph_end)


def _best_cut(text: str, begin: int, limit: int) -> int:
    """Where to cut ``text[begin:limit]``: after the best mark, else where scripts change, else hard."""
    earliest = begin + (limit - begin) // 3
    for marks in WEAK:
        cut = max(text.rfind(mark, earliest, limit) for mark in marks) + 1
        if cut > earliest:
            while cut < limit and (text[cut] in CLOSERS or text[cut] in marks):
                cut += 1
            return cut
    for at in range(limit - 1, earliest, -1):
        if text[at - 1].isspace() and not text[at].isspace():
            return at
    for at in range(limit - 1, earliest, -1):
        if not (text[at - 1].isascii() and text[at].isascii()) and not text[at - 1].isdigit():
            return at
    return limit
