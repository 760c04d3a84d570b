"""A book from plain text: paragraphs whether lines are whole or hard-wrapped, chapters by their titles."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import TextError
from ...text.encodings import read_text
from .headings import is_chapter, is_volume, split_chapters
from .model import Book, BookChapter

_SCENE_BREAK = re.compile(r"^[\s　]*(?:[*＊※◇◆○●☆★~～=＝\-—_·.#]\s*){3,}$")
_SENTENCE_END = '。！？…”』」：；!?"—）)'
_TITLE = re.compile(r"^《(?P<title>[^》]{1,40})》(?:\s*(?:作者|著|文)[:：/\s]*(?P<author>\S{1,20}))?\s*$")
_AUTHOR = re.compile(r"^(?:作者|著者|文)\s*[:：]\s*(?P<author>\S.{0,30})$")

#: Share of lines that end inside a sentence from which on lines are taken for hard-wrapped.
_WRAPPED = 0.4


def read_plain(path: Path) -> Book:
    """The book of a text file.

    Raises:
        TextError: no text, or nothing in it.
    """
    text, decoded = read_text(path)
    return book_of_text(text, path.stem, warnings=decoded.warnings)


def book_of_text(text: str, name: str, *, warnings: tuple[str, ...] = ()) -> Book:
    """The book of a text.

    Raises:
        TextError: nothing in it.
    """
    told = list(warnings)
    lines = text.split("\n")
    if _is_wrapped(lines):
        lines = _unwrapped(lines)
        told.append(
            "各行在句中断开，已按段落接起来。The lines break inside sentences: they were joined into paragraphs."
        )
    title, author, lines = _head(lines, name)
    paragraphs = ["" if _SCENE_BREAK.match(line) else line.strip(" \t　") for line in lines]
    chapters, left_out = split_chapters(_scenes(paragraphs, lines))
    if not chapters:
        raise TextError(f"{name} 里没有正文。{name} holds no text.", code="book_empty", name=name)
    if len(chapters) == 1 and not chapters[0].title and chapters[0].characters > 3000:
        told.append("没有找到章节标题，全书作为一章。No titles of chapters were found: the book is one chapter.")
    return Book(title, author, tuple(_named_front(chapters)), source="txt", warnings=(*told, *left_out))


def _named_front(chapters: list[BookChapter]) -> list[BookChapter]:
    """What stands before the first title, called so; a few words of it are front matter that nobody misses."""
    if len(chapters) > 1 and not chapters[0].title:
        return [BookChapter("卷首", chapters[0].paragraphs), *chapters[1:]]
    return chapters


def _head(lines: list[str], name: str) -> tuple[str, str, list[str]]:
    """Title and author where the first lines give them, and the other lines."""
    title, author = name, ""
    rest = list(lines)
    filled = [index for index, line in enumerate(lines) if line.strip()][:6]
    for index in filled:
        line = lines[index].strip()
        if is_chapter(line) or is_volume(line):
            break
        if match := _TITLE.match(line):
            title, author = match["title"], match["author"] or author
            rest[index] = ""
        elif match := _AUTHOR.match(line):
            author = match["author"].strip()
            rest[index] = ""
    return title, author, rest


def _scenes(paragraphs: list[str], lines: list[str]) -> list[str]:
    """Paragraphs without the empty lines between them; a line of asterisks, or several empty lines, is a break."""
    out: list[str] = []
    empty = 0
    for paragraph, line in zip(paragraphs, lines, strict=True):
        if paragraph:
            if empty >= 3 and out:
                out.append("")
            out.append(paragraph)
            empty = 0
        elif line.strip():
            out.append("")
            empty = 0
        else:
            empty += 1
    return out


def _is_wrapped(lines: list[str]) -> bool:
    filled = [line.rstrip() for line in lines if line.strip() and not is_chapter(line)]
    if len(filled) < 12:
        return False
    longest = sorted(len(line) for line in filled)[int(0.95 * len(filled))]
    full = [line for line in filled if len(line) >= 0.8 * longest]
    inside = sum(line[-1] not in _SENTENCE_END for line in full)
    return 15 <= longest <= 100 and len(full) > 0.4 * len(filled) and inside > _WRAPPED * len(full)


def _unwrapped(lines: list[str]) -> list[str]:
    """Lines joined into paragraphs: a new one begins after an empty line, an indent or a title."""
    out: list[str] = []
    is_open = False
    for line in lines:
        stripped = line.strip(" \t　")
        is_title = is_chapter(stripped) or is_volume(stripped) or _SCENE_BREAK.match(line) is not None
        starts = line[:1] in ("　", "\t") or line.startswith("  ")
        if not stripped or is_title:
            out.append(line)
            is_open = False
        elif is_open and not starts:
            glue = " " if out[-1][-1:].isascii() and stripped[:1].isascii() and out[-1][-1:].isalnum() else ""
            out[-1] += glue + stripped
        else:
            out.append(stripped)
            is_open = True
    return out
