"""The sender's side: a job's waiting tasks into the queue, what became of them back into the journal.

Few tasks are on their way at a time, so Redis stays small and a job of any size costs it the same. What was sent goes
out again when Redis has restarted (it may have forgotten the last second) or was silent about it for long; whoever
gets a task twice finds the finished file.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import BrokerError, JobError
from ..worker import FATAL
from .application import PRIORITIES, QUEUE, TASK, make_app, visibility_timeout_s
from .broker import connect, run_of, shown, told
from .marks import Marks
from .orders import Order, error_of, unexplained
from .recordings import shared
from .storage import storage_of

if TYPE_CHECKING:
    from ...settings import Settings
    from ..journal import Journal
    from ..model import Task

logger = logging.getLogger(__name__)

#: Tasks on their way at the same time.
WINDOW = 256
#: Seconds that Redis may be away in the beginning; later it is waited for without end.
PATIENCE_S = 30.0
#: How long the journal believes a sender that gives no sign of life.
LEASE_S = 600.0
#: Times that a task is asked for again whose file did not arrive, or around which something broke.
MOST_AGAIN = 5

_LOOK_S = 0.2
_WAIT_S = 2.0
_OVER = ("SUCCESS", "FAILURE", "REVOKED")


@dataclass(slots=True)
class _Sent:
    """A task on its way: when it was last sent, and how often it had to be asked for again."""

    task: Task
    at_s: float = -math.inf
    again: int = 0


@dataclass(slots=True)
class _Way:
    """The tasks on their way, by the identifier that Celery knows them by."""

    sent: dict[str, _Sent] = field(default_factory=dict)
    run: str | None = None


class Sender:
    """One run of a job over the queue.

    Args:
        journal: of the job; whoever calls holds its lock.
        settings: of the deployment.
        priority: one of ``PRIORITIES``.
        window: see ``WINDOW``.

    Raises:
        ConfigError, FeatureMissingError: as ``make_app``.
    """

    def __init__(self, journal: Journal, settings: Settings, *, priority: str = "normal", window: int = WINDOW) -> None:
        self._journal = journal
        self._url = settings.broker_url or ""
        self._client = connect(self._url)
        self._app = make_app(settings, has_results=False)  # its results are read here, all at once
        self._backend = make_app(settings).backend
        self._marks = Marks(self._client)
        self._storage = storage_of(settings, journal.spec.id, journal.folder)
        self._has_storage = settings.storage is not None
        self._priority = PRIORITIES[priority]
        self._window = window
        self._silence_s = 2.0 * visibility_timeout_s(settings)
        self._token = secrets.token_hex(4)
        self.name = f"queue-{self._token}"
        self._way = _Way()
        self._renewed_s = 0.0

    def step(self) -> bool:
        """Sends what there is room for and takes what has come; False when the job is over.

        Raises:
            BrokerError: Redis cannot be used now; nothing is lost, call again.
            TTSError: what ends the whole job.
        """
        with told(self._url):
            run = run_of(self._client)
            if run != self._way.run:
                self._begin()
                self._way.run = run
            self._collect()
            self._look_after()
            self._fill()
        return bool(self._way.sent) or not self._journal.is_over()

    def stop(self) -> None:
        """Takes back what is on its way; workers that have it already finish it, which is found the next time."""
        identifiers = list(self._way.sent)
        self._way.sent.clear()
        self._journal.release(self.name)
        if identifiers:
            with suppress(BrokerError), told(self._url):
                self._client.ping()
                self._app.control.revoke(identifiers)

    def close(self) -> None:
        """Lets go of the connections."""
        self._storage.close()
        self._client.close()
        self._app.close()

    def _begin(self) -> None:
        """Once for each run of Redis: it may have forgotten what was sent."""
        self._marks.allow(self._journal.spec.id)
        if self._journal.spec.lexicon:
            self._storage.share(self._journal.folder / self._journal.spec.lexicon, self._journal.spec.lexicon)
        for sent in self._way.sent.values():
            self._send(sent.task)

    def _fill(self) -> None:
        room = self._window - len(self._way.sent)
        if room <= self._window // 4 and self._way.sent:
            return
        claimed = self._journal.claim(self.name, LEASE_S, room)
        for task in claimed:  # first of all, so that none is forgotten if Redis goes now
            self._way.sent[self._identifier(task)] = _Sent(task)
        for task in claimed:
            found = self._storage.fetch(task, self._journal.folder)
            if found is not None:
                self._journal.finish(task.number, self.name, found)
                del self._way.sent[self._identifier(task)]
            else:
                self._marks.end(task.identity)  # of an earlier run, in which it was perhaps given up
                self._send(task)

    def _send(self, task: Task) -> None:
        spec, identifier = self._journal.spec, self._identifier(task)
        sent = self._way.sent[identifier]
        sent.at_s = -math.inf  # until it is really on its way
        carried = shared(task, self._storage) if self._has_storage else task
        order = Order(carried, spec.id, str(self._journal.folder.resolve()), spec.lexicon)
        self._app.send_task(
            TASK, args=(order.to_dict(), 0), task_id=identifier, queue=QUEUE, priority=self._priority, retry=False,
            argsrepr=order.about(), kwargsrepr="{}",
        )  # fmt: skip
        sent.at_s = time.monotonic()

    def _identifier(self, task: Task) -> str:
        """What Celery calls a task of this run; another run of the same job has others, which may be revoked."""
        return f"{self._journal.spec.id[:8]}-{task.number}-{self._token}"

    def _collect(self) -> None:
        identifiers = list(self._way.sent)
        if not identifiers:
            return
        keys = [self._backend.get_key_for_task(identifier).decode() for identifier in identifiers]
        for identifier, key, stored in zip(identifiers, keys, self._client.mget(keys), strict=True):
            meta: dict[str, Any] = json.loads(stored) if stored else {}
            if meta.get("status") not in _OVER:
                continue
            self._client.delete(key)
            self._settle(identifier, meta)

    def _settle(self, identifier: str, meta: dict[str, Any]) -> None:
        sent = self._way.sent[identifier]
        task = sent.task
        if meta["status"] == "SUCCESS":
            found = self._storage.fetch(task, self._journal.folder)
            if found is None:
                self._ask_again(identifier, sent)
                return
            done = meta["result"]
            made = dataclasses.replace(found, is_rendered=done["is_rendered"], render_s=done["render_s"])
            self._journal.finish(task.number, self.name, made)
        elif meta["status"] == "FAILURE":
            error = error_of(meta["result"])
            if error is None and sent.again < MOST_AGAIN:
                sent.again += 1
                self._send(task)
                return
            error = error or unexplained(meta["result"])
            if isinstance(error, FATAL):
                raise error
            self._journal.fail(task.number, self.name, error.to_dict())
        else:  # revoked by somebody else, with Flower for instance
            error = JobError("任务在队列中被撤销。The task was revoked in the queue.", code="task_revoked")
            self._journal.fail(task.number, self.name, error.to_dict())
        del self._way.sent[identifier]

    def _ask_again(self, identifier: str, sent: _Sent) -> None:
        """A worker says that it is done, and its file is not here or not what it should be."""
        sent.again += 1
        if sent.again > MOST_AGAIN:
            raise JobError(
                f"工作进程报告已完成，但这里没有 {sent.task.file}。请确认各台机器的 TTS_STORAGE 指向同一处。"
                f"Workers say that {sent.task.file} is done, but it is not here: TTS_STORAGE must mean the same place"
                " on every machine.",
                code="storage_not_shared",
                path=sent.task.file,
            )
        logger.warning("%s is not here, it is asked for again", sent.task.file)
        self._send(sent.task)

    def _look_after(self) -> None:
        """Now and then: keeps the journal's lease, drops what was cancelled, asks again for what is silent."""
        now = time.monotonic()
        if now - self._renewed_s < 1.0:
            return
        self._renewed_s = now
        self._journal.renew(self.name, LEASE_S)
        held = set(self._journal.held_by(self.name))
        gone = [identifier for identifier, sent in self._way.sent.items() if sent.task.number not in held]
        if gone:
            self._marks.cancel(self._journal.spec.id)
            self._app.control.revoke(gone)
            for identifier in gone:
                del self._way.sent[identifier]
        for sent in list(self._way.sent.values()):
            if now - sent.at_s > self._silence_s:
                self._send(sent.task)


