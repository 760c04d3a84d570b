"""Where every request for speech comes in: a place in the queue, turns at the engine, and what is measured about it.

Page, HTTP, batch and live sessions all say who they are and then do the same::

    with desk.visit(Caller("key-7f3a", "http"), characters=len(text)) as visit:
        for chunk in visit.watch(synthesizer.stream(text, options, turn=visit.turn)):
            ...
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import BusyError, DrainingError, TTSError
from .metrics import Entrance, Metrics
from .scheduler import Cancelled, OnWait, Priority, Scheduler, Ticket

if TYPE_CHECKING:
    from ..settings import Settings
    from ..speaking import Hold, Turn
    from ..types import SynthesisChunk

LOCAL = "local"

_ASK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for speech.

    Attributes:
        client: between whom the engine is shared fairly: the id of a key, or ``local`` where none is needed.
        entrance: which way it came in.
        priority: ``batch`` for what can wait.
        deadline_s: seconds within which every sentence must get its turn; None for the server's setting.
    """

    client: str = LOCAL
    entrance: Entrance = "http"
    priority: Priority = "interactive"
    deadline_s: float | None = None


class Desk:
    """The one way to the engine. Safe to use from any number of threads.

    Args:
        settings: sizes of the queue.
    """

    def __init__(self, settings: Settings) -> None:
        self.metrics = Metrics(lambda: self.scheduler.load)
        self.scheduler = Scheduler(
            slots=settings.slots or default_slots(),
            queue_size=settings.queue_size,
            on_wait=self.metrics.count_wait,
        )
        self._deadline_s = settings.deadline_s
        self._slots = settings.slots

    def make_room(self, together: int) -> None:
        """As many turns at the same time as an engine computes together, unless the settings say how many."""
        if self._slots is None and together > self.scheduler.slots:
            self.scheduler.widen(together)

    def visit(self, caller: Caller, *, characters: int) -> Visit:
        """Admits a text, or refuses it at once.

        Raises:
            BusyError: there is no place; DrainingError: the server goes down.
        """
        deadline_s = self._deadline_s if caller.deadline_s is None else min(caller.deadline_s, self._deadline_s)
        try:
            ticket = self.scheduler.admit(caller.client, priority=caller.priority, deadline_s=deadline_s)
        except BusyError as error:
            self.metrics.count_error(error)
            raise
        return Visit(ticket, self.metrics, caller.entrance, characters)

    def patiently(self, client: str, stop: threading.Event) -> Turn:
        """Turns for long work: each comes behind everybody who waits for an answer, however long that takes.

        A turn raises ``DrainingError``, and sets ``stop``, when the work is to rest or the server goes down.

        Args:
            client: whose turns they are.
            stop: set by whoever wants the work to rest.
        """

        @contextmanager
        def turn(size: int) -> Iterator[Hold]:
            ticket = self._admitted(client, stop)
            if ticket is not None:

                def look(_position: int) -> None:
                    if stop.is_set():
                        ticket.cancel()

                with suppress(Cancelled), ticket:
                    with ticket.turn(size, look) as hold:
                        yield hold
                    return
            stop.set()  # what is in hand counts as given back, not as failed
            raise DrainingError("工作已暂停，可以继续。The work rests and can be continued.")

        return turn

    def _admitted(self, client: str, stop: threading.Event) -> Ticket | None:
        """A place in the queue, however long it takes; None where the work is to rest or the server goes down."""
        while not stop.is_set():
            try:
                return self.scheduler.admit(client, priority="batch")
            except DrainingError:
                return None
            except BusyError:
                stop.wait(_ASK_AGAIN_S)
        return None


class Visit:
    """A text that was admitted. A context manager; leaving it gives the place back."""

    def __init__(self, ticket: Ticket, metrics: Metrics, entrance: Entrance, characters: int) -> None:
        self._ticket = ticket
        self._metrics = metrics
        self._entrance: Entrance = entrance
        self._characters = characters
        self._began_s = time.monotonic()
        self._audio_s: float | None = None

    def turn(self, size: int, on_wait: OnWait | None = None) -> AbstractContextManager[Hold]:
        """Given to ``Synthesizer`` as ``turn``."""
        return self._ticket.turn(size, on_wait)

    def note(self, audio_s: float) -> None:
        """So much more audio is there."""
        if self._audio_s is None:
            self._metrics.count_first_audio(self._entrance, time.monotonic() - self._began_s)
        self._audio_s = (self._audio_s or 0.0) + audio_s

    def watch(self, chunks: Iterable[SynthesisChunk]) -> Iterator[SynthesisChunk]:
        """The same chunks, noted."""
        for chunk in chunks:
            self.note(len(chunk.waveform) / chunk.sample_rate)
            yield chunk

    def cancel(self) -> None:
        """Ends the work: what waits raises ``Cancelled`` now, a sentence that is being rendered is the last."""
        self._ticket.cancel()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled or is over."""
        return self._ticket.is_cancelled

    @property
    def position(self) -> int | None:
        """How many sentences of others come first; None while nothing of ours waits."""
        return self._ticket.position

    def __enter__(self) -> Visit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        was_cancelled = self._ticket.is_cancelled or isinstance(error, (Cancelled, GeneratorExit))
        self._ticket.__exit__(kind, error, trace)
        if isinstance(error, TTSError):
            self._metrics.count_error(error)
        self._metrics.count_speech(
            self._entrance,
            "cancelled" if was_cancelled else "done" if error is None else "failed",
            audio_s=self._audio_s or 0.0,
            seconds=time.monotonic() - self._began_s,
            characters=self._characters,
        )


def default_slots() -> int:
    """Sentences at the same time: two fill two to eight processors (``ahead``), one more for every four beyond."""
    import os

    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(min(2, processors), processors // 4)
