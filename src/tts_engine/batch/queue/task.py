"""One order, done once: found, or claimed, rendered and stored. What it does not know: Celery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...errors import DrainingError, SynthesisError, TTSError
from ...pipeline import as_lexicon
from ..rendering import render_task
from .marks import MOST_DELIVERIES
from .orders import Done, Order
from .recordings import localised

if TYPE_CHECKING:
    from ...pipeline import Synthesizer
    from ..model import Result
    from .storage import Storage

#: Seconds between two looks whether the job was cancelled.
LOOK_S = 1.0

_CANCELLED = "job_cancelled"


class Cancelled(Exception):  # noqa: N818 - an end, not a failure
    """The job of this task was cancelled."""


class InHand(Exception):  # noqa: N818 - to come again later, not a failure
    """Somebody else renders this task at this moment."""


class Notes(Protocol):
    """What ``marks.Marks`` offers to a task."""

    def claim(self, identity: str) -> AbstractContextManager[bool]:
        """See ``marks.Marks``."""
        ...

    def begin(self, identity: str) -> int:
        """See ``marks.Marks``."""
        ...

    def end(self, identity: str) -> None:
        """See ``marks.Marks``."""
        ...

    def is_cancelled(self, job: str) -> bool:
        """See ``marks.Marks``."""
        ...


def perform(order: Order, load: Callable[[], Synthesizer], storage: Storage, notes: Notes) -> Done:
    """Does what an order asks for.

    Args:
        order: the task.
        load: the synthesizer of this process.
        storage: of the job's files.
        notes: of the deployment.

    Raises:
        Cancelled: the job was cancelled, perhaps while it was rendered; nothing is left behind.
        InHand: another worker has it.
        SynthesisError: it was begun ``MOST_DELIVERIES`` times and killed its worker each time (``worker_died``).
        TTSError: as ``render_task``.
    """
    task, seen_s = order.task, time.monotonic()
    if notes.is_cancelled(order.job):
        raise Cancelled
    with notes.claim(task.identity) as is_ours:
        if not is_ours:
            raise InHand
        if notes.begin(task.identity) > MOST_DELIVERIES:  # not forgotten: a copy that comes later must not kill again
            raise SynthesisError(
                f"合成这一行时工作进程 {MOST_DELIVERIES} 次退出，可能内存不足，已放弃这一行。"
                f"Workers died {MOST_DELIVERIES} times over this line, which was given up; memory may be short.",
                code="worker_died",
            )

        def look(_: object = None) -> None:
            nonlocal seen_s
            if time.monotonic() - seen_s > LOOK_S:
                seen_s = time.monotonic()
                if notes.is_cancelled(order.job):
                    raise DrainingError("任务已取消。The job was cancelled.", code=_CANCELLED)

        @contextmanager
        def turn(_: int) -> Iterator[None]:
            look()
            yield

        def render(folder: Path) -> Result:
            lexicon = as_lexicon(storage.open_shared(order.lexicon)) if order.lexicon else None
            return render_task(localised(task, storage), load(), folder, lexicon=lexicon, on_chunk=look, turn=turn)

        try:
            result = storage.render(task, render)
        except TTSError as error:
            notes.end(task.identity)
            if error.code == _CANCELLED:
                raise Cancelled from None
            raise
        notes.end(task.identity)
    return Done(result.is_rendered, result.render_s)
