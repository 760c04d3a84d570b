"""A book from Markdown: headings are chapters, marks are taken off, code and pictures are not read, and told."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from ...errors import TextError
from ...text.encodings import read_text
from .markup import chapters_of
from .model import Book

_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$")
_IMAGE = re.compile(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_NOTE = re.compile(r"\[\^[^\]]+\]")
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^[^\]]+\]:")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*\S+")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1")
_TAG = re.compile(r"</?[A-Za-z][^>]*>|<!--.*?-->")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)+\|?\s*$")
_META = re.compile(r"^(title|author|language|标题|作者)\s*[:：]\s*[\"']?(.+?)[\"']?\s*$", re.I)


def read_markdown(path: Path) -> Book:
    """The book of a Markdown file.

    Raises:
        TextError: no text, or nothing in it.
    """
    text, decoded = read_text(path)
    meta, lines = _front_matter(text.split("\n"))
    counts: Counter[str] = Counter()
    chapters, told = chapters_of(_blocks(lines, counts))
    if not chapters:
        raise TextError(f"{path} 里没有正文。{path} holds no text.", code="book_empty", path=str(path))
    title = meta.get("title") or meta.get("标题") or (chapters[0].title if len(chapters) == 1 else "") or path.stem
    left = {"images": "张图片 pictures", "notes": "处注释 notes", "code": "段代码 blocks of code"}
    warnings = [f"没有读出 {counts[key]} {what}。Not read: {counts[key]}." for key, what in left.items() if counts[key]]
    return Book(
        title=title,
        author=meta.get("author") or meta.get("作者") or "",
        chapters=tuple(chapters),
        source="markdown",
        warnings=(*decoded.warnings, *told, *warnings),
    )


def _front_matter(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    if not lines or lines[0].strip() != "---":
        return {}, lines
    end = next((index for index, line in enumerate(lines[1:60], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        return {}, lines
    found = (_META.match(line) for line in lines[1:end])
    return {match[1].lower(): match[2] for match in found if match}, lines[end + 1 :]


def _blocks(lines: list[str], counts: Counter[str]) -> list[tuple[int, str]]:
    """(level, text) of titles and paragraphs."""
    blocks: list[tuple[int, str]] = []
    paragraph: list[str] = []
    fence = ""

    def flush() -> None:
        if paragraph:
            text = plain("".join(_glued(paragraph)), counts)
            if text:
                blocks.append((0, text))
            paragraph.clear()

    for line in lines:
        if fence:
            fence = "" if line.strip().startswith(fence) else fence
        elif match := _FENCE.match(line):
            flush()
            fence, counts["code"] = match[1], counts["code"] + 1
        elif match := _HEADING.match(line):
            flush()
            blocks.append((len(match[1]), plain(match[2], counts)))
        elif (match := _UNDERLINE.match(line)) and len(paragraph) == 1 and len(paragraph[0]) <= 60:
            blocks.append((1 if match[1][0] == "=" else 2, plain(paragraph.pop(), counts)))
        elif _RULE.match(line):
            flush()
            blocks.append((0, ""))
        elif _NOTE_TEXT.match(line):
            flush()
            counts["notes"] += 1
        elif not line.strip():
            flush()
        elif not (_DEFINITION.match(line) or _TABLE_RULE.match(line)):
            if _ITEM.match(line) or line.lstrip().startswith("|"):
                flush()
            paragraph.append(_content(line))
            if line.endswith(("  ", "\\")):
                flush()
    flush()
    return blocks


def _content(line: str) -> str:
    """A line of a paragraph without the marks of lists, quotations and tables."""
    text = re.sub(r"^ {0,3}(?:>\s?)+", "", _ITEM.sub("", line))
    if text.strip().startswith("|"):
        return "，".join(cell.strip() for cell in text.strip().strip("|").split("|") if cell.strip())
    return text


def _glued(lines: list[str]) -> list[str]:
    """Soft line breaks vanish between hanzi and are spaces between Latin words."""
    out = [lines[0].strip().rstrip("\\")]
    for line in (rest.strip().rstrip("\\") for rest in lines[1:]):
        is_latin = out[-1][-1:].isascii() and line[:1].isascii() and out[-1] and line
        out.append((" " if is_latin else "") + line)
    return out


def plain(text: str, counts: Counter[str]) -> str:
    """A line without its marks."""
    counts["images"] += len(_IMAGE.findall(text))
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", _NOTE.sub("", text))
    text = _TAG.sub("", text)
    before = None
    while before != text:
        before, text = text, _EMPHASIS.sub(r"\2", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!~>|-])", r"\1", text).strip()
