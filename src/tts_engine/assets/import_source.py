"""Files that the user copied here by hand: wheels, tarballs or plain files, recognised by their bytes.

Names do not matter. What is given stays where it is; pieces are copied.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .archives import deliver_recognised, is_archive
from .sources import FetchJob, SourceError
from .staging import chunks_of, sha256_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was made of one given file.

    Attributes:
        path: the file.
        pieces: how many missing pieces it gave; 0 where it is of no use.
        reason: why it gave nothing, empty otherwise.
    """

    path: Path
    pieces: int
    reason: str = ""


class ImportSource:
    """Pieces from the drop folder ``cache_hub/import``."""

    label = "import folder"
    needs_network = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, job: FetchJob) -> None:
        """Delivers every missing piece that can be recognised in the folder."""
        if not self._folder.is_dir():
            raise SourceError(f"{self._folder} does not exist")
        results = recognise(job, [self._folder])
        if not results:
            raise SourceError(f"{self._folder} is empty")
        if job.missing():
            useless = [f"{r.path.name} ({r.reason})" for r in results if r.reason]
            told = f"; of no use: {', '.join(useless[:5])}" if useless else ""
            raise SourceError(f"{self._folder} does not have all files{told}")


class GivenFiles:
    """Pieces from files that are named one by one; what became of each is in ``results`` afterwards."""

    label = "given files"
    needs_network = False

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self.results: tuple[Recognised, ...] = ()

    def fetch(self, job: FetchJob) -> None:
        """Delivers every missing piece that can be recognised in the files."""
        self.results = recognise(job, self._paths)


def recognise(job: FetchJob, paths: Iterable[Path]) -> tuple[Recognised, ...]:
    """What each given file turned out to be, after its pieces were delivered.

    Args:
        job: what is wanted.
        paths: files, or folders that are searched through.
    """
    results = []
    for path in _files(paths):
        job.tracker.item(path.name)
        results.append(_take(job, path))
    return tuple(results)


def _take(job: FetchJob, path: Path) -> Recognised:
    before = len(job.missing())
    if not before:
        return Recognised(path, 0, "nothing is missing any more")
    fault = ""
    try:
        if not _take_plain(job, path):
            if is_archive(path):
                deliver_recognised(job, path)
                fault = "contains none of the missing files"
            else:
                fault = "not a file of this model: size or SHA-256 differ"
    except SourceError as error:
        _log.warning("cannot import all of %s: %s", path, error)
        fault = str(error)
    pieces = before - len(job.missing())
    return Recognised(path, pieces, "" if pieces else fault)


def _take_plain(job: FetchJob, path: Path) -> bool:
    size = path.stat().st_size
    candidates = [piece for piece in job.welcome().values() if piece.size == size]
    if not candidates:
        return False
    sha256 = sha256_of(path)
    for piece in candidates:
        if piece.sha256 == sha256:
            with path.open("rb") as file:
                job.deliver(piece, chunks_of(file), str(path))
            return True
    return False


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path
