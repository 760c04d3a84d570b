"""Finished files out of verified pieces, put in place so that nobody ever sees half a version."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from .condition import write_receipt, write_text
from .manifest import ModelFile, ModelManifest, manifest_to_json
from .staging import Staging, chunks_of, is_piece

_log = logging.getLogger(__name__)

MANIFEST = "manifest.json"


class StalePieceError(Exception):
    """A staged piece has changed since it was verified; every such piece is discarded and must be fetched again."""


def install(manifest: ModelManifest, files: tuple[ModelFile, ...], staging: Staging, directory: Path) -> None:
    """Makes ``files`` in the version's folder; afterwards the version is whole and has a receipt.

    A new version appears by renaming its whole folder. In a version that is there already, each file is replaced by
    renaming. Digests are computed once more on the finished files.

    Args:
        manifest: of the version.
        files: those to make; the others are in ``directory`` and known to be good.
        staging: has their pieces.
        directory: the version's folder.

    Raises:
        StalePieceError: a piece was no longer what it had been.
        OSError: the disk is full, or the folder cannot be written.
    """
    tree = staging.directory / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    try:
        for file in files:
            _make(file, staging, tree / file.path)
    except StalePieceError:
        for piece in {piece for file in files for piece in (file.whole, *file.parts)}:
            if not is_piece(staging.path(piece), piece):
                staging.discard(piece)
        raise
    if directory.is_dir():
        for file in files:
            target = directory / file.path
            if target.is_dir() and not target.is_symlink():
                raise IsADirectoryError(f"{target} is a folder where a file of the model belongs")
            target.parent.mkdir(parents=True, exist_ok=True)
            (tree / file.path).replace(target)
        seal(manifest, directory)
    else:
        seal(manifest, tree)
        directory.parent.mkdir(parents=True, exist_ok=True)
        tree.replace(directory)
    staging.clear()
    _log.info("installed %s in %s", manifest.spec, directory)


def seal(manifest: ModelManifest, directory: Path) -> None:
    """Writes manifest and receipt into a folder whose files have all just been verified.

    Raises:
        OSError: the folder cannot be written.
    """
    write_text(directory / MANIFEST, manifest_to_json(manifest))
    write_receipt(manifest, directory)


def _make(file: ModelFile, staging: Staging, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if staging.has(file.whole):
        _link(staging.path(file.whole), target)
    else:
        with target.open("wb") as joined:
            for part in file.parts:
                with staging.path(part).open("rb") as source:
                    for chunk in chunks_of(source):
                        joined.write(chunk)
            joined.flush()
            os.fsync(joined.fileno())
    if not is_piece(target, file.whole):
        raise StalePieceError(f"{file.path}: staged bytes have changed since they were verified")


def _link(source: Path, target: Path) -> None:
    # The piece stays in staging until the whole version stands, so that a killed process loses nothing.
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
