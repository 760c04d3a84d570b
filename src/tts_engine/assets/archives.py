"""Pieces out of wheels, zips and tarballs, read as streams and without unpacking anything else."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from .manifest import Piece
from .sources import FetchJob, SourceError
from .staging import CHUNK

_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
)


def deliver_members(job: FetchJob, archive: Path, members: dict[str, str]) -> None:
    """Delivers the missing pieces among named members of an archive.

    Args:
        job: what is wanted.
        archive: a wheel, zip or tarball.
        members: path inside the archive -> digest.

    Raises:
        SourceError: the archive cannot be read, lacks a member, or a member is not what was pinned.
    """
    missing = job.missing()
    wanted = {path: missing[sha256] for path, sha256 in members.items() if sha256 in missing}
    for path, _, chunks in _members(archive):
        if path in wanted:
            job.deliver(wanted.pop(path), chunks, f"{archive.name}: {path}")
    if wanted:
        raise SourceError(f"{archive.name} lacks {', '.join(sorted(wanted)[:3])}")


def deliver_recognised(job: FetchJob, archive: Path) -> None:
    """Delivers every member of an archive that is a welcome piece, whatever it is called there.

    Members are recognised by size first, then by digest.

    Raises:
        SourceError: the archive cannot be read; what was recognised before the fault is kept.
    """
    for path, size, chunks in _members(archive):
        candidates = [piece for piece in job.welcome().values() if piece.size == size]
        if candidates:
            _recognise(job, candidates, chunks, f"{archive.name}: {path}")


def is_archive(path: Path) -> bool:
    """Whether a file looks like a zip, wheel or tarball."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except _BROKEN:
        return True  # a tarball that was cut off: reading it will say so


def _recognise(job: FetchJob, candidates: list[Piece], chunks: Iterable[bytes], origin: str) -> None:
    # Several pieces can share a size (54 voices do), so the bytes are kept in memory until their digest is known.
    data = list(chunks)
    digest = hashlib.sha256()
    for chunk in data:
        digest.update(chunk)
    for piece in candidates:
        if piece.sha256 == digest.hexdigest():
            job.deliver(piece, data, origin)
            return


def _members(archive: Path) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    with _explained(archive):
        if zipfile.is_zipfile(archive):
            yield from _zip_members(archive)
        else:
            yield from _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            if not info.is_dir():
                with zipped.open(info) as member:
                    yield info.filename, info.file_size, _limited(archive, member, info.file_size)


def _tar_members(archive: Path) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    with closing(tarfile.open(archive, "r|*")) as tarred:
        for info in tarred:
            member = tarred.extractfile(info) if info.isreg() else None
            if member is not None:
                yield info.name, info.size, _limited(archive, member, info.size)


def _limited(archive: Path, file: IO[bytes], size: int) -> Iterator[bytes]:
    # The declared size is the promise: a member that goes on beyond it is cut and fails its digest.
    left = size
    with _explained(archive):
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


@contextmanager
def _explained(archive: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise SourceError(f"{archive.name} cannot be unpacked: {error}") from error
