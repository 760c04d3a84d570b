"""``/v1/audio/voices``: the voices that a request may name, and one's own among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile

from ...ahead import TOGETHER
from ...errors import ControlError, NotFoundError
from ...own_voices.library import METHODS
from ...own_voices.record import VoiceRecord
from ...own_voices.report import report
from ..desk import Caller
from ..guard import client_of
from . import live, schema
from .fields import choose, refuse_unknown
from .names import VOICE_ALIASES
from .work import Deployment, Ticket

MAX_RECORDINGS = 32
_FORM = {
    "name": {"type": "string", "description": "名称 · what the voice is called"},
    "consent": {
        "type": "string",
        "description": "授权声明，随声音保存 · who agrees to what; kept with the voice",
    },
    "audio_sample": {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "maxItems": MAX_RECORDINGS,
        "description": "同一个人的录音，一段或几段 · recordings of one person, one or several",
    },
    "method": {"type": "string", "enum": list(METHODS), "default": "fast"},
    "update": {
        "type": "boolean",
        "default": False,
        "description": "为已有的声音添加新版本 · whether a voice of this name is there and gets a new version",
    },
}
_FORM_SCHEMA = {
    "type": "object",
    "required": ["name", "consent", "audio_sample"],
    "additionalProperties": False,
    "properties": _FORM,
}


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoints."""

    @router.get("/v1/audio/voices", tags=["voices"], operation_id="listVoices", responses=schema.errors(401, 503))
    async def list_voices(request: Request) -> dict[str, Any]:
        """Every voice with its names, and OpenAI's names as aliases of ours. Waits for the model while it loads."""
        ticket = Ticket()

        def read() -> list[dict[str, Any]]:
            synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
            return [_voice(info) for info in synthesizer.voices()]

        voices = await live.while_connected(request, ticket, read)
        return {"object": "list", "data": voices, "aliases": VOICE_ALIASES}

    @router.post(
        "/v1/audio/voices",
        tags=["voices"],
        operation_id="createVoice",
        responses=schema.errors(400, 401, 413, 429, 500, 501, 503),
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM_SCHEMA}}}},
    )
    async def create_voice(request: Request) -> dict[str, Any]:
        """Makes the most similar voice that the engine can speak with from recordings of one person.

        The statement of consent is required and kept with the voice. The recordings are not kept. The answer says how
        similar the voice is, and what speaks against the recordings.
        """
        ticket = Ticket("batch", client_of(request.scope))
        async with request.form(max_files=MAX_RECORDINGS, max_fields=len(_FORM)) as form:
            refuse_unknown(form.keys(), _FORM)
            texts = {name: _text(form, name) for name in ("name", "consent", "method", "update")}
            method = choose("method", {k: v for k, v in texts.items() if v is not None}, METHODS, "fast")
            update = _flag("update", texts["update"])
            recordings = [await _recording(item) for item in form.getlist("audio_sample")]
        if not recordings:
            raise ControlError(
                "请在 audio_sample 中上传同一个人的录音。Upload recordings of one person as audio_sample.",
                option="audio_sample",
            )

        def work() -> dict[str, Any]:
            caller = Caller(ticket.client, "batch", "batch")
            with deployment.desk.visit(caller, characters=0) as visit:
                ticket.bind(visit)
                synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
                with visit.turn(TOGETHER):
                    record = synthesizer.voice_library().create(
                        texts["name"] or "",
                        recordings,
                        consent=texts["consent"],
                        method=method,
                        update=update,
                        on_progress=lambda _share, _what: ticket.check(),
                    )
            return _own(synthesizer, record)

        return await live.while_connected(request, ticket, work)

    @router.get(
        "/v1/audio/voices/{voice}",
        tags=["voices"],
        operation_id="showVoice",
        responses=schema.errors(401, 404, 500, 501, 503),
    )
    async def show_voice(request: Request, voice: str) -> dict[str, Any]:
        """A voice; of one's own also where it comes from, how similar it is and who consented to it."""
        ticket = Ticket()

        def read() -> dict[str, Any]:
            synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
            for info in synthesizer.voices():
                if info.name == voice and not voice.startswith("own:"):
                    return _voice(info)
            return _own(synthesizer, _known(lambda: synthesizer.voice_library().show(voice)))

        return await live.while_connected(request, ticket, read)

    @router.delete(
        "/v1/audio/voices/{voice}",
        tags=["voices"],
        operation_id="deleteVoice",
        responses=schema.errors(401, 404, 500, 501, 503),
    )
    async def delete_voice(request: Request, voice: str) -> dict[str, Any]:
        """Removes a voice of one's own with all its versions; those of the model cannot be removed."""
        ticket = Ticket("batch", client_of(request.scope))

        def work() -> dict[str, Any]:
            synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
            record = _known(lambda: synthesizer.voice_library().delete(voice))
            return {"id": f"own:{record.id}", "object": "voice", "deleted": True}

        return await live.while_connected(request, ticket, work)


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    if isinstance(value, UploadFile):
        raise ControlError(f"{name} 应为文字，收到文件。{name} must be a text, got a file.", option=name)
    return value


async def _recording(item: UploadFile | str) -> tuple[str, bytes]:
    if not isinstance(item, UploadFile):
        raise ControlError(
            "audio_sample 应为上传的文件，不接受路径或网址。audio_sample must be uploaded files; paths are not opened.",
            option="audio_sample",
        )
    return item.filename or "recording", await item.read()


def _flag(name: str, value: str | None) -> bool:
    known = {None: False, "false": False, "0": False, "true": True, "1": True}
    lowered = value if value is None else value.strip().lower()
    if lowered not in known:
        raise ControlError(
            f"{name} 应为 true 或 false，收到 {value!r}。{name} must be true or false, got {value!r}.", option=name
        )
    return known[lowered]


def _known(look: Callable[[], VoiceRecord]) -> VoiceRecord:
    """What the library answers; a voice that it has not is one that is not found."""
    try:
        return look()
    except ControlError as error:
        raise NotFoundError(error.message, code="voice_unknown", option="voice") from error


def _own(synthesizer: Any, record: VoiceRecord) -> dict[str, Any]:
    """A voice of the library with all that is known of the version in use, as data and in words."""
    current = record.current
    shown = next(_voice(info) for info in synthesizer.voices() if info.name == f"own:{record.id}")
    return {
        **shown,
        "display_name": record.name,
        "version": current.version,
        "versions": [item.version for item in record.versions],
        "method": current.method,
        "created": current.created,
        "speech_s": current.speech_s,
        "figures": dict(current.figures),
        "notes": list(current.notes),
        "consent": None if current.consent is None else asdict(current.consent),
        "report": report(record),
    }


def _voice(info: Any) -> dict[str, Any]:
    return {
        "id": info.name,
        "object": "voice",
        "name": info.en.partition(" (")[0],
        "name_zh": info.zh,
        "language": info.language,
        "gender": info.gender,
        "aliases": [alias for alias, name in VOICE_ALIASES.items() if name == info.name],
    }
