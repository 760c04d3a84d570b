"""What waits to be sent to one client: bounded, so that a client that does not read stops the work, not the server."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Bytes of audio that may wait; more waits for the client.
MAX_WAITING_BYTES = 4 * 1024 * 1024

#: Longest binary frame, bytes.
FRAME_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Close:
    """The connection is to be closed with a WebSocket close code."""

    code: int
    reason: str = ""


Item = dict[str, Any] | bytes | Close


class Outbox:
    """A queue between the worker and the connection.

    Args:
        on_ready: called, from any thread, when there is something to take.
    """

    def __init__(self, on_ready: Callable[[], None] = lambda: None) -> None:
        self._on_ready = on_ready
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._is_closed = False

    def put(self, item: Item) -> None:
        """Appends an event or the end; never waits."""
        with self._changed:
            if not self._is_closed:
                self._items.append(item)
        self._on_ready()

    def put_audio(self, data: bytes, timeout_s: float) -> bool:
        """Appends audio in frames, waiting while too much waits already; whether it fitted in time."""
        for begin in range(0, len(data), FRAME_BYTES):
            frame = data[begin : begin + FRAME_BYTES]
            with self._changed:
                fits = self._changed.wait_for(lambda: self._is_closed or self._waiting < MAX_WAITING_BYTES, timeout_s)
                if not fits:
                    return False
                if self._is_closed:
                    return True
                self._items.append(frame)
                self._waiting += len(frame)
            self._on_ready()
        return True

    def take(self) -> list[Item]:
        """Everything that waits, in order."""
        with self._changed:
            items = list(self._items)
            self._items.clear()
            return items

    def sent(self, frame: bytes) -> None:
        """A frame has left."""
        with self._changed:
            self._waiting -= len(frame)
            self._changed.notify_all()

    def drop_audio(self) -> int:
        """Forgets the frames that wait; returns how many bytes."""
        with self._changed:
            dropped = sum(len(item) for item in self._items if isinstance(item, bytes))
            self._items = deque(item for item in self._items if not isinstance(item, bytes))
            self._waiting -= dropped
            self._changed.notify_all()
            return dropped

    def close(self) -> None:
        """Nobody takes anything any more."""
        with self._changed:
            self._is_closed = True
            self._items.clear()
            self._changed.notify_all()
