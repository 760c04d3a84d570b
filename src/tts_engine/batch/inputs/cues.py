"""SRT subtitles: every cue is a line with the slot that it has to fit into; a bad one is a bad line, and it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import TextError
from ...script.cues import ARROW, Cue, Stray
from ...script.cues import read_cues as parse_cues
from ..model import Line, Slot
from .decoding import opened
from .fields import bad_line
from .prose import is_speakable

if TYPE_CHECKING:
    from . import Warn

_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,80}>|\{\\[^{}]{0,200}\}")
_SPEAKER_DASH = re.compile(r"^\s*[-–—]\s*")
_LONGEST_CUE = 100


def read_cues(path: Path, warn: Warn) -> Iterator[Line]:
    """The cues of a file by the number of their line of times; silent ones (``♪``) are left out.

    Raises:
        TextError: the file cannot be read.
    """
    with opened(path, warn) as file:
        for cue in parse_cues(file):
            yield from _line(cue)


def _line(cue: Cue | Stray) -> Iterator[Line]:
    if isinstance(cue, Stray) or len(cue.words) >= _LONGEST_CUE:
        got = (cue.text if isinstance(cue, Stray) else cue.words[_LONGEST_CUE - 1])[:60]
        problem = (
            f"应为 00:00:01,000 --> 00:00:02,500，收到 {got!r}。"
            f"Times such as 00:00:01,000 --> 00:00:02,500 expected, got {got!r}."
        )
        yield bad_line(cue.line, TextError(problem, code="cue_invalid"))
        return
    text = _joined([_MARKUP.sub("", word) for word in cue.words])
    if not is_speakable(text):
        return
    if cue.end_s <= cue.begin_s:
        problem = f"结束时间不晚于开始时间（{cue.begin} {ARROW} {cue.end}）。The cue ends before it begins."
        yield bad_line(cue.line, TextError(problem, code="cue_invalid"), text)
        return
    yield Line(cue.line, text, cue.name, slot=Slot(cue.begin_s, cue.end_s))


def _joined(lines: list[str]) -> str:
    """The lines of a cue as one text: those of two speakers as two sentences, a sentence over two lines as one."""
    if len(lines) > 1 and all(_SPEAKER_DASH.match(line) for line in lines):
        return "。".join(_SPEAKER_DASH.sub("", line).rstrip("。") for line in lines) + "。"
    text = ""
    for line in lines:
        wide = text[-1:] > "\u2e80" or line[:1] > "\u2e80"
        text += line if not text or wide else " " + line
    return text
