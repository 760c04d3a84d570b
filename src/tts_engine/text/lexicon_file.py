"""A lexicon that may be changed while it is used: always the readings that stand in its file now, whoever wrote it."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock

from ..errors import ConfigError
from .lexicon import UserLexicon

_log = logging.getLogger(__name__)

SPOILT = "读音词典已改坏，沿用之前的读音 (the lexicon was spoilt, old readings are kept)"


class LexiconFile:
    """The readings of one YAML or CSV file. Safe to use from several threads.

    Several servers may share the file; write the new one under another name and rename it, so that none reads half.

    Args:
        path: of the file.

    Raises:
        ConfigError: it cannot be read, or a line cannot be used; names file and line. Only in the beginning: a file
            that is spoilt later leaves the readings as they were, and ``now`` says so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._seen = self._mark()
        self._lexicon = UserLexicon.from_file(path)
        self._problem: str | None = None

    def now(self) -> tuple[UserLexicon, str | None]:
        """The readings, and why they are older than the file; None where they are not."""
        with self._lock:
            mark = self._mark()
            if mark != self._seen:
                self._seen = mark
                try:
                    self._lexicon, self._problem = UserLexicon.from_file(self.path), None
                    _log.info("the lexicon was read again: %d words", len(self._lexicon.entries))
                except ConfigError as error:
                    self._problem = f"{SPOILT}: {error.message}"
                    _log.error("%s", self._problem)
            return self._lexicon, self._problem

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
