"""Going down in good order: refuse the new, let what runs come to its end, and at last give it up.

    first signal ── draining ──► nothing left, or the grace is over ──► cancelled, connections closed, gone
    second signal ────────────────────────────────────────────────────► gone at once

While it drains the server still answers: ``/health/ready`` and new texts with 503, so that a load balancer turns away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scheduler import Scheduler

#: Seconds that a sentence may take to come to its end after its text was given up.
LAST_SENTENCE_S = 3.0


class Shutdown:
    """What signals do to a running server.

    Args:
        scheduler: whose requests are waited for.
        grace_s: how long.
        on_give_up: called when that is over and something still runs.
        say: tells the operator a line.
    """

    def __init__(
        self, scheduler: Scheduler, grace_s: float, *, on_give_up: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self._scheduler = scheduler
        self._grace_s = grace_s
        self._on_give_up = on_give_up
        self._say = say
        self._has_begun = False

    def on_signal(self, end: Callable[[], None], end_now: Callable[[], None]) -> None:
        """Called for each SIGTERM or SIGINT.

        Args:
            end: makes the server close its connections and leave.
            end_now: makes it leave without waiting for them.
        """
        if self._has_begun:
            self._give_up()
            end_now()
            return
        self._has_begun = True
        # a thread: signals arrive between two instructions of the main thread, which may hold the scheduler's lock
        threading.Thread(target=self._drain, args=(end,), name="shutdown", daemon=True).start()

    def _drain(self, end: Callable[[], None]) -> None:
        self._scheduler.drain()
        if not self._scheduler.wait_idle(0):
            self._say(f"正在停止：等待进行中的请求，最多 {self._grace_s:g} 秒（再按一次 Ctrl+C 立即停止）。")
            self._say(f"Stopping: what runs has {self._grace_s:g} s to come to its end; a second signal ends it now.")
            if not self._scheduler.wait_idle(self._grace_s):
                self._give_up()
                self._scheduler.wait_idle(LAST_SENTENCE_S)
        end()

    def _give_up(self) -> None:
        self._on_give_up()
        threading.Thread(target=self._scheduler.cancel_all, daemon=True).start()
