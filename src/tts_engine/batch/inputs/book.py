"""EPUB, Markdown, HTML: the chapters of a book as groups of sentences, read by ``production.books``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..model import Line
from .prose import groups

if TYPE_CHECKING:
    from . import Warn


def read_chapters(path: Path, warn: Warn) -> Iterator[Line]:
    """The groups of a book, numbered by their first paragraph; none goes from one chapter into the next.

    Raises:
        TextError: the file cannot be read, is protected or holds no text.
    """
    from ...production.books.reading import read_book

    book = read_book(path)
    for warning in book.warnings:
        warn(warning)
    before = 0
    for chapter in book.chapters:
        paragraphs = (*((chapter.title,) if chapter.title else ()), *chapter.paragraphs)
        numbered = ((before + number, text, True) for number, text in enumerate(paragraphs, 1))
        for group in groups(numbered):
            yield Line(group.line, group.text, pause_after_s=group.pause_after_s)
        before += len(paragraphs)
