"""``POST /v1/audio/speech/batch``: several texts, one answer, as JSON or as a ZIP archive.

All items are checked before the first is rendered. An item that fails while it is rendered is told in its own entry and
does not stop the others. Both answers leave while they are made.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from ...errors import ControlError, TextError, TTSError
from . import live, schema, speech, telling
from .body import read_json
from .encoding import media_type
from .faults import error_object
from .fields import SpeechRequest, choose, read_speech, refuse_unknown
from .work import Deployment, Ticket, ticket_of

MAX_ITEMS = 64
ANSWERS = ("json", "zip")

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHARED = {name: field for name, field in schema.FIELDS.items() if name not in ("input", "stream_format")}
_ITEM = {"id": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}$"}, "input": schema.FIELDS["input"], **_SHARED}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {
        "items": {
            "description": "条目：文字，或带自己选项的对象 · texts, or objects with options of their own",
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ITEMS,
            "items": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "required": ["input"], "additionalProperties": False, "properties": _ITEM},
                ]
            },
        },
        "answer": {"description": "回答形式 · form of the answer", "enum": list(ANSWERS), "default": "json"},
        **_SHARED,
    },
}

EXAMPLES = {
    "two": {
        "summary": "Two sentences, two emotions, one archive",
        "value": {
            "answer": "zip",
            "voice": "zf_xiaoxiao",
            "response_format": "mp3",
            "items": [
                {"id": "greeting", "input": "你好，很高兴见到你。", "emotion": "开心"},
                {"id": "goodbye", "input": "再见，一路平安。", "emotion": "温柔"},
            ],
        },
    }
}


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoint."""

    async def create_batch(request: Request) -> Response:
        """Speaks several texts.

        Fields beside `items` and `answer` are those of a speech request and hold for every item that does not say
        otherwise. JSON: `{"object": "list", "data": [...], "succeeded": n, "failed": m}`, the entries in order, audio
        in base64. ZIP: one file per item, named by its `id` or number, and `manifest.json`.
        """
        body = await read_json(request)
        items = read_items(body, max_characters=deployment.settings.max_characters)
        ticket = ticket_of(request, "batch")
        if choose("answer", body, ANSWERS, "json") == "zip":
            blocks, kind = _archive(deployment, items, ticket), "application/zip"
        else:
            blocks, kind = _list(deployment, items, ticket), "application/json"
        return await live.stream(request, ticket, blocks, media_type=kind)

    content: dict[str, Any] = {
        "application/json": {"schema": {"type": "object"}},
        "application/zip": {"schema": {"type": "string", "format": "binary"}},
    }
    router.add_api_route(
        "/v1/audio/speech/batch",
        create_batch,
        methods=["POST"],
        tags=["speech"],
        summary="Speak several texts",
        operation_id="createSpeechBatch",
        response_class=Response,
        responses={
            200: {"description": "Every item with its sound or its error", "content": content},
            **schema.errors(400, 401, 404, 413, 429, 500, 501, 503, 504),
        },
        openapi_extra={**schema.json_body(SCHEMA, EXAMPLES), "parameters": [schema.PREFER]},
    )


def read_items(body: Mapping[str, Any], *, max_characters: int) -> list[tuple[str, SpeechRequest]]:
    """Name and request of each item.

    Raises:
        TTSError: an item cannot be served; the message says which.
    """
    refuse_unknown(body, SCHEMA["properties"])
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise ControlError(
            f"items 应为 1–{MAX_ITEMS} 个条目的数组。items must be a list of 1 to {MAX_ITEMS} texts or objects.",
            option="items",
        )
    shared = {name: value for name, value in body.items() if name in _SHARED}
    requests: dict[str, SpeechRequest] = {}
    for number, item in enumerate(items):
        own = {"input": item} if isinstance(item, str) else item
        try:
            name, request = _read_item(number, own, shared, max_characters)
        except TTSError as error:
            error.message = f"items[{number}]: {error.message}"
            error.fields["option"] = f"items[{number}].{error.fields.get('option', 'input')}"
            raise
        if name in requests:
            raise ControlError(
                f"items 中的 id {name!r} 重复。The id {name!r} occurs twice among the items.",
                option=f"items[{number}].id",
            )
        requests[name] = request
    total = sum(len(request.text) for request in requests.values())
    if total > max_characters:
        raise TextError(
            f"所有条目共 {total} 字，一次最多 {max_characters} 字，请分几次请求。"
            f"All items have {total} characters, this server takes {max_characters} at once: split the batch.",
            code="text_too_long",
            option="items",
            characters=total,
            allowed=max_characters,
        )
    return list(requests.items())


