"""SRT and WebVTT -> lines, with the silence between two cues as the pause before the second.

A speaker is taken from ``小雨：``, ``【小雨】``, ``[Alice]`` or ``<v 小雨>`` at the beginning of a cue; a cue whose
lines all begin with dashes is as many lines by unnamed speakers. The first bad cue ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..cues import ARROW, Stray, read_cues
from ..heads import find_head
from ..model import NARRATOR, UNKNOWN, Line
from ..problems import Place
from .brackets import read_brackets
from .heads import role_of

#: Longest pause that is taken over, seconds.
MAX_PAUSE_S = 60.0

_FORMAT = re.compile(r"</?(?:i|b|u|font|c|ruby|rt|lang)[^<>]{0,60}>|\{\\[^{}]{0,40}\}")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,40})?\s+(?P<name>[^<>\n]{1,40})>")


def looks_like_subtitles(text: str) -> bool:
    """Whether one of the first lines is a time line, or the file says that it is WebVTT."""
    head = text.lstrip("\ufeff \n\r\t")[:2000].split("\n")
    return head[0].startswith("WEBVTT") or any(re.match(r"[\d:,.]+\s*-->", line.strip()) for line in head[:4])


def read_subtitles(text: str) -> Iterator[Line]:
    """The lines of the cues, in order.

    Raises:
        TextError: an arrow without two times, or an end before its begin; with line and column.
    """
    ended_s: float | None = None
    for cue in read_cues(text.lstrip("\ufeff").split("\n")):
        if isinstance(cue, Stray):
            if ARROW not in cue.text:
                continue
            raise Place(cue.line, cue.column).problem(
                f"时间应为 00:00:01,000 --> 00:00:02,500，收到 {cue.text[:60]!r}。",
                f"Times must be 00:00:01,000 --> 00:00:02,500, got {cue.text[:60]!r}.",
                code="script_time_invalid",
            )
        begin_s, end_s = cue.begin_s, cue.end_s
        if end_s < begin_s:
            raise Place(cue.line, 1).problem(
                f"字幕的结束 {cue.end} 早于开始 {cue.begin}。",
                f"The cue ends at {cue.end}, before it begins at {cue.begin}.",
                code="script_time_invalid",
            )
        gap_s = None if ended_s is None else round(min(MAX_PAUSE_S, max(0.0, begin_s - ended_s)), 3)
        for line in _said(cue.words, cue.line + 1):
            yield replace(line, pause_s=gap_s)
            gap_s = 0.0
        ended_s = max(end_s, ended_s or 0.0)


def _said(words: Sequence[str], number: int) -> Iterator[Line]:
    voices = [match["name"].strip() for word in words if (match := _VOICE.search(word))]
    clean = [_FORMAT.sub("", _VOICE.sub("", word)).replace("</v>", "").strip() for word in words]
    clean = [word for word in clean if word]
    if len(clean) > 1 and all(word[0] in "-–—" for word in clean):
        yield from (Line(word.lstrip("-–— "), UNKNOWN) for word in clean if word.lstrip("-–— "))
        return
    joined = ""
    for word in clean:
        is_latin = joined[-1:].isascii() and word[:1].isascii()
        joined += (" " if joined and is_latin else "") + word
    if not joined:
        return
    if voices:
        yield Line(joined, role_of(voices[0]))
        return
    head = find_head(joined, (), Place(number, 1))
    if head is not None and joined[head.end :].strip():
        yield Line(joined[head.end :].strip(), role_of(head.name), head.emotion, head.intensity, head.direction)
        return
    yield from read_brackets(joined) if joined[0] in "[【［〔" else [Line(joined, NARRATOR)]
