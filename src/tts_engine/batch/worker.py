"""A worker of the local executor: a process of its own that renders task after task.

    python -m tts_engine.batch.worker     started by ``local``; never by hand

It gets its orders through standard input and stops when that ends, so a worker never outlives the process that started
it. What ends the whole job (a full disk, a missing model) is told on standard output, as one line of JSON; what
concerns a line goes into the journal.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssetError, ConfigError, DrainingError, JobError, OutputError, TTSError, outcome_of
from ..pipeline import as_lexicon
from ..speaking import unshared
from .journal import Journal
from .rendering import render_task

if TYPE_CHECKING:
    from ..pipeline import Lexicon, Synthesizer, Turn
    from ..speaking import Hold
    from .model import Task

#: How long a task stays a worker's without a sign of life; renewed with every sentence.
LEASE_S = 600.0
#: How often a task is tried that may pass later.
MOST_TRIES = 3
#: Errors that concern the machine or the job, not a line: nothing else would go better.
FATAL = (OutputError, AssetError, ConfigError, JobError)

EXIT_FATAL = 3

_RENEW_S = 15.0
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is to do.

    Attributes:
        name: of the worker, in the journal.
        journal: file of the job's journal.
        load: makes the synthesizer.
    """

    name: str
    journal: Path
    load: Callable[[], Synthesizer]


def work(orders: Orders, journal: Journal, stop: threading.Event, turn: Turn = unshared) -> None:
    """Renders until nothing is left or ``stop`` is set; a task that is not finished then is given back.

    Args:
        orders: what to do.
        journal: of the job, open.
        stop: ends it after the sentence in hand.
        turn: as for ``Synthesizer.stream``, where others use the same engine.

    Raises:
        TTSError: one of ``FATAL``.
    """
    synthesizer = orders.load()
    lexicon = as_lexicon(journal.folder / journal.spec.lexicon) if journal.spec.lexicon else None
    while not stop.is_set():
        tasks = journal.claim(orders.name, LEASE_S)
        if tasks:
            _render(tasks[0], orders.name, journal, synthesizer, lexicon, stop, turn)
        elif journal.is_over():
            return
        else:
            stop.wait(min(_LOOK_S, journal.next_wait_s() or _LOOK_S))


def _render(
    task: Task,
    name: str,
    journal: Journal,
    synthesizer: Synthesizer,
    lexicon: Lexicon | None,
    stop: threading.Event,
    turn: Turn,
) -> None:
    seen = time.monotonic()

    def look(_: object = None) -> None:
        nonlocal seen
        if stop.is_set():
            raise DrainingError("正在停止。Stopping.")
        if time.monotonic() - seen > _RENEW_S:
            seen = time.monotonic()
            journal.renew(name, LEASE_S)

    @contextmanager
    def my_turn(size: int) -> Iterator[Hold | None]:
        with turn(size) as hold:
            if stop.is_set():
                raise DrainingError("正在停止。Stopping.")
            yield hold

    try:
        result = render_task(task, synthesizer, journal.folder, lexicon=lexicon, on_chunk=look, turn=my_turn)
    except TTSError as error:
        if stop.is_set() or isinstance(error, FATAL):
            journal.release(name)
            if not stop.is_set():
                raise
            return
        settle_error(journal, task.number, name, error)
    else:
        journal.finish(task.number, name, result)


def settle_error(journal: Journal, number: int, worker: str, error: TTSError) -> None:
    """Writes what went wrong with a task: to be tried again where that may help, for good where it will not."""
    journal.fail(number, worker, error.to_dict(), again_in_s=retry_after_s(error, journal.failures(number)))


def retry_after_s(error: TTSError, failures: int) -> float | None:
    """Seconds after which a task is tried again that failed so often before; None where that would not help."""
    may_pass = outcome_of(error).task_state == "retry" and failures + 1 < MOST_TRIES
    return 2.0 * 4.0**failures if may_pass else None


def main() -> int:
    """Does what standard input orders; the exit status."""
    orders: Orders = pickle.load(sys.stdin.buffer)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is for people
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; who started us decides
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
    try:
        with Journal(orders.journal) as journal:
            work(orders, journal, stop)
    except TTSError as error:
        with told:
            told.write(json.dumps(error.to_dict(), ensure_ascii=False, default=str))
        return EXIT_FATAL
    return 0


def _wait_for_end(stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    stop.set()


def error_from(data: dict[str, Any]) -> TTSError:
    """The error that ``TTSError.to_dict`` wrote."""
    from .. import errors

    rest = {key: value for key, value in data.items() if key not in ("type", "code", "message")}
    kind = getattr(errors, str(data.get("type")), TTSError)
    made: TTSError = kind(data.get("message", ""), code=data.get("code"), **rest)
    return made


if __name__ == "__main__":
    sys.exit(main())