def _read_item(number: int, item: Any, shared: Mapping[str, Any], max_characters: int) -> tuple[str, SpeechRequest]:
    if not isinstance(item, Mapping):
        raise ControlError("条目应为文字或对象。An item must be a text or an object.", option="item")
    refuse_unknown(item, _ITEM)
    name = item.get("id", f"{number:03}")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ControlError(
            f"id 应为 1–64 个字母、数字、_ 或 -，收到 {name!r}。id must be 1 to 64 letters, digits, _ or -.",
            option="id",
        )
    own = {key: value for key, value in item.items() if key != "id"}
    if "emotion" in own or "emotion_vector" in own:  # the item's emotion stands for itself, in whichever form
        shared = {key: value for key, value in shared.items() if key not in ("emotion", "emotion_vector")}
    request = read_speech({**shared, **own}, max_characters=max_characters)
    if not request.is_subtitles:
        media_type(request.response_format)  # refused before anything is rendered
    return name, request


def _entries(
    deployment: Deployment, items: list[tuple[str, SpeechRequest]], ticket: Ticket
) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    """Each item's entry and its file, None where it failed."""
    for index, (name, request) in enumerate(items):
        entry: dict[str, Any] = {"index": index, "id": name, "format": request.response_format}
        account = telling.Account(request)
        try:
            if request.is_subtitles:
                data = b"".join(speech.subtitles_of(deployment, request, ticket))
            else:
                data = speech.file_of(deployment, request, ticket, account)
        except TTSError as error:
            yield {**entry, "status": "failed", **error_object(error)}, None
            continue
        entry["status"] = "succeeded"
        if not request.is_subtitles:
            entry.update(audio_s=round(account.audio_s, 4), warnings=account.warnings, usage=account.usage())
        if request.timestamps != "none":
            entry["sentences"] = telling.times(account.sentences, request.timestamps)
        yield entry, data


def _list(deployment: Deployment, items: list[tuple[str, SpeechRequest]], ticket: Ticket) -> Iterator[bytes]:
    opening, failed = b'{"object": "list", "data": [', 0
    for entry, data in _entries(deployment, items, ticket):
        failed += data is None
        sound = {} if data is None else {"audio": base64.b64encode(data).decode()}
        yield opening + json.dumps({**entry, **sound}, ensure_ascii=False).encode()
        opening = b", "
    yield f'], "succeeded": {len(items) - failed}, "failed": {failed}}}'.encode()


class _Pipe(io.RawIOBase):
    """Takes what an archive writes and gives it away again; cannot seek, so that the archive is written forward."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _archive(deployment: Deployment, items: list[tuple[str, SpeechRequest]], ticket: Ticket) -> Iterator[bytes]:
    pipe = _Pipe()
    entries = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # audio does not get smaller
        for entry, data in _entries(deployment, items, ticket):
            if data is not None:
                entry["file"] = f"{entry['id']}.{entry['format']}"
                archive.writestr(entry["file"], data)
            entries.append(entry)
            yield pipe.take()
        archive.writestr("manifest.json", json.dumps({"data": entries}, ensure_ascii=False, indent=1))
    yield pipe.take()
