"""Who may use the server: host names, web origins, API keys and what each key may ask for.

    request ── host ── origin ── key or session ── rate ──► application

On the loopback no key is needed, but a browser on the same machine would carry requests of any web page here. So only
our own names are answered (a page whose name was pointed at 127.0.0.1 brings its own name along: DNS rebinding), and a
page of another origin is refused unless ``cors_origins`` names it. Bound elsewhere, every request needs a key: programs
send it as ``Authorization: Bearer``, people type it once at ``/login`` and get a cookie that scripts cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import AccessError, ConfigError, ForbiddenError, TTSError
from .desk import LOCAL
from .keys import KeyFile
from .limits import RateLimit
from .refusal import SAFE_HEADERS, refuse

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..settings import Settings
    from .keys import ApiKey
    from .metrics import Metrics

#: Addresses that need no key: whether the server lives (without details), and the way in.
OPEN_PATHS = frozenset({"/health", "/health/live", "/health/ready", "/login"})
SESSION_S = 30 * 24 * 3600

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that is bound to ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def needs_keys(settings: Settings) -> bool:
    """Whether this deployment serves only those who have a key."""
    return settings.require_keys or not is_loopback(settings.host)


def refuse_without_keys(settings: Settings, keys: KeyFile) -> None:
    """Lets no server start that would be open to everybody in reach, or to nobody.

    Raises:
        ConfigError: keys are needed and there is none.
    """
    if needs_keys(settings) and not keys.has_any:
        raise ConfigError(
            f"监听 {settings.host} 需要 API 密钥，但还没有密钥。请先运行：tts-engine keys create 名称（"
            f"保存在 {keys.path}），或改用 --host 127.0.0.1。"
            f"Serving at {settings.host} needs an API key and there is none: run `tts-engine keys create NAME`,"
            " or serve this machine only with --host 127.0.0.1.",
            code="keys_required",
            host=settings.host,
        )


def protect(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Puts everything of this folder that stands before an application in front of it, and ``/login`` into it."""
    from .limits import BodyLimit
    from .login import build_login
    from .metrics import Measured

    keys, sessions = KeyFile(settings.data), Sessions(settings.port)
    if needs_keys(settings):
        app.include_router(build_login(keys, sessions))
    app.add_middleware(
        BodyLimit,
        max_body=settings.max_body_mb * 1_000_000,
        max_upload=settings.max_upload_mb * 1_000_000,
        metrics=metrics,
    )
    if settings.cors_origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type", "x-api-key"],
        )
    app.add_middleware(Guard, settings=settings, keys=keys, sessions=sessions, metrics=metrics)
    app.add_middleware(Measured, metrics=metrics)


