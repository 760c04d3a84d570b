"""Calls from many threads, gathered into batches: dynamic batching with a deadline.

    caller ──call──► waiting ──choose──► launch (one thread) ──► finish (another) ──► the callers' results

A call waits for company until it has waited ``wait_s``, or its batch is full, or longer while the device is busy with
``depth`` batches that are launched and not finished; then the oldest call goes, with those that fit to it. So nobody
is overtaken by more than what goes along, and an idle device never waits for longer than ``wait_s``.

What fails as a batch is launched again one by one, so that only the call that cannot be computed gets the error. It
knows nothing of torch or of what is computed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

#: Results of a launched batch, in its order, once they are there; one that is an exception is that call's error.
Finish: TypeAlias = Callable[[], Sequence[Any]]

#: Begins to compute a batch of one kind and returns without waiting for it.
Launch: TypeAlias = Callable[[str, Sequence[Any]], Finish]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be computed together.

    Attributes:
        calls: of a batch.
        lengths: kind -> the longest length of a batch times its number of calls (what padding makes of it).
        waste: most that this may be, as a multiple of what the calls really have.
    """

    calls: int
    lengths: Mapping[str, int]
    waste: float = 1.5


@dataclass(eq=False, slots=True)
class Call:
    """A call that waits or is computed."""

    kind: str
    length: int
    payload: Any
    since_s: float
    future: Future[Any] = field(default_factory=Future)
    is_alone: bool = False


class Batcher:
    """Computes calls in batches. Safe to use from any number of threads; its own two end when nothing waits for them.

    Args:
        launch: begins to compute a batch.
        limits: of a batch.
        wait_s: how long a call waits for company while the device is free.
        depth: batches that are launched and not finished at most: the next is made ready while one is computed.
        clock: monotonic seconds.

    Attributes:
        batches: how many were launched.
        calls: how many calls were in them.
    """

    def __init__(
        self,
        launch: Launch,
        limits: Limits,
        *,
        wait_s: float,
        depth: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.batches = 0
        self.calls = 0
        self._launch = launch
        self._limits = limits
        self._wait_s = wait_s
        self._clock = clock
        self._arrived = threading.Condition()
        self._waiting: list[Call] = []
        self._is_draining = False
        self._free = threading.BoundedSemaphore(depth)
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix="card-launch")
        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="card-finish")

    def call(self, kind: str, length: int, payload: Any) -> Any:
        """The result of one call, waiting for it; a wait that is interrupted takes the call back.

        Args:
            kind: only calls of one kind are computed together.
            length: of the utterance, in what the limits count.
            payload: handed to ``launch``.

        Raises:
            Exception: whatever computing this call alone raised.
        """
        call = Call(kind, length, payload, self._clock())
        self._add([call])
        try:
            return call.future.result()
        finally:
            call.future.cancel()  # does nothing to one that is done

    def _add(self, calls: Sequence[Call]) -> None:
        with self._arrived:
            self._waiting.extend(calls)
            self._waiting.sort(key=lambda call: call.since_s)
            self._arrived.notify()
            if not self._is_draining:
                self._is_draining = True
                self._launcher.submit(self._drain)

    def _drain(self) -> None:
        """Launches batch after batch until nothing waits."""
        while True:
            self._free.acquire()
            batch = self._take()
            if not batch:
                self._free.release()
                return
            self.batches += 1
            self.calls += len(batch)
            try:
                finish = self._launch(batch[0].kind, [call.payload for call in batch])
            except Exception as error:  # noqa: BLE001 - handed to the callers
                finish = _failing(error)
            self._finisher.submit(self._settle, batch, finish)

    def _take(self) -> list[Call]:
        """The next batch, waiting for company as long as that is allowed; empty when nothing waits."""
        with self._arrived:
            while True:
                self._waiting = [call for call in self._waiting if not call.future.cancelled()]
                if not self._waiting:
                    self._is_draining = False
                    return []
                batch, is_full = choose(self._waiting, self._limits)
                left_s = batch[0].since_s + self._wait_s - self._clock()
                if not is_full and left_s > 0:
                    self._arrived.wait(left_s)
                    continue
                self._waiting = [call for call in self._waiting if call not in batch]
                begun = [call for call in batch if call.is_alone or call.future.set_running_or_notify_cancel()]
                if begun:
                    return begun

    def _settle(self, batch: list[Call], finish: Finish) -> None:
        try:
            results = finish()
        except Exception as error:  # noqa: BLE001 - handed to the caller
            if len(batch) == 1:
                batch[0].future.set_exception(error)
            else:
                for call in batch:
                    call.is_alone = True
                self._add(batch)
        else:
            for call, result in zip(batch, results, strict=True):
                if isinstance(result, Exception):
                    call.future.set_exception(result)
                else:
                    call.future.set_result(result)
        finally:
            self._free.release()


def choose(waiting: Sequence[Call], limits: Limits) -> tuple[list[Call], bool]:
    """The next batch, the oldest call first, and whether it is full.

    Args:
        waiting: at least one, the oldest first.
        limits: of a batch; a call that is larger than they allow goes alone.
    """
    oldest = waiting[0]
    if oldest.is_alone:
        return [oldest], True
    budget = limits.lengths[oldest.kind]
    batch, longest, real = [oldest], oldest.length, oldest.length
    others = [call for call in waiting[1:] if call.kind == oldest.kind and not call.is_alone]
    for call in sorted(others, key=lambda call: abs(call.length - oldest.length)):
        padded = max(longest, call.length) * (len(batch) + 1)
        if len(batch) == limits.calls or padded > budget or padded > limits.waste * (real + call.length):
            break
        batch.append(call)
        longest, real = max(longest, call.length), real + call.length
    return batch, len(batch) >= limits.calls or longest * (len(batch) + 1) > budget


def _failing(error: Exception) -> Finish:
    def finish() -> Sequence[Any]:
        raise error

    return finish
