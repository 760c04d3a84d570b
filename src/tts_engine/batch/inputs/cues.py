"""SRT subtitles: every cue is a line with the slot that it has to fit into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import TextError
from ..model import Line, Slot
from .decoding import opened
from .fields import bad_line
from .prose import is_speakable

if TYPE_CHECKING:
    from . import Warn

_TIMES = re.compile(
    r"\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})(?:\s.*)?"
)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,80}>|\{\\[^{}]{0,200}\}")
_SPEAKER_DASH = re.compile(r"^\s*[-–—]\s*")
_LONGEST_CUE = 100


def read_cues(path: Path, warn: Warn) -> Iterator[Line]:
    """The cues of a file by the number of their line of times; silent ones (``♪``) are left out.

    Raises:
        TextError: the file cannot be read.
    """
    with opened(path, warn) as file:
        block: list[tuple[int, str]] = []
        for number, raw in enumerate(file, 1):
            if raw.strip():
                block.append((number, raw.strip()))
            elif block:
                yield from _cue(block)
                block = []
        if block:
            yield from _cue(block)


def _cue(block: list[tuple[int, str]]) -> Iterator[Line]:
    number, first = block[0]
    if first.isdigit() and len(block) > 1:
        block = block[1:]
    at, times = block[0]
    match = _TIMES.fullmatch(times)
    if match is None or len(block) > _LONGEST_CUE:
        yield bad_line(
            at,
            TextError(
                f"应为 00:00:01,000 --> 00:00:02,500，收到 {times[:60]!r}。"
                f"Times such as 00:00:01,000 --> 00:00:02,500 expected, got {times[:60]!r}.",
                code="cue_invalid",
            ),
        )
        return
    begin_s, end_s = (_seconds(match.groups()[i : i + 4]) for i in (0, 4))
    text = _joined([_MARKUP.sub("", line) for _, line in block[1:]])
    if not is_speakable(text):
        return
    if end_s <= begin_s:
        problem = f"结束时间不晚于开始时间（{times}）。The cue ends before it begins."
        yield bad_line(at, TextError(problem, code="cue_invalid"), text)
        return
    name = first if first.isdigit() and number != at else ""
    yield Line(at, text, name, slot=Slot(begin_s, end_s))


def _joined(lines: list[str]) -> str:
    """The lines of a cue as one text: those of two speakers as two sentences, a sentence over two lines as one."""
    if len(lines) > 1 and all(_SPEAKER_DASH.match(line) for line in lines):
        return "。".join(_SPEAKER_DASH.sub("", line).rstrip("。") for line in lines) + "。"
    text = ""
    for line in lines:
        wide = text[-1:] > "\u2e80" or line[:1] > "\u2e80"
        text += line if not text or wide else " " + line
    return text


def _seconds(groups: tuple[str, ...]) -> float:
    hours, minutes, seconds, fraction = groups
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
