"""A book to audio with chapters, subtitles of each chapter and an EPUB that reads along."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ControlError
from ..options import ProductionOptions
from ..produce import Production, produce
from ..store import LineStore
from .model import Book
from .overlay import write_overlay
from .reading import read_book
from .scripting import narrated, performed

if TYPE_CHECKING:
    from ...ledger import Ledger
    from ...pipeline import Synthesizer
    from ..rendering import OnProgress

#: Who reads: one voice, or a voice for everybody who speaks.
READERS = ("narrator", "roles")


@dataclass(frozen=True, slots=True)
class BookProduction:
    """A finished audiobook.

    Attributes:
        book: as it was read.
        production: everything else.
        epub: the book that reads along, None where it was not asked for.
    """

    book: Book
    production: Production
    epub: Path | None


def produce_book(
    path: str | Path | Book,
    folder: str | Path,
    options: ProductionOptions | None = None,
    *,
    read_by: str = "narrator",
    epub: bool = False,
    keep_front: bool = False,
    synthesizer: Synthesizer | None = None,
    cast: str | Path | None = None,
    ledger: Ledger | None = None,
    on_progress: OnProgress | None = None,
) -> BookProduction:
    """Reads a book and writes it as audio.

    Args:
        path: a TXT, EPUB, Markdown or HTML file, or a book that was read already.
        folder: of the results.
        options: as for ``produce``; None for M4B, or MP3 where the extra ``aac`` is missing.
        read_by: one of ``READERS``.
        epub: whether an EPUB 3 with media overlays is written too.
        keep_front: read cover pages, imprint and contents of an EPUB too.
        synthesizer: who speaks; None for that of the deployment's settings.
        cast: file of the cast; None for ``BOOK.cast.json`` beside the book.
        ledger: as for ``produce``.
        on_progress: as for ``produce``.

    Raises:
        TextError: the book cannot be read; says why.
        ControlError, OutputError, ...: as ``produce``.
    """
    from ..casting.cast_file import cast_path
    from ..tagged import can_tag

    if read_by not in READERS:
        raise ControlError(
            f"read_by 应为 {'、'.join(READERS)}，收到 {read_by!r}。read_by must be one of {', '.join(READERS)}.",
            option="read_by",
            value=read_by,
            allowed=", ".join(READERS),
        )
    book = path if isinstance(path, Book) else read_book(Path(path), keep_front=keep_front)
    options = options or ProductionOptions(format="m4b" if can_tag() else "mp3")
    options = dataclasses.replace(options, chapters=options.chapters or epub, chapter_subtitles=True)
    if cast is None and not isinstance(path, Book):
        cast = cast_path(Path(path))
    if synthesizer is None:
        from ...api import open_synthesizer
        from ...settings import load_settings

        synthesizer = open_synthesizer(load_settings()[0])
    script = performed(book) if read_by == "roles" else narrated(book)
    if options.cover_data is None and book.cover is not None:
        options = dataclasses.replace(options, cover_data=book.cover)
    done = produce(script, folder, options, synthesizer=synthesizer, cast=cast, ledger=ledger, on_progress=on_progress)
    done = dataclasses.replace(done, warnings=(*book.warnings, *done.warnings))
    written = None
    if epub:
        store = LineStore(Path(folder) / "lines", synthesizer.labelling.new_mark)
        target = done.programme.with_suffix(".epub")
        written = write_overlay(book, done, store, target, mark=synthesizer.labelling.new_mark())
    return BookProduction(book, done, written)
