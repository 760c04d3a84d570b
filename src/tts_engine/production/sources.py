"""A file as a script: the text form, JSON, or prose that is annotated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..script.model import Script


def load_script(path: Path) -> Script:
    """The script of a file.

    Raises:
        TextError: it cannot be read; says where it is wrong.
    """
    from ..script import from_json, read
    from .books.encodings import read_text

    text, _ = read_text(path)
    if path.suffix.lower() == ".json":
        return from_json(text)
    return read(text)
