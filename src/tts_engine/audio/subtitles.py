"""Subtitles and timing files from what the engine knows about its own speech: SRT, VTT, LRC and JSON.

Sentences are cut as people read them: lines of about twenty Chinese characters (a Latin letter counts half), cut at
punctuation where possible and otherwise between words, two lines on the screen at most. Times come from the words
and characters, never from equal shares of a sentence, unless a sentence has no finer timings. Commas and full stops
at the end of a line are left out, as is usual in Chinese subtitles; the JSON form keeps every character.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import ControlError
from ..types import MASK, SentenceTiming

LINE_WIDTH = 20.0
LINES_PER_CUE = 2
_LRC_SILENCE_S = 3.0

_STRONG = frozenset("。！？；!?;…\n")
_WEAK = frozenset("，、：,:—）)》」』”’")
_OPENING = frozenset("（(《「『“‘")
_DROPPED_AT_END = "，、。；,;. \t\n\r\u3000"
_BETWEEN_WIDE = re.compile(r"(?<=[^\x00-\xff])\s+(?=[^\x00-\xff])")
_COST_STRONG, _COST_WEAK, _COST_WORD, _COST_INSIDE = 0.0, 0.15, 1.0, 8.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text and when it is heard.

    Attributes:
        text: as shown.
        begin_s: start in seconds.
        end_s: end in seconds.
        is_closed: it ends with strong punctuation.
    """

    text: str
    begin_s: float
    end_s: float
    is_closed: bool


def lines_of(sentence: SentenceTiming, line_width: float = LINE_WIDTH) -> tuple[Line, ...]:
    """The sentence as lines of at most ``line_width`` full-width characters (a longer word stands alone)."""
    lines = []
    text = sentence.text
    for begin, end in _cuts(text, _word_borders(sentence), line_width):
        shown = _shown(text[begin:end])
        if not any(character.isalnum() for character in shown):
            continue
        last = text[begin:end].rstrip()[-1:]
        lines.append(Line(shown, _begin_s(sentence, begin), _end_s(sentence, end), last in _STRONG))
    return tuple(lines)


