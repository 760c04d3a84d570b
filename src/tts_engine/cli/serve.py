"""``tts-engine serve``."""

from __future__ import annotations

import dataclasses

import click

from ..errors import ControlError
from ..settings import Settings
from .root import group, number


@group.command()
@click.option("--host", help="监听地址 / address to bind")
@click.option("--port", type=number("port"), help="端口 / port")
@click.pass_obj
def serve(settings: Settings, /, host: str | None, port: float | None) -> None:
    """打开网页与接口 / serve the page and the API."""
    from ..service.app import serve as run

    if port is not None and not (isinstance(port, int) and 1 <= port <= 65535):
        raise ControlError(
            f"端口应为 1–65535 的整数，收到 {port!r}。port must be a whole number from 1 to 65535, got {port!r}.",
            option="port",
            value=port,
        )
    run(
        dataclasses.replace(settings, host=host or settings.host, port=int(port) if port is not None else settings.port)
    )
