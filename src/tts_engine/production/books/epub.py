"""A book from EPUB 2 or 3: the spine in its order, titles from the table of contents, nothing unpacked to the disk.

What cannot be read says so in one sentence: DRM, pictures only, no EPUB at all. Broken markup is read as far as it
goes. Sizes that the archive claims are not believed: what counts is what comes out of it, up to ``Limits``.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag

from ...errors import TextError
from ...text.encodings import decode
from .headings import clean_title, is_chapter
from .markup import Extract, chapters_of, counted, extract
from .model import Book, BookChapter
from .tree import Node, parse

_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DOCUMENTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
_FRONT = (
    "cover",
    "titlepage",
    "copyright-page",
    "toc",
    "landmarks",
    "imprint",
    "colophon",
    "loi",
    "lot",
    "index",
    "title-page",
)
_FRONT_TITLES = (
    "封面",
    "版权页",
    "版权信息",
    "版权声明",
    "目录",
    "扉页",
    "书名页",
    "版权",
    "cover",
    "copyright",
    "contents",
    "table of contents",
    "title page",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold.

    Attributes:
        entries: files in it.
        text_bytes: of all documents that are read.
        one_bytes: of one file.
    """

    entries: int = 20_000
    text_bytes: int = 200 * 2**20
    one_bytes: int = 40 * 2**20


