"""How people sign in at the page: the key is typed once and becomes a cookie that scripts cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from ..errors import AccessError, SizeError
from .guard import SESSION_S, Sessions

if TYPE_CHECKING:
    from fastapi import APIRouter

    from .keys import KeyFile

_LARGEST_FORM = 4096
_PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>登录 · Sign in</title>
<style>
body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; }}
input, button {{ font: inherit; width: 100%; padding: .5rem; box-sizing: border-box; margin-top: .5rem; }}
.wrong {{ color: #b00020; }}
</style>
<h1>登录 · Sign in</h1>
<p>请输入 API 密钥。Enter an API key.</p>
{note}
<form method="post" action="/login">
<input name="key" type="password" autocomplete="current-password" required autofocus>
<button>登录 Sign in</button></form></html>"""
_WRONG = '<p class="wrong">{message}</p>'
_ONLY_OURSELVES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "Cache-Control": "no-store",
}


def build_login(keys: KeyFile, sessions: Sessions) -> APIRouter:
    """``/login``: the form, and what takes it."""
    from fastapi import APIRouter
    from fastapi.responses import HTMLResponse, RedirectResponse

    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def form() -> HTMLResponse:
        return HTMLResponse(_PAGE.format(note=""), headers=_ONLY_OURSELVES)

    @router.post("/login")
    async def enter(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_FORM:
                raise SizeError("登录表单过大。The form is too large.", allowed_bytes=_LARGEST_FORM)
        presented = parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0].strip()
        try:
            key = keys.check(presented)
        except AccessError as error:
            note = _WRONG.format(message=error.message)
            return HTMLResponse(_PAGE.format(note=note), status_code=401, headers=_ONLY_OURSELVES)
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            sessions.cookie,
            sessions.open(key.id),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    return router
