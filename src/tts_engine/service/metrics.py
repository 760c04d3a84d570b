"""What an operator watches, in the text form of Prometheus.

Every label takes its values from a closed set (entrances, routes of the application, error codes of ``errors``), so no
client can make the number of series grow. Texts, voices, keys and addresses are never labels.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..errors import TTSError
    from .scheduler import Load, Priority

Entrance = Literal["http", "page", "live", "batch"]
ENTRANCES: tuple[Entrance, ...] = ("http", "page", "live", "batch")

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_RTF = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 4.0)
_MOST_CODES = 100
_OTHER = "other"


class Metrics:
    """The measurements of one server; every method may be called from any thread.

    Args:
        load: what the scheduler holds; asked when somebody looks.
    """

    def __init__(self, load: Callable[[], Load] | None = None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()
        self._codes: set[str] = set()
        self._counted: WeakSet[TTSError] = WeakSet()
        self._requests = Counter(
            "tts_http_requests", "HTTP requests answered.", ["route", "method", "status"], registry=registry
        )
        self._latency = Histogram(
            "tts_http_seconds", "Seconds to the end of an HTTP answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._wait = Histogram(
            "tts_queue_wait_seconds",
            "Seconds that a sentence waited for the engine.",
            ["priority"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._rtf = Histogram(
            "tts_rtf", "Seconds from admission to the end per second of audio.", ["entrance"], buckets=_RTF,
            registry=registry,
        )  # fmt: skip
        self._ttfa = Histogram(
            "tts_ttfa_seconds", "Seconds from admission to the first audio.", ["entrance"], buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._speeches = Counter(
            "tts_speeches", "Texts spoken, by how they ended.", ["entrance", "outcome"], registry=registry
        )
        self._characters = Counter("tts_characters", "Characters spoken.", ["entrance"], registry=registry)
        self._audio = Counter("tts_audio_seconds", "Seconds of audio made.", ["entrance"], registry=registry)
        self._errors = Counter("tts_errors", "Errors told to clients, by code.", ["code"], registry=registry)
        self.live_sessions = Gauge("tts_live_sessions", "Live sessions that are open.", registry=registry)
        if load is not None:
            depth = Gauge(
                "tts_queue_depth", "Requests, and sentences that wait or are rendered.", ["what"], registry=registry
            )
            depth.labels("interactive").set_function(lambda: load().requests["interactive"])
            depth.labels("batch").set_function(lambda: load().requests["batch"])
            depth.labels("waiting").set_function(lambda: load().waiting)
            depth.labels("rendering").set_function(lambda: load().rendering)

    def text(self) -> bytes:
        """The measurements, as ``/metrics`` answers them."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def count_answer(self, route: str, method: str, status: int, seconds: float) -> None:
        """An HTTP answer; ``route`` is the path template of the application, not what the client asked for."""
        known = method if method in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS") else _OTHER
        self._requests.labels(route, known, str(status) if 100 <= status < 600 else _OTHER).inc()
        self._latency.labels(route).observe(seconds)

    def count_wait(self, seconds: float, priority: Priority) -> None:
        """A sentence got its turn."""
        self._wait.labels(priority).observe(seconds)

    def count_error(self, error: TTSError) -> None:
        """An error was told to a client; one object counts once, however many layers it passes."""
        if error in self._counted:
            return
        self._counted.add(error)
        code = error.code
        if code not in self._codes and len(self._codes) >= _MOST_CODES:
            code = _OTHER
        self._codes.add(code)
        self._errors.labels(code).inc()

    def count_first_audio(self, entrance: Entrance, seconds: float) -> None:
        """The first audio of a text was ready."""
        self._ttfa.labels(entrance).observe(seconds)

    def count_speech(
        self, entrance: Entrance, outcome: Literal["done", "failed", "cancelled"], *, audio_s: float, seconds: float,
        characters: int,
    ) -> None:  # fmt: skip
        """A text came to its end, one way or another, after ``seconds`` and with ``audio_s`` of audio."""
        self._speeches.labels(entrance, outcome).inc()
        self._audio.labels(entrance).inc(audio_s)
        if outcome == "done":
            self._characters.labels(entrance).inc(characters)
            if audio_s > 0:
                self._rtf.labels(entrance).observe(seconds / audio_s)


class Measured:
    """ASGI middleware: every HTTP answer, by the route that gave it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.monotonic(), 500

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            self._metrics.count_answer(_route(scope), scope["method"], status, time.monotonic() - began_s)


def _route(scope: Scope) -> str:
    """The path template that matched; what belongs to the page is ``page``, what was refused before, ``refused``."""
    route: Any = scope.get("route")
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    if isinstance(template, str) and not scope.get("root_path"):
        return template
    return "page" if "endpoint" in scope or scope.get("root_path") else "refused"