def read_epub(path: Path, *, limits: Limits = Limits(), keep_front: bool = False) -> Book:
    """The book of an EPUB file.

    Args:
        path: the file.
        limits: how much it may hold.
        keep_front: read cover pages, imprint and table of contents too.

    Raises:
        TextError: no EPUB, protected, without text, or larger than allowed; ``code`` says which.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, path, limits, keep_front).book()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise _wrong(path, "epub_invalid", f"不是完整的 EPUB（{error}）", f"it is no whole EPUB ({error})") from error
    except OSError as error:
        raise _wrong(path, "text_unreadable", f"无法读取（{error}）", f"it cannot be read ({error})") from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, path: Path, limits: Limits, keep_front: bool) -> None:
        self._archive, self._path, self._limits, self._keep_front = archive, path, limits, keep_front
        self._taken = 0
        self._names = {info.filename: info for info in archive.infolist()}
        self._folded = {name.casefold(): name for name in self._names}
        self._warnings: list[str] = []
        if len(self._names) > limits.entries:
            raise _wrong(
                path,
                "epub_too_large",
                f"含 {len(self._names)} 个文件，最多 {limits.entries}",
                "it holds too many files",
            )

    def book(self) -> Book:
        self._refuse_protected()
        package_path = self._package_path()
        package = parse(self._text(package_path)).root
        base = posixpath.dirname(package_path)
        items = {item.get("id"): item for item in package.all("item")}
        titles, types = self._contents(package, items, base)
        counts: Counter[str] = Counter()
        chapters: list[BookChapter] = []
        left_out: list[str] = []
        spine = [items[ref.get("idref")] for ref in package.all("itemref") if ref.get("idref") in items]
        spine = [one for one in spine if one.get("media-type") in _DOCUMENTS]
        if not spine:
            spine = [item for item in items.values() if item.get("media-type") in _DOCUMENTS]
            if spine:
                self._warnings.append(
                    "没有阅读顺序（spine），按清单顺序读。There is no spine: files in their listed order."
                )
        for item in spine:
            name = self._resolve(base, item.get("href"))
            if name is None:
                self._warnings.append(f"缺少文件 {item.get('href')!r}，已略过。A file is missing and was left out.")
                continue
            if "nav" in item.get("properties").split() and not self._keep_front:
                continue
            out = extract(self._text(name))
            counts += out.counts
            own = titles.get((name, ""), "")
            if not self._keep_front and self._is_front(own or out.title, types.get(name, ""), out):
                left_out.append(own or out.title or posixpath.basename(name))
                continue
            self._add(chapters, out, name, titles)
        if left_out:
            self._warnings.append(
                f"没有读出：{'、'.join(left_out[:6])}；--keep-front-matter 会读。"
                f"{len(left_out)} pages of front matter are not read; --keep-front-matter reads them."
            )
        self._refuse_empty(chapters, counts)
        return Book(
            title=self._meta(package, "title") or self._path.stem,
            author=self._meta(package, "creator"),
            chapters=tuple(chapters),
            language=self._meta(package, "language") or "zh-CN",
            cover=self._cover(package, items, base),
            source="epub",
            warnings=(*self._warnings, *counted(counts)),
        )

    def _add(self, chapters: list[BookChapter], out: Extract, name: str, titles: dict[tuple[str, str], str]) -> None:
        """The chapters of one document; one without a title of its own goes on with the chapter before it."""
        cuts = sorted(
            (out.marks[anchor], title)
            for (file, anchor), title in titles.items()
            if file == name and anchor and anchor in out.marks
        )
        own = titles.get((name, ""), "")
        if cuts:
            edges = [(0, own), *cuts] if cuts[0][0] > 0 else cuts
            ends = [*(begin for begin, _ in edges[1:]), len(out.blocks)]
            for (begin, title), end in zip(edges, ends, strict=True):
                body = out.blocks[begin:end]
                self._append(chapters, title, body)
            return
        heads = [text for level, text in out.blocks if level and text]
        if not own and len(heads) > 1:
            more, _ = chapters_of(out.blocks)
            for chapter in more:
                self._append(chapters, chapter.title, [(0, text) for text in chapter.paragraphs])
            return
        title = own or (heads[0] if heads else "")
        if not title and out.blocks and is_chapter(out.blocks[0][1]):
            title = out.blocks[0][1]
        self._append(chapters, title, out.blocks)

    def _append(self, chapters: list[BookChapter], title: str, blocks: list[tuple[int, str]]) -> None:
        title = clean_title(title)
        body = [text for _, text in blocks]
        while body and (not body[0].strip() or _same(body[0], title)):
            body.pop(0)
        while body and not body[-1].strip():
            body.pop()
        if not any(text.strip() for text in body):
            return
        if title or not chapters:
            chapters.append(BookChapter(title, tuple(body)))
        else:
            before = chapters.pop()
            chapters.append(BookChapter(before.title, (*before.paragraphs, *body)))

    def _contents(
        self, package: Node, items: dict[str, Node], base: str
    ) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
        """(file, anchor) -> title from the table of contents, and file -> kind from landmarks and guide."""
        titles: dict[tuple[str, str], str] = {}
        types: dict[str, str] = {}
        for reference in package.all("reference"):
            name = self._resolve(base, reference.get("href"))
            if name is not None:
                types[name] = reference.get("type")
        for item in items.values():
            is_nav = "nav" in item.get("properties").split()
            is_ncx = item.get("media-type") == "application/x-dtbncx+xml"
            name = self._resolve(base, item.get("href")) if is_nav or is_ncx else None
            if name is None:
                continue
            tree, here = parse(self._text(name)).root, posixpath.dirname(name)
            if is_ncx:
                points = [(point.first("text"), point.first("content")) for point in tree.all("navpoint")]
                for label, content in points:
                    if label is not None and content is not None:
                        self._note(titles, here, content.get("src"), label.text())
            else:
                for nav in tree.all("nav"):
                    for link in nav.all("a"):
                        if nav.get("epub:type") in ("toc", ""):
                            self._note(titles, here, link.get("href"), link.text())
                        elif (file := self._resolve(here, link.get("href"))) is not None:
                            types[file] = link.get("epub:type")
        return titles, types

    def _note(self, titles: dict[tuple[str, str], str], here: str, href: str, label: str) -> None:
        name, anchor = self._resolve(here, href), urldefrag(href)[1]
        title = clean_title(" ".join(label.split()))
        if name is not None and title:
            titles.setdefault((name, unquote(anchor)), title)

    def _is_front(self, title: str, kind: str, out: Extract) -> bool:
        text = sum(len(block) for _, block in out.blocks)
        return kind in _FRONT or (title.strip().casefold() in _FRONT_TITLES and text < 4000) or text == 0

    def _refuse_protected(self) -> None:
        name = self._folded.get("meta-inf/encryption.xml")
        if name is not None:
            methods = [node.get("algorithm") for node in parse(self._text(name)).root.all("encryptionmethod")]
            if any(method not in _FONT_OBFUSCATION for method in methods) or not methods:
                raise _protected(self._path)
        if "meta-inf/rights.xml" in self._folded or any(info.flag_bits & 1 for info in self._names.values()):
            raise _protected(self._path)

    def _refuse_empty(self, chapters: list[BookChapter], counts: Counter[str]) -> None:
        characters = sum(chapter.characters for chapter in chapters)
        images = counts["images"]
        if characters < 50 and images:
            raise _wrong(
                self._path,
                "book_without_text",
                f"只有图片（{images} 张），没有文字。请先用文字识别（OCR）转成文本",
                f"it has {images} pictures and no text: recognise the text (OCR) first",
            )
        if not chapters:
            raise _wrong(self._path, "book_empty", "里面没有正文", "it holds no text")

    def _package_path(self) -> str:
        container = self._folded.get("meta-inf/container.xml")
        if container is not None:
            for root in parse(self._text(container)).root.all("rootfile"):
                name = self._resolve("", root.get("full-path"))
                if name is not None:
                    return name
        found = [name for name in self._names if name.lower().endswith(".opf")]
        if not found:
            raise _wrong(
                self._path, "epub_invalid", "不是 EPUB：没有 .opf 文件", "it is no EPUB: there is no .opf file"
            )
        self._warnings.append(f"container.xml 无效，改读 {found[0]}。The container is invalid: {found[0]} was taken.")
        return found[0]

    def _resolve(self, base: str, href: str) -> str | None:
        """The entry that a reference means; None where it is none, or leads out of the book."""
        plain = unquote(urldefrag(href)[0])
        if not plain or "://" in plain or plain.startswith(("/", "\\")):
            return None
        name = posixpath.normpath(posixpath.join(base, plain))
        if name.startswith(".."):
            return None
        return name if name in self._names else self._folded.get(name.casefold())

    def _bytes(self, name: str) -> bytes:
        limit = min(self._limits.one_bytes, self._limits.text_bytes - self._taken)
        with self._archive.open(self._names[name]) as file:
            data = file.read(limit + 1)
        self._taken += len(data)
        if len(data) > limit:
            raise _wrong(
                self._path,
                "epub_too_large",
                f"解压后过大（超过 {limit / 2**20:.0f} MB），可能是压缩炸弹",
                f"it unpacks to more than {limit / 2**20:.0f} MB, as zip bombs do",
            )
        return data

    def _text(self, name: str) -> str:
        try:
            return decode(self._bytes(name), f"{self._path.name}/{name}")[0]
        except RuntimeError as error:  # zipfile's word for an encrypted entry
            raise _protected(self._path) from error

    def _meta(self, package: Node, name: str) -> str:
        metadata = package.first("metadata") or package
        node = metadata.first(name)
        return "" if node is None else " ".join(node.text().split())

    def _cover(self, package: Node, items: dict[str, Node], base: str) -> bytes | None:
        named = next((meta.get("content") for meta in package.all("meta") if meta.get("name") == "cover"), "")
        item = next((one for one in items.values() if "cover-image" in one.get("properties").split()), items.get(named))
        name = None if item is None else self._resolve(base, item.get("href"))
        if name is None:
            return None
        data = self._bytes(name)
        if data[:2] == b"\xff\xd8" or data[:8] == b"\x89PNG\r\n\x1a\n":
            return data
        self._warnings.append("封面不是 JPEG 或 PNG，未使用。The cover is neither JPEG nor PNG and is not used.")
        return None


def _same(text: str, title: str) -> bool:
    return bool(title) and "".join(text.split()) == "".join(title.split())


def _protected(path: Path) -> TextError:
    return _wrong(
        path,
        "book_encrypted",
        "有版权保护（DRM），无法读取。请使用没有 DRM 的版本",
        "it is protected (DRM) and cannot be read: use a copy without DRM",
    )


def _wrong(path: Path, code: str, zh: str, en: str) -> TextError:
    return TextError(f"{path}：{zh}。{path.name}: {en}.", code=code, path=str(path))
