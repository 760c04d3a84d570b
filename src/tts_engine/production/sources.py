"""A file as a script, in whatever form it is written; prose is annotated first."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..script.loading import Loaded
    from ..script.model import Script


def load_script(path: Path) -> tuple[Script, tuple[str, ...]]:
    """The script of a file and what the author should know of its reading.

    Prose is annotated, and the titles of its chapters are spoken by the narrator.

    Raises:
        TextError: it cannot be read; says where it is wrong.
    """
    from ..text.encodings import read_text

    text, decoded = read_text(path)
    loaded = load_text(text, path.stem)
    return loaded.script, (*decoded.warnings, *loaded.warnings)


def load_text(text: str, title: str) -> Loaded:
    """The script that a text in whatever form means; ``title`` for one that has none.

    Prose is annotated, and the titles of its chapters are spoken by the narrator.

    Raises:
        TextError: it cannot be read; says where it is wrong.
    """
    from ..script.loading import load

    loaded = load(text, title=title)
    script = with_titles(loaded.script) if loaded.format == "prose" else loaded.script
    return dataclasses.replace(loaded, script=dataclasses.replace(script, title=script.title or title))


def with_titles(script: Script) -> Script:
    """The script with each chapter's title as its first line, unless it stands there already."""
    from ..script.model import NARRATOR, Line, Role

    chapters = []
    for chapter in script.chapters:
        is_said = chapter.lines and chapter.lines[0].text.strip() == chapter.title.strip()
        title = () if is_said or not chapter.title.strip() else (Line(chapter.title, emotion="neutral"),)
        chapters.append(dataclasses.replace(chapter, lines=(*title, *chapter.lines)))
    roles = {NARRATOR: Role(NARRATOR), **script.roles}
    return dataclasses.replace(script, chapters=tuple(chapters), roles=roles)