class Sessions:
    """Signed proof that somebody has shown a key; worth nothing after a restart or once the key is revoked.

    Args:
        port: part of the cookie's name, since browsers share cookies between the ports of a host.
        clock: monotonic seconds, so that moving the wall clock neither ends nor prolongs a session.
    """

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.cookie = f"tts_session_{port}"
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def open(self, key_id: str) -> str:
        """The value of the cookie."""
        payload = f"{key_id}.{int(self._clock()) + SESSION_S}"
        return f"{payload}.{self._sign(payload)}"

    def read(self, value: str) -> str | None:
        """The id of the key that opened the session; None for a forged or old one."""
        payload, _, signature = value.rpartition(".")
        if not hmac.compare_digest(self._sign(payload).encode(), signature.encode("utf-8", "replace")):
            return None
        key_id, _, until = payload.partition(".")
        return key_id if self._clock() < int(until) else None

    def _sign(self, payload: str) -> str:
        return hmac.new(self._secret, payload.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def client_of(scope: Scope) -> str:
    """Between whom the engine is shared: the id of the key, or ``local``."""
    return str(scope.get("state", {}).get("client", LOCAL))


class Guard:
    """ASGI middleware that lets nobody in who may not, and marks who it is for ``client_of``.

    Args:
        app: what is behind.
        settings: host, origins, whether keys are needed.
        keys: the keys.
        sessions: of people at the page.
        metrics: counts what is refused.
    """

    def __init__(self, app: ASGIApp, settings: Settings, keys: KeyFile, sessions: Sessions, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._keys = keys
        self._sessions = sessions
        self._metrics = metrics
        self._needs_keys = needs_keys(settings)
        own = _LOOPBACK_NAMES | {settings.host.strip("[]").lower()} if is_loopback(settings.host) else frozenset()
        self._hosts = own | set(settings.allowed_hosts)  # none known: bound elsewhere, the keys guard it
        self._rate = RateLimit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check_place(scope, headers)
            self._check_key(scope, headers)
        except TTSError as error:
            self._metrics.count_error(error)
            if type(error) is AccessError and _wants_page(scope, headers):
                await _go_to_login(send)
            else:
                await refuse(scope, send, error)
            return
        await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)

    def _check_place(self, scope: Scope, headers: dict[bytes, str]) -> None:
        """Host and origin; the order matters, since an origin is compared with a host that is known to be ours."""
        host = headers.get(b"host", "").lower()
        name, _ = _place(f"//{host}")
        if self._hosts and name not in self._hosts:
            raise ForbiddenError(
                f"不认识的主机名 {host[:100]!r}，需要时请设置 TTS_ALLOWED_HOSTS。"
                f"The host name {host[:100]!r} is not this server's: add it to TTS_ALLOWED_HOSTS if it should be.",
                code="host_not_allowed",
            )
        origin = headers.get(b"origin")
        if origin is not None:
            is_foreign = _place(origin)[1] != host
        else:  # a picture or player in a foreign page sends no origin, but browsers say where it stands
            is_foreign = headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate"
        is_reading_page = origin is None and scope["type"] == "http" and headers.get(b"sec-fetch-mode") == "navigate"
        if is_foreign and not is_reading_page and not self._is_allowed_origin(origin):
            raise ForbiddenError(
                f"不允许网页 {str(origin)[:100]!r} 调用本服务，需要时请设置 TTS_CORS_ORIGINS。"
                f"Pages of {str(origin)[:100]!r} may not call this server: add it to TTS_CORS_ORIGINS if it should.",
                code="origin_not_allowed",
            )

    def _is_allowed_origin(self, origin: str | None) -> bool:
        if origin is None:
            return False
        return origin.lower() in self._settings.cors_origins or _place(origin)[0] in self._settings.allowed_hosts

    def _check_key(self, scope: Scope, headers: dict[bytes, str]) -> None:
        if not self._needs_keys or scope["path"] in OPEN_PATHS or _is_preflight(scope, headers):
            return
        key = self._key(headers)
        scope.setdefault("state", {})["client"] = key.id
        if _is_work(scope):
            self._rate.take(key.id, key.requests_per_minute or self._settings.requests_per_minute)

    def _key(self, headers: dict[bytes, str]) -> ApiKey:
        kind, _, presented = headers.get(b"authorization", "").partition(" ")
        presented = presented.strip() if kind.lower() == "bearer" else headers.get(b"x-api-key", "")
        if presented:
            return self._keys.check(presented)
        key_id = self._sessions.read(_cookie(headers.get(b"cookie", ""), self._sessions.cookie))
        if key_id is not None:
            key = self._keys.good(key_id)
            if key is not None:
                return key
        raise AccessError(
            "需要 API 密钥：请求头 Authorization: Bearer tts_…，网页请在 /login 登录。"
            "An API key is needed: send `Authorization: Bearer tts_...`; people sign in at /login.",
            code="key_missing",
        )


async def _go_to_login(send: Send) -> None:
    headers = [(b"location", b"/login"), (b"content-length", b"0"), *SAFE_HEADERS]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *(pair for pair in SAFE_HEADERS if pair[0] not in there)]
        await send(message)

    return send_safely


def _place(address: str) -> tuple[str | None, str]:
    """Host name, and name with port, of an address; nothing of one that is none."""
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.netloc.lower()
    except ValueError:
        return None, ""


def _is_work(scope: Scope) -> bool:
    """Whether a request counts: the page's own pictures and polls do not, asking it to speak does."""
    path: str = scope["path"]
    if path.startswith("/gradio_api/"):
        return path == "/gradio_api/queue/join" or path.startswith("/gradio_api/call/")
    return scope["type"] == "websocket" or path == "/tts" or scope["method"] not in _READING


def _is_preflight(scope: Scope, headers: dict[bytes, str]) -> bool:
    """A browser's question whether it may ask; it cannot carry a key."""
    return scope["type"] == "http" and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers


def _wants_page(scope: Scope, headers: dict[bytes, str]) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get(b"accept", "")


def _cookie(header: str, name: str) -> str:
    jar = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""
