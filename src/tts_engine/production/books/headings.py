"""Which lines of a plain text are titles of chapters: 第十二章 风雪, 卷三, 楔子, Chapter 5, ..."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .model import BookChapter

_NUMBER = r"[零〇一二三四五六七八九十百千万两壹贰叁肆伍陆柒捌玖拾佰仟\d０-９]{1,9}"
_NAMED = "序章|序幕|序言|自序|代序|前言|引言|引子|楔子|开篇|尾声|终章|后记|跋|附录|番外|结语|卷首语"
_CHAPTER = re.compile(
    rf"^(?:正文\s*)?(?:第\s*{_NUMBER}\s*[章回节節幕集话話折篇讲講]|[Cc]hapter\s+(?:\d+|[IVXLC]+)\b|CHAPTER\s+\w+"
    rf"|(?:{_NAMED})(?=$|[\s：:·\d一二三四五六七八九十（(])|序(?=$|\s))"
)
_VOLUME = re.compile(
    rf"^(?:第\s*{_NUMBER}\s*[卷部册冊]|[卷部]\s*{_NUMBER}(?=$|[\s：:·])|[上中下]\s*[卷部篇册](?=$|[\s：:·]))"
)
_BARE_NUMBER = re.compile(r"^(?:[一二三四五六七八九十百]{1,4}|\d{1,3})$")
_SENTENCE_END = "。！？；…”』」，,!?;"
LONGEST = 40

#: Titles in a row with so little between them are a table of contents.
_CONTENTS_ROW = 4


def is_chapter(line: str) -> bool:
    """Whether a line is the title of a chapter."""
    line = line.strip(" \t　【】[]《》")
    return 0 < len(line) <= LONGEST and line[-1] not in _SENTENCE_END and _CHAPTER.match(line) is not None


def is_volume(line: str) -> bool:
    """Whether a line is the title of a volume, which holds chapters."""
    line = line.strip(" \t　【】[]《》")
    return (
        0 < len(line) <= LONGEST
        and line[-1] not in _SENTENCE_END
        and _VOLUME.match(line) is not None
        and _CHAPTER.search(line) is None
    )


def clean_title(line: str) -> str:
    """A title without brackets around it and with single spaces."""
    return " ".join(line.strip(" \t　【】[]《》=-*#").split())


def split_chapters(paragraphs: Sequence[str]) -> tuple[list[BookChapter], list[str]]:
    """Paragraphs cut at titles; what stands before the first is a chapter without one. Warnings say what was left out.

    A volume's title goes before that of its first chapter. Where no title is found, bare numbers on lines of their own
    (一, 二, 3) are taken for titles if there are at least two.
    """
    warnings: list[str] = []
    cut = is_chapter
    if not any(is_chapter(line) for line in paragraphs):
        numbers = sum(_is_bare_number(line) for line in paragraphs)
        if numbers >= 2:
            cut = _is_bare_number
    chapters: list[BookChapter] = []
    title, volume = "", ""
    body: list[str] = []
    row: list[str] = []  # titles without text between them

    def close() -> None:
        nonlocal body
        if any(text.strip() for text in body):
            chapters.append(BookChapter(title, tuple(_trimmed(body))))
        elif title:
            row.append(title)
        body = []

    for line in paragraphs:
        if is_volume(line):
            close()
            title, volume = "", clean_title(line)
        elif cut(line):
            close()
            title = f"{volume} {clean_title(line)}".strip()
            volume = ""
        else:
            body.append(line)
    close()
    if volume and title != volume and not body:
        row.append(volume)
    if row:
        kind = "目录 a table of contents" if len(row) >= _CONTENTS_ROW else "没有正文的标题 titles without text"
        shown = "、".join(row[:5]) + ("…" if len(row) > 5 else "")
        warnings.append(f"略去{len(row)} 个没有正文的标题（{shown}），像是{kind}。Left out: titles without text.")
    return chapters, warnings


def _is_bare_number(line: str) -> bool:
    return _BARE_NUMBER.match(line.strip()) is not None


def _trimmed(body: Sequence[str]) -> list[str]:
    """Without empty paragraphs at the ends, at most one in a row."""
    kept: list[str] = []
    for text in body:
        stripped = text.strip()
        if stripped or (kept and kept[-1]):
            kept.append(stripped)
    while kept and not kept[-1]:
        kept.pop()
    return kept
