"""Text of a file in whatever encoding Chinese comes in: guessed, and told.

A mark of byte order decides; then strict UTF-8, which nothing else passes by accident; then, of GB 18030, Big5 and
UTF-16, the one whose text has the most characters that Chinese is written with every day.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from ..errors import TextError, unreadable

#: Largest file that is read as a book, bytes: some forty million characters.
MOST_BYTES = 100 * 2**20

#: The most frequent characters, simplified and traditional, and punctuation: about half of any Chinese text.
_COMMON = frozenset(
    "的一是不了在人有我他这個个們们中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年"
    "过過发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些"
    "主样樣理心她本前开開但因只从從想实實见見两兩身真把手回头頭笑又走话話声聲眼什问問知老太再点點像长長"
    "，。！？、：；“”‘’「」『』…—　 "
    "\n\r0123456789"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Bytes that are looked at to choose.
SAMPLE = 1 << 18

#: Least score of something that is a text.
LEAST_SCORE = 0.1


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was done to make text of bytes.

    Attributes:
        encoding: name of the encoding.
        warnings: that it was guessed, and how many bytes could not be read.
    """

    encoding: str
    warnings: tuple[str, ...] = ()


def read_text(path: Path, *, most_bytes: int = MOST_BYTES) -> tuple[str, Decoded]:
    """The text of a file with line ends of Unix, and how it was read.

    Raises:
        TextError: it is missing, too large, or no text.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise TextError(
                f"{path} 有 {size / 2**20:.0f} MB，最多 {most_bytes / 2**20:.0f} MB。请分成几个文件。"
                f"{path} has {size / 2**20:.0f} MB, at most {most_bytes / 2**20:.0f} are read: split it.",
                code="book_too_large",
                path=str(path),
            )
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return decode(data, str(path))


def decode(data: bytes, name: str = "text") -> tuple[str, Decoded]:
    """The text of some bytes with line ends of Unix, and how it was read.

    Raises:
        TextError: it is no text.
    """
    text, decoded = _decode(data, name)
    return text.replace("\r\n", "\n").replace("\r", "\n"), decoded


def _decode(data: bytes, name: str) -> tuple[str, Decoded]:
    if marked := mark_of(data):
        return _tolerant(data, marked, name, ())
    if _is_binary(data):
        raise _no_text(name)
    try:
        return data.decode("utf-8"), Decoded("utf-8")
    except UnicodeDecodeError as error:
        if error.start > 4096 and _share_broken(data) < 0.001:  # UTF-8 with a few damaged bytes
            return _tolerant(data, "utf-8", name, ())
    encoding, told = guess(data, name)
    return _tolerant(data, encoding, name, (told,))


def mark_of(data: bytes) -> str | None:
    """The encoding that a mark of byte order at the beginning names."""
    return next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)


def guess(data: bytes, name: str) -> tuple[str, str]:
    """The encoding of bytes without a mark that are no UTF-8, and what is told about it; the beginning is enough.

    Raises:
        TextError: it is no text.
    """
    scores = {encoding: _score(data[:SAMPLE], encoding) for encoding in ("gb18030", "big5", "utf-16-le", "utf-16-be")}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < LEAST_SCORE:  # a name, a title: too little to count in
        best = "gb18030"
    if _is_binary(data) or (scores[best] < LEAST_SCORE and not _passes(data[:SAMPLE], best)):
        raise _no_text(name)
    return best, f"{name} 不是 UTF-8，按 {best} 读取。{name} is not UTF-8, read as {best}."


def _score(data: bytes, encoding: str) -> float:
    """Share of characters of every day, less what cannot be decoded."""
    text = data.decode(encoding, errors="replace")
    if not text:
        return 0.0
    common = sum(character in _COMMON for character in text)
    return (common - 4 * text.count("\ufffd")) / len(text)


def _passes(data: bytes, encoding: str) -> bool:
    """Whether the bytes, cut anywhere, are text in that encoding without one exception or control character."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)


def _tolerant(data: bytes, encoding: str, name: str, warnings: tuple[str, ...]) -> tuple[str, Decoded]:
    text = data.decode(encoding, errors="replace")
    broken = text.count("\ufffd")
    if broken:
        warnings += (
            f"{name} 有 {broken} 处无法按 {encoding} 解码，已略去。"
            f"{broken} places of {name} cannot be decoded as {encoding} and are left out.",
        )
        text = text.replace("\ufffd", "")
    return text, Decoded(encoding.removesuffix("-sig"), warnings)


def _share_broken(data: bytes) -> float:
    text = data.decode("utf-8", errors="replace")
    return text.count("\ufffd") / max(1, len(text))


def _is_binary(data: bytes) -> bool:
    """Whether the beginning is that of a well-known kind of file that is no text."""
    return data[:4] in (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xd0\xcf\x11\xe0")


def _no_text(name: str) -> TextError:
    return TextError(
        f"{name} 不是文本文件，或编码无法识别。支持 TXT、Markdown、HTML、EPUB；请另存为 UTF-8 文本。"
        f"{name} is no text, or its encoding is unknown. TXT, Markdown, HTML and EPUB can be read: save it as UTF-8.",
        code="text_encoding",
        path=name,
    )
