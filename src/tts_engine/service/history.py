"""What was made on this machine: every result with its text, options, timings and pitch, in one SQLite file.

The file stands in the outputs folder beside the audio. A result whose audio was removed by hand is still listed (its
text and options can be used again); an audio file that the history does not know is left alone.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import ControlError, OutputError
from ..types import SentenceTiming, Span, Timing

FILE = "history.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    id TEXT PRIMARY KEY, created TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, options TEXT NOT NULL,
    audio_s REAL NOT NULL, synthesis_s REAL NOT NULL, warnings TEXT NOT NULL, sentences TEXT NOT NULL,
    pitch TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS results_by_time ON results (created DESC);
"""
_COLUMNS = "id, created, name, text, options, audio_s, synthesis_s, warnings, sentences, pitch"


@dataclass(frozen=True, slots=True)
class Entry:
    """One result.

    Attributes:
        id: stable, cannot be guessed.
        created: when, ISO 8601 in UTC.
        name: of the audio file inside the outputs folder.
        text: what was said.
        options: fields of ``SynthesisOptions`` that were asked for.
        audio_s: length of the audio, seconds.
        synthesis_s: how long it took to make, seconds.
        warnings: what the engine had to say about it.
        sentences: when every sentence, word and character is heard.
        pitch: per sentence its pitch, Hz at equal steps from its begin to its end, 0 where there is none.
    """

    id: str
    created: str
    name: str
    text: str
    options: Mapping[str, Any]
    audio_s: float
    synthesis_s: float
    warnings: tuple[str, ...] = ()
    sentences: tuple[SentenceTiming, ...] = ()
    pitch: tuple[tuple[int, ...], ...] = field(default=())


def new_id() -> str:
    """An identifier that cannot be guessed."""
    return secrets.token_urlsafe(12)


def now() -> str:
    """The time as ``Entry.created`` holds it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class History:
    """The results in an outputs folder. Safe to use from several threads and processes.

    Args:
        outputs: folder of the audio files; made at the first write.

    Raises:
        OutputError: the history cannot be read or written; says why.
    """

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Keeps a result; one with the same id is replaced."""
        values = (
            entry.id,
            entry.created,
            entry.name,
            entry.text,
            json.dumps(dict(entry.options), ensure_ascii=False),
            entry.audio_s,
            entry.synthesis_s,
            json.dumps(entry.warnings, ensure_ascii=False),
            json.dumps([_plain(sentence) for sentence in entry.sentences], ensure_ascii=False),
            json.dumps(entry.pitch),
        )
        with self._open() as connection:
            connection.execute(f"INSERT OR REPLACE INTO results ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)

    def get(self, identifier: str) -> Entry:
        """The result with this id.

        Raises:
            ControlError: there is none (it may have been deleted).
        """
        with self._open() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM results WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            raise ControlError(
                f"历史中没有 {identifier!r}，可能已被删除。"
                f"The history has no {identifier!r}; it may have been deleted.",
                code="result_unknown",
                value=identifier,
            )
        return _entry(row)

    def search(self, words: str = "", *, limit: int = 50, offset: int = 0) -> list[Entry]:
        """Results whose text or options contain every one of the words, newest first."""
        terms = words.split()
        where = " AND ".join(
            ["(text LIKE ? ESCAPE '!' OR options LIKE ? ESCAPE '!' OR name LIKE ? ESCAPE '!')"] * len(terms)
        )
        values: list[Any] = []
        for term in terms:
            escaped = term.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            values += [f"%{escaped}%"] * 3
        where = f"WHERE {where}" if terms else ""
        query = f"SELECT {_COLUMNS} FROM results {where} ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?"
        with self._open() as connection:
            return [_entry(row) for row in connection.execute(query, (*values, limit, offset))]

    def count(self) -> int:
        """How many results there are."""
        with self._open() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM results").fetchone()[0])

    def delete(self, identifier: str) -> None:
        """Forgets a result and removes its audio file.

        Raises:
            ControlError: there is no such result.
        """
        entry = self.get(identifier)
        self.path(entry).unlink(missing_ok=True)
        with self._open() as connection:
            connection.execute("DELETE FROM results WHERE id = ?", (identifier,))

    def path(self, entry: Entry) -> Path:
        """Where the audio of a result stands; the file may be gone."""
        return self.outputs / Path(entry.name).name

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.outputs.mkdir(parents=True, exist_ok=True)
            with self._lock, closing(sqlite3.connect(self.outputs / FILE, timeout=20.0)) as connection:
                connection.executescript(_SCHEMA)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"历史记录 {self.outputs / FILE} 无法读写：{error}。请检查磁盘空间与权限。"
                f"The history {self.outputs / FILE} cannot be used: check disk space and permissions.",
                code="history_failed",
                path=str(self.outputs / FILE),
            ) from error


def _entry(row: tuple[Any, ...]) -> Entry:
    identifier, created, name, text, options, audio_s, synthesis_s, warnings, sentences, pitch = row
    return Entry(
        id=identifier,
        created=created,
        name=name,
        text=text,
        options=json.loads(options),
        audio_s=audio_s,
        synthesis_s=synthesis_s,
        warnings=tuple(json.loads(warnings)),
        sentences=tuple(_sentence(item) for item in json.loads(sentences)),
        pitch=tuple(tuple(item) for item in json.loads(pitch)),
    )


def _plain(sentence: SentenceTiming) -> dict[str, Any]:
    return {
        **_plain_timing(sentence),
        "words": [_plain_timing(word) for word in sentence.words],
        "characters": [_plain_timing(character) for character in sentence.characters],
    }


def _plain_timing(timing: Timing) -> dict[str, Any]:
    return {
        "text": timing.text,
        "span": [timing.span.begin, timing.span.end],
        "begin_s": round(timing.begin_s, 6),
        "end_s": round(timing.end_s, 6),
    }


def _sentence(plain: dict[str, Any]) -> SentenceTiming:
    base = _timing(plain)
    return SentenceTiming(
        base.text,
        base.span,
        base.begin_s,
        base.end_s,
        words=tuple(_timing(word) for word in plain["words"]),
        characters=tuple(_timing(character) for character in plain["characters"]),
    )


def _timing(plain: dict[str, Any]) -> Timing:
    return Timing(plain["text"], Span(*plain["span"]), plain["begin_s"], plain["end_s"])
