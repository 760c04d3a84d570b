"""The text of a session that waits to be spoken, cut into parts, and what is to be told between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import TextError
from ...text.incremental import Part, Segmenter


@dataclass(frozen=True, slots=True)
class Work:
    """A part to speak.

    Attributes:
        part: of the text.
        came_s: when it was complete.
    """

    part: Part
    came_s: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is to be told once everything before it has been spoken."""

    kind: str


class Backlog:
    """Parts and marks, first in, first out. Not thread-safe.

    Args:
        most: characters that may wait.
        clock: monotonic seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most = most
        self._clock = clock
        self._segmenter = Segmenter()
        self._items: deque[Work | Mark] = deque()
        self._last_text_s = clock()

    def __len__(self) -> int:
        """Parts and marks that could be taken now."""
        return len(self._items)

    @property
    def characters(self) -> int:
        """Characters that wait, those of a part that is not complete included."""
        parts = sum(len(item.part.text) for item in self._items if isinstance(item, Work))
        return self._segmenter.pending + parts

    @property
    def position(self) -> int:
        """Characters that were ever taken in."""
        return self._segmenter.position

    def cut_by(self, grain: str) -> None:
        """Cuts the text, of which there is none yet, at this grain."""
        self._segmenter = Segmenter(grain)

    def feed(self, text: str) -> None:
        """Takes in text.

        Raises:
            TextError: more would wait than may; nothing of it was taken.
        """
        waiting = self.characters
        if waiting + len(text) > self.most:
            raise TextError(
                f"积压 {waiting} 字，再加 {len(text)} 字超过上限 {self.most}，这一段没有收下，请稍后再送。"
                f"{waiting} characters wait already; these {len(text)} were not taken: send them later.",
                code="backlog_full",
                waiting=waiting,
                allowed=self.most,
            )
        self._last_text_s = self._clock()
        self._add(self._segmenter.feed(text))

    def flush(self) -> None:
        """Ends the part that is not complete."""
        self._add(self._segmenter.flush())

    def settle(self, after_s: float | None) -> float | None:
        """Lets what is safe go once the writer has paused.

        Args:
            after_s: for how long; None waits for ever.

        Returns:
            Seconds after which it is worth to ask again; None: not before there is more.
        """
        if after_s is None or not self._segmenter.pending:
            return None
        left_s = after_s - (self._clock() - self._last_text_s)
        if left_s > 0:
            return max(0.01, left_s)
        self._add(self._segmenter.settle())
        return None

    def mark(self, kind: str) -> None:
        """Has this told once everything before it has been spoken."""
        self._items.append(Mark(kind))

    def take(self) -> Work | Mark:
        """The next one; there must be one."""
        return self._items.popleft()

    def clear(self) -> int:
        """Forgets the text, and that it is the end; characters that were dropped."""
        dropped = self.characters
        self._segmenter.clear()
        self._items = deque(item for item in self._items if isinstance(item, Mark) and item.kind != "done")
        return dropped

    def close(self) -> None:
        """Forgets everything."""
        self._items.clear()

    def _add(self, parts: list[Part]) -> None:
        self._items.extend(Work(part, self._clock()) for part in parts)
