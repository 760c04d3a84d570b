"""Files as text: which encoding, told where it had to be guessed, and lines of a length that memory can hold."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...errors import TextError, unreadable

if TYPE_CHECKING:
    from . import Warn

#: Longest line of a file, bytes or characters.
LONGEST_LINE = 4_000_000

_BLOCK = 1 << 16


@contextmanager
def opened(path: Path, warn: Warn, *, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text: UTF-8, UTF-16 with its mark, or GB 18030, which is told.

    Raises:
        TextError: it cannot be read, or is neither.
    """
    try:
        encoding = _encoding_of(path)
        if encoding == "gb18030":
            warn(f"{path.name} 不是 UTF-8，按 GB 18030 读取。{path.name} is not UTF-8, read as GB 18030.")
        file = path.open(encoding=encoding, newline=newline)
    except OSError as error:
        raise unreadable(path, error) from error
    with file:
        yield file


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    place = 0
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            place = 0
            try:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                    place += len(block)
                decoder.decode(b"", final=True)
                return encoding
            except UnicodeDecodeError as error:
                place += error.start
    raise TextError(
        f"{path.name} 不是 UTF-8 或 GB 18030 文本（第 {place} 字节附近），请另存为 UTF-8。"
        f"{path.name} is neither UTF-8 nor GB 18030 text (near byte {place}): save it as UTF-8.",
        code="text_encoding",
        path=str(path),
    )
