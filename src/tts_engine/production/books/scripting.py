"""A book as a script: read by one narrator paragraph by paragraph, or with a voice for everybody who speaks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from ...script.model import NARRATOR, Chapter, Line, Role, Script
from .model import Book, BookChapter

#: A paragraph longer than this is rendered in several lines, cut after a sentence: memory and progress stay small.
LONGEST = 320

#: Silence at a break of scene, and between the lines of one paragraph, seconds.
SCENE_S, INSIDE_S = 1.6, 0.25

_SENTENCE_END = re.compile(r"(?<=[。！？!?…])[”』」’）)]*")


def narrated(book: Book) -> Script:
    """The script in which the narrator reads everything."""
    chapters = tuple(Chapter(chapter.title, tuple(_lines(chapter))) for chapter in book.chapters)
    return Script(
        title=book.title,
        chapters=chapters,
        roles={NARRATOR: Role(NARRATOR)},
        author=book.author,
        language=book.language,
        kind="book",
    )


def performed(book: Book) -> Script:
    """The script in which everybody who speaks has a role, as ``script.annotate`` finds them in the whole book.

    The book is annotated as one text, so that a person has one name in all chapters.
    """
    from ...script.annotation import annotate

    offsets: list[int] = []
    parts: list[str] = []
    at = 0
    for chapter in book.chapters:
        offsets.append(at)
        parts.append(text_of(chapter))
        at += len(parts[-1]) + 1
    script = annotate("\n".join(parts), book.title)
    by_chapter: list[list[Line]] = [[] for _ in book.chapters]
    number = 0
    for line in script.lines:
        begin, end = line.span or (0, 0)
        while number + 1 < len(offsets) and begin >= offsets[number + 1]:
            number += 1
        span = (begin - offsets[number], end - offsets[number])
        by_chapter[number].append(dataclasses.replace(line, span=span))
    chapters = tuple(
        Chapter(chapter.title, (*title_line(chapter), *lines))
        for chapter, lines in zip(book.chapters, by_chapter, strict=True)
    )
    roles = {NARRATOR: Role(NARRATOR), **script.roles}
    return Script(book.title, chapters, roles, author=book.author, language=book.language, kind="book")


def text_of(chapter: BookChapter) -> str:
    """The text that spans of a chapter's lines count in."""
    return "\n".join(chapter.paragraphs)


def title_line(chapter: BookChapter) -> tuple[Line, ...]:
    """The title, said by the narrator."""
    return (Line(chapter.title, emotion="neutral"),) if chapter.title.strip() else ()


def _lines(chapter: BookChapter) -> Iterator[Line]:
    yield from title_line(chapter)
    offset, is_after_break = 0, False
    for paragraph in chapter.paragraphs:
        for number, (begin, end) in enumerate(pieces(paragraph)):
            pause_s = INSIDE_S if number else SCENE_S if is_after_break else None
            yield Line(paragraph[begin:end], pause_s=pause_s, span=(offset + begin, offset + end))
        is_after_break = not paragraph.strip()
        offset += len(paragraph) + 1


def pieces(paragraph: str) -> Iterator[tuple[int, int]]:
    """Begin and end of the stretches that a paragraph is rendered in; joined they are the paragraph."""
    if not paragraph.strip():
        return
    begin = 0
    cuts = [match.end() for match in _SENTENCE_END.finditer(paragraph)] + [len(paragraph)]
    last = 0
    for cut in cuts:
        if cut - begin > LONGEST and last > begin:
            yield begin, last
            begin = last
        last = cut
    if begin < len(paragraph):
        yield begin, len(paragraph)
