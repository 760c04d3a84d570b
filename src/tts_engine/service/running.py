"""Work that goes on in a thread while its progress is told: what a page callback waits for, and can stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Generic, TypeVar

from .feed import Feed
from .scheduler import Cancelled

OnProgress = Callable[[float, str], None]
Result = TypeVar("Result")


class Job(Generic[Result]):
    """One running action.

    Args:
        act: the action; gets a callback for progress, which ends it once ``stop`` was called, and the feed.
        feed: gets the sound; closed when the action ends, however it ends.

    Attributes:
        feed: as given.
    """

    def __init__(self, act: Callable[[OnProgress, Feed], Result], feed: Feed) -> None:
        self.feed = feed
        self._changed = threading.Condition()
        self._progress = (0.0, "")
        self._is_stopped = False
        self._future: Future[Result] = Future()
        threading.Thread(target=self._run, args=(act,), name="studio-job", daemon=True).start()

    def stop(self) -> None:
        """Ends the action at its next step."""
        self._is_stopped = True

    def news(self, interval_s: float = 0.4) -> Iterator[tuple[float, str]]:
        """Share and words, whenever they change, until the action has ended; leaving the loop stops the action."""
        told: tuple[float, str] | None = None
        try:
            while not self._future.done():
                with self._changed:
                    self._changed.wait(interval_s)
                    progress = self._progress
                if progress != told:
                    told = progress
                    yield progress
        except BaseException:
            self.stop()
            raise

    def result(self) -> Result:
        """What the action made; raises what it raised."""
        return self._future.result()

    def _run(self, act: Callable[[OnProgress, Feed], Result]) -> None:
        try:
            try:
                result = act(self._on_progress, self.feed)
            finally:
                self.feed.close()
        except BaseException as error:  # noqa: BLE001 - told to whoever asks for the result
            self._future.set_exception(error)
        else:
            self._future.set_result(result)
        with self._changed:
            self._changed.notify_all()

    def _on_progress(self, share: float, words: str) -> None:
        if self._is_stopped:
            raise Cancelled
        with self._changed:
            self._progress = (share, words)
            self._changed.notify_all()
