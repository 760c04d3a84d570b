"""Answers that leave while they are made, and stop being made when nobody listens.

The work is a plain iterator that is advanced in threads. The first piece is awaited before the answer begins, so that
whatever is refused gets its status; what fails later ends the connection without the last chunk, so that no client
takes half a file for a whole one. Beside it the connection is watched: when the client goes, the ticket is given up and
the iterator closed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from starlette.responses import Response

from ...errors import TTSError
from .work import Gone, Ticket

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.types import Receive, Scope, Send

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Answers that are advanced at the same time; more wait for a thread. The engine's queue is another matter.
MOST_ANSWERS = 128

_threads: RunVar[anyio.CapacityLimiter | None] = RunVar("tts_engine_answers")  # one per event loop

CLIENT_CLOSED_REQUEST = 499  # nginx's number; nobody reads it, the client is gone


class _Step(Generic[Result]):
    """One advance of an iterator, in a form that threads and coroutines can hand around."""

    def __init__(self, items: Iterator[Result]) -> None:
        self._items = items

    def take(self) -> tuple[Result, ...]:
        """The next item, or nothing at the end."""
        for item in self._items:
            return (item,)
        return ()


async def while_connected(request: Request, ticket: Ticket, work: Callable[[], Result]) -> Result:
    """What ``work`` returns, run in a thread; its ticket is given up when the client goes.

    Raises:
        Gone: the client went.
        TTSError: as ``work``.
    """
    results: list[Result] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - raised again below, outside the task group's wrapping
            failures.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(_watch, request.receive, ticket)
        await anyio.to_thread.run_sync(run, limiter=_limiter())
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    ticket.check()
    return results[0]


async def stream(
    request: Request,
    ticket: Ticket,
    blocks: Iterator[bytes],
    *,
    media_type: str,
    headers: Callable[[], dict[str, str]] = dict,
) -> Response:
    """The answer that sends ``blocks`` as they come; begins once the first is there.

    Args:
        request: whose connection is watched.
        ticket: of the work behind the blocks.
        blocks: a generator; closed at the end, whatever happens.
        media_type: of the answer.
        headers: asked for when the first block is there.

    Raises:
        TTSError: the work failed before its first block.
    """
    step = _Step(blocks)
    try:
        first = await while_connected(request, ticket, step.take)
    except Gone:
        _close(blocks)
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    except BaseException:
        ticket.give_up()
        _close(blocks)
        raise
    return _Live(first, step, blocks, ticket, media_type, headers())


class _Live(Response):
    def __init__(
        self,
        first: tuple[bytes, ...],
        step: _Step[bytes],
        blocks: Iterator[bytes],
        ticket: Ticket,
        media_type: str,
        headers: dict[str, str],
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.body = b""
        self.init_headers(headers)
        del self.headers["content-length"]
        self._first, self._step, self._blocks, self._ticket = first, step, blocks, ticket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_watch, receive, self._ticket)
                await self._send(send)
                group.cancel_scope.cancel()
        finally:
            self._ticket.give_up()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_close, self._blocks, limiter=_limiter())

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        block, failures = self._first, []

        def take() -> tuple[bytes, ...]:
            try:
                return self._step.take()
            except (TTSError, Gone) as error:
                failures.append(error)
                return ()

        while block and not self._ticket.is_given_up:
            await send({"type": "http.response.body", "body": block[0], "more_body": True})
            block = await anyio.to_thread.run_sync(take, limiter=_limiter())
        if failures and isinstance(failures[0], TTSError):
            logger.error("an answer broke off: %s", failures[0].code)
        elif not self._ticket.is_given_up:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _watch(receive: Receive, ticket: Ticket) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    ticket.give_up()


def _close(blocks: Iterator[bytes]) -> None:
    close = getattr(blocks, "close", None)
    if close is not None:
        with suppress(ValueError):  # runs in its thread still (the server is being killed): the ticket ends it there
            close()


def _limiter() -> anyio.CapacityLimiter:
    """Threads of these answers, beside those of the page, so that neither waits for the other."""
    found = _threads.get(None)
    if found is None:
        found = anyio.CapacityLimiter(MOST_ANSWERS)
        _threads.set(found)
    return found
