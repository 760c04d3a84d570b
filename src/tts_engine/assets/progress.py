"""How far a fetch is: the frozen value that callers see, and the counter behind it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

_log = logging.getLogger(__name__)

Phase = Literal["waiting", "checking", "downloading", "installing", "done"]


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """One moment of a fetch.

    Attributes:
        phase: ``waiting`` for another process, ``checking`` what is there, ``downloading``, ``installing``, ``done``.
        item: the package or file at work.
        bytes_done: bytes of the model that are here, never falling.
        bytes_total: bytes of the model that this fetch brings or checks.
        elapsed_s: seconds since the fetch began.
        remaining_s: estimated seconds to the end, None while nothing can be said.
    """

    phase: Phase
    item: str
    bytes_done: int
    bytes_total: int
    elapsed_s: float
    remaining_s: float | None


ProgressCallback = Callable[[FetchProgress], None]


class Tracker:
    """Counts bytes for one fetch and tells the callback, at most every 0.1 s within a phase.

    Bytes are those of the finished files. An archive is compressed, so its download moves the counter by the same
    share of the pieces that it contains; ``hint`` does that, ``settle`` replaces hints by what is verified.
    """

    _INTERVAL_S = 0.1
    _WINDOW_S = 15.0

    def __init__(self, callback: ProgressCallback | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._callback = callback
        self._clock = clock
        self._began_s = clock()
        self._phase: Phase = "checking"
        self._item = ""
        self._total = 0
        self._settled = 0
        self._shown = 0
        self._last_s: float | None = None
        self._samples: deque[tuple[float, int]] = deque()

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Starts a phase that has ``total`` bytes, of which ``done`` are here already."""
        self._phase, self._total = phase, total
        self._settled = self._shown = min(done, total)
        self._samples.clear()
        self._item = ""
        self._tell(force=True)

    def item(self, name: str) -> None:
        """Names what is worked on now."""
        self._item = name
        self._tell(force=True)

    def settle(self, size: int) -> None:
        """Counts bytes that are verified and kept."""
        self._settled += size
        self._show(self._settled)

    def hint(self, size: int) -> None:
        """Shows bytes that are under way beyond the settled ones, not yet verified."""
        self._show(self._settled + size)

    def beat(self) -> None:
        """Tells the callback that time passes although no count moved."""
        self._tell(force=False)

    def finish(self) -> None:
        """Reports the end."""
        self._phase, self._shown = "done", self._total
        self._tell(force=True)

    def _show(self, count: int) -> None:
        # Never backwards: a rejected piece is fetched again, the bar waits meanwhile.
        self._shown = max(self._shown, min(count, self._total))
        self._tell(force=False)

    def _tell(self, *, force: bool) -> None:
        now = self._clock()
        if self._callback is None or (not force and self._last_s is not None and now - self._last_s < self._INTERVAL_S):
            return
        self._last_s = now
        self._samples.append((now, self._shown))
        while len(self._samples) > 2 and now - self._samples[0][0] > self._WINDOW_S:
            self._samples.popleft()
        moment = FetchProgress(
            self._phase, self._item, self._shown, self._total, now - self._began_s, self._remaining_s()
        )
        try:
            self._callback(moment)
        except OSError as error:
            # A terminal that has gone is no fault of the cache, and no reason to give up a fetch.
            _log.warning("nobody can be told about the progress any more: %s", error)
            self._callback = None

    def _remaining_s(self) -> float | None:
        if self._phase == "done":
            return 0.0
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        if last <= first or last_s <= first_s:
            return None
        return (self._total - last) * (last_s - first_s) / (last - first)
