"""How much one request may bring and how many one key may make.

A body is refused by its ``Content-Length`` before a byte of it is read; one that does not say its length is counted as
it comes, and one that stops coming is given up. Nothing here looks at what is in a body.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import BusyError, SizeError
from .refusal import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .metrics import Metrics

#: Seconds between two parts of a body, after which the sender is taken for dead.
BODY_PATIENCE_S = 30.0

_UPLOAD = b"multipart/form-data"


class RateLimit:
    """A token bucket per client: a minute's worth may come at once, then as many as flow in.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> (tokens, when)

    def take(self, client: str, per_minute: int) -> None:
        """Counts one request.

        Raises:
            BusyError: the client has used up its share; ``retry_after_s`` says when the next one is allowed.
        """
        now_s = self._clock()
        with self._lock:
            tokens, then_s = self._buckets.get(client, (float(per_minute), now_s))
            tokens = min(float(per_minute), tokens + (now_s - then_s) * per_minute / 60.0)
            allowed = tokens >= 1.0
            self._buckets[client] = (tokens - 1.0 if allowed else tokens, now_s)
        if not allowed:
            wait_s = max(1, math.ceil((1.0 - tokens) * 60.0 / per_minute))
            raise BusyError(
                f"此密钥每分钟最多 {per_minute} 个请求，请在 {wait_s} 秒后重试。"
                f"This key may make {per_minute} requests a minute: try again in {wait_s} s.",
                code="rate_limited",
                allowed=per_minute,
                retry_after_s=wait_s,
            )


class BodyLimit:
    """ASGI middleware that refuses bodies larger than allowed.

    Args:
        app: what is behind.
        max_body: bytes.
        max_upload: bytes, of a form with files.
        metrics: counts what is refused; None for nobody.
    """

    def __init__(self, app: ASGIApp, max_body: int, max_upload: int, metrics: Metrics | None = None) -> None:
        self._app = app
        self._max_body = max_body
        self._max_upload = max_upload
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_upload = headers.get(b"content-type", b"").lower().startswith(_UPLOAD)
        allowed = self._max_upload if is_upload else self._max_body
        declared = headers.get(b"content-length", b"")
        if declared and (not declared.isdigit() or int(declared[:20]) > allowed):
            await self._refuse(scope, send, allowed)
            return
        seen, is_whole, has_begun = 0, False, False

        async def receive_some() -> Message:
            nonlocal seen, is_whole
            if is_whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), BODY_PATIENCE_S)
            except asyncio.TimeoutError:
                return {"type": "http.disconnect"}
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
                if seen > allowed:
                    raise _TooLarge
            return message

        async def send_and_see(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive_some, send_and_see)
        except _TooLarge:
            if not has_begun:
                await self._refuse(scope, send, allowed)

    async def _refuse(self, scope: Scope, send: Send, allowed: int) -> None:
        error = _too_large(allowed)
        if self._metrics is not None:
            self._metrics.count_error(error)
        await refuse(scope, send, error)


class _TooLarge(Exception):  # noqa: N818 - leaves the application, never this module
    """More came than is allowed."""


def _too_large(allowed: int) -> SizeError:
    megabytes = allowed / 1e6
    return SizeError(
        f"请求体超过 {megabytes:g} MB 的上限。The body is larger than the {megabytes:g} MB that this server takes:"
        " send less at once.",
        allowed_bytes=allowed,
    )
