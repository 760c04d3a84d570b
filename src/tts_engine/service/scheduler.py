"""Whose turn it is at the engine: a bounded queue in which nobody waits for somebody else's whole text.

A request is *admitted* or refused at once, and then asks for a *turn* around each sentence that it renders::

    with scheduler.admit("key-7f3a", priority="interactive") as ticket:
        for chunk in synthesizer.stream(text, options, turn=ticket.turn):
            ...

The unit of scheduling is one rendering, so a novel leaves the engine between any two of its sentences; inside a
sentence it *gives way* about every second of audio, if somebody who comes first waits. Who is next:

1. every ``OLDEST_EVERY``-th turn, whoever waits longest, so that nothing starves under any load;
2. interactive before batch;
3. among clients, the one that has been given least (phonemes rendered, counted from when it came: start-time fair
   queueing); a client with a hundred requests gets no more than one with a single request;
4. among the requests of one client, the one whose listener runs dry first, where one has less than ``AHEAD_S`` left;
5. then the rule of clients again, so a short one passes a long one of the same person.

It knows nothing of HTTP, keys or the engine. Time is ``time.monotonic``; moving the wall clock changes nothing.

Source of rule 3: Goyal, Vin, Cheng, "Start-time fair queueing" (SIGCOMM 1996); differs in rule 1, which bounds the wait
also when new clients never stop coming, and in ``CREDIT``, since a text waits for its next sentence only when the one
before is done.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from ..errors import BusyError, DeadlineError, DrainingError

if TYPE_CHECKING:
    from ..speaking import Hold

Priority = Literal["interactive", "batch"]
PRIORITIES: tuple[Priority, ...] = ("interactive", "batch")

#: One turn in so many goes to whoever waits longest: with W turns waiting, nobody waits for more than so many times W.
OLDEST_EVERY = 8

#: Phonemes by which a client may be behind the others and still catch up (some 15 s of speech). Between two sentences
#: nobody waits for a moment, and must not lose what was due; who pauses for long must not take it all at once later.
CREDIT = 310

#: Phonemes in the making at the same time per slot (memory; the pair of slots has what ``ahead.TOGETHER`` allows).
TOGETHER_PER_SLOT = 155

#: Seconds of audio from which on a listener has enough.
AHEAD_S = 10.0

#: Of the places in the queue, the share that one client can fill.
SHARE_OF_ONE = 0.75

_REMEMBERED = 1000  # clients without a request whose share is still kept
_RETRY_S = (1, 120)  # bounds of what a refused client is told
_RETRY_UNMEASURED_S = 5


#: Told the position in the queue.
OnWait = Callable[[int], None]

#: Seconds between two reports to somebody who waits.
WAIT_STEP_S = 0.5


class Cancelled(Exception):  # noqa: N818 - a request to end, not a failure
    """The request was cancelled while it waited or before it went on: its caller has gone, or the server goes down."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the scheduler holds at a moment.

    Attributes:
        requests: admitted and not finished, per priority.
        waiting: sentences that wait for a slot.
        rendering: sentences that hold one.
        is_draining: whether new requests are refused because the server goes down.
    """

    requests: dict[Priority, int]
    waiting: int
    rendering: int
    is_draining: bool


@dataclass(slots=True)
class _Share:
    """What a client, a request or a class was given: ``served``; and where its own members stand: ``clock``."""

    served: float = 0.0
    clock: float = 0.0

    def catch_up(self, clock: float) -> None:
        """Whoever comes (back) gets no credit for the time before."""
        self.served = max(self.served, clock)

    def catch_up_clock(self, served: float) -> None:
        """Nobody who comes later stands behind ``served``."""
        self.clock = max(self.clock, served)


@dataclass(slots=True, eq=False)
class _Turn:
    ticket: Ticket
    size: int
    number: int
    since_s: float
    due: int  # phonemes that it has not been charged for
    decided: threading.Event = field(default_factory=threading.Event)
    is_granted: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """A turn that was granted; see ``speaking.Hold``."""

    scheduler: Scheduler
    turn: _Turn
    on_wait: OnWait | None

    def give_way(self) -> None:
        self.scheduler._give_way(self.turn, self.on_wait)

    def made(self, audio_s: float) -> None:
        self.scheduler._made(self.turn, audio_s)


class Ticket:
    """An admitted request. A context manager: leaving it gives the place back and ends turns that still wait."""

    def __init__(self, scheduler: Scheduler, client: str, priority: Priority, deadline: float | None) -> None:
        self.client = client
        self.priority: Priority = priority
        self._scheduler = scheduler
        self._deadline = deadline
        self._share = _Share()
        self._admitted_s = self._heard_until_s = scheduler._clock()
        self._is_over = False

    @contextmanager
    def turn(self, size: int, on_wait: OnWait | None = None) -> Iterator[Hold]:
        """Holds a slot of the engine, waiting for it first; called around each rendering, from any thread.

        The rendering calls ``give_way`` of what it gives where it can pause: that returns at once unless somebody who
        comes first waits, and then when it is this one's turn again.

        Args:
            size: phonemes of the sentence.
            on_wait: told the position every ``WAIT_STEP_S`` while waiting; what it raises ends the waiting.

        Raises:
            Cancelled: the request was cancelled.
            DeadlineError: it did not get its turn in time.
        """
        turn = self._scheduler._acquire(self, max(1, size), on_wait)
        try:
            yield _Held(self._scheduler, turn, on_wait)
        finally:
            self._scheduler._release(turn)

    def cancel(self) -> None:
        """Ends the request: turns that wait raise ``Cancelled`` now, one that runs where it could give way."""
        self._scheduler._cancel(self)

    @property
    def is_cancelled(self) -> bool:
        """Whether the request was cancelled or has ended."""
        return self._is_over

    @property
    def position(self) -> int | None:
        """How many sentences of others would come first if nobody else came; None while nothing of ours waits."""
        return self._scheduler._position(self)

    def __enter__(self) -> Ticket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scheduler._leave(self, is_complete=kind is None)


class Scheduler:
    """Hands out places in the queue and turns at the engine. Safe to use from any number of threads.

    Args:
        slots: renderings at the same time.
        queue_size: requests at the same time, waiting and running together.
        per_client: of these, those that one client can have; None for three quarters.
        together: phonemes in the making at the same time; a larger sentence is rendered alone. None: by ``slots``.
        on_wait: told how long a turn waited (s) and of which class it is.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        slots: int,
        queue_size: int,
        per_client: int | None = None,
        together: int | None = None,
        on_wait: Callable[[float, Priority], None] = lambda _seconds, _priority: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if slots < 1 or queue_size < 1:
            raise ValueError(f"slots and queue_size must be at least 1, got {slots} and {queue_size}")
        self.slots = slots
        self.queue_size = queue_size
        self.per_client = math.ceil(queue_size * SHARE_OF_ONE) if per_client is None else per_client
        self._together = TOGETHER_PER_SLOT * slots if together is None else together
        self._on_wait = on_wait
        self._clock = clock
        self._lock = threading.Lock()
        self._is_idle = threading.Condition(self._lock)
        self._tickets: dict[Ticket, None] = {}
        self._waiting: list[_Turn] = []
        self._rendering: dict[_Turn, None] = {}
        self._classes: dict[Priority, _Share] = {priority: _Share() for priority in PRIORITIES}
        self._clients: dict[tuple[Priority, str], _Share] = {}
        self._number = 0
        self._granted = 0
        self._stay_s: float | None = None  # mean time that a finished request was here
        self._is_draining = False

    def widen(self, slots: int) -> None:
        """More renderings at the same time from now on: the engine that was loaded can do them."""
        with self._lock:
            self._together = self._together * slots // self.slots
            self.slots = slots
            self._grant()

    def admit(self, client: str, *, priority: Priority = "interactive", deadline_s: float | None = None) -> Ticket:
        """A place in the queue, or a refusal at once.

        Args:
            client: who asks: turns are shared out fairly between these.
            priority: ``interactive`` for somebody who waits, ``batch`` for work that can wait.
            deadline_s: seconds from now within which every sentence must get its turn; None for no limit.

        Raises:
            BusyError: no place is free, for anybody or for this client; ``retry_after_s`` is measured.
            DrainingError: the server is going down.
        """
        with self._lock:
            retry_s = self._retry_after_s()
            if self._is_draining:
                raise DrainingError(
                    "服务正在关闭，不再接受新的请求，请稍后重试。The server is going down: try again later.",
                    retry_after_s=retry_s,
                )
            mine = sum(ticket.client == client for ticket in self._tickets)
            if len(self._tickets) >= self.queue_size or mine >= self.per_client:
                whose = "all" if len(self._tickets) >= self.queue_size else "yours"
                count, limit = (len(self._tickets), self.queue_size) if whose == "all" else (mine, self.per_client)
                raise BusyError(
                    f"排队已满（{count} 个请求，上限 {limit}），请在 {retry_s} 秒后重试。"
                    f"The queue is full ({count} requests, at most {limit}): try again in {retry_s} s.",
                    code="queue_full" if whose == "all" else "queue_full_for_you",
                    waiting=count,
                    allowed=limit,
                    retry_after_s=retry_s,
                )
            ticket = Ticket(self, client, priority, None if deadline_s is None else self._clock() + deadline_s)
            share = self._clients.setdefault((priority, client), _Share())
            if not any(other.client == client and other.priority == priority for other in self._tickets):
                share.catch_up(self._classes[priority].clock)
            ticket._share.catch_up(share.clock)
            self._tickets[ticket] = None
            return ticket

    @property
    def load(self) -> Load:
        """What is here now."""
        with self._lock:
            requests = {p: sum(ticket.priority == p for ticket in self._tickets) for p in PRIORITIES}
            return Load(requests, len(self._waiting), len(self._rendering), self._is_draining)

    def retry_after_s(self) -> int:
        """Whole seconds after which a place will probably be free, from how long requests stay."""
        with self._lock:
            return self._retry_after_s()

    def drain(self) -> None:
        """Takes nothing new from now on; what was admitted goes on."""
        with self._lock:
            self._is_draining = True
            self._is_idle.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until no request is left; whether that was so in time."""
        with self._lock:
            return self._is_idle.wait_for(lambda: not self._tickets, timeout_s)

    def cancel_all(self) -> None:
        """Ends every request after the sentence that is being rendered."""
        with self._lock:
            for ticket in list(self._tickets):
                self._end(ticket)
            self._grant()

    def _acquire(self, ticket: Ticket, size: int, on_wait: OnWait | None) -> _Turn:
        began_s = self._clock()
        with self._lock:
            self._refuse_if_over(ticket, began_s)
            turn = _Turn(ticket, size, self._number, began_s, size)
            self._number += 1
            self._join(turn)
            self._grant()
        try:
            self._wait(turn, on_wait, math.inf if ticket._deadline is None else ticket._deadline)
        except BaseException:  # Ctrl+C in the waiting thread, an end from on_wait: no slot may be lost
            self._release(turn)
            raise
        with self._lock:
            if turn.is_granted:
                waited_s = self._clock() - began_s
            else:
                self._remove(turn)
                self._refuse_if_over(ticket, math.inf)
        self._on_wait(waited_s, ticket.priority)
        return turn

    def _wait(self, turn: _Turn, on_wait: OnWait | None, until_s: float) -> None:
        """Until it is decided or the time has come."""
        while not turn.decided.is_set():
            left_s = until_s - self._clock()
            if left_s <= 0:
                return
            step_s = left_s if on_wait is None else min(left_s, WAIT_STEP_S)
            if not turn.decided.wait(None if step_s == math.inf else step_s) and on_wait is not None:
                position = self._position(turn.ticket)
                if position is not None:
                    on_wait(position)

    def _give_way(self, turn: _Turn, on_wait: OnWait | None) -> None:
        """Puts the turn back among those that wait if one of them comes first, and waits for it to come again."""
        with self._lock:
            if turn.ticket._is_over:
                raise Cancelled
            now_s = self._clock()
            mine = self._order(turn, now_s)
            if not any(self._order(other, now_s) < mine for other in self._waiting):
                return
            del self._rendering[turn]
            turn.is_granted = False
            turn.decided.clear()
            self._waiting.append(turn)  # under its old number: before the next sentence of the same text
            self._grant()
        self._wait(turn, on_wait, math.inf)  # its deadline was for the beginning
        with self._lock:
            if not turn.is_granted:
                raise Cancelled

    def _made(self, turn: _Turn, audio_s: float) -> None:
        ticket = turn.ticket
        with self._lock:
            ticket._heard_until_s = max(ticket._heard_until_s, self._clock()) + audio_s

    def _release(self, turn: _Turn) -> None:
        with self._lock:
            self._rendering.pop(turn, None)
            self._remove(turn)

    def _remove(self, turn: _Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        self._grant()

    def _refuse_if_over(self, ticket: Ticket, now_s: float) -> None:
        if ticket._is_over:
            raise Cancelled
        if ticket._deadline is not None and now_s >= ticket._deadline:
            allowed_s = ticket._deadline - ticket._admitted_s
            retry_s = self._retry_after_s()
            raise DeadlineError(
                f"等待超过 {allowed_s:.0f} 秒仍未轮到，已放弃，请在 {retry_s} 秒后重试或缩短文字。"
                f"No turn came within {allowed_s:.0f} s: try again in {retry_s} s, or with a shorter text.",
                deadline_s=allowed_s,
                retry_after_s=retry_s,
            )

    def _join(self, turn: _Turn) -> None:
        ticket = turn.ticket
        client = self._clients.setdefault((ticket.priority, ticket.client), _Share())
        ticket._share.catch_up(client.clock - CREDIT)
        client.catch_up(self._classes[ticket.priority].clock - CREDIT)
        self._waiting.append(turn)

    def _grant(self) -> None:
        """Gives free slots to those who are next; one that does not fit yet is waited for, not passed."""
        while self._waiting and len(self._rendering) < self.slots:
            is_for_oldest = (self._granted + 1) % OLDEST_EVERY == 0
            if is_for_oldest:
                turn = min(self._waiting, key=lambda waiting: waiting.number)
            else:
                now_s = self._clock()
                turn = min(self._waiting, key=lambda waiting: self._order(waiting, now_s))
            making = sum(other.size for other in self._rendering)
            if making and making + turn.size > self._together:
                return
            self._granted += 1
            self._waiting.remove(turn)
            self._rendering[turn] = None
            self._charge(turn, moves_clock=not is_for_oldest)
            turn.is_granted = True
            turn.decided.set()

    def _order(self, turn: _Turn, now_s: float) -> tuple[int, float, float, float, int]:
        ticket = turn.ticket
        client = self._clients[ticket.priority, ticket.client]
        ahead_s = min(AHEAD_S, ticket._heard_until_s - now_s)  # below 0 where it has run dry
        return PRIORITIES.index(ticket.priority), client.served, ahead_s, ticket._share.served, turn.number

    def _charge(self, turn: _Turn, *, moves_clock: bool) -> None:
        ticket = turn.ticket
        client, group = self._clients[ticket.priority, ticket.client], self._classes[ticket.priority]
        if moves_clock:  # the oldest may be far ahead of the others: its start says nothing about theirs
            group.catch_up_clock(client.served)
            client.catch_up_clock(ticket._share.served)
        client.served += turn.due
        ticket._share.served += turn.due
        turn.due = 0

    def _cancel(self, ticket: Ticket) -> None:
        with self._lock:
            self._end(ticket)
            self._grant()

    def _end(self, ticket: Ticket) -> None:
        ticket._is_over = True
        for turn in [turn for turn in self._waiting if turn.ticket is ticket]:
            self._waiting.remove(turn)
            turn.decided.set()

    def _leave(self, ticket: Ticket, *, is_complete: bool) -> None:
        with self._lock:
            if ticket not in self._tickets:
                return
            del self._tickets[ticket]
            if is_complete and not ticket._is_over:
                stay_s = self._clock() - ticket._admitted_s
                self._stay_s = stay_s if self._stay_s is None else 0.9 * self._stay_s + 0.1 * stay_s
            self._end(ticket)
            self._grant()
            self._forget()
            if not self._tickets:
                self._is_idle.notify_all()

    def _forget(self) -> None:
        """Drops the shares of clients that are gone and have had no more than the others, and of too many others."""
        if not self._waiting and not self._rendering:  # the end of a busy period: all are even again
            for (priority, _), share in self._clients.items():
                self._classes[priority].catch_up_clock(share.served)
        present = {(ticket.priority, ticket.client) for ticket in self._tickets}
        gone = [key for key in self._clients if key not in present]
        gone.sort(key=lambda key: self._clients[key].served)
        for key in gone:
            if self._clients[key].served <= self._classes[key[0]].clock or len(self._clients) > _REMEMBERED:
                del self._clients[key]

    def _retry_after_s(self) -> int:
        if self._stay_s is None:
            return _RETRY_UNMEASURED_S
        least, most = _RETRY_S
        return min(most, max(least, math.ceil(self._stay_s / max(1, len(self._tickets)))))

    def _position(self, ticket: Ticket) -> int | None:
        with self._lock:
            now_s = self._clock()
            ranked = sorted(self._waiting, key=lambda waiting: self._order(waiting, now_s))
            mine = next((rank for rank, turn in enumerate(ranked) if turn.ticket is ticket), None)
            return mine
