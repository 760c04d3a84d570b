"""All addresses of the interface, for an application to include."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from . import batch, explain, legado, models, reference, speech, voices
from .work import Deployment

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_router(deployment: Deployment) -> APIRouter:
    """The addresses, and an error object for every other one under ``/v1``."""
    router = APIRouter()
    speech.add_to(router, deployment)
    batch.add_to(router, deployment)
    voices.add_to(router, deployment)
    models.add_to(router)
    explain.add_to(router, deployment)
    legado.add_to(router, deployment)
    reference.add_to(router)
    known = {route.path: route for route in router.routes if isinstance(route, APIRoute)}

    @router.api_route("/v1/{path:path}", methods=METHODS, include_in_schema=False)
    def elsewhere(request: Request, path: str) -> JSONResponse:
        """What is not here, said in the form that clients of this interface read."""
        route = known.get(f"/v1/{path}")
        if route is not None:
            allowed = ", ".join(sorted(route.methods or ()))
            raise HTTPException(405, f"{request.method} /v1/{path}: 请用 use {allowed}", {"Allow": allowed})
        raise HTTPException(404, f"/v1/{path} 不存在，见 /docs。No such address; see /docs.")

    return router
