"""Text that comes piece by piece (the tokens of a language model) -> parts that are safe to be spoken.

    feed("今天气温3") -> ()      feed(".5度，") -> ()      feed("风很大。明") -> ("今天气温3.5度，风很大。",)

A part is cut only where what follows can no longer change it: sentences by ``pieces``, the same rule as for whole
texts, and clauses at commas and the like. So however the text is chopped, the parts are the same, none of them ends
inside a number, word or markup, and joined they are the text. Only ``settle`` (the writer pauses) and ``flush`` (the
writer says so) cut earlier. SSML is held until it is complete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import TextError
from .characters import CLOSERS, NEWLINES, OPENERS, STRONG
from .manuscript import Manuscript
from .marks import TOKENS, Pauses
from .markup import ProsodyRequest, VoiceRequest
from .pieces import split_pieces

#: Ways to cut.
GRAINS = ("clause", "sentence")

#: Shortest clause, characters; the first one of a text may be shorter, so that sound begins early.
LEAST_CLAUSE = 12
LEAST_FIRST_CLAUSE = 6

_CLAUSE_MARKS = "，；：—…,;:"
_CLAUSE_END = re.compile(rf"[{_CLAUSE_MARKS}]+")
_PAUSING = STRONG | frozenset(_CLAUSE_MARKS + "、.")
_SSML = "<speak"
_SSML_END = "</speak>"
_MARKUP = {"[": "]", "［": "］", "{": "}", "<": ">", "（": "）", "(": ")", "《": "》", "【": "】"}
_LONGEST_MARKUP = 200
_ADDRESS = re.compile(r"[/@][^\s\u3000-\u9fff]*$")  # a word that is being written may be one


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text as a whole, ``text[begin:begin + len(text)]``.

    Attributes:
        text: what is to be spoken.
        begin: index of its first character in the whole text.
        continues: it ends inside a sentence.
        ends_paragraph: a line or paragraph ends with it.
    """

    text: str
    begin: int
    continues: bool = False
    ends_paragraph: bool = False

    @property
    def end(self) -> int:
        """One past its last character in the whole text."""
        return self.begin + len(self.text)


class Segmenter:
    """Cuts a growing text.

    Args:
        grain: ``clause`` cuts sentences at their commas too, ``sentence`` never.
    """

    def __init__(self, grain: str = "clause") -> None:
        self.grain = grain
        self._buffer = ""
        self._begin = 0
        self._is_first = True

    @property
    def pending(self) -> int:
        """Characters that are not yet safe."""
        return len(self._buffer)

    @property
    def position(self) -> int:
        """How many characters have come in."""
        return self._begin + len(self._buffer)

    def feed(self, text: str) -> list[Part]:
        """The parts that are safe now that more text has come."""
        self._buffer += text
        return self._take(is_final=False)

    def settle(self) -> list[Part]:
        """The parts that a reader would speak when the writer pauses: all up to the last mark."""
        if self._is_ssml():
            return []
        cut = _last_mark(self._buffer)
        held, self._buffer = self._buffer[cut:], self._buffer[:cut]
        parts = self._take(is_final=True)
        self._buffer = held
        if parts and not any(char in STRONG | NEWLINES for char in parts[-1].text[-3:]):
            parts[-1] = replace(parts[-1], continues=True)
        return parts

    def flush(self) -> list[Part]:
        """Everything that is left."""
        return self._take(is_final=True)

    def clear(self) -> int:
        """Forgets what has not been taken; returns how many characters."""
        dropped = len(self._buffer)
        self._begin += dropped
        self._buffer = ""
        return dropped

    def _take(self, *, is_final: bool) -> list[Part]:
        parts: list[Part] = []
        while self._buffer:
            if self._is_ssml():
                end = self._buffer.find(_SSML_END)
                if end < 0 and not is_final:
                    break
                end = len(self._buffer) if end < 0 else end + len(_SSML_END)
                parts.append(self._cut(end, continues=False, ends_paragraph=True))
                continue
            found = self._next(is_final)
            if found is None:
                break
            parts.append(self._cut(*found))
        return [part for part in parts if part.text.strip()]

    def _is_ssml(self) -> bool:
        """Whether the buffer is SSML, or may become it with its next characters."""
        head = self._buffer.lstrip()[: len(_SSML)].lower()
        return self._begin_of_line() and bool(head) and _SSML.startswith(head) and head[0] == "<"

    def _begin_of_line(self) -> bool:
        return self._is_first or self._after_paragraph

    _after_paragraph = False

    def _next(self, is_final: bool) -> tuple[int, bool, bool] | None:
        """End of the next part, whether it ends inside a sentence, and whether its paragraph ends."""
        piece = next(split_pieces(self._buffer))
        is_whole = is_final or piece.end < len(self._buffer)
        if self.grain == "clause":
            end = self._clause_end(piece.end if is_whole else len(self._buffer), is_whole)
            if end:
                return end, True, False
        if not is_whole:
            return None
        is_last = piece.end == len(self._buffer)
        ends_paragraph = self._buffer[piece.end - 1] in NEWLINES if is_last else piece.paragraph_end
        return piece.end, piece.continues, ends_paragraph

    def _clause_end(self, limit: int, is_whole: bool) -> int:
        """End of the first clause that is long enough, inside ``buffer[:limit]``; 0 for none."""
        text = self._buffer
        least = LEAST_FIRST_CLAUSE if self._is_first else LEAST_CLAUSE
        for match in _CLAUSE_END.finditer(text, 0, limit):
            end = match.end()
            while end < limit and text[end] in CLOSERS:
                end += 1
            if end >= limit:  # what follows is not known, or nothing does: then the sentence is the part
                return 0
            if not text[end:limit].strip():
                continue
            spoken = sum(char.isalnum() for char in text[: match.start()])
            if spoken >= least and _may_end(text, match.start(), end) and not _inside_markup(text, match.start()):
                while end < limit and text[end].isspace() and text[end] not in NEWLINES:
                    end += 1
                return end if end < limit else 0
        return 0

    def _cut(self, end: int, continues: bool, ends_paragraph: bool) -> Part:
        part = Part(self._buffer[:end], self._begin, continues, ends_paragraph)
        self._buffer = self._buffer[end:]
        self._begin += end
        self._is_first = False
        self._after_paragraph = ends_paragraph
        return part


