"""An EPUB 3 that reads itself aloud: the text with an id for every sentence, and SMIL that says when each is heard.

Source: EPUB 3.3 (W3C, 2023), section 9, media overlays. The text is that of the book, its characters all there and in
order; pictures and fonts of the original are not taken over.
"""

from __future__ import annotations

import shutil
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ControlError
from ..tagged import picture_size
from .scripting import text_of

if TYPE_CHECKING:
    from ..produce import Production
    from ..store import LineStore, Take
    from .model import Book, BookChapter

_MEDIA = {".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".opus": "audio/ogg; codecs=opus"}
_STYLE = (
    "body{line-height:1.8;margin:5%}p{text-indent:2em;margin:.4em 0}.-epub-media-overlay-active{background:#fff3bf}\n"
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a chapter's text and when it is heard.

    Attributes:
        begin: offset in the text of the chapter.
        end: offset after its last character.
        begin_s: seconds from the beginning of the chapter's audio.
        end_s: end.
    """

    begin: int
    end: int
    begin_s: float
    end_s: float


def write_overlay(book: Book, done: Production, store: LineStore, path: Path, *, mark: str | None) -> Path:
    """Writes the book with its audio.

    Args:
        book: its text.
        done: its production, with a file for each chapter.
        store: of its lines.
        path: of the EPUB file.
        mark: text of the metadata mark, None for none.

    Raises:
        ControlError: the chapters' files are of a kind that readers of EPUB do not play.
        OutputError: it cannot be written.
    """
    from ...audio.atomic import begin_file, output_error

    files = done.files.chapter_files
    if not files or files[0].suffix not in _MEDIA:
        raise ControlError(
            "EPUB 朗读书需要 m4b、m4a、mp3 或 opus 格式。A book that reads along needs format m4b, m4a, mp3 or opus.",
            option="format",
            value=files[0].suffix.lstrip(".") if files else "",
            allowed="m4b, m4a, mp3, opus",
        )
    partial = begin_file(path)
    try:
        with zipfile.ZipFile(partial.hidden, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
            archive.writestr("META-INF/container.xml", _CONTAINER)
            archive.writestr("OEBPS/style.css", _STYLE)
            _write_chapters(archive, book, done, store, mark)
        partial.commit()
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.discard()
    return path


def _write_chapters(archive: zipfile.ZipFile, book: Book, done: Production, store: LineStore, mark: str | None) -> None:
    entries = []
    for span, audio in zip(done.files.chapters, done.files.chapter_files, strict=True):
        chapter, name = book.chapters[span.number], f"c{span.number + 1:04d}"
        zero_s = span.begin / done.sample_rate
        title_s, units = _units(done, store, span.number, zero_s, text_of(chapter))
        body, pars = _document(chapter, title_s, units, name, f"audio/{name}{audio.suffix}")
        archive.writestr(f"OEBPS/{name}.xhtml", body)
        archive.writestr(f"OEBPS/{name}.smil", _smil(name, pars))
        info = zipfile.ZipInfo(f"OEBPS/audio/{name}{audio.suffix}")  # stored: it is compressed already
        with audio.open("rb") as source, archive.open(info, "w", force_zip64=True) as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        duration_s = (span.end - span.begin) / done.sample_rate
        entries.append((name, chapter.title or f"{span.number + 1}", audio.suffix, duration_s))
    cover = ""
    if book.cover is not None and (size := picture_size(book.cover)) is not None:
        cover = "cover.png" if size[0] == "png" else "cover.jpg"
        archive.writestr(f"OEBPS/{cover}", book.cover, zipfile.ZIP_STORED)
    archive.writestr("OEBPS/nav.xhtml", _nav(book, entries))
    archive.writestr("OEBPS/package.opf", _package(book, entries, cover, mark))


def _units(
    done: Production, store: LineStore, number: int, zero_s: float, text: str
) -> tuple[tuple[float, float] | None, list[Unit]]:
    """When the title is heard, and the sentences of a chapter in the order of the text."""
    title_s: tuple[float, float] | None = None
    units: list[Unit] = []
    for placed in done.timeline:
        line = placed.line
        if line.chapter != number or not line.is_spoken:
            continue
        begin_s = placed.begin / done.sample_rate - zero_s
        end_s = placed.end / done.sample_rate - zero_s
        if line.source is None:
            title_s = title_s or (begin_s, end_s)
            continue
        first, last = line.source
        take = store.find(line.identity)
        at = text.find(line.text, first, last)
        units += _sentences(take, at, begin_s) if at >= 0 and take else [Unit(first, last, begin_s, end_s)]
    return title_s, sorted(units, key=lambda unit: unit.begin)


def _sentences(take: Take, first: int, begin_s: float) -> list[Unit]:
    return [
        Unit(first + one.span.begin, first + one.span.end, begin_s + one.begin_s, begin_s + one.end_s)
        for one in take.sentences
    ]


def cut_text(text: str, units: Sequence[Unit]) -> Iterator[tuple[str, Unit | None]]:
    """The whole text in stretches, each with what is heard of it: joined they are the text.

    What nobody says (quotation marks, commas between a speech and who says it) goes with the sentence before it,
    opening marks and what stands at the very beginning with the one after.
    """
    edges: list[int] = []
    for number, unit in enumerate(units):
        begin = unit.begin
        least = units[number - 1].end if number else 0
        while begin > least and text[begin - 1] in "“‘「『（《(\"' \u3000":
            begin -= 1
        edges.append(0 if number == 0 else max(begin, edges[-1]))
    if not units:
        if text:
            yield text, None
        return
    for unit, begin, end in zip(units, edges, [*edges[1:], len(text)], strict=True):
        if end > begin:
            yield text[begin:end], unit


def _document(
    chapter: BookChapter, title_s: tuple[float, float] | None, units: Sequence[Unit], name: str, audio: str
) -> tuple[str, list[tuple[str, str, float, float]]]:
    """XHTML of a chapter, and (id, audio, begin, end) of everything that is heard in it."""
    pars: list[tuple[str, str, float, float]] = []

    def span(shown: str, begin_s: float, end_s: float) -> str:
        pars.append((f"s{len(pars) + 1}", audio, begin_s, end_s))
        return f'<span id="{pars[-1][0]}">{escape(shown)}</span>'

    rows = []
    if chapter.title:
        rows.append(f"<h1>{span(chapter.title, *title_s) if title_s else escape(chapter.title)}</h1>")
    offset = 0
    for paragraph in chapter.paragraphs:
        inside = [
            Unit(max(0, one.begin - offset), min(len(paragraph), one.end - offset), one.begin_s, one.end_s)
            for one in units
            if one.begin < offset + len(paragraph) and one.end > offset
        ]
        shown = "".join(
            escape(text) if unit is None else span(text, unit.begin_s, unit.end_s)
            for text, unit in cut_text(paragraph, inside)
        )
        rows.append(f"<p>{shown}</p>" if shown else "<hr/>")
        offset += len(paragraph) + 1
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>{escape(chapter.title or name)}</title>"
        '<link rel="stylesheet" type="text/css" href="style.css"/></head><body>\n'
        + "\n".join(rows)
        + "\n</body></html>\n"
    )
    return body, pars


def _smil(name: str, pars: Iterable[tuple[str, str, float, float]]) -> str:
    rows = "\n".join(
        f'<par id="p{identifier}"><text src="{name}.xhtml#{identifier}"/>'
        f'<audio src="{audio}" clipBegin="{max(0.0, begin_s):.3f}s" clipEnd="{end_s:.3f}s"/></par>'
        for identifier, audio, begin_s, end_s in pars
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<smil xmlns="http://www.w3.org/ns/SMIL" version="3.0">'
        f"<body>\n{rows}\n</body></smil>\n"
    )


def _nav(book: Book, entries: Sequence[tuple[str, str, str, float]]) -> str:
    rows = "".join(f'<li><a href="{name}.xhtml">{escape(title)}</a></li>' for name, title, _, _ in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>{escape(book.title)}</title></head><body>"
        f'<nav epub:type="toc"><h1>目录</h1><ol>{rows}</ol></nav></body></html>\n'
    )


def _package(book: Book, entries: Sequence[tuple[str, str, str, float]], cover: str, mark: str | None) -> str:
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{book.title}\n{book.author}\n{book.characters}")
    manifest = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="style" href="style.css" media-type="text/css"/>',
    ]
    if cover:
        kind = "image/png" if cover.endswith("png") else "image/jpeg"
        manifest.append(f'<item id="cover" href="{cover}" media-type="{kind}" properties="cover-image"/>')
    durations = [f'<meta property="media:duration">{_clock(sum(one[3] for one in entries))}</meta>']
    for name, _, suffix, duration_s in entries:
        manifest += [
            f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml" media-overlay="{name}-smil"/>',
            f'<item id="{name}-smil" href="{name}.smil" media-type="application/smil+xml"/>',
            f'<item id="{name}-audio" href="audio/{name}{suffix}" media-type="{_MEDIA[suffix]}"/>',
        ]
        durations.append(f'<meta property="media:duration" refines="#{name}-smil">{_clock(duration_s)}</meta>')
    spine = "".join(f'<itemref idref="{name}"/>' for name, _, _, _ in entries)
    author = f"<dc:creator>{escape(book.author)}</dc:creator>" if book.author else ""
    label = f'<meta name="AIGC" content="{escape(mark)}"/>' if mark else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier><dc:title>{escape(book.title)}</dc:title>{author}'
        f"<dc:language>{escape(book.language)}</dc:language>"
        '<meta property="dcterms:modified">2000-01-01T00:00:00Z</meta>'
        '<meta property="media:active-class">-epub-media-overlay-active</meta>'
        f"{''.join(durations)}{label}</metadata>\n<manifest>{''.join(manifest)}</manifest>\n<spine>{spine}</spine></package>\n"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{rest:06.3f}"
