"""A file as a script: the text form, JSON, or prose that is annotated."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..script.model import Script

#: A line of a script in its text form: somebody (somehow): says something.
_HEAD = re.compile(r"^\s*(?:@|[^\s：:“”\"，。]{1,12}(?:[（(][^）)]*[）)])?\s*[：:])", re.MULTILINE)


def load_script(path: Path) -> Script:
    """The script of a file; prose is annotated, and the titles of its chapters are spoken by the narrator.

    Raises:
        TextError: it cannot be read; says where it is wrong.
    """
    from ..script import from_json, read
    from ..script.annotation import annotate
    from .books.encodings import read_text

    text, _ = read_text(path)
    if path.suffix.lower() == ".json":
        return from_json(text)
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if sum(_HEAD.match(line) is not None for line in lines) > 0.3 * len(lines):
        return read(text)
    return with_titles(annotate(text, path.stem))


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
