"""Subtitles of a programme from the lines' own times: who says what when, exact to the sample, written line by line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from ..errors import ControlError
from ..script.model import NARRATOR
from ..types import MASK, SentenceTiming, Timing

if TYPE_CHECKING:
    from ..audio.atomic import Partial
    from .pacing import Placed
    from .store import Take

FORMATS = ("srt", "vtt", "json")

_HEADS = {"srt": "", "vtt": "WEBVTT\n", "json": '{"version": 1, "lines": ['}
_TAILS = {"srt": "", "vtt": "", "json": "\n]}\n"}


class SubtitleWriter:
    """Context manager that writes one file per format; all stand when it ends well, none after an error.

    Args:
        stem: path without a suffix.
        formats: of ``FORMATS``.
        sample_rate: of the positions of the lines.
        offset: sample that is their zero, the beginning of a chapter.

    Raises:
        OutputError: a file cannot be written.
    """

    def __init__(self, stem: Path, formats: Sequence[str], sample_rate: int, *, offset: int = 0) -> None:
        from ..audio.atomic import begin_file

        self._rate, self._offset = sample_rate, offset
        self._files: dict[str, tuple[Partial, IO[str]]] = {}
        self._cues = self._lines = 0
        for name in formats:
            partial = begin_file(stem.with_name(stem.name + "." + name))
            file = partial.hidden.open("w", encoding="utf-8", newline="\n")
            file.write(_HEADS[name])
            self._files[name] = (partial, file)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return tuple(partial.path for partial, _ in self._files.values())

    def __enter__(self) -> SubtitleWriter:
        return self

    def add(self, placed: Placed, take: Take) -> None:
        """Appends a line."""
        sentences = moved(take.sentences, (placed.begin - self._offset) / self._rate)
        for name, (_, file) in self._files.items():
            file.write(self._entry(name, placed, sentences))
        self._cues += len(_cues(sentences))
        self._lines += 1

    def _entry(self, name: str, placed: Placed, sentences: Sequence[SentenceTiming]) -> str:
        line = placed.line
        if name == "json":
            row = {
                "line": line.number,
                "chapter": line.chapter + 1,
                "role": line.role,
                "text": line.text,
                "begin_s": round((placed.begin - self._offset) / self._rate, 4),
                "end_s": round((placed.end - self._offset) / self._rate, 4),
                "sentences": [_plain(sentence) for sentence in sentences],
            }
            return (",\n" if self._lines else "\n") + json.dumps(row, ensure_ascii=False)
        speaker = "" if line.role == NARRATOR else line.role
        return "".join(
            WRITERS[name](number, begin_s, end_s, text, speaker if first else "")
            for number, (begin_s, end_s, text, first) in enumerate(_cues(sentences), self._cues + 1)
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name, (partial, file) in self._files.items():
            try:
                if kind is None:
                    file.write(_TAILS[name])
                file.close()
                if kind is None:
                    partial.commit()
            finally:
                partial.discard()


def check_formats(formats: Sequence[str]) -> None:
    """Accepts names of ``FORMATS``.

    Raises:
        ControlError: another one.
    """
    for name in formats:
        if name not in FORMATS:
            raise ControlError(
                f"字幕格式应为 {'、'.join(FORMATS)}，收到 {name!r}。"
                f"Subtitles must be of {', '.join(FORMATS)}, got {name!r}.",
                option="subtitles",
                value=name,
                allowed=", ".join(FORMATS),
            )


def moved(sentences: Sequence[SentenceTiming], by_s: float) -> tuple[SentenceTiming, ...]:
    """The timings, all later by so many seconds."""

    def later(timing: Timing) -> Timing:
        return dataclasses.replace(timing, begin_s=timing.begin_s + by_s, end_s=timing.end_s + by_s)

    return tuple(
        dataclasses.replace(
            sentence,
            begin_s=sentence.begin_s + by_s,
            end_s=sentence.end_s + by_s,
            words=tuple(later(word) for word in sentence.words),
            characters=tuple(later(item) for item in sentence.characters),
        )
        for sentence in sentences
    )


def _cues(sentences: Sequence[SentenceTiming]) -> list[tuple[float, float, str, bool]]:
    """Begin, end, text and whether it is the first, of each cue of a line."""
    from ..audio.subtitles import cues_of

    return [
        (cue[0].begin_s, cue[-1].end_s, "\n".join(line.text for line in cue), number == 0)
        for number, cue in enumerate(cues_of(sentences))
    ]


def _srt(number: int, begin_s: float, end_s: float, text: str, speaker: str) -> str:
    from ..audio.subtitles import clock

    shown = f"{speaker}：{text}" if speaker else text
    return f"{number}\n{clock(begin_s, ',')} --> {clock(end_s, ',')}\n{shown}\n\n"


def _vtt(number: int, begin_s: float, end_s: float, text: str, speaker: str) -> str:
    from ..audio.subtitles import clock

    shown = _escaped(text)
    shown = f"<v {_escaped(speaker)}>{shown}</v>" if speaker else shown
    return f"\n{clock(begin_s, '.')} --> {clock(end_s, '.')}\n{shown}\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(sentence: SentenceTiming) -> dict[str, object]:
    return {
        "text": sentence.text.replace(MASK, ""),
        "begin_s": round(sentence.begin_s, 4),
        "end_s": round(sentence.end_s, 4),
        "words": [
            [word.text.replace(MASK, ""), round(word.begin_s, 4), round(word.end_s, 4)] for word in sentence.words
        ],
    }


WRITERS: Mapping[str, Callable[[int, float, float, str, str], str]] = {"srt": _srt, "vtt": _vtt}