def to_srt(sentences: Sequence[SentenceTiming]) -> str:
    """SubRip text: numbered cues of one or two lines."""
    blocks = [
        f"{number}\n{clock(cue[0].begin_s, ',')} --> {clock(cue[-1].end_s, ',')}\n" + _joined(cue)
        for number, cue in enumerate(cues_of(sentences), 1)
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def to_vtt(sentences: Sequence[SentenceTiming]) -> str:
    """WebVTT text; ``<``, ``>`` and ``&`` of the source are escaped."""
    blocks = ["WEBVTT"]
    for cue in cues_of(sentences):
        text = _joined(cue).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{clock(cue[0].begin_s, '.')} --> {clock(cue[-1].end_s, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def to_lrc(sentences: Sequence[SentenceTiming]) -> str:
    """LRC text: one line of text per time stamp, and an empty one where a longer silence begins."""
    lines = [line for sentence in sentences for line in lines_of(sentence)]
    rows = []
    for index, line in enumerate(lines):
        rows.append(f"[{_lrc_clock(line.begin_s)}]{line.text}")
        if line is lines[-1] or lines[index + 1].begin_s - line.end_s > _LRC_SILENCE_S:
            rows.append(f"[{_lrc_clock(line.end_s)}]")
    return "\n".join(rows) + "\n" if rows else ""


def to_json(sentences: Sequence[SentenceTiming]) -> str:
    """Every sentence, word and character with its span in the original input and its seconds."""
    rows = [
        {
            **sentence.to_dict(),
            "words": [word.to_dict() for word in sentence.words],
            "characters": [item.to_dict() for item in sentence.characters if item.text != MASK],
        }
        for sentence in sentences
    ]
    return json.dumps({"version": 1, "sentences": rows}, ensure_ascii=False, indent=1) + "\n"


SUBTITLE_FORMATS: dict[str, Callable[[Sequence[SentenceTiming]], str]] = {
    "srt": to_srt,
    "vtt": to_vtt,
    "lrc": to_lrc,
    "json": to_json,
}


def subtitles(sentences: Sequence[SentenceTiming], format: str = "srt") -> str:
    """The timings as text of one of ``SUBTITLE_FORMATS``.

    Raises:
        ControlError: no such format.
    """
    writer = SUBTITLE_FORMATS.get(format)
    if writer is None:
        known = ", ".join(SUBTITLE_FORMATS)
        raise ControlError(
            f"subtitle format must be one of {known}, got {format!r}", option="subtitle_format", value=format
        )
    return writer(sentences)


def cues_of(sentences: Sequence[SentenceTiming]) -> list[tuple[Line, ...]]:
    """Lines that stand on the screen together: never over a sentence's border or after strong punctuation."""
    cues: list[tuple[Line, ...]] = []
    for sentence in sentences:
        waiting: list[Line] = []
        for line in lines_of(sentence):
            waiting.append(line)
            if line.is_closed or len(waiting) == LINES_PER_CUE:
                cues.append(tuple(waiting))
                waiting = []
        if waiting:
            cues.append(tuple(waiting))
    return cues


def _joined(cue: Sequence[Line]) -> str:
    return "\n".join(line.text for line in cue)


def _shown(text: str) -> str:
    """The text on one line: no markup, white space as one space, none between hanzi, no comma or stop at the end."""
    return " ".join(_BETWEEN_WIDE.sub("", text.replace(MASK, "")).split()).rstrip(_DROPPED_AT_END)


def _width(character: str) -> float:
    if character == MASK or unicodedata.combining(character):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5


def _word_borders(sentence: SentenceTiming) -> set[int]:
    """Offsets in ``sentence.text`` at which a word begins or ends; every character where no words are known."""
    if not sentence.words:
        text = sentence.text
        latin = [character.isascii() and character.isalnum() for character in text]
        return {at for at in range(len(text) + 1) if not (0 < at < len(text) and latin[at - 1] and latin[at])}
    first = sentence.span.begin
    return {edge - first for word in sentence.words for edge in (word.span.begin, word.span.end)}


def _cuts(text: str, borders: set[int], line_width: float) -> list[tuple[int, int]]:
    """Begin and end of each line, by the cheapest way through the text.

    A line costs the square of the room that it leaves over (so that lines are of even length) and what its cut
    costs: nothing after a full stop, little after a comma, more between words, much inside a word.
    """
    widths = [0.0]
    for character in text:
        widths.append(widths[-1] + _width(character))
    best = [0.0] + [float("inf")] * len(text)
    came_from = [0] * (len(text) + 1)
    lines = max(1, -(-widths[-1] // line_width))
    wished = widths[-1] / lines
    for end in range(1, len(text) + 1):
        border_cost = _cut_cost(text, end, borders)
        for begin in range(end - 1, -1, -1):
            trailing = _width(text[end - 1]) if text[end - 1] in _DROPPED_AT_END else 0.0
            width = widths[end] - widths[begin] - trailing
            if width > line_width and begin < end - 1:
                break
            cost = best[begin] + ((wished - width) / line_width) ** 2 + border_cost + 0.3
            if cost < best[end]:
                best[end], came_from[end] = cost, begin
    cuts = []
    end = len(text)
    while end:
        cuts.append((came_from[end], end))
        end = came_from[end]
    return cuts[::-1]


def _cut_cost(text: str, at: int, borders: set[int]) -> float:
    if at == len(text):
        return 0.0
    before, after = text[at - 1], text[at]
    if before in _OPENING or after in _STRONG or after in _WEAK or after in _DROPPED_AT_END:
        return _COST_INSIDE  # an opening mark stays with what follows, a closing one with what precedes
    if before in _STRONG:
        return _COST_STRONG
    if before in _WEAK:
        return _COST_WEAK
    if at in borders or before.isspace() or after in _OPENING:
        return _COST_WORD
    return _COST_INSIDE


def _begin_s(sentence: SentenceTiming, at: int) -> float:
    position = sentence.span.begin + at
    for unit in sentence.characters or sentence.words:
        if unit.span.end > position:
            return unit.begin_s
    return _share(sentence, at)


def _end_s(sentence: SentenceTiming, at: int) -> float:
    position = sentence.span.begin + at
    for unit in reversed(sentence.characters or sentence.words):
        if unit.span.begin < position:
            return unit.end_s
    return _share(sentence, at)


def _share(sentence: SentenceTiming, at: int) -> float:
    return sentence.begin_s + (sentence.end_s - sentence.begin_s) * at / max(1, len(sentence.text))


def clock(seconds: float, separator: str) -> str:
    """``HH:MM:SS,mmm`` with the separator of the format."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{separator}{rest % 1000:03d}"


def _lrc_clock(seconds: float) -> str:
    hundredths = max(0, round(seconds * 100))
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
