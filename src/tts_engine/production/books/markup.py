"""Paragraphs and titles out of HTML: what is read aloud; what is not (notes, pictures, scripts) is counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import TextError
from ...text.encodings import read_text
from .headings import clean_title, split_chapters
from .model import Book, BookChapter
from .tree import Node, parse

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "blockquote",
        "li",
        "dd",
        "dt",
        "ul",
        "ol",
        "dl",
        "table",
        "caption",
        "tr",
        "figure",
        "figcaption",
        "header",
        "footer",
        "aside",
        "pre",
        "address",
        "body",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "center",
    ]
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "nav",
        "svg",
        "math",
        "audio",
        "video",
        "iframe",
        "object",
        "form",
        "button",
        "select",
        "template",
        "rt",
        "rp",
    ]
)
_NOTES = (
    "footnote",
    "endnote",
    "rearnote",
    "note",
    "doc-footnote",
    "doc-endnote",
    "doc-endnotes",
    "footnotes",
    "endnotes",
)
_NOTE_REFERENCES = ("noteref", "doc-noteref")
_NOTE_MARK = re.compile(r"^[\[［(（【〔]?(?:注|註|\*|※|†)?\s*[\d①-⑳]{0,3}[\]］)）】〕]?$")
_SPACE = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_BETWEEN_WIDE = re.compile(r"(?<=[^\x00-\xff]) (?=[^\x00-\xff])")
_TITLES = {f"h{level}": level for level in range(1, 7)}


@dataclass(slots=True)
class Extract:
    """What a document says.

    Attributes:
        blocks: (level of its title, or 0 for a paragraph; text; id of the element it stands in).
        counts: what was left out or repaired: ``notes``, ``images``, ``tables``, ``nested_tables``, ``repaired``.
        marks: id -> number of the block that follows it.
        title: of the document's head.
    """

    blocks: list[tuple[int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    marks: dict[str, int] = field(default_factory=dict)
    title: str = ""


def extract(markup: str) -> Extract:
    """The paragraphs and titles of a document, best effort."""
    parsed = parse(markup)
    out = Extract()
    out.counts["repaired"] = parsed.repaired
    head = parsed.root.first("title")
    out.title = clean_title(head.text()) if head is not None else ""
    body = parsed.root.first("body") or parsed.root
    _Walker(out).walk(body)
    return out


class _Walker:
    def __init__(self, out: Extract) -> None:
        self._out = out
        self._inline: list[str] = []
        self._level = 0

    def walk(self, body: Node) -> None:
        self._visit(body, 0)
        self._flush()

    def _flush(self) -> bool:
        """Ends a block; whether there was one."""
        text = _BETWEEN_WIDE.sub("", _SPACE.sub(" ", "".join(self._inline))).strip(" \u3000")
        self._inline = []
        if text:
            self._out.blocks.append((self._level, text))
        return bool(text)

    def _visit(self, node: Node, tables: int) -> None:
        for child in node.children:
            if isinstance(child, str):
                self._inline.append(child)
            elif child.name in _SKIPPED:
                continue
            elif self._is_note(child):
                self._out.counts["notes"] += 1
            else:
                self._element(child, tables)

    def _element(self, child: Node, tables: int) -> None:
        name = child.name
        if (name in _BLOCKS or name in _TITLES) and self._flush():
            self._level = 0  # a title has ended, closed or not
        if anchor := child.get("id") or (child.get("name") if name == "a" else ""):
            self._out.marks.setdefault(anchor, len(self._out.blocks))
        if name == "br":
            self._flush()
        elif name in ("img", "image"):
            self._out.counts["images"] += 1
        elif name == "hr":
            self._out.blocks.append((0, ""))
        elif name == "table":
            self._out.counts["nested_tables" if tables else "tables"] += 1
            self._visit(child, tables + 1)
            self._flush()
        elif name in ("td", "th"):
            if self._inline and "".join(self._inline).strip():
                self._inline.append("，")
            self._visit(child, tables)
        elif name in _TITLES:
            self._level = _TITLES[name]
            self._visit(child, tables)
            self._flush()
            self._level = 0
        else:
            self._visit(child, tables)
            if name in _BLOCKS:
                self._flush()

    def _is_note(self, node: Node) -> bool:
        kinds = {*node.get("epub:type").split(), *node.get("role").split(), *node.get("class").lower().split()}
        if node.name in ("aside", "li", "div", "section", "p", "ol") and kinds & set(_NOTES):
            return True
        if node.name == "a" and kinds & set(_NOTE_REFERENCES):
            return True
        text = node.text().strip()
        is_mark = len(text) <= 6 and bool(text) and _NOTE_MARK.match(text) is not None
        if node.name == "sup":
            return is_mark
        return node.name == "a" and is_mark and node.get("href").startswith("#")


def counted(counts: Counter[str]) -> list[str]:
    """Warnings about what was left out or repaired."""
    told = []
    sayings = {
        "notes": ("略去 {} 处注释", "{} notes are not read"),
        "images": ("有 {} 张图片，图中文字不会被读出", "{} pictures: words in them are not read"),
        "tables": ("{} 个表格按行读出", "{} tables are read row by row"),
        "nested_tables": ("{} 个嵌套表格，顺序可能与页面不同", "{} nested tables: the order may differ from the page"),
    }
    for key, (zh, en) in sayings.items():
        if counts[key]:
            told.append(f"{zh.format(counts[key])}。{en.format(counts[key])}.")
    if counts["repaired"] > 0:
        told.append(
            f"标记有 {counts['repaired']} 处不合规，已尽量读出。"
            f"The markup is broken in {counts['repaired']} places; it was read as far as possible."
        )
    return told


def chapters_of(blocks: list[tuple[int, str]]) -> tuple[list[BookChapter], list[str]]:
    """Chapters by the titles of a document; by the words of its lines where it has none."""
    levels = Counter(level for level, text in blocks if level and text)
    cutting = [level for level in sorted(levels) if levels[level] > 1] or sorted(levels)[:1]
    if not cutting:
        return split_chapters([text for _, text in blocks])
    top = cutting[0]
    chapters: list[BookChapter] = []
    title = ""
    body: list[str] = []
    for level, text in [*blocks, (top, "")]:
        if level and level <= top:
            if any(one.strip() for one in body):
                chapters.append(BookChapter(title, tuple(body)))
                title = ""
            title, body = f"{title} {clean_title(text)}".strip(), []
        else:
            body.append(text)
    return chapters, []


def read_html(path: Path) -> Book:
    """The book of an HTML file.

    Raises:
        TextError: no text, or nothing in it.
    """
    text, decoded = read_text(path)
    declared = re.search(r"<meta[^>]+charset=[\"']?([\w-]+)", text[:4096], re.I)
    warnings = decoded.warnings
    if declared and decoded.encoding not in ("utf-8", "utf-16") and declared[1].lower() in ("gbk", "gb2312", "gb18030"):
        warnings = ()  # it says itself what was guessed
    out = extract(text)
    chapters, told = chapters_of(out.blocks)
    if not chapters:
        raise TextError(f"{path} 里没有正文。{path} holds no text.", code="book_empty", path=str(path))
    title = out.title or chapters[0].title or path.stem
    return Book(title, "", tuple(chapters), source="html", warnings=(*warnings, *told, *counted(out.counts)))
