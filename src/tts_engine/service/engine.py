"""The one synthesizer of the server: loaded behind the page, waited for by whoever needs it, tried again on demand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..errors import SynthesisError, TTSError
from ..settings import Settings

if TYPE_CHECKING:
    from ..assets import FetchProgress, ProgressCallback
    from ..pipeline import Synthesizer

logger = logging.getLogger(__name__)

Phase = Literal["loading", "fetching", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class EngineState:
    """Where the loading of the model stands.

    Attributes:
        phase: ``loading`` from disk, ``fetching`` over the network, ``ready``, ``failed``.
        fetch: how far a fetch is, while there is one.
        error: why it failed.
    """

    phase: Phase
    fetch: FetchProgress | None = None
    error: TTSError | None = None


class EngineHolder:
    """Loads a synthesizer in a thread of its own and hands it out.

    Args:
        load: makes the synthesizer; gets a callback for the progress of a fetch.
    """

    def __init__(self, load: Callable[[ProgressCallback], Synthesizer]) -> None:
        self._load = load
        self._changed = threading.Condition()
        self._state = EngineState("loading")
        self._synthesizer: Synthesizer | None = None
        self._is_running = False
        self._told: list[Callable[[Synthesizer], None]] = []

    @property
    def state(self) -> EngineState:
        """Where the loading stands now."""
        return self._state

    @property
    def synthesizer(self) -> Synthesizer | None:
        """The synthesizer, once it is ready."""
        return self._synthesizer

    def start(self) -> None:
        """Begins to load, or to load again after a failure; harmless while it loads or has loaded."""
        with self._changed:
            if self._is_running or self._synthesizer is not None:
                return
            self._is_running = True
            self._state = EngineState("loading")
        threading.Thread(target=self._run, name="load-model", daemon=True).start()

    def when_ready(self, tell: Callable[[Synthesizer], None]) -> None:
        """Tells about the synthesizer once it is ready; at once if it is."""
        with self._changed:
            if self._synthesizer is None:
                self._told.append(tell)
                return
        tell(self._synthesizer)

    def obtain(self, on_wait: Callable[[EngineState], None] | None = None, interval_s: float = 0.3) -> Synthesizer:
        """The synthesizer, waiting for it as long as it loads; a failed loading is tried once more.

        Args:
            on_wait: told the state every ``interval_s`` while waiting; what it raises ends the waiting.
            interval_s: seconds between two calls.

        Raises:
            TTSError: why it could not be loaded.
        """
        self.start()
        while True:
            with self._changed:
                state = self._state
                if self._synthesizer is not None:
                    return self._synthesizer
                if state.phase == "failed" and state.error is not None:
                    raise state.error
                self._changed.wait(interval_s)
                state = self._state
            if on_wait is not None and state.phase in ("loading", "fetching"):
                on_wait(state)

    def _run(self) -> None:
        try:
            synthesizer = self._load(self._on_fetch)
        except TTSError as error:
            logger.error("the model could not be loaded: %s", error.message)
            self._settle(EngineState("failed", error=error), None)
        except Exception as error:
            logger.exception("the model could not be loaded")
            wrapped = SynthesisError(
                f"模型载入失败：{error}。请查看终端中的日志。Loading the model failed; see the log in the terminal.",
                code="load_failed",
            )
            wrapped.__cause__ = error
            self._settle(EngineState("failed", error=wrapped), None)
        else:
            logger.info("the model is ready")
            self._settle(EngineState("ready"), synthesizer)
            for tell in self._told:
                tell(synthesizer)

    def _on_fetch(self, progress: FetchProgress) -> None:
        with self._changed:
            phase: Phase = "loading" if progress.phase == "done" else "fetching"
            self._state = replace(self._state, phase=phase, fetch=progress)

    def _settle(self, state: EngineState, synthesizer: Synthesizer | None) -> None:
        with self._changed:
            self._state, self._synthesizer, self._is_running = state, synthesizer, False
            self._changed.notify_all()


def engine_of(settings: Settings) -> EngineHolder:
    """A holder that loads what the settings name; not started."""

    def load(on_fetch: ProgressCallback) -> Synthesizer:
        from ..api import load_synthesizer
        from ..options import SynthesisOptions

        synthesizer = load_synthesizer(settings, on_fetch=on_fetch)
        for _ in synthesizer.stream("好。", SynthesisOptions(emotion="happy")):
            pass  # what is imported at first use is imported now, not while somebody waits for a first word
        synthesizer.warm_up()
        return synthesizer

    return EngineHolder(load)
