"""A book as it was read: chapters of paragraphs, whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BookChapter:
    """A chapter.

    Attributes:
        title: empty where it has none.
        paragraphs: its text without the title, one entry a paragraph; an empty one is a break of scene.
    """

    title: str
    paragraphs: tuple[str, ...]

    @property
    def characters(self) -> int:
        """Characters of the paragraphs."""
        return sum(map(len, self.paragraphs))


@dataclass(frozen=True, slots=True)
class Book:
    """A book.

    Attributes:
        title: of the book.
        author: empty where unknown.
        chapters: at least one, each with text.
        language: BCP 47 tag.
        cover: JPEG or PNG, None where there is none.
        source: what it was read from: ``txt``, ``epub``, ``markdown``, ``html``.
        warnings: what was guessed, left out or repaired.
    """

    title: str
    author: str
    chapters: tuple[BookChapter, ...]
    language: str = "zh-CN"
    cover: bytes | None = None
    source: str = "txt"
    warnings: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """Characters of all chapters."""
        return sum(chapter.characters for chapter in self.chapters)
