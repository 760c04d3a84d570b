"""``/v1/audio/voices``: the voices that a request may name."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ...errors import FeatureMissingError
from . import live, schema
from .names import VOICE_ALIASES
from .work import Deployment, Ticket


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoints."""

    @router.get("/v1/audio/voices", tags=["voices"], operation_id="listVoices", responses=schema.errors(503))
    async def list_voices(request: Request) -> dict[str, Any]:
        """Every voice with its names, and OpenAI's names as aliases of ours. Waits for the model while it loads."""
        ticket = Ticket()

        def read() -> list[dict[str, Any]]:
            synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
            return [_voice(info) for info in synthesizer.voices()]

        voices = await live.while_connected(request, ticket, read)
        return {"object": "list", "data": voices, "aliases": VOICE_ALIASES}

    @router.post("/v1/audio/voices", tags=["voices"], operation_id="createVoice", responses=schema.errors(501))
    def create_voice() -> dict[str, Any]:
        """Keeps a voice like that of a recording; needs the speaker's consent. Not in this version."""
        raise _missing()

    @router.delete(
        "/v1/audio/voices/{voice}", tags=["voices"], operation_id="deleteVoice", responses=schema.errors(501)
    )
    def delete_voice(voice: str) -> dict[str, Any]:
        """Removes a voice that was made. Not in this version."""
        raise _missing()


def _missing() -> FeatureMissingError:
    return FeatureMissingError(
        "本版本尚不能创建或删除声音。Making or removing voices is not in this version.",
        code="voice_library_unavailable",
    )


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
