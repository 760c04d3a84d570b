"""Audio that can be heard while it is being made: one writer, any number of listeners who may come late."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ..errors import ControlError

if TYPE_CHECKING:
    from ..audio.stream import StreamEncoder
    from ..types import FloatArray

#: How long a finished feed is kept for listeners who are slow, seconds; how many feeds there are at most.
KEPT_S = 900.0

#: How often a listener looks for news, seconds.
LOOK_S = 0.03
MOST_FEEDS = 64


class Feed:
    """A WAV stream as far as it was made, growing until ``close``; ``mark`` as for ``StreamEncoder``.

    WAV, since the page plays the samples itself as they come (``page/player.js``).
    """

    def __init__(self, sample_rate: int = 24_000, mark: str | None = None) -> None:
        self._sample_rate = sample_rate
        self._mark = mark
        self._encoder: StreamEncoder | None = None
        self._pieces: list[bytes] = []
        self.is_closed = False
        self.closed_at = float("inf")

    def push(self, waveform: FloatArray) -> None:
        """Appends (samples,) float32."""
        from ..audio.stream import StreamEncoder

        self._encoder = self._encoder or StreamEncoder("wav", self._sample_rate, mark=self._mark)
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
        self.closed_at = time.monotonic()
        self.is_closed = True

    async def listen(self, patience_s: float = 120.0) -> AsyncIterator[bytes]:
        """All bytes from the beginning, as they come; ends with the feed or after ``patience_s`` without news.

        Looks every ``LOOK_S``: a listener holds no thread, however long the text is.
        """
        position, waited_s = 0, 0.0
        while True:
            is_closed, pieces = self.is_closed, self._pieces[position:]  # in this order: nothing comes after closing
            if pieces:
                waited_s = 0.0
                position += len(pieces)
                yield b"".join(pieces)
            elif is_closed or waited_s >= patience_s:
                return
            else:
                await asyncio.sleep(LOOK_S)
                waited_s += LOOK_S

    def _append(self, data: bytes) -> None:
        if data:
            self._pieces.append(data)


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
