"""Every failure as the error object that OpenAI's clients know: ``{"error": {message, type, param, code}}``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ...errors import SynthesisError, TextError, TTSError, outcome_of

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

logger = logging.getLogger(__name__)

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def error_object(error: TTSError) -> dict[str, Any]:
    """The error as a body; ``param`` names the field that is at fault, ``details`` carries what else is known."""
    status = outcome_of(error).http_status
    option = error.fields.get("option")
    param = option if isinstance(option, str) else None
    if param is None and isinstance(error, TextError):
        param = "input"
    body: dict[str, Any] = {
        "message": error.message,
        "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "param": param,
        "code": error.code,
    }
    details = {name: value for name, value in error.fields.items() if name not in ("option", "path")}
    if details:
        body["details"] = details
    return {"error": body}


def answer(error: TTSError) -> JSONResponse:
    """The HTTP answer to an error."""
    from fastapi.responses import JSONResponse

    outcome = outcome_of(error)
    if outcome.http_status >= 500:
        logger.warning("answered %d %s", outcome.http_status, error.code)
    return JSONResponse(error_object(error), outcome.http_status, headers=_headers(error))


def install(app: FastAPI) -> None:
    """Lets every failure of the application's own routes leave as an error object."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    async def on_tts_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, TTSError)
        desk = getattr(request.app.state, "desk", None)
        if desk is not None:
            desk.metrics.count_error(error)
        return answer(error)

    async def on_http_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return _plain(error.status_code, str(error.detail), None, error.headers)

    async def on_validation_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"][1:]) or None
        return _plain(400, f"{param}: {first['msg']}" if param else str(first["msg"]), param, None)

    async def on_surprise(_request: Request, error: Exception) -> JSONResponse:
        logger.error("a request failed unexpectedly", exc_info=error)
        return answer(
            SynthesisError(
                "服务内部出错，详情见服务端日志。The server failed unexpectedly; its log says more.",
                code="internal_error",
            )
        )

    app.add_exception_handler(TTSError, on_tts_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(Exception, on_surprise)


def _plain(status: int, message: str, param: str | None, headers: Any) -> JSONResponse:
    from fastapi.responses import JSONResponse

    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "request_invalid")
    return JSONResponse(
        {"error": {"message": message, "type": kind, "param": param, "code": code}}, status, headers=headers
    )


def _headers(error: TTSError) -> dict[str, str] | None:
    """``Retry-After`` where the error says when to come back."""
    seconds = error.fields.get("retry_after_s")
    return {"Retry-After": str(max(1, round(seconds)))} if isinstance(seconds, (int, float)) else None
