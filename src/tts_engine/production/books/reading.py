"""Any file as a book."""

from __future__ import annotations

from pathlib import Path

from ...errors import TextError, unreadable
from .epub import read_epub
from .markdown import read_markdown
from .markup import read_html
from .model import Book
from .plain import read_plain

SUFFIXES = (".txt", ".epub", ".md", ".markdown", ".html", ".htm", ".xhtml")


def read_book(path: Path, *, keep_front: bool = False) -> Book:
    """The book of a TXT, EPUB, Markdown or HTML file; what it is, its own bytes say before its name does.

    Args:
        path: the file.
        keep_front: read cover pages, imprint and table of contents of an EPUB too.

    Raises:
        TextError: missing, of another kind, protected, damaged or without text; says which and what to do.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise unreadable(path, error) from error
    suffix = path.suffix.lower()
    if head[:4] == b"PK\x03\x04":
        return read_epub(path, keep_front=keep_front)
    if head[:5] == b"%PDF-" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" or head[60:68] == b"BOOKMOBI":
        kind = "PDF" if head[:4] == b"%PDF" else "MOBI/AZW" if head[60:68] == b"BOOKMOBI" else "Word"
        raise TextError(
            f"{path} 是 {kind}，不能读取。请先转成 EPUB 或 TXT。"
            f"{path} is {kind}, which cannot be read: convert it to EPUB or TXT first.",
            code="book_format",
            path=str(path),
            allowed=", ".join(SUFFIXES),
        )
    if suffix in (".md", ".markdown"):
        return read_markdown(path)
    if suffix in (".html", ".htm", ".xhtml") or head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return read_html(path)
    if suffix == ".epub":
        return read_epub(path, keep_front=keep_front)
    return read_plain(path)
