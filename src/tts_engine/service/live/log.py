"""The events of a session: numbered as they happen, kept for a while, read again by whoever had the session.

Kept in memory only, since they hold what was said; a bounded number of sessions, and of events of each.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

#: Events that are kept of one session; older ones are dropped, and the log says so.
MAX_EVENTS = 5000

#: Sessions whose log is kept after their end, and for how long, seconds.
MAX_LOGS = 64
KEPT_S = 900.0


class EventLog:
    """The events of one session. Safe to use from several threads.

    Args:
        session: its id.
        client: who may read it.
        clock: monotonic seconds.
    """

    def __init__(self, session: str, client: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        self.client = client
        self.ended_at: float | None = None
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._events: list[dict[str, Any]] = []
        self._number = 0

    def now_s(self) -> float:
        """Seconds since the session began."""
        return self._clock() - self._began

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The event with its number and time."""
        with self._lock:
            event = {"type": kind, "seq": self._number, "t_s": round(self.now_s(), 3), **fields}
            self._number += 1
            self._events.append(event)
            if len(self._events) > MAX_EVENTS:
                del self._events[: MAX_EVENTS // 10]
            return event

    def end(self) -> None:
        """Nothing more will happen."""
        self.ended_at = self._clock()

    def read(self, after: int = -1) -> dict[str, Any]:
        """The events after a number, as plain data."""
        with self._lock:
            events = [event for event in self._events if event["seq"] > after]
            first = self._events[0]["seq"] if self._events else 0
            return {
                "object": "session.log",
                "session": self.session,
                "is_over": self.ended_at is not None,
                "is_complete": after >= first - 1,
                "last": self._number - 1,
                "events": events,
            }


class Logs:
    """The logs of all sessions. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._logs: OrderedDict[str, EventLog] = OrderedDict()

    def open(self, session: str, client: str) -> EventLog:
        """A new log; the oldest of those that have ended make room."""
        log = EventLog(session, client, self._clock)
        with self._lock:
            self._logs[session] = log
            ended = [one for one in self._logs.values() if one.ended_at is not None]
            for old in ended:
                is_old = self._clock() - (old.ended_at or 0.0) > KEPT_S
                if is_old or len(self._logs) > MAX_LOGS:
                    del self._logs[old.session]
        return log

    def find(self, session: str, client: str) -> EventLog | None:
        """The log of a session, for the client that had it."""
        with self._lock:
            log = self._logs.get(session)
        return log if log is not None and log.client == client else None