def run_queue(
    journal: Journal,
    settings: Settings,
    *,
    priority: str = "normal",
    on_look: Callable[[], None] = lambda: None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Lets workers render everything that waits; returns when the job is over.

    While Redis is away it waits, having said so once; nothing is lost.

    Args:
        journal: of the job; whoever calls holds its lock.
        settings: of the deployment; ``broker_url`` is set.
        priority: ``high``, ``normal`` or ``low``, among the jobs in the queue.
        on_look: called several times a second; what it raises stops the job, and what is on its way is taken back.
        say: told when Redis goes and comes; None for standard error.

    Raises:
        BrokerError: Redis was not there in the beginning, for ``PATIENCE_S``.
        TTSError: what ends the whole job, such as workers with another model.
    """
    sender = Sender(journal, settings, priority=priority)
    say = say or _say
    began_s, is_away, has_begun = time.monotonic(), False, False
    try:
        while True:
            on_look()
            try:
                goes_on = sender.step()
            except BrokerError as error:
                if not is_away:
                    say(error.message)
                is_away = True
                if not has_begun and time.monotonic() - began_s > PATIENCE_S:
                    raise
                time.sleep(_WAIT_S)
                continue
            has_begun = True
            if is_away:
                say(f"Redis（{shown(settings.broker_url or '')}）已恢复，继续。Redis is back, going on.")
                is_away = False
            if not goes_on:
                return
            time.sleep(_LOOK_S)
    finally:
        sender.stop()
        sender.close()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
