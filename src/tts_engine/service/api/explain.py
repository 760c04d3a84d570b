"""``POST /v1/explain``: how a text would be read and meant, and why. No sound is made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import live, schema
from .body import read_json
from .fields import read_speech, refuse_unknown
from .work import Deployment, Ticket

_NAMES = ("input", "emotion", "emotion_intensity", "emotion_vector", "context", "lexicon")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["input"],
    "additionalProperties": False,
    "properties": {name: schema.FIELDS[name] for name in _NAMES},
}
EXAMPLES = {
    "numbers": {"summary": "A number and a polyphone", "value": {"input": "重庆有3000万人。", "emotion": "auto"}}
}


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoint."""

    @router.post(
        "/v1/explain",
        tags=["text"],
        operation_id="explain",
        responses=schema.errors(400, 401, 413, 500, 503),
        openapi_extra=schema.json_body(SCHEMA, EXAMPLES),
    )
    async def explain(request: Request) -> dict[str, Any]:
        """Every stretch with its rule, reading, tone change and pause, and how each sentence is meant."""
        body = await read_json(request)
        refuse_unknown(body, SCHEMA["properties"])
        asked = read_speech(body, max_characters=deployment.settings.max_characters)
        ticket = Ticket()

        def work() -> dict[str, Any]:
            synthesizer = deployment.engine.obtain(lambda _state: ticket.check())
            return synthesizer.explain(asked.text, asked.options, lexicon=asked.lexicon).to_dict()

        return await live.while_connected(request, ticket, work)
