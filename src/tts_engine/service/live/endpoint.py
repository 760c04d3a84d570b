"""``/v1/audio/speech/stream``: a session over one WebSocket, and its log afterwards.

Text frames are JSON both ways, binary frames are audio. The guard in front has checked host, origin and key before this
is reached. One task reads, one writes, the session's own thread speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Query, Request, WebSocket
from fastapi.responses import JSONResponse, Response

from ...errors import BusyError, ControlError, DrainingError, TTSError
from ..api.faults import error_object
from ..desk import Caller, Desk
from ..guard import client_of
from .log import Logs
from .outbox import Close, Outbox
from .protocol import MAX_MESSAGE_BYTES
from .session import IDLE, RESTARTING, TOO_BIG, TRY_LATER, LiveSession

if TYPE_CHECKING:
    from ...settings import Settings
    from ..engine import EngineHolder

logger = logging.getLogger(__name__)

_CLIENT = Path(__file__).with_name("client.js")

PATH = "/v1/audio/speech/stream"

#: Sessions at the same time; of these, one client can have half.
MAX_SESSIONS = 32

#: Seconds without any message after which a session that has nothing to say is closed.
IDLE_S = 300.0


class Sessions:
    """The sessions of a server.

    Args:
        settings: limits.
        engine: where the synthesizer comes from.
        desk: where turns at it are given out.
        most: sessions at the same time.
        idle_s: see ``IDLE_S``.
    """

    def __init__(
        self, settings: Settings, engine: EngineHolder, desk: Desk, *, most: int = MAX_SESSIONS, idle_s: float = IDLE_S
    ) -> None:
        self.idle_s = idle_s
        self.logs = Logs()
        self._settings = settings
        self._engine = engine
        self._desk = desk
        self._most = most
        self._lock = threading.Lock()
        self._open: dict[str, str] = {}
        desk.metrics.live_sessions.set_function(lambda: float(len(self._open)))

    def open(self, client: str, outbox: Outbox) -> tuple[str, LiveSession]:
        """A new session and its id.

        Raises:
            BusyError: there are too many.
            DrainingError: the server is going down.
        """
        with self._lock:
            if self._desk.scheduler.load.is_draining:
                raise DrainingError("服务正在关闭。The server is going down: try again later.", retry_after_s=5)
            mine = sum(owner == client for owner in self._open.values())
            if len(self._open) >= self._most or mine >= max(1, self._most // 2):
                raise BusyError(
                    f"实时会话已满（{len(self._open)} 个，上限 {self._most}），请稍后再连。"
                    f"There are {len(self._open)} live sessions, at most {self._most}: try again later.",
                    code="sessions_full",
                    waiting=len(self._open),
                    allowed=self._most,
                    retry_after_s=10,
                )
            name = secrets.token_urlsafe(18)
            self._open[name] = client
        session = LiveSession(
            self._engine.obtain,
            lambda characters: self._desk.visit(Caller(client, "live"), characters=characters),
            self.logs.open(name, client),
            outbox,
            max_backlog=self._settings.max_characters,
        )
        return name, session

    def release(self, name: str) -> None:
        """The session is over."""
        with self._lock:
            self._open.pop(name, None)


def build_live_router(settings: Settings, engine: EngineHolder, desk: Desk) -> APIRouter:
    """The WebSocket and the logs of its sessions."""
    router = APIRouter()
    add_to(router, Sessions(settings, engine, desk))
    return router


def add_to(router: APIRouter, sessions: Sessions) -> None:
    """Adds both addresses."""

    @router.websocket(PATH)
    async def stream_speech(websocket: WebSocket) -> None:
        await websocket.accept()
        await _Connection(websocket, sessions).run()

    @router.get("/v1/audio/speech/live.js", include_in_schema=False)
    async def browser_client() -> Response:
        """The client for pages: an ES module."""
        return Response(_CLIENT.read_text(encoding="utf-8"), media_type="text/javascript; charset=utf-8")

    @router.get(
        "/v1/audio/speech/sessions/{session}",
        tags=["live"],
        summary="The events of a live session",
        operation_id="readSessionLog",
    )
    async def read_log(request: Request, session: str, after: int = Query(-1, ge=-1)) -> JSONResponse:
        """What happened in a session, from the event after `after` on; kept for 15 minutes after its end."""
        log = sessions.logs.find(session, client_of(request.scope))
        if log is None:
            gone = ControlError(
                "没有这个会话的记录（结束 15 分钟后删除）。No log of such a session; it is kept for 15 minutes.",
                code="session_not_found",
                option="session",
            )
            return JSONResponse(error_object(gone), 404)
        return JSONResponse(log.read(after))


class _Connection:
    """One WebSocket."""

    def __init__(self, websocket: WebSocket, sessions: Sessions) -> None:
        self._websocket = websocket
        self._sessions = sessions
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._outbox = Outbox(self._on_ready)

    async def run(self) -> None:
        try:
            name, session = self._sessions.open(client_of(self._websocket.scope), self._outbox)
        except TTSError as error:
            await self._refuse(error)
            return
        try:
            session.start()
            reading = asyncio.create_task(self._read(session))
            writing = asyncio.create_task(self._write())
            done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, writing):
                task.cancel()
            for task in done:
                task.result()
        finally:
            session.close()
            self._sessions.release(name)

    async def _refuse(self, error: TTSError) -> None:
        code = RESTARTING if isinstance(error, DrainingError) else TRY_LATER
        with contextlib.suppress(RuntimeError):
            await self._send_json({"type": "error", "is_fatal": True, **error_object(error)})
            await self._websocket.close(code, error.code)

    async def _read(self, session: LiveSession) -> None:
        """Takes messages until the client goes, is silent for too long, or sends what nobody takes."""
        while True:
            try:
                message = await asyncio.wait_for(self._websocket.receive(), self._sessions.idle_s)
            except asyncio.TimeoutError:
                if session.is_busy:
                    continue
                await self._end(ControlError("会话长时间没有消息。The session was idle.", code="session_idle"), IDLE)
                return
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                await self._end(
                    ControlError("只接受 JSON 文本帧。Only JSON text frames are taken.", code="binary_frame"), 1003
                )
                return
            if len(text) > MAX_MESSAGE_BYTES or len(text.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES:
                await self._end(
                    ControlError(
                        f"消息超过 {MAX_MESSAGE_BYTES // 1024} KiB，请分几条发送。"
                        f"The message is longer than {MAX_MESSAGE_BYTES // 1024} KiB: send it in parts.",
                        code="message_too_long",
                        allowed_bytes=MAX_MESSAGE_BYTES,
                    ),
                    TOO_BIG,
                )
                return
            session.message(text)

    async def _end(self, error: TTSError, code: int) -> None:
        with contextlib.suppress(RuntimeError):
            await self._send_json({"type": "error", "is_fatal": True, **error_object(error)})
            await self._websocket.close(code, error.code)

    async def _write(self) -> None:
        """Sends what waits, in order, until the session closes the connection or the client is gone."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                for item in self._outbox.take():
                    if isinstance(item, Close):
                        await self._websocket.close(item.code, item.reason)
                        return
                    if isinstance(item, bytes):
                        await self._websocket.send_bytes(item)
                        self._outbox.sent(item)
                    else:
                        await self._send_json(item)
        except (RuntimeError, OSError):  # the client went while we were sending
            logger.debug("a live session's client went away")

    async def _send_json(self, event: dict[str, Any]) -> None:
        await self._websocket.send_text(json.dumps(event, ensure_ascii=False))

    def _on_ready(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: so is the client
            self._loop.call_soon_threadsafe(self._wake.set)
