"""The body of a request: bounded, JSON, an object, strict where JSON is lax."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from ...errors import ControlError, SizeError

if TYPE_CHECKING:
    from fastapi import Request

#: Largest JSON body, bytes: the longest text that any server takes, or a reference recording of a minute as base64.
MAX_BODY_BYTES = 16 * 1024 * 1024


async def read_json(request: Request, limit: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """The body as an object.

    Raises:
        SizeError: too large.
        ControlError: not JSON, not an object, NaN or infinity in it, or text that is not Unicode.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise SizeError(
                f"请求体超过 {limit // 1024} KiB。The body is larger than {limit // 1024} KiB: send less at once.",
                code="body_too_large",
                allowed_bytes=limit,
            )
        parts.append(part)
    return parse_json(b"".join(parts))


def parse_json(raw: bytes) -> dict[str, Any]:
    """See ``read_json``."""
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise ControlError(
            f"请求体不是有效的 JSON：{error}。The body is not valid JSON (UTF-8): {error}.", code="json_invalid"
        ) from None
    if not isinstance(body, dict):
        raise ControlError(
            f"请求体应为 JSON 对象，收到 {type(body).__name__}。The body must be a JSON object.", code="json_invalid"
        )
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
