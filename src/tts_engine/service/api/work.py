"""The one door between requests and the engine, and the way to give up what runs behind it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...settings import Settings

if TYPE_CHECKING:
    from ...types import SynthesisChunk
    from ..engine import EngineHolder, EngineState
    from .fields import SpeechRequest


class Gone(Exception):  # noqa: N818 - a request to end, not a failure
    """Nobody waits for the result any more."""


Lane = Literal["interactive", "batch"]


class Ticket:
    """Whether somebody still waits for a piece of work; may be given up from any thread.

    Attributes:
        lane: ``interactive`` where a person waits for the first sound, else ``batch``.
    """

    def __init__(self, lane: Lane = "interactive") -> None:
        self.lane: Lane = lane
        self._gone = threading.Event()

    def give_up(self) -> None:
        """The client has gone, or the server goes down."""
        self._gone.set()

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


@dataclass(frozen=True, slots=True)
class Deployment:
    """What every endpoint needs.

    Attributes:
        settings: limits and folders.
        engine: where the synthesizer comes from.
    """

    settings: Settings
    engine: EngineHolder


def perform(deployment: Deployment, request: SpeechRequest, ticket: Ticket) -> Generator[SynthesisChunk]:
    """The speech, chunk by chunk; waits for the model while it loads, stops within a sentence when given up.

    Raises:
        TTSError: see ``Synthesizer.stream`` and ``EngineHolder.obtain``.
        Gone: nobody waits any more.
    """

    def on_wait(_state: EngineState) -> None:
        ticket.check()

    synthesizer = deployment.engine.obtain(on_wait)
    ticket.check()
    with closing(synthesizer.stream(request.text, request.options, lexicon=request.lexicon)) as chunks:  # type: ignore[type-var]
        for chunk in chunks:
            ticket.check()
            yield chunk
            ticket.check()
