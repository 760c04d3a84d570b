"""Subtitles (SRT, WebVTT) as their cues and what is wrong between them; what to do about that is the reader's."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: What stands between the two times of a cue.
ARROW = "-->"

_TIMES = re.compile(
    r"(?P<begin>(?:\d+:)?\d{1,2}:\d{1,2}[,.]\d{1,3})\s*-->\s*(?P<end>(?:\d+:)?\d{1,2}:\d{1,2}[,.]\d{1,3})(?:\s.*)?"
)
_SKIPPED = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)\b")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words and when they are shown.

    Attributes:
        line: number of its line of times, from 1.
        begin: when it begins, as written.
        end: when it ends, as written.
        words: its lines, stripped.
        name: its number, as written; empty where it has none.
    """

    line: int
    begin: str
    end: str
    words: tuple[str, ...]
    name: str = ""

    @property
    def begin_s(self) -> float:
        """When it begins, seconds."""
        return _seconds(self.begin)

    @property
    def end_s(self) -> float:
        """When it ends, seconds."""
        return _seconds(self.end)


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that is out of place: times that cannot be read, or words without any.

    Attributes:
        line: its number, from 1.
        column: where it begins, from 1.
        text: the line, stripped.
    """

    line: int
    column: int
    text: str


def read_cues(lines: Iterable[str]) -> Iterator[Cue | Stray]:
    """The cues of a file in order; comments, styles and the head of WebVTT are passed over.

    A line of times begins a cue also where the blank line before it is missing.
    """
    for block in _blocks(lines):
        starts = [index for index, line in enumerate(block) if ARROW in line.text]
        if not starts and not _SKIPPED.match(block[0].text):
            yield block[1] if block[0].text.isdigit() and len(block) > 1 else block[0]
        for start, end in itertools.pairwise([*starts, len(block)]):
            times = _TIMES.fullmatch(block[start].text)
            if times is None:
                yield block[start]
                continue
            has_next = end < len(block) and end - 1 > start and block[end - 1].text.isdigit()  # the next one's number
            words = tuple(line.text for line in block[start + 1 : end - has_next])
            name = block[start - 1].text if start and block[start - 1].text.isdigit() else ""
            yield Cue(block[start].line, times["begin"], times["end"], words, name)


def _blocks(lines: Iterable[str]) -> Iterator[list[Stray]]:
    """Lines without a blank one between them."""
    block: list[Stray] = []
    for number, raw in enumerate(lines, 1):
        text = raw.strip()
        if text:
            block.append(Stray(number, 1 + raw.find(text), text))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _seconds(clock: str) -> float:
    *hours, minutes, rest = clock.replace(",", ".").split(":")
    seconds, fraction = rest.split(".")
    whole = 3600 * int(hours[0] if hours else 0) + 60 * int(minutes) + int(seconds)
    return whole + int(fraction.ljust(3, "0")) / 1000
