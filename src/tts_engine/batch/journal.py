"""The journal of one job: a SQLite file in which every task has one row and every change is a transaction.

It survives the end of any process at any moment: a job is planned whole or not at all, a task is claimed by one worker
for a limited time, and what is written as done was on disk before. Used by several processes of one machine at once
(WAL); not for network file systems, where queues carry the tasks instead.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..audio.atomic import output_error
from ..errors import JobError
from .model import STATES, Counts, Entry, JobSpec, Result, Slot, State, Task

FILE = "journal.sqlite3"
FORMAT = 1

_SCHEMA = """
CREATE TABLE job (format INTEGER NOT NULL, spec TEXT NOT NULL);
CREATE TABLE texts (number INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, options TEXT NOT NULL);
CREATE TABLE tasks (
    number INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    part INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    identity TEXT NOT NULL,
    pause_after_s REAL NOT NULL,
    begin_s REAL,
    end_s REAL,
    state TEXT NOT NULL,
    worker TEXT NOT NULL DEFAULT '',
    lease_until_s REAL NOT NULL DEFAULT 0,
    not_before_s REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    renders INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    sha256 TEXT,
    audio_s REAL,
    render_s REAL,
    warnings TEXT
);
CREATE INDEX by_state ON tasks (state, number);
"""

_ENTRIES = (
    "SELECT number, line, part, name, text, options, identity, pause_after_s, begin_s, end_s,"
    " state, attempts, renders, error, sha256, audio_s, render_s, warnings FROM tasks JOIN texts USING (number)"
)
_PAGE = 500
_PATIENCE_S = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Planned:
    """A task to be written into a new journal; ``error`` says why it cannot be rendered, if so."""

    task: Task
    error: dict[str, Any] | None = None


class Journal:
    """One job's journal, open. Safe to use from several threads; close it when done.

    Args:
        path: the file.
        clock: seconds since the epoch.

    Raises:
        JobError: there is no journal (``job_unknown``), or it cannot be read (``journal_damaged``).
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        if not path.is_file():
            raise _unknown(path)
        self._connection = _connect(path)
        try:
            with _told(path):
                row = self._connection.execute("SELECT format, spec FROM job").fetchone()
            if row is None:
                raise _unknown(path)
            if row[0] != FORMAT:
                raise JobError(
                    f"{path} 是另一版本写的日志（格式 {row[0]}，本版 {FORMAT}）。请用写它的版本继续，或删除后重新运行。"
                    f"The journal has format {row[0]}, this version reads {FORMAT}: go on with the version that wrote"
                    " it, or delete it and run the job again.",
                    code="journal_damaged",
                    path=str(path),
                )
            self.spec = JobSpec(**json.loads(row[1]))
        except JobError as error:
            self._connection.close()
            if "no such table" in str(error.__cause__):  # planning was interrupted
                raise _unknown(path) from error
            raise
        except (ValueError, TypeError) as error:
            self._connection.close()
            raise _damaged(path, error) from error

    @classmethod
    def create(
        cls, path: Path, spec: JobSpec, planned: Iterable[Planned], *, clock: Callable[[], float] = time.time
    ) -> Journal:
        """A new journal with all tasks of a job, written whole or not at all; in flat memory.

        Raises:
            OutputError: it cannot be written here.
            TTSError: what taking a planned task raises; nothing of the job is there then.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(path.parent, error) from error
        connection = _connect(path)
        try:
            with _told(path):
                connection.execute("BEGIN IMMEDIATE")
                for table in ("job", "texts", "tasks"):
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    connection.execute(statement)
                for one in planned:
                    connection.execute(_INSERT_TEXT, _text_row(one.task))
                    connection.execute(_INSERT_TASK, _task_row(one))
                connection.execute("INSERT INTO job VALUES (?, ?)", (FORMAT, _json(dataclasses.asdict(spec))))
                connection.execute("COMMIT")
        finally:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            connection.close()
        return cls(path, clock=clock)

    @property
    def folder(self) -> Path:
        """Folder of the job; finished files lie below it."""
        return self.path.parent

    def claim(self, worker: str, lease_s: float, limit: int = 1) -> list[Task]:
        """The next tasks that nobody has, now this worker's for ``lease_s`` seconds.

        A task whose worker did not renew its lease in time counts as waiting.
        """
        now = self._clock()
        with self._change() as connection:
            rows = connection.execute(
                f"{_ENTRIES} WHERE state = 'running' AND lease_until_s < ? ORDER BY number LIMIT ?", (now, limit)
            ).fetchall()
            rows += connection.execute(
                f"{_ENTRIES} WHERE state = 'waiting' AND not_before_s <= ? ORDER BY number LIMIT ?",
                (now, limit - len(rows)),
            ).fetchall()
            connection.executemany(
                "UPDATE tasks SET state = 'running', worker = ?, lease_until_s = ?, attempts = attempts + 1"
                " WHERE number = ?",
                [(worker, now + lease_s, row[0]) for row in rows],
            )
        return [_entry(row, self.spec.engine).task for row in rows]

    def renew(self, worker: str, lease_s: float) -> int:
        """Number of tasks that are still this worker's, from now on for ``lease_s`` seconds more."""
        with self._change() as connection:
            return connection.execute(
                "UPDATE tasks SET lease_until_s = ? WHERE state = 'running' AND worker = ?",
                (self._clock() + lease_s, worker),
            ).rowcount

    def finish(self, number: int, worker: str, result: Result) -> bool:
        """Writes a task as done; False where it is no longer this worker's and nothing was written."""
        return self._settle(
            number,
            worker,
            "state = 'done', error = NULL, renders = renders + ?, sha256 = ?, audio_s = ?, render_s = ?, warnings = ?",
            (int(result.is_rendered), result.sha256, result.audio_s, result.render_s, _json(result.warnings)),
        )

    def fail(self, number: int, worker: str, error: dict[str, Any], *, again_in_s: float | None = None) -> bool:
        """Writes why a task failed: for good, or with ``again_in_s`` to be tried again after so many seconds.

        False where it is no longer this worker's and nothing was written.
        """
        failed = "error = ?, failures = failures + 1, "
        if again_in_s is None:
            return self._settle(number, worker, failed + "state = 'failed'", (_json(error),))
        return self._settle(
            number, worker, failed + "state = 'waiting', not_before_s = ?", (_json(error), self._clock() + again_in_s)
        )

    def failures(self, number: int) -> int:
        """How often a task has failed; being given back is no failure."""
        with self._reading() as connection:
            return int(connection.execute("SELECT failures FROM tasks WHERE number = ?", (number,)).fetchone()[0])

    def held_by(self, worker: str) -> list[int]:
        """Numbers of the tasks that are this worker's."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT number FROM tasks WHERE state = 'running' AND worker = ? ORDER BY number", (worker,)
            ).fetchall()
        return [row[0] for row in rows]

    def release(self, worker: str) -> int:
        """Gives back every task of a worker that stops; as if it had not begun them. Their number."""
        with self._change() as connection:
            return connection.execute(
                "UPDATE tasks SET state = 'waiting', worker = '', attempts = attempts - 1"
                " WHERE state = 'running' AND worker = ?",
                (worker,),
            ).rowcount

    def recover(self) -> int:
        """Gives back every running task, for who knows that no worker is left. Their number."""
        with self._change() as connection:
            return connection.execute(
                "UPDATE tasks SET state = 'waiting', worker = '' WHERE state = 'running'"
            ).rowcount

    def retry(self) -> int:
        """Lets what failed or was cancelled wait again, but not what the input itself rules out. Their number."""
        with self._change() as connection:
            return connection.execute(
                "UPDATE tasks SET state = 'waiting', worker = '', failures = 0, not_before_s = 0, error = NULL"
                " WHERE state IN ('failed', 'cancelled') AND identity <> ''"
            ).rowcount

    def cancel(self) -> int:
        """Cancels everything that is not done; running workers learn it when they finish. The number of tasks."""
        with self._change() as connection:
            return connection.execute(
                "UPDATE tasks SET state = 'cancelled', worker = '' WHERE state IN ('waiting', 'running')"
            ).rowcount

    def forget(self, numbers: Iterable[int]) -> int:
        """Lets tasks wait again whose finished files are gone. Their number."""
        with self._change() as connection:
            return connection.executemany(
                "UPDATE tasks SET state = 'waiting', worker = '', sha256 = NULL WHERE state = 'done' AND number = ?",
                [(number,) for number in numbers],
            ).rowcount

    def next_wait_s(self) -> float | None:
        """Seconds until a waiting task may begin, 0 for at once; None where nothing waits."""
        with self._reading() as connection:
            row = connection.execute("SELECT MIN(not_before_s) FROM tasks WHERE state = 'waiting'").fetchone()
        return None if row[0] is None else max(0.0, float(row[0]) - self._clock())

    def is_over(self) -> bool:
        """Whether nothing waits or runs."""
        with self._reading() as connection:
            row = connection.execute("SELECT 1 FROM tasks WHERE state IN ('waiting', 'running') LIMIT 1").fetchone()
        return row is None

    def counts(self) -> Counts:
        """How far the job is."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT state, COUNT(*), SUM(CASE WHEN identity <> '' THEN characters ELSE 0 END),"
                " COALESCE(SUM(audio_s), 0), COALESCE(SUM(render_s), 0), SUM(renders), SUM(attempts),"
                " SUM(warnings IS NOT NULL AND warnings <> '[]') FROM tasks GROUP BY state"
            ).fetchall()
        by_state: dict[State, int] = dict.fromkeys(STATES, 0)
        by_state.update({row[0]: row[1] for row in rows})
        done = next((row for row in rows if row[0] == "done"), None)
        return Counts(
            states=by_state,
            characters=sum(row[2] for row in rows),
            characters_done=done[2] if done else 0,
            audio_s=done[3] if done else 0.0,
            render_s=done[4] if done else 0.0,
            renders=sum(row[5] for row in rows),
            attempts=sum(row[6] for row in rows),
            warnings=done[7] if done else 0,
        )

    def entries(self, state: State | None = None) -> Iterator[Entry]:
        """Every task in order, or those in one state; in flat memory, whatever changes meanwhile."""
        last = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(
                    f"{_ENTRIES} WHERE number > ? AND (? IS NULL OR state = ?) ORDER BY number LIMIT ?",
                    (last, state, state, _PAGE),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            for row in rows:
                yield _entry(row, self.spec.engine)

    def twins(self, other: Path) -> list[tuple[int, int]]:
        """Numbers of waiting tasks here, and of finished ones of another journal that sound the same."""
        with self._lock, _told(other):
            self._connection.execute("ATTACH DATABASE ? AS other", (f"{other.resolve().as_uri()}?mode=ro",))
            try:
                return self._connection.execute(
                    "SELECT mine.number, MIN(theirs.number) FROM tasks AS mine"
                    " JOIN other.tasks AS theirs USING (identity)"
                    " WHERE mine.state = 'waiting' AND theirs.state = 'done' GROUP BY mine.number"
                ).fetchall()
            finally:
                self._connection.execute("DETACH DATABASE other")

    def task(self, number: int) -> Task:
        """The task of that number, which is there."""
        with self._reading() as connection:
            row = connection.execute(f"{_ENTRIES} WHERE number = ?", (number,)).fetchone()
        return _entry(row, self.spec.engine).task

    def close(self) -> None:
        """Lets go of the file; harmless a second time."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _settle(self, number: int, worker: str, change: str, values: tuple[Any, ...]) -> bool:
        with self._change() as connection:
            changed = connection.execute(
                f"UPDATE tasks SET {change}, worker = '', lease_until_s = 0"
                " WHERE number = ? AND worker = ? AND state = 'running'",
                (*values, number, worker),
            ).rowcount
        return changed == 1

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that other processes see whole or not at all."""
        with self._lock, _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _told(self.path):
            yield self._connection


_INSERT_TEXT = "INSERT INTO texts VALUES (?, ?, ?, ?)"
_INSERT_TASK = (
    "INSERT INTO tasks (number, line, part, characters, identity, pause_after_s, begin_s, end_s, state, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _text_row(task: Task) -> tuple[Any, ...]:
    return task.number, task.name, task.text, _json(task.options)


def _task_row(planned: Planned) -> tuple[Any, ...]:
    task, error = planned.task, planned.error
    slot = (None, None) if task.slot is None else (task.slot.begin_s, task.slot.end_s)
    place = (task.number, task.line, task.part, len(task.text))
    if error is not None:
        return *place, "", task.pause_after_s, *slot, "failed", _json(error)
    return *place, task.identity, task.pause_after_s, *slot, "waiting", None


def _entry(row: tuple[Any, ...], engine: str) -> Entry:
    number, line, part, name, text, options, identity, pause_after_s, begin_s, end_s, *state = row
    slot = None if begin_s is None else Slot(begin_s, end_s)
    task = Task(number, line, part, name, text, json.loads(options), identity, pause_after_s, slot, engine)
    name_of_state, attempts, renders, error, sha256, audio_s, render_s, warnings = state
    result = None
    if name_of_state == "done":
        told = tuple(json.loads(warnings or "[]"))
        result = Result(task.file, sha256, audio_s, render_s, is_rendered=renders > 0, warnings=told)
    return Entry(task, name_of_state, attempts, renders, None if error is None else json.loads(error), result)


def _connect(path: Path) -> sqlite3.Connection:
    with _told(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}", uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Failures of SQLite as errors that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        said = str(error)
        for words, number in (
            ("disk is full", errno.ENOSPC),
            ("disk I/O error", errno.EIO),
            ("readonly", errno.EACCES),
            ("unable to open", errno.EACCES),
        ):
            if words in said:
                raise output_error(path, OSError(number, os.strerror(number))) from error
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> JobError:
    return JobError(
        f"任务日志 {path} 无法读取（{error}）。请恢复它，或删除后重新运行：完成的音频会被找到，不会重做。"
        f"The journal cannot be read ({error}): restore it, or delete it and run the job again; finished files are"
        " found and not made again.",
        code="journal_damaged",
        path=str(path),
    )


def _unknown(path: Path) -> JobError:
    return JobError(
        f"{path.parent} 中没有任务。请先用 tts-engine batch run 建立。There is no job in {path.parent}: make one with"
        " 'tts-engine batch run'.",
        code="job_unknown",
        path=str(path),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
