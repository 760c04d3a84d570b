"""Whether an installed version is whole: the quick look by receipt, and the full one by SHA-256.

The receipt (``receipt.json`` in the version's folder) records size and modification time of every file at the moment
when its digest was last verified. While they agree, files are taken as they are: 57 ``stat`` calls instead of
reading 125 MB. A file changed with its time stamp put back would pass the quick look; ``verify`` finds it. It also
says which files were left out on purpose, so that nobody misses them.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from .manifest import ModelFile, ModelManifest
from .staging import is_piece

_log = logging.getLogger(__name__)

RECEIPT = "receipt.json"

State = Literal["ok", "damaged", "missing"]


def agrees_with_receipt(manifest: ModelManifest, directory: Path) -> bool:
    """Whether every file still has the size and time that the receipt recorded for this very manifest."""
    try:
        receipt = json.loads((directory / RECEIPT).read_text(encoding="utf-8"))
        if receipt["digest"] != manifest.digest:
            return False
        seen, left_out = receipt["files"], receipt.get("left_out", ())
        return all(
            _stamp(directory / file.path) == seen[file.path] for file in manifest.files if file.path not in left_out
        )
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("the receipt in %s is of no use, files are checked in full: %r", directory, error)
        return False


def left_out(manifest: ModelManifest, directory: Path) -> frozenset[str]:
    """Paths of the files that are not there on purpose; none where no receipt says so."""
    try:
        receipt = json.loads((directory / RECEIPT).read_text(encoding="utf-8"))
        return frozenset(receipt.get("left_out", ())) if receipt["digest"] == manifest.digest else frozenset()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def write_receipt(manifest: ModelManifest, directory: Path, left_out: Collection[str] = ()) -> None:
    """Records the files as verified. Call it only when they are.

    Args:
        manifest: of the version.
        directory: its folder.
        left_out: paths of files that are not to be missed.

    Raises:
        OSError: the folder cannot be written.
    """
    receipt = {
        "model": manifest.spec,
        "digest": manifest.digest,
        "files": {file.path: _stamp(directory / file.path) for file in manifest.files if file.path not in left_out},
        "left_out": sorted(left_out),
    }
    write_text(directory / RECEIPT, json.dumps(receipt, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replaces a small file in one step: readers see the old or the new text, never half of it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def state_of(file: ModelFile, directory: Path) -> State:
    """Whether a file is what was pinned, is something else, or is not there. Reads all of it."""
    path = directory / file.path
    if not path.exists() and not path.is_symlink():
        return "missing"
    return "ok" if is_piece(path, file.whole) else "damaged"


def states_of(
    manifest: ModelManifest, directory: Path, on_file: Callable[[ModelFile], None] | None = None
) -> dict[str, State]:
    """The state of every file by its path, checked in full."""
    states: dict[str, State] = {}
    for file in manifest.files:
        states[file.path] = state_of(file, directory)
        if on_file is not None:
            on_file(file)
    return states


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
