"""Answers on the disk, by content: a second run, or one after a crash, pays for nothing that is already there.

    folder/ab/abcdef….jsonl     {"question": …}   {"name": "lines", "item": …}   …   {"complete": true}

A record is written item by item while the answer comes, and flushed; what a killed process left is gone on with. A lock
beside it lets two processes with the same question wait for one answer. ``is_replay`` answers from the folder alone.
Records hold the texts; they never hold a key, which this module does not know.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..errors import LanguageModelError, OutputError
from .questions import Question

#: Longest wait for another process that is asking the same question.
_LOCK_S = 900.0


class Record:
    """The answer to one question, as far as it is there.

    Attributes:
        items: names and items, in the order in which they came.
        is_complete: whether nothing is missing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.items: list[tuple[str, Any]] = []
        self.is_complete = False
        self._path = path
        self._file: IO[bytes] | None = None

    def add(self, name: str, item: Any) -> None:
        """Keeps one more item."""
        self.items.append((name, item))
        self._write({"name": name, "item": item})

    def complete(self) -> None:
        """Says that nothing is missing."""
        self.is_complete = True
        self._write({"complete": True})

    def keep(self, count: int) -> None:
        """Leaves the first ``count`` items; the rest is to be asked again."""
        self.items, self.is_complete = self.items[:count], False
        if self._path is not None:
            head = self._path.read_bytes().splitlines(keepends=True)[: count + 1]
            self._path.write_bytes(b"".join(head))

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: dict[str, Any]) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("ab")
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class Store:
    """A folder of answers. Safe to use from several threads and processes.

    Args:
        folder: made at the first answer.
        is_replay: never ask anything; what is not there is an error.
    """

    def __init__(self, folder: Path, *, is_replay: bool = False) -> None:
        self.folder = Path(folder)
        self.is_replay = is_replay

    @contextmanager
    def open(self, model: str, question: Question) -> Iterator[Record]:
        """The record of a question, for one user at a time.

        Raises:
            LanguageModelError: replayed and not there, or not complete (``code="language_model_not_recorded"``).
            OutputError: the folder cannot be written.
        """
        key = key_of(model, question)
        path = self.folder / key[:2] / f"{key}.jsonl"
        if self.is_replay:
            recorded = _read(path, mend=False)
            if recorded is None or not recorded.is_complete:
                raise self._missing(model, question, is_there=recorded is not None)
            yield recorded
            return
        from filelock import FileLock, Timeout

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path.with_suffix(".lock"), timeout=_LOCK_S, thread_local=False)
            lock.acquire()
        except (OSError, Timeout) as error:
            raise self._failed(error) from None
        try:
            record = _read(path, mend=True) or _begin(path, model, question)
            try:
                yield record
            finally:
                record.close()
                if not record.items:
                    path.unlink()  # asked and not answered: nothing to keep
        except OSError as error:
            raise self._failed(error) from None
        finally:
            lock.release()

    def models(self) -> tuple[str, ...]:
        """Names of the models whose answers are here, sorted."""
        found = set()
        for path in sorted(self.folder.glob("??/*.jsonl")):
            with suppress(OSError, ValueError, KeyError, TypeError), path.open(encoding="utf-8") as file:
                found.add(str(json.loads(file.readline())["model"]))
        return tuple(sorted(found))

    def _missing(self, model: str, question: Question, *, is_there: bool) -> LanguageModelError:
        zh = "只录到一半" if is_there else "没有录下这个问题的回答"
        en = "was recorded only in part" if is_there else "was not recorded"
        return LanguageModelError(
            f"重放目录 {self.folder} 里{zh}（{question.name}，模型 {model}）。文字、选项、提示词都须与录制时相同；"
            "否则去掉 --replay，连上语言模型再运行一次。"
            f"The answer to this question ({question.name}) {en} in the folder to replay: text, options and prompts"
            " must be those of the recording; or run once without --replay.",
            code="language_model_not_recorded",
            path=str(self.folder),
        )

    def _failed(self, error: Exception) -> OutputError:
        return OutputError(
            f"语言模型的缓存目录 {self.folder} 不能用：{error}。请换一个目录（--cache）或检查权限与磁盘空间。"
            f"The folder of kept answers cannot be used: {error}. Choose another (--cache) or check permissions.",
            code="language_model_cache",
            path=str(self.folder),
        )


def key_of(model: str, question: Question) -> str:
    """The content of a question as 64 hexadecimal digits."""
    whole = [model, question.task, question.data, question.schema, question.temperature]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _begin(path: Path, model: str, question: Question) -> Record:
    record = Record(path)
    record._write({"model": model, "name": question.name, "question": dict(question.data), "task": question.task})
    return record


def _read(path: Path, *, mend: bool) -> Record | None:
    """What a file holds, or None where there is nothing to use; mended, a line that a crash tore is cut off."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    whole, _, torn = raw.rpartition(b"\n")
    record = Record(path if mend else None)
    try:
        lines = [json.loads(line) for line in whole.splitlines()]
        for line in lines[1:]:
            if line.get("complete") is True:
                record.is_complete = True
            else:
                record.items.append((line["name"], line["item"]))
    except (ValueError, KeyError, AttributeError):
        lines = []
    if not lines:
        if mend:
            path.unlink()
        return None
    if torn and mend:
        path.write_bytes(whole + b"\n")
    return record
