"""What the page's own links point to: audio that is being made, results in any format, subtitles, finished batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ControlError, TTSError, outcome_of
from .player import FORMATS, SUBTITLES

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import FileResponse

    from ..studio import Studio


def add_routes(app: FastAPI, studio: Studio) -> None:
    """Adds ``/studio/live/...`` and ``/studio/results/...`` to the application."""
    from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
    from starlette.background import BackgroundTask

    def refusal(error: TTSError) -> Response:
        unknown = isinstance(error, ControlError)
        return JSONResponse({"error": error.to_dict()}, 404 if unknown else outcome_of(error).http_status)

    @app.get("/studio/live/{name}.wav", include_in_schema=False)
    def live(name: str) -> Response:
        """What is being made, from its beginning, as it grows."""
        try:
            feed = studio.feeds.get(name)
        except TTSError as error:
            return refusal(error)
        return StreamingResponse(feed.listen(), media_type="audio/wav", headers={"Cache-Control": "no-store"})

    @app.get("/studio/batches/{job}/{name}", include_in_schema=False)
    def batch(job: str, name: str) -> Response:
        """What is finished of a job, in the form of the suffix."""
        try:
            path = studio.batches.export(job, name.rpartition(".")[2].lower(), studio.settings.outputs)
        except TTSError as error:
            return refusal(error)
        return FileResponse(path, filename=name, background=BackgroundTask(path.unlink, missing_ok=True))

    @app.get("/studio/programmes/{name}/{path:path}", include_in_schema=False)
    def programme(name: str, path: str) -> Response:
        """A file of a programme."""
        try:
            return FileResponse(studio.programmes.file(name, path))
        except TTSError as error:
            return refusal(error)

    @app.get("/studio/results/{identifier}/{name}", include_in_schema=False)
    def result(identifier: str, name: str) -> Response:
        """A result in the format of its suffix, or its subtitles."""
        suffix = name.rpartition(".")[2].lower()
        try:
            if suffix in SUBTITLES:
                media = {"vtt": "text/vtt", "json": "application/json"}.get(suffix, "text/plain")
                return PlainTextResponse(studio.subtitles(identifier, suffix), media_type=f"{media}; charset=utf-8")
            if suffix in FORMATS:
                return _file(studio, identifier, suffix)
        except TTSError as error:
            return refusal(error)
        return JSONResponse({"error": {"code": "format_unknown", "allowed": [*FORMATS, *SUBTITLES]}}, 404)


def _file(studio: Studio, identifier: str, suffix: str) -> FileResponse:
    from fastapi.responses import FileResponse
    from starlette.background import BackgroundTask

    from ...audio.formats import audio_format

    path, is_temporary = studio.audio_as(identifier, suffix)
    return FileResponse(
        path,
        media_type=audio_format(suffix).media_type,
        background=BackgroundTask(path.unlink, missing_ok=True) if is_temporary else None,
    )
