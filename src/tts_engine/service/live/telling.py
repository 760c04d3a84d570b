"""What a session tells its client: every event numbered and kept, every warning once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..api.faults import error_object

if TYPE_CHECKING:
    from ...emotion.listener import Decision
    from ...errors import TTSError
    from .log import EventLog
    from .outbox import Outbox


class Teller:
    """Tells events.

    Args:
        log: keeps and numbers them.
        outbox: where they go.
    """

    def __init__(self, log: EventLog, outbox: Outbox) -> None:
        self._log = log
        self._outbox = outbox
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> list[str]:
        """Those that were told."""
        return list(self._warnings)

    def tell(self, kind: str, **fields: Any) -> None:
        """An event."""
        self._outbox.put(self._log.add(kind, **fields))

    def error(self, error: TTSError, *, is_fatal: bool) -> None:
        """What went wrong, and whether the session is over."""
        self.tell("error", is_fatal=is_fatal, **error_object(error))

    def decisions(self, decisions: tuple[Decision, ...]) -> None:
        """What was made of the listener's state."""
        for decision in decisions:
            self.tell(
                "listener", decision=decision.kind, text=decision.text, at_s=round(decision.t, 3), **decision.values
            )

    def warn(self, *warnings: str) -> None:
        """Those that were not told before."""
        for warning in warnings:
            if warning not in self._warnings:
                self._warnings[warning] = None
                self.tell("warning", message=warning)
