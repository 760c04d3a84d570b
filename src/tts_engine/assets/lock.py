"""One worker at a time on a version, across threads and processes.

The lock is the operating system's: when its holder dies, however it dies, it is free again, and the file that stays
behind is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from .progress import Tracker

_log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, tracker: Tracker) -> Iterator[None]:
    """Holds the lock for the body; waits as long as somebody else does, and tells the tracker meanwhile.

    Raises:
        OSError: the lock file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.info("waiting for another process that holds %s", path)
        tracker.begin("waiting", 0)
        _wait(lock, tracker)
    try:
        yield
    finally:
        lock.release()


def _wait(lock: FileLock, tracker: Tracker) -> None:
    while True:
        try:
            lock.acquire(timeout=0.5, poll_interval=0.1)
            return
        except Timeout:
            tracker.beat()
