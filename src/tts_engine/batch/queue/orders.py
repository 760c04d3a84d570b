"""What goes through the queue: plain data in both directions, never audio, and no text where logs and monitors look."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from ...errors import SynthesisError, TTSError
from ..model import Task, task_from
from ..worker import error_from


@dataclass(frozen=True, slots=True)
class Order:
    """A task on its way to a worker.

    Attributes:
        task: what to render.
        job: ``JobSpec.id``.
        folder: of the job on the machine that sends it; used where no storage is set.
        lexicon: name of the file of readings in the job's folder or storage; empty for none.
    """

    task: Task
    job: str
    folder: str
    lexicon: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data; ``order_from`` gives back an equal one."""
        return {"task": self.task.to_dict(), "job": self.job, "folder": self.folder, "lexicon": self.lexicon}

    def about(self) -> str:
        """What logs and monitors show of it: not the text."""
        return json.dumps({"job": self.job[:8], "line": self.task.line, "task": self.task.number})


def order_from(data: dict[str, Any]) -> Order:
    """The order that ``Order.to_dict`` wrote."""
    return Order(task_from(data["task"]), data["job"], data["folder"], data["lexicon"])


@dataclass(frozen=True, slots=True)
class Done:
    """What a worker says of a task whose file is there; the rest stands in the file's account.

    Attributes:
        is_rendered: whether it was rendered now; False where the finished file was found.
        render_s: seconds that it took.
        worker: who did it.
    """

    is_rendered: bool
    render_s: float
    worker: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dataclasses.asdict(self)


class Failed(Exception):  # noqa: N818 - what Celery stores and shows
    """A task that failed for good.

    Args:
        message: for people.
        error: as ``TTSError.to_dict``.
    """

    def __init__(self, message: str, error: dict[str, Any]) -> None:
        super().__init__(message, error)
        self.error = error


def failure_of(error: TTSError) -> Failed:
    """The failure that carries an error through Celery."""
    data: dict[str, Any] = json.loads(json.dumps(error.to_dict(), default=str))
    return Failed(f"{error.code}", data)


def error_of(stored: Any) -> TTSError | None:
    """The error of a task that failed, from what Celery stored of it; None where the task itself did not say so.

    That is, something around it broke, such as the connection while it was put back for later.

    Args:
        stored: ``{"exc_type", "exc_message", "exc_module"}``.
    """
    kind, arguments = stored.get("exc_type"), stored.get("exc_message")
    if kind == "Failed" and isinstance(arguments, (list, tuple)) and len(arguments) == 2:
        return error_from(arguments[1])
    if kind in ("TimeLimitExceeded", "SoftTimeLimitExceeded"):
        return too_long()
    return None


def unexplained(stored: Any) -> SynthesisError:
    """The error of a task around which something broke again and again."""
    kind = str(stored.get("exc_type"))
    return SynthesisError(
        f"工作进程反复失败：{kind}。The worker failed again and again: {kind}; its log says more.",
        code="worker_failed",
        cause=kind,
    )


def too_long() -> SynthesisError:
    """The error of a task that took longer than it may."""
    return SynthesisError(
        "这一行超过了 TTS_TASK_LIMIT_S 仍未完成，请拆短，或加大该设置。"
        "The line took longer than TTS_TASK_LIMIT_S: make it shorter, or allow more.",
        code="task_too_long",
    )