def pause_after_s(text: str, pauses: Pauses, *, ends_paragraph: bool) -> float:
    """Silence wished after a part, by its last marks."""
    if ends_paragraph:
        return pauses.paragraph / 1000
    lengths = []
    for char in reversed(text.rstrip()):
        if char in TOKENS and (char in _PAUSING or char == "、"):
            lengths.append(pauses.after(char))
        elif char not in CLOSERS and char not in "\"'":
            break
    return max(lengths, default=pauses.breath) / 1000


def check_text(text: object) -> str:
    """The text, certain to be Unicode text.

    Raises:
        TextError: not a string, or with lone surrogates.
    """
    if not isinstance(text, str):
        raise TextError(f"text 应为文字，收到 {type(text).__name__}。text must be a string.", option="text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise TextError("text 含有不成对的代理字符。text holds a lone surrogate.", option="text") from None
    return text


def _may_end(text: str, at: int, end: int) -> bool:
    """Whether the mark at ``at`` ends a clause: not inside numbers or addresses, not before what belongs to it."""
    before, following = text[at - 1 : at], text[end : end + 1]
    if text[at] in ",;:" and not (following.isspace() or not (before.isascii() and following.isascii())):
        return False
    if before.isdigit() and following.isdigit():
        return False
    return not (text[at] in "：:" and text[at : end + 2].lstrip("：: ")[:1] in (*OPENERS, '"'))


def _inside_markup(text: str, at: int) -> bool:
    """Whether a bracket that was opened shortly before is still open."""
    window = text[max(0, at - _LONGEST_MARKUP) : at]
    for opener, closer in _MARKUP.items():
        opened = window.rfind(opener)
        if opened >= 0 and closer not in window[opened:] and "\n" not in window[opened:]:
            return True
    return False


def _last_mark(text: str) -> int:
    """Index after the last mark at which a reader would pause, 0 for none."""
    for at in range(len(text) - 1, -1, -1):
        if text[at] not in _PAUSING or _inside_markup(text, at):
            continue
        before, following = text[at - 1 : at], text[at + 1 : at + 2]
        if text[at] in ".,:;" and _ADDRESS.search(text, 0, at):
            continue
        if text[at] in ".,:;" and (before.isdigit() or not (following.isspace() or not following)):
            continue
        end = at + 1
        while end < len(text) and (text[end] in CLOSERS or text[end].isspace()):
            end += 1
        return end
    return 0


def open_tags(manuscript: Manuscript) -> str:
    """What still holds at the end of a part, as tags to be put before the part that goes on with its line."""
    end = len(manuscript.source)
    tags = []
    for request in manuscript.emotions:
        if request.span.end == end:
            named = [] if request.name is None else [f"[emotion={request.name}]"]
            tags += named + ([] if request.intensity is None else [f"[intensity={request.intensity:g}]"])
    for scope in manuscript.scopes:
        if scope.span.end != end:
            continue
        if isinstance(scope, VoiceRequest):
            tags.append(f"[voice={scope.name}]")
        elif isinstance(scope, ProsodyRequest):
            moves = (("speed", scope.rate, ""), ("pitch", scope.pitch_st, "st"), ("volume", scope.volume_db, "dB"))
            tags += [
                f"[{name}={value:{'+' if unit else ''}g}{unit}]" for name, value, unit in moves if value is not None
            ]
    return "".join(tags)
