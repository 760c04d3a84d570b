"""Plain text: groups of whole paragraphs or sentences, or every line by itself.

A text of any length is read block by block. Groups end where a paragraph ends, if they can, since tags hold to the end
of their line; a paragraph that is longer than a group is cut after a sentence, one with tags only where it is very
long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...text.marks import Pauses
from ...text.pieces import split_pieces
from ..model import Line
from .decoding import opened

if TYPE_CHECKING:
    from . import Warn

#: Characters of a group: half a minute to a minute of audio, little to lose and enough to work on.
GROUP = 300
#: Longest group where tags forbid to cut earlier.
LONGEST_GROUP = 3000

_BLOCK = 1 << 16
_SSML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<speak\b", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Group:
    """A stretch of a text.

    Attributes:
        line: number of the line in which it begins, from 1.
        text: what is to be said, never silent.
        ends_paragraph: whether a paragraph ends with it.
    """

    line: int
    text: str
    ends_paragraph: bool

    @property
    def pause_after_s(self) -> float:
        """Silence before what follows, as within a text."""
        pauses = Pauses()
        return (pauses.paragraph if self.ends_paragraph else pauses.full_stop) / 1000


def read_prose(path: Path, warn: Warn, *, by_line: bool = False) -> Iterator[Line]:
    """The text as lines to be said; an SSML document is one.

    Raises:
        TextError: the file cannot be read.
    """
    with opened(path, warn) as file:
        beginning = file.read(_BLOCK)
        if _SSML.match(beginning):
            yield Line(1, beginning + file.read())
            return
        paragraphs = _paragraphs(file, beginning)
        if by_line:
            for number, text, _ in _whole(paragraphs):
                if is_speakable(text):
                    yield Line(number, text)
            return
        for group in groups(paragraphs):
            yield Line(group.line, group.text, pause_after_s=group.pause_after_s)


def is_speakable(text: str) -> bool:
    """Whether there is a letter, digit or character in it."""
    return any(character.isalnum() for character in text)


def groups(paragraphs: Iterator[tuple[int, str, bool]]) -> Iterator[Group]:
    """Groups of about ``GROUP`` characters.

    Args:
        paragraphs: number of the line, text, and whether the paragraph ends with it.
    """
    held: list[str] = []
    size = first = 0
    for number, paragraph, is_end in paragraphs:
        for text, ends in _cut(paragraph, is_end):
            if held and size + len(text) > GROUP and any(map(is_speakable, held)):
                yield Group(first, "".join(held).rstrip(), held[-1].endswith("\n"))
                held, size = [], 0
            first = first if held else number
            held.append(text + ("\n" if ends else ""))
            size += len(text)
    if any(map(is_speakable, held)):
        yield Group(first, "".join(held).rstrip(), True)


def _cut(paragraph: str, is_end: bool) -> Iterator[tuple[str, bool]]:
    """The paragraph, or stretches of it that end with sentences; whether the paragraph ends with each."""
    longest = LONGEST_GROUP if "[" in paragraph or "<" in paragraph or "［" in paragraph else GROUP
    if len(paragraph) <= longest:
        yield paragraph, is_end
        return
    begin = end = 0
    for piece in split_pieces(paragraph):
        if end > begin and piece.end - begin > longest:
            yield paragraph[begin:end], False
            begin = end
        end = piece.end
    yield paragraph[begin:], is_end


def split_text(text: str) -> Iterator[Group]:
    """Groups of a text that is in memory; the whole of it where it is SSML or short."""
    if len(text) <= 2 * GROUP or _SSML.match(text):
        yield Group(1, text, True)
        return
    yield from groups((number, line, True) for number, line in enumerate(text.splitlines(), 1))


def _paragraphs(file: IO[str], beginning: str) -> Iterator[tuple[int, str, bool]]:
    """Line after line; a line that is longer than a block comes in stretches that end with sentences."""
    number, held = 1, beginning
    while True:
        *lines, held = held.split("\n")
        for line in lines:
            yield number, line, True
            number += 1
        if len(held) > _BLOCK:
            cut = _last_sentence(held)
            yield number, held[:cut], False
            held = held[cut:]
        block = file.read(_BLOCK)
        if not block:
            yield number, held, True
            return
        held += block


def _whole(paragraphs: Iterator[tuple[int, str, bool]]) -> Iterator[tuple[int, str, bool]]:
    """Lines in one piece each."""
    held = ""
    for number, text, is_end in paragraphs:
        held += text
        if is_end:
            yield number, held, True
            held = ""


def _last_sentence(text: str) -> int:
    """Where the last sentence begins that may go on beyond the end; the end where there is no earlier border."""
    ends = [piece.end for piece in split_pieces(text)]
    return ends[-2] if len(ends) > 1 else len(text)
