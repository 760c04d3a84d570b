"""What a source of pieces is, and the job it is given.

A source brings bytes; the job keeps only those that match the manifest. Sources are tried in order until nothing
is missing. One that cannot help raises ``SourceError`` with a reason for people; what it brought before stays.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .manifest import ModelFile, ModelManifest, Piece
from .progress import Tracker
from .staging import PieceMismatchError, Staging

_log = logging.getLogger(__name__)


class SourceError(Exception):
    """A source cannot bring what it was asked for; the message is the reason, in one line."""


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What is wanted of a version, and where it goes.

    Attributes:
        manifest: of the version.
        wanted: the files that have to be made.
        staging: where verified pieces are kept.
        tracker: told about every byte.
    """

    manifest: ModelManifest
    wanted: tuple[ModelFile, ...]
    staging: Staging
    tracker: Tracker

    def missing(self) -> dict[str, Piece]:
        """The pieces that are still needed, by digest, in the order of the manifest."""
        pieces: dict[str, Piece] = {}
        for file in self.wanted:
            if not self.staging.has(file.whole):
                for piece in file.parts or (file.whole,):
                    if not self.staging.has(piece):
                        pieces[piece.sha256] = piece
        return pieces

    def welcome(self) -> dict[str, Piece]:
        """The missing pieces and the whole files that would spare them."""
        missing = self.missing()
        wholes = {
            file.whole.sha256: file.whole for file in self.wanted if any(part.sha256 in missing for part in file.parts)
        }
        return {**missing, **wholes}

    def deliver(self, piece: Piece, chunks: Iterable[bytes], origin: str) -> None:
        """Verifies and keeps a piece.

        Raises:
            SourceError: the bytes are not the piece; ``origin`` is named.
        """
        before = self.missing_bytes()
        try:
            self.staging.write(piece, chunks)
        except PieceMismatchError as error:
            raise SourceError(f"{origin}: {error}") from error
        _log.debug("kept %s from %s", piece.sha256, origin)
        self.tracker.settle(before - self.missing_bytes())

    def missing_bytes(self) -> int:
        """Bytes that are still needed."""
        return sum(piece.size for piece in self.missing().values())

    def scratch(self, name: str) -> Path:
        """A new empty folder for archives on the way, on the disk of the cache; ``Staging.sweep`` removes it.

        Its name is used once: a client that outlived a killed process cannot write into the folder of the next.
        """
        self.staging.directory.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"work-{name}-", dir=self.staging.directory))


class Source(Protocol):
    """A place that may have pieces.

    Attributes:
        label: its name in messages.
        needs_network: whether offline mode must leave it alone.
    """

    @property
    def label(self) -> str: ...  # noqa: D102

    @property
    def needs_network(self) -> bool: ...  # noqa: D102

    def fetch(self, job: FetchJob) -> None:
        """Delivers as many missing pieces as it can.

        Raises:
            SourceError: it could not bring something that it should have.
        """
        ...
