"""The one door between requests and the engine, and the way to give up what runs behind it."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...errors import DrainingError
from ...settings import Settings
from ..desk import LOCAL, Caller, Desk
from ..guard import client_of
from ..scheduler import Cancelled

if TYPE_CHECKING:
    from fastapi import Request

    from ...types import SynthesisChunk
    from ..desk import Visit
    from ..engine import EngineHolder, EngineState
    from .fields import SpeechRequest


class Gone(Exception):  # noqa: N818 - a request to end, not a failure
    """Nobody waits for the result any more."""


_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,5})\"?\s*(?:$|[,;])", re.IGNORECASE)

Lane = Literal["interactive", "batch"]


class Ticket:
    """Whether somebody still waits for a piece of work; may be given up from any thread.

    Attributes:
        lane: ``interactive`` where a person waits for the first sound, else ``batch``.
        client: who asks, see ``guard.client_of``.
        deadline_s: seconds within which every sentence of a text must get its turn; None for the server's setting.
    """

    def __init__(self, lane: Lane = "interactive", client: str = LOCAL, deadline_s: float | None = None) -> None:
        self.lane: Lane = lane
        self.client = client
        self.deadline_s = deadline_s
        self._gone = threading.Event()
        self._visit: Visit | None = None

    def give_up(self) -> None:
        """The client has gone, or the server goes down."""
        self._gone.set()
        if self._visit is not None:
            self._visit.cancel()

    def bind(self, visit: Visit) -> None:
        """Giving up ends this too, also while it waits for its turn."""
        self._visit = visit
        if self.is_given_up:
            visit.cancel()

    @property
    def is_given_up(self) -> bool:
        """Whether the work may stop."""
        return self._gone.is_set()

    def check(self) -> None:
        """Goes on only where somebody waits.

        Raises:
            Gone: nobody does.
        """
        if self._gone.is_set():
            raise Gone


def ticket_of(request: Request, lane: Lane = "interactive") -> Ticket:
    """The ticket of an HTTP request, with the deadline that ``Prefer: wait=SECONDS`` sets (RFC 7240)."""
    wished = _WAIT.search(request.headers.get("prefer", ""))
    return Ticket(lane, client_of(request.scope), float(max(1, int(wished[1]))) if wished else None)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What every endpoint needs.

    Attributes:
        settings: limits and folders.
        engine: where the synthesizer comes from.
        desk: where turns at it are given out.
    """

    settings: Settings
    engine: EngineHolder
    desk: Desk


def perform(deployment: Deployment, request: SpeechRequest, ticket: Ticket) -> Generator[SynthesisChunk]:
    """The speech, chunk by chunk; waits for the model while it loads, stops within a sentence when given up.

    Raises:
        TTSError: see ``Synthesizer.stream`` and ``EngineHolder.obtain``.
        BusyError: the queue is full, or the server goes down.
        Gone: nobody waits any more.
    """
    caller = Caller(ticket.client, "batch" if ticket.lane == "batch" else "http", ticket.lane, ticket.deadline_s)
    with deployment.desk.visit(caller, characters=len(request.text)) as visit:
        ticket.bind(visit)

        def on_wait(_state: EngineState) -> None:
            ticket.check()
            if visit.is_cancelled:  # the server goes down before the model came
                raise Cancelled

        try:
            synthesizer = deployment.engine.obtain(on_wait)
            ticket.check()
            spoken = synthesizer.stream(request.text, request.options, lexicon=request.lexicon, turn=visit.turn)
            with closing(spoken) as chunks:  # type: ignore[type-var]
                for chunk in visit.watch(chunks):
                    ticket.check()
                    yield chunk
                    ticket.check()
        except Cancelled:
            ticket.check()
            raise DrainingError(
                "服务正在关闭，这段文字没有读完。The server is going down; this text was not finished.",
                retry_after_s=deployment.desk.scheduler.retry_after_s(),
            ) from None
