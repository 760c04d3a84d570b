"""The worker's side of Celery: the task, one model per process, and a log that says each thing once.

A process renders one task at a time with a model of its own and ``threads`` threads of it. What went wrong and may pass
is tried again with growing waits; what cannot pass fails at once and is noted among the dead letters.
"""

from __future__ import annotations

import functools
import logging
import os
import random
import socket
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import BrokerError, TTSError
from ..engine import load_engine
from ..worker import retry_after_s
from .application import QUEUE, TASK, make_app
from .broker import connect, need_extra, shown, told
from .marks import Marks
from .orders import failure_of, order_from, too_long
from .storage import WorkerStorages
from .task import Cancelled, InHand, perform

if TYPE_CHECKING:
    from celery import Celery, Task

    from ...pipeline import Synthesizer
    from ...settings import Settings

logger = logging.getLogger(__name__)

#: Seconds between two looks for a Redis that is away.
_LOOK_S = 2.0


class Engine:
    """The synthesizer of a process, loaded once; a failed loading is tried again by the next task.

    Args:
        load: makes it.
    """

    def __init__(self, load: Callable[[], Synthesizer]) -> None:
        self._load = load
        self._process: int | None = None
        self._synthesizer: Synthesizer | None = None

    def __call__(self) -> Synthesizer:
        """The synthesizer of this process, never that of the process it was forked from.

        Raises:
            AssetError: the model is missing or damaged.
        """
        if self._synthesizer is None or self._process != os.getpid():
            self._synthesizer, self._process = self._load(), os.getpid()
        return self._synthesizer


def make_worker_app(settings: Settings, engine: Callable[[], Synthesizer], *, marks: Marks | None = None) -> Celery:
    """The application with the task; importing and making it loads no model.

    Args:
        settings: of the deployment.
        engine: the synthesizer of the process that asks.
        marks: notes beside the queue; None for those of the broker.

    Raises:
        ConfigError, FeatureMissingError: as ``make_app``.
    """
    from celery.exceptions import Ignore, SoftTimeLimitExceeded
    from celery.signals import worker_process_init

    from .orders import Failed

    app = make_app(settings)
    notes = marks or Marks(connect(settings.broker_url or ""))
    storages = WorkerStorages(settings)

    @app.task(  # type: ignore[untyped-decorator]
        name=TASK, bind=True, max_retries=None, throws=(Failed,), serializer="json"
    )
    def render(self: Task, order: dict[str, Any], failures: int = 0) -> dict[str, Any]:
        asked = order_from(order)

        def again(wait_s: float, failures: int) -> Exception:
            """Puts the task back for later; without its text where monitors look."""
            return self.retry(  # type: ignore[no-any-return]
                args=(order, failures),
                kwargs={},
                countdown=wait_s,
                throw=False,
                argsrepr=asked.about(),
                kwargsrepr="{}",
            )

        try:
            done = perform(asked, engine, storages.of(asked), notes)
        except Cancelled:
            self.update_state(state="REVOKED")
            raise Ignore from None
        except InHand:
            raise again(notes.claim_s / 3, failures) from None
        except SoftTimeLimitExceeded:
            error: TTSError = too_long()
        except TTSError as problem:
            error = too_long() if isinstance(problem.__cause__, SoftTimeLimitExceeded) else problem
            wait_s = retry_after_s(error, failures)
            if wait_s is not None:
                logger.warning("task %s is tried again in %.0f s: %s", asked.about(), wait_s, error.code)
                raise again(wait_s * random.uniform(0.8, 1.2), failures + 1) from None
        else:
            return {**done.to_dict(), "worker": str(self.request.hostname)}
        notes.bury(asked.job, asked.task.line, asked.task.number, error.to_dict())
        raise failure_of(error)

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def load_early(**_: Any) -> None:
        try:
            engine()
        except TTSError as error:  # told by the first task again
            logger.error("%s", error.message)

    return app


def run_worker(settings: Settings, *, processes: int, max_tasks: int | None = None, name: str | None = None) -> int:
    """Serves the queue until it is stopped; the exit status.

    SIGTERM or Ctrl+C: what is being rendered is finished, then it goes. A second one: at once, what is in hand is given
    back. Redis may come and go meanwhile.

    Args:
        settings: of the deployment.
        processes: tasks at the same time, each in a process with a model of its own.
        max_tasks: tasks after which a process is replaced; None for the default.
        name: of this worker among others on this machine; None for a number of its own.

    Raises:
        ConfigError, FeatureMissingError: as ``make_app``.
        JobError: the worker could not start (``worker_failed``).
    """
    need_extra()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    app = make_worker_app(settings, Engine(functools.partial(load_engine, settings, settings.threads or 1)))
    if max_tasks is not None:
        app.conf.worker_max_tasks_per_child = max_tasks
    wait_for_broker(settings)
    logging.getLogger("celery.worker.consumer.consumer").addFilter(SaidOnce())
    logging.getLogger("celery.backends.base").setLevel(logging.ERROR)  # results wait: the consumer has said it
    logging.getLogger("celery.backends.redis").setLevel(logging.CRITICAL)
    logging.getLogger("py.warnings").addFilter(lambda record: "CPendingDeprecation" not in record.getMessage())
    host = f"{name or f'tts-{os.getpid()}'}@{socket.gethostname()}"
    # gossip and mingle only tell workers about each other; what is cancelled stands in the notes
    worker = app.Worker(
        concurrency=processes,
        pool="prefork",
        hostname=host,
        queues=[QUEUE],
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def wait_for_broker(settings: Settings) -> None:
    """Returns once Redis answers; says once that it does not, and once that it does again."""
    url = settings.broker_url or ""
    client, has_said = connect(url), False
    while True:
        try:
            with told(url):
                client.ping()
        except BrokerError as error:
            if not has_said:
                _say(error.message)
                has_said = True
            time.sleep(_LOOK_S)
        else:
            if has_said:
                _say(f"Redis（{shown(url)}）已恢复。Redis is back.")
            client.close()
            return


class SaidOnce(logging.Filter):
    """Lets the first of several complaints about a lost connection through, in one line, and the end of it."""

    def __init__(self) -> None:
        super().__init__()
        self._is_lost = False

    def filter(self, record: logging.LogRecord) -> bool:
        """See ``logging.Filter``."""
        said = record.getMessage()
        if said.startswith("Connected to"):
            self._is_lost = False
            return True
        is_complaint = "connection to broker lost" in said.lower() or "cannot connect to" in said.lower()
        if not is_complaint:
            return True
        was_lost, self._is_lost = self._is_lost, True
        record.exc_info = record.exc_text = None
        return not was_lost


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
