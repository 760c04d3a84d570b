"""``tts-engine book``: a TXT, EPUB, Markdown or HTML book to audio with chapters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..settings import Settings
from .produce import make_production_options, production_options, progress_line, tell
from .root import group, open_synthesizer


@group.command("book")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--read-by",
    type=click.Choice(("narrator", "roles")),
    default="narrator",
    help="由谁读 / who reads: one narrator, or a voice for everybody who speaks",
)
@click.option("--epub", is_flag=True, help="另存可同步朗读的 EPUB / an EPUB that reads along, too")
@click.option("--keep-front-matter", is_flag=True, help="版权页和目录也读 / read imprint and contents too")
@click.option("--list", "only_list", is_flag=True, help="只列出章节 / list the chapters and stop")
@production_options
@click.pass_obj
def book_command(
    settings: Settings,
    /,
    file: Path,
    read_by: str,
    epub: bool,
    keep_front_matter: bool,
    only_list: bool,
    output: Path,
    cast: Path | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    r"""把书做成有声书 / turn a book (TXT, EPUB, Markdown, HTML) into an audiobook.

    编码自动识别并告知。中断后再运行会接着做。Encodings are guessed and told; a run that was stopped goes on.

    \b
    tts-engine book 三国演义.txt -o 三国            M4B，带章节 with chapters
    tts-engine book novel.epub -o novel --epub     另有可同步朗读的 EPUB
    tts-engine book novel.epub -o novel --list     只看章节 the chapters only
    """
    from ..ledger import Ledger
    from ..production import produce_book
    from ..production.books.reading import read_book
    from ..production.casting.cast_file import cast_path
    from ..production.tagged import can_tag

    book = read_book(file, keep_front=keep_front_matter)
    if only_list:
        for warning in book.warnings:
            click.echo(f"警告 warning: {warning}", err=True)
        click.echo(f"《{book.title}》 {book.author}  {book.characters} 字 characters", err=True)
        for number, chapter in enumerate(book.chapters, 1):
            click.echo(f"{number}\t{chapter.title or '—'}\t{chapter.characters}")
        return
    options = make_production_options("m4b" if can_tag() else "mp3", **given)
    synthesizer = open_synthesizer(settings)
    with progress_line(quiet) as report:
        done = produce_book(
            book,
            output,
            options,
            read_by=read_by,
            epub=epub,
            synthesizer=synthesizer,
            cast=cast or cast_path(file),
            ledger=Ledger(settings.outputs),
            on_progress=report,
        )
    files = () if done.epub is None else (done.epub,)
    tell(settings, done.production, as_json=as_json, files=files)
