"""Runs a package client as a child process that ends with us.

The client's lines are handed on as they come, so that progress can be read from them. Whatever ends the call, the
child and its own children have ended too: a client left behind would go on writing into the cache.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

_BEAT_S = 0.5
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a client ended.

    Attributes:
        code: exit status.
        tail: its last lines, newest last.
    """

    code: int
    tail: tuple[str, ...]


def run_client(
    command: Sequence[str], *, cwd: Path, on_line: Callable[[str], bool], on_beat: Callable[[], None]
) -> Finished:
    """How the client ended, after its output was handed on line by line.

    Args:
        command: program and arguments; no shell.
        cwd: working directory.
        on_line: gets each line; True means that it was understood and need not be kept.
        on_beat: called at least twice a second while the client runs.

    Raises:
        OSError: the program cannot be started.
    """
    _log.debug("running %s", " ".join(command))
    # Its own group: one signal then reaches the grandchildren (npm starts node), and Ctrl+C reaches them through us.
    child = subprocess.Popen(
        list(command),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=os.name == "posix",
    )
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(child, lines), daemon=True)
    reader.start()
    tail: deque[str] = deque(maxlen=40)
    try:
        while (line := _next(lines, on_beat)) is not None:
            if line.strip() and not on_line(line.rstrip()):
                tail.append(line.rstrip())
        return Finished(child.wait(), tuple(tail))
    finally:
        if child.poll() is None:
            _end(child)
        reader.join(timeout=_GRACE_S)
        if child.stdout is not None:
            child.stdout.close()


def _read(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert child.stdout is not None
    try:
        for line in child.stdout:
            lines.put(line)
    finally:
        lines.put(None)


def _next(lines: queue.Queue[str | None], on_beat: Callable[[], None]) -> str | None:
    while True:
        try:
            return lines.get(timeout=_BEAT_S)
        except queue.Empty:
            on_beat()


def _end(child: subprocess.Popen[str]) -> None:
    _log.info("ending the package client (process %d)", child.pid)
    _signal(child, force=False)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_GRACE_S)
    _signal(child, force=True)
    child.wait()


def _signal(child: subprocess.Popen[str], *, force: bool) -> None:
    try:
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL if force else signal.SIGTERM)
        elif force:
            child.kill()
        else:
            child.terminate()
    except (ProcessLookupError, PermissionError):
        _log.debug("process %d has ended already", child.pid)
