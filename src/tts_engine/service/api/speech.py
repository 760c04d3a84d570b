"""``POST /v1/audio/speech``: a text as sound, as events, as JSON with times, or as subtitles."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from ...audio.subtitles import subtitles
from ...errors import TTSError
from . import live, schema, telling
from .body import read_json
from .encoding import finished, growing, media_type
from .faults import error_object
from .fields import SpeechRequest, read_speech
from .work import Deployment, Ticket, perform, ticket_of

if TYPE_CHECKING:
    from ...types import FloatArray, SynthesisChunk

SUBTITLE_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt", "lrc": "text/plain"}


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoint."""

    async def create_speech(request: Request) -> Response:
        """Speaks a text.

        The answer begins when the first clause is rendered and grows while the rest is being made. If the client goes
        away, the work stops. With `timestamps` it is a JSON object, with `stream_format=sse` it is events
        (`speech.audio.delta`, `speech.audio.timestamps`, `speech.audio.done`, `error`).
        """
        asked = read_speech(await read_json(request), max_characters=deployment.settings.max_characters)
        return await answer(request, deployment, asked)

    router.add_api_route(
        "/v1/audio/speech",
        create_speech,
        methods=["POST"],
        tags=["speech"],
        summary="Speak a text",
        operation_id="createSpeech",
        response_class=Response,
        responses={
            200: {"description": "The sound, or what was asked for instead of it", "content": _contents()},
            **schema.errors(400, 401, 404, 413, 429, 500, 501, 503, 504),
        },
        openapi_extra={**schema.json_body(schema.speech_schema(), schema.EXAMPLES), "parameters": [schema.PREFER]},
    )


async def answer(request: Request, deployment: Deployment, asked: SpeechRequest) -> Response:
    """The answer in the form that was asked for.

    Raises:
        TTSError: what was asked for cannot be served.
    """
    ticket = ticket_of(request)
    if asked.is_subtitles:
        kind, blocks = SUBTITLE_TYPES[asked.response_format], subtitles_of(deployment, asked, ticket)
        return await live.stream(request, ticket, blocks, media_type=f"{kind}; charset=utf-8")
    sound_type = media_type(asked.response_format)
    if asked.stream_format == "sse":
        blocks, kind = events_of(deployment, asked, ticket), "text/event-stream"
    elif asked.timestamps != "none":
        blocks, kind = json_of(deployment, asked, ticket), "application/json"
    else:
        account = telling.Account(asked)
        blocks, kind = sound_of(deployment, asked, ticket, account), sound_type
        return await live.stream(request, ticket, blocks, media_type=kind, headers=account.headers)
    return await live.stream(request, ticket, blocks, media_type=kind)


def sound_of(deployment: Deployment, asked: SpeechRequest, ticket: Ticket, account: telling.Account) -> Iterator[bytes]:
    """The sound as a growing file; FLAC, whose head holds its length, as a finished one unless sent as events."""
    if asked.response_format == "flac" and asked.stream_format == "audio":
        yield file_of(deployment, asked, ticket, account)
        return
    with closing(_heard(deployment, asked, ticket, account)) as chunks:
        first = next(chunks)
        mark = deployment.settings.labelling.new_mark()
        yield from growing(_waveforms(first, chunks), first.sample_rate, asked.response_format, mark)


def file_of(deployment: Deployment, asked: SpeechRequest, ticket: Ticket, account: telling.Account) -> bytes:
    """The sound as one finished file."""
    with closing(_heard(deployment, asked, ticket, account)) as chunks:
        first = next(chunks)
        mark = deployment.settings.labelling.new_mark()
        return finished(_waveforms(first, chunks), first.sample_rate, asked.response_format, mark)


def _heard(
    deployment: Deployment, asked: SpeechRequest, ticket: Ticket, account: telling.Account
) -> Generator[SynthesisChunk]:
    with closing(perform(deployment, asked, ticket)) as chunks:
        for chunk in chunks:
            yield account.add(chunk)


def _waveforms(first: SynthesisChunk, rest: Iterable[SynthesisChunk]) -> Iterator[FloatArray]:
    yield first.waveform
    for chunk in rest:
        yield chunk.waveform


def events_of(deployment: Deployment, asked: SpeechRequest, ticket: Ticket) -> Iterator[bytes]:
    """The sound as server-sent events; a failure after the first of them is an event too."""
    account = telling.Account(asked)
    told = 0
    has_begun = False
    try:
        for block in sound_of(deployment, asked, ticket, account):
            yield telling.event({"type": "speech.audio.delta", "audio": base64.b64encode(block).decode()})
            has_begun = True
            if asked.timestamps != "none" and len(account.stretches) > told:
                rows = telling.times(account.stretches[told:], asked.timestamps)
                told = len(account.stretches)
                yield telling.event({"type": "speech.audio.timestamps", "sentences": rows})
    except TTSError as error:
        if not has_begun:
            raise
        yield telling.event({"type": "error", **error_object(error)})
        return
    done: dict[str, Any] = {"type": "speech.audio.done", "usage": account.usage(), "warnings": account.warnings}
    yield telling.event(done)


def json_of(deployment: Deployment, asked: SpeechRequest, ticket: Ticket) -> Iterator[bytes]:
    """The whole sound and its times as one JSON object."""
    account = telling.Account(asked)
    sound = file_of(deployment, asked, ticket, account)
    body = {
        "audio": base64.b64encode(sound).decode(),
        "format": asked.response_format,
        "media_type": media_type(asked.response_format),
        "audio_s": round(account.audio_s, 4),
        "sentences": telling.times(account.sentences, asked.timestamps),
        "warnings": account.warnings,
        "usage": account.usage(),
    }
    yield json.dumps(body, ensure_ascii=False).encode()


def subtitles_of(deployment: Deployment, asked: SpeechRequest, ticket: Ticket) -> Iterator[bytes]:
    """Subtitles of what the same request would sound like."""
    account = telling.Account(asked)
    for _ in _heard(deployment, asked, ticket, account):
        pass  # only the times are wanted
    yield subtitles(account.sentences, asked.response_format).encode()


def sound_contents() -> dict[str, Any]:
    """``content`` of an answer that is sound, for the OpenAPI document."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return dict.fromkeys(
        ("audio/mpeg", "audio/ogg", "audio/ogg; codecs=opus", "audio/aac", "audio/flac", "audio/wav", "audio/pcm"),
        binary,
    )


def _contents() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    fields = {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON"}}
    subtitle_types = {f"{kind}; charset=utf-8": text for kind in SUBTITLE_TYPES.values()}
    return {
        **sound_contents(),
        **subtitle_types,
        "text/event-stream": {"schema": {"type": "object", "properties": fields}},  # of each event
        "application/json": {"schema": {"type": "object"}},
    }
