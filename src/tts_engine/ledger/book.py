"""The ledger in one SQLite file: lines are added by any number of threads and processes, and never changed.

Every line is a transaction of its own that is on the disk when the call returns, so a crash loses none; two triggers
refuse changes and deletions, so that what is added up later is what happened.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from ..errors import ControlError, OutputError
from .records import Rendering, Writing

#: Name of the ledger in the outputs folder.
FILE = "ledger.sqlite3"

_LOCK_S = 30.0
_TYPES = {"str": "TEXT", "int": "INTEGER", "bool": "INTEGER", "float": "REAL"}

Kind = TypeVar("Kind", Writing, Rendering)


class Ledger:
    """The ledger of an outputs folder. Safe to use from several threads and processes.

    Args:
        outputs: the folder; made at the first line.
    """

    def __init__(self, outputs: Path) -> None:
        self.path = Path(outputs) / FILE

    def record(self, line: Kind) -> Kind:
        """Adds a line, ``Writing`` or ``Rendering``, and gives it back with its time.

        Raises:
            ControlError: a field has a value that cannot be.
            OutputError: the ledger cannot be written.
        """
        line = replace(line, at=_now())
        _check(line)
        values = asdict(line)
        marks = ", ".join("?" for _ in values)
        names = ", ".join(values)
        with self._open() as connection:
            connection.execute(f"INSERT INTO {_table(type(line))} ({names}) VALUES ({marks})", tuple(values.values()))
        return line

    def writings(self) -> tuple[Writing, ...]:
        """Every line about writing, in the order in which they were added."""
        return self._all(Writing)

    def renderings(self) -> tuple[Rendering, ...]:
        """Every line about rendering, in the order in which they were added."""
        return self._all(Rendering)

    def _all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        if not self.path.exists():
            return ()
        names = [one.name for one in fields(kind)]
        try:
            address = f"file:{quote(str(self.path.resolve()))}?mode=ro"  # who may only read may look too
            with closing(sqlite3.connect(address, uri=True, timeout=_LOCK_S)) as connection:
                found_table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_table(kind),))
                if not found_table.fetchone():  # whoever made the file was stopped before the first line
                    return ()
                rows = connection.execute(f"SELECT {', '.join(names)} FROM {_table(kind)} ORDER BY number").fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None
        found = []
        for row in rows:
            values = dict(zip(names, row, strict=True))
            if "is_estimated" in values:
                values["is_estimated"] = bool(values["is_estimated"])
            found.append(kind(**values))
        return tuple(found)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction; committed at the end of the block."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_LOCK_S, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                for kind in (Writing, Rendering):
                    _make_table(connection, kind)
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> OutputError:
        return OutputError(
            f"账本 {self.path} 无法读写：{error}。请检查权限、磁盘空间；文件损坏时把它移走，会新建一本。"
            f"The ledger cannot be read or written: {error}. Check permissions and space; move a damaged file away.",
            code="ledger_failed",
            path=str(self.path),
        )


def _table(kind: type[Writing] | type[Rendering]) -> str:
    return "writings" if kind is Writing else "renderings"


def _make_table(connection: sqlite3.Connection, kind: type[Writing] | type[Rendering]) -> None:
    table = _table(kind)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
        return
    columns = ", ".join(f"{one.name} {_TYPES[str(one.type).split(' ')[0]]}" for one in fields(kind))
    connection.execute(f"CREATE TABLE {table} (number INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    for change in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
        )


def _check(line: Writing | Rendering) -> None:
    for name, value in asdict(line).items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        is_wrong = is_number and (not math.isfinite(value) or value < 0)
        if name == "programme":
            is_wrong = not isinstance(value, str) or not value.strip()
        if is_wrong:
            raise ControlError(
                f"账本的 {name} 不能是 {value!r}：应为不小于 0 的数，programme 为节目名。"
                f"{name} of the ledger cannot be {value!r}: a number >= 0, or the programme's name.",
                code="ledger_value",
                option=name,
                value=repr(value),
            )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
