"""``GET /tts`` for reading apps such as legado (开源阅读), and the source that they import.

legado fills ``{{speakText}}`` and ``{{speakSpeed}}`` into an address. Its speed runs from 5 to 50 with 10 as normal
(the slider shows 0 to 45, default 5, and the app adds 5).
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ...errors import ControlError
from . import schema, speech
from .fields import read_speech, refuse_unknown
from .work import Deployment

LOWEST_RATE, NORMAL_RATE, HIGHEST_RATE = 5.0, 10.0, 50.0

_PARAMETERS: dict[str, dict[str, Any]] = {
    "text": {"required": True, "schema": {"type": "string"}, "description": "要朗读的文字 · what to say"},
    "rate": {
        "schema": {"type": "number", "minimum": LOWEST_RATE, "maximum": HIGHEST_RATE, "default": NORMAL_RATE},
        "description": "语速：5–50，10 为正常；5 为 0.5 倍，30 为 2 倍，50 为 3 倍 · "
        "10 is normal, 5 half, 30 double, 50 triple",
    },
    "voice": {"schema": schema.FIELDS["voice"]["anyOf"][0], "description": "声音 · voice"},
    "emotion": {"schema": {"type": "string", "default": "neutral"}, "description": "情感，auto 由文字决定 · emotion"},
    "format": {
        "schema": {"type": "string", "enum": list(schema.AUDIO_FORMATS), "default": "mp3"},
        "description": "音频格式 · audio format",
    },
}


def add_to(router: APIRouter, deployment: Deployment) -> None:
    """Adds the endpoints."""

    async def read_aloud(request: Request) -> Response:
        """Speaks a text given in the address, as MP3 unless asked otherwise."""
        query = dict(request.query_params)
        refuse_unknown(query, _PARAMETERS)
        body: dict[str, Any] = {"input": query.get("text"), "response_format": query.get("format", "mp3")}
        body.update({name: query[name] for name in ("voice", "emotion") if query.get(name)})
        body["speed"] = speed_of(query.get("rate") or str(NORMAL_RATE))
        asked = read_speech(body, max_characters=deployment.settings.max_characters)
        return await speech.answer(request, deployment, asked)

    parameters = [{"name": name, "in": "query", **one} for name, one in _PARAMETERS.items()]
    router.add_api_route(
        "/tts",
        read_aloud,
        methods=["GET"],
        tags=["readers"],
        summary="Speak a text given in the address",
        operation_id="readAloud",
        response_class=Response,
        responses={
            200: {"description": "The sound", "content": speech.sound_contents()},
            **schema.errors(400, 401, 404, 429, 500, 501, 503, 504),
        },
        openapi_extra={"parameters": [*parameters, schema.PREFER]},
    )

    @router.get("/tts/legado.json", tags=["readers"], operation_id="legadoSource")
    def legado_source(request: Request) -> dict[str, Any]:
        """The source to import in legado: 朗读引擎 → 网络导入, with this address."""
        return source(str(request.base_url).rstrip("/"))


def speed_of(rate: str) -> float:
    """Speaking rate (1 is normal) for a reader's rate: rate / 10 up to normal, 1 + (rate - 10) / 20 above.

    Raises:
        ControlError: not a number from 5 to 50.
    """
    try:
        value = float(rate)
    except ValueError:
        value = float("nan")
    if not LOWEST_RATE <= value <= HIGHEST_RATE:
        raise ControlError(
            f"rate 应为 {LOWEST_RATE:g}–{HIGHEST_RATE:g} 的数，{NORMAL_RATE:g} 为正常，收到 {rate!r}。"
            f"rate must be a number from {LOWEST_RATE:g} to {HIGHEST_RATE:g}, {NORMAL_RATE:g} is normal, got {rate!r}.",
            option="rate",
            value=rate,
        )
    return value / NORMAL_RATE if value <= NORMAL_RATE else 1.0 + (value - NORMAL_RATE) / 20.0


def source(base: str) -> dict[str, Any]:
    """What legado imports."""
    return {
        "id": 7860000001,
        "name": "tts-engine",
        "url": f"{base}/tts?text={{{{java.encodeURI(speakText)}}}}&rate={{{{speakSpeed}}}}",
        "contentType": "audio/mpeg",
        "concurrentRate": "0",
        "header": "",
        "loginUrl": "",
        "loginUi": "",
        "loginCheckJs": "",
        "enabledCookieJar": False,
        "lastUpdateTime": 0,
    }
