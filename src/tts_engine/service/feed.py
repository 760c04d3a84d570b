"""Audio that can be heard while it is being made: one writer, any number of listeners who may come late."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import ControlError

if TYPE_CHECKING:
    from ..audio.stream import StreamEncoder
    from ..types import FloatArray

#: How long a finished feed is kept for listeners who are slow, seconds; how many feeds there are at most.
KEPT_S = 900.0
MOST_FEEDS = 64


class Feed:
    """An MP3 stream as far as it was made, growing until ``close``; ``mark`` as for ``StreamEncoder``."""

    def __init__(self, sample_rate: int = 24_000, mark: str | None = None) -> None:
        self._sample_rate = sample_rate
        self._mark = mark
        self._encoder: StreamEncoder | None = None
        self._pieces: list[bytes] = []
        self._changed = threading.Condition()
        self.is_closed = False
        self.closed_at = float("inf")

    def push(self, waveform: FloatArray) -> None:
        """Appends (samples,) float32."""
        from ..audio.stream import StreamEncoder

        self._encoder = self._encoder or StreamEncoder("mp3", self._sample_rate, mark=self._mark)
        self._append(self._encoder.push(waveform))

    @property
    def has_sound(self) -> bool:
        """Whether there is something to hear yet."""
        return bool(self._pieces)

    def close(self) -> None:
        """Nothing more will come; harmless a second time."""
        if self.is_closed:
            return
        if self._encoder is not None:
            self._append(self._encoder.finish())
        with self._changed:
            self.is_closed, self.closed_at = True, time.monotonic()
            self._changed.notify_all()

    def listen(self, patience_s: float = 120.0) -> Iterator[bytes]:
        """All bytes from the beginning, as they come; ends with the feed or after ``patience_s`` without news."""
        position = 0
        while True:
            with self._changed:
                if len(self._pieces) <= position and not self.is_closed:
                    self._changed.wait(patience_s)
                pieces = self._pieces[position:]
            if not pieces:
                return
            position += len(pieces)
            yield from pieces

    def _append(self, data: bytes) -> None:
        if not data:
            return
        with self._changed:
            self._pieces.append(data)
            self._changed.notify_all()


class Feeds:
    """The feeds of a server by names that cannot be guessed."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}
        self._lock = threading.Lock()

    def open(self, name: str, *, mark: str | None = None) -> Feed:
        """A new feed; forgets those that ended long ago, and the oldest where there are too many."""
        feed = Feed(mark=mark)
        with self._lock:
            horizon = time.monotonic() - KEPT_S
            for old in [key for key, value in self._feeds.items() if value.closed_at < horizon]:
                del self._feeds[old]
            while len(self._feeds) >= MOST_FEEDS:
                self._feeds.pop(next(iter(self._feeds)))
            self._feeds[name] = feed
        return feed

    def get(self, name: str) -> Feed:
        """The feed of that name.

        Raises:
            ControlError: there is none, or no longer.
        """
        feed = self._feeds.get(name)
        if feed is None:
            raise ControlError(
                f"没有正在合成的音频 {name!r}。Nothing is being made under {name!r}.", code="feed_unknown", value=name
            )
        return feed
