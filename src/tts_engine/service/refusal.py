"""Errors answered before the application is reached, in the form that the API uses too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import TTSError, outcome_of

if TYPE_CHECKING:
    from starlette.types import Scope, Send

#: On every answer: no guessing of types, no frames of other sites, no addresses told to them.
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)


async def refuse(scope: Scope, send: Send, error: TTSError) -> None:
    """Answers an error without the application."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
        return
    status = outcome_of(error).http_status
    kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(status)
    kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
    body = json.dumps(
        {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}, ensure_ascii=False
    ).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *SAFE_HEADERS]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="tts-engine"'))
    if isinstance(error.fields.get("retry_after_s"), int):
        headers.append((b"retry-after", str(error.fields["retry_after_s"]).encode()))
    if status == 413:
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
