"""Pieces that have been fetched and verified, waiting until a version is complete.

A piece lies here under its own SHA-256, and only after its bytes gave that digest: a name without suffix is whole,
whatever happened to the process that wrote it. Half files end in ``.partial`` (a download that can be resumed) or
``.tmp`` (rubbish of a killed process) and are never read as pieces.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .manifest import Piece

CHUNK = 1 << 20


class PieceMismatchError(Exception):
    """Bytes that claimed to be a piece are something else; the message says how they differ."""


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_piece(path: Path, piece: Piece) -> bool:
    """Whether a file has exactly the bytes of a piece; a missing file has not."""
    try:
        return path.is_file() and path.stat().st_size == piece.size and sha256_of(path) == piece.sha256
    except FileNotFoundError:
        return False


def chunks_of(file: BinaryIO) -> Iterable[bytes]:
    """A file's bytes in chunks of at most 1 MiB."""
    while chunk := file.read(CHUNK):
        yield chunk


class Staging:
    """The staging folder of one model version. One writer at a time: the caller holds the version's lock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def has(self, piece: Piece) -> bool:
        """Whether the piece is here. Its bytes were verified when it got its name; installing verifies them again."""
        try:
            return self.path(piece).stat().st_size == piece.size
        except FileNotFoundError:
            return False

    def has_any(self) -> bool:
        """Whether anything has been fetched, whole or half."""
        return self.directory.is_dir() and any(entry.is_file() for entry in self.directory.iterdir())

    def path(self, piece: Piece) -> Path:
        """Where the piece lies or will lie."""
        return self.directory / piece.sha256

    def partial(self, piece: Piece) -> Path:
        """Where a resumable download of the piece collects its bytes."""
        return self.directory / f"{piece.sha256}.partial"

    def write(self, piece: Piece, chunks: Iterable[bytes]) -> None:
        """Keeps the bytes as the piece if they are the piece.

        Raises:
            PieceMismatchError: they are not; nothing is kept.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        temporary = self.directory / f"{piece.sha256}.{os.getpid()}.tmp"
        digest, count = hashlib.sha256(), 0
        try:
            with temporary.open("wb") as file:
                for chunk in chunks:
                    count += len(chunk)
                    if count > piece.size:
                        raise PieceMismatchError(f"longer than the pinned {piece.size} bytes")
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if count != piece.size or digest.hexdigest() != piece.sha256:
                raise PieceMismatchError(
                    f"{count} bytes with SHA-256 {digest.hexdigest()}, pinned are {piece.size} with {piece.sha256}"
                )
            temporary.replace(self.path(piece))
        finally:
            temporary.unlink(missing_ok=True)

    def adopt_partial(self, piece: Piece) -> None:
        """Turns a finished partial download into the piece.

        Raises:
            PieceMismatchError: its bytes are not the piece; the partial file is removed.
        """
        partial = self.partial(piece)
        if not is_piece(partial, piece):
            found = sha256_of(partial)
            partial.unlink()
            raise PieceMismatchError(f"SHA-256 {found}, pinned is {piece.sha256}")
        partial.replace(self.path(piece))

    def discard(self, piece: Piece) -> None:
        """Forgets a piece whose bytes turned out to have changed since."""
        self.path(piece).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what killed processes left: temporary files and folders, never pieces or partial downloads."""
        if not self.directory.is_dir():
            return
        for entry in self.directory.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name.endswith(".tmp"):
                entry.unlink(missing_ok=True)

    def clear(self) -> None:
        """Removes the folder, after everything in it has been installed."""
        shutil.rmtree(self.directory, ignore_errors=True)
