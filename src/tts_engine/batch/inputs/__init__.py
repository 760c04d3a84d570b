"""What a batch is read from: JSONL, CSV, plain text, subtitles, books -> lines, in flat memory (books: the book).

A line that cannot be used becomes a ``Line`` with an error that names its number; the others go on. What these modules
do not know: engines, voices, journals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ...errors import ControlError, near_matches
from ..model import Line

#: Kind of input by suffix.
KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".srt": "srt",
    ".epub": "book",
    ".md": "book",
    ".html": "book",
}

Warn = Callable[[str], None]


def kind_of(path: Path) -> str:
    """What a file is, by its suffix.

    Raises:
        ControlError: none of ``KINDS``.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        allowed = ", ".join(KINDS)
        near = near_matches(path.suffix.lower(), KINDS)
        raise ControlError(
            f"批量输入应为以下之一：{allowed}，收到 {path.name!r}。"
            f"A batch is read from one of {allowed}; got {path.name!r}"
            + (f"; did you mean {', '.join(near)}?" if near else "."),
            code="input_unknown",
            value=path.name,
            allowed=allowed,
        )
    return kind


def read_input(path: Path, *, by_line: bool = False, warn: Warn = lambda _: None) -> Iterator[Line]:
    """The lines of a file, in order.

    Args:
        path: the file; what it names (recordings) lies relative to it.
        by_line: of plain text, every line by itself instead of groups of sentences.
        warn: told what a person should know, such as an encoding that was guessed.

    Raises:
        ControlError: not a kind of input, or a header that names unknown columns.
        TextError: the file cannot be read.
    """
    kind = kind_of(path)
    if kind == "jsonl":
        from .jsonl import read_jsonl

        return read_jsonl(path)
    if kind == "csv":
        from .table import read_table

        return read_table(path, warn)
    if kind == "srt":
        from .cues import read_cues

        return read_cues(path, warn)
    if kind == "book":
        from .book import read_chapters

        return read_chapters(path, warn)
    from .prose import read_prose

    return read_prose(path, warn, by_line=by_line)
