"""Recordings of a task on their way to workers that do not see the sender's folders.

Only where a storage is set: the files go there once, by their content, and the options name them there. Identities
count the content of a recording and not its place, so nothing else changes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import AudioError
from ...identity import digest_of_file
from ...options import KNOBS

if TYPE_CHECKING:
    from ..model import Task
    from .storage import Storage

PREFIX = "storage:"


def shared(task: Task, storage: Storage) -> Task:
    """The task with its recordings in the storage.

    Raises:
        AudioError: a recording cannot be read.
    """

    def put(value: Any) -> Any:
        file = Path(value)
        try:
            name = f"recordings/{digest_of_file(file)[:32]}{file.suffix.lower()}"
        except OSError as error:
            raise AudioError(
                f"无法读取录音 {file}：{error.strerror}。Cannot read the recording: {error.strerror}.",
                code="recording_unreadable",
                path=str(file),
            ) from error
        storage.share(file, name)
        return PREFIX + name

    return _changed(task, put)


def localised(task: Task, storage: Storage) -> Task:
    """The task with its recordings as files of this machine; the same where none are in the storage."""

    def take(value: Any) -> Any:
        is_shared = isinstance(value, str) and value.startswith(PREFIX)
        return str(storage.open_shared(value[len(PREFIX) :])) if is_shared else value

    return _changed(task, take)


def _changed(task: Task, change: Callable[[Any], Any]) -> Task:
    options = {
        name: ({key: change(item) for key, item in value.items()} if isinstance(value, dict) else change(value))
        if value is not None and KNOBS[name].is_recording
        else value
        for name, value in task.options.items()
    }
    return task if options == task.options else dataclasses.replace(task, options=options)
