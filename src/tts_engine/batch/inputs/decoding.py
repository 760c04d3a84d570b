"""Files as text: which encoding, told where it had to be guessed, and lines of a length that memory can hold."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...errors import TextError, unreadable
from ...text.encodings import SAMPLE, guess, mark_of

if TYPE_CHECKING:
    from . import Warn

#: Longest line of a file, bytes or characters.
LONGEST_LINE = 4_000_000

_BLOCK = 1 << 16


@contextmanager
def opened(path: Path, warn: Warn, *, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text: UTF-8, what its mark says, or GB 18030, Big5 or UTF-16, guessed and told.

    A broken byte is an error here, with its place: whoever sends ten thousand lines wants none of them changed.

    Raises:
        TextError: it cannot be read, or is no text.
    """
    try:
        encoding, told = _encoding_of(path)
        if told:
            warn(told)
        file = path.open(encoding=encoding, newline=newline)
    except OSError as error:
        raise unreadable(path, error) from error
    with file:
        yield file


def _encoding_of(path: Path) -> tuple[str, str]:
    """The encoding that reads the whole file without one mistake, and what is told of a guess."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    encoding, told = mark_of(head) or "utf-8", ""
    place = _first_mistake(path, encoding)
    if place is not None and encoding == "utf-8":
        with path.open("rb") as file:
            file.seek(max(0, place - SAMPLE // 2) // 4 * 4)
            encoding, told = guess(file.read(SAMPLE), path.name)
        place = _first_mistake(path, encoding)
    if place is None:
        return encoding, told
    raise TextError(
        f"{path.name} 不是 {encoding} 文本（第 {place} 字节附近），请另存为 UTF-8。"
        f"{path.name} is no {encoding} text (near byte {place}): save it as UTF-8.",
        code="text_encoding",
        path=str(path),
    )


def _first_mistake(path: Path, encoding: str) -> int | None:
    """About where the file is no text of that encoding, bytes; None = nowhere."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
                place += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return place + error.start
    return None
