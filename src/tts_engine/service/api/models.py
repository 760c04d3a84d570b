"""``GET /v1/models``: the model of this server, under our name and those that clients send."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from . import schema
from .names import MODEL, MODEL_ALIASES, check_model

_CREATED = 1767225600  # 2026-01-01, so that answers do not differ from call to call


def add_to(router: APIRouter) -> None:
    """Adds the endpoints."""

    @router.get("/v1/models", tags=["models"], operation_id="listModels")
    def list_models() -> dict[str, Any]:
        """What `model` may be in a request. All names mean the one model that is loaded."""
        return {"object": "list", "data": [_model(name) for name in (MODEL, *MODEL_ALIASES)]}

    @router.get("/v1/models/{model}", tags=["models"], operation_id="getModel", responses=schema.errors(404))
    def get_model(model: str) -> dict[str, Any]:
        """One of them."""
        check_model(model)
        return _model(model)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "tts-engine"}
