"""Which take of a line is wanted: the number of each line that was rendered anew, by the name of its first take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def read_takes(path: Path) -> dict[str, int]:
    """The takes of a production; empty where every line has its first."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return {str(name): int(number) for name, number in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_takes(path: Path, takes: Mapping[str, int]) -> None:
    """Keeps them.

    Raises:
        OutputError: they cannot be written.
    """
    from ..audio.atomic import write_whole

    write_whole(path, (json.dumps(dict(takes), indent=0) + "\n").encode())
