"""Pictures as SVG files: the one way in which a command writes one."""

from __future__ import annotations

from pathlib import Path

from .errors import ControlError, OutputError


def check_svg(path: Path) -> None:
    """Accepts a path for a picture.

    Raises:
        ControlError: it does not end in ``.svg``.
    """
    if path.suffix.lower() != ".svg":
        raise ControlError(
            f"图只能存为 .svg，收到 {path.name}。The picture is written as .svg, got {path.name}.",
            option="plot",
            value=path.name,
            allowed=".svg",
        )


def write_svg(picture: str, path: Path) -> Path:
    """Writes the picture and returns its path.

    Raises:
        OutputError: it cannot be written there.
    """
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"图写不到 {path}：{error}。Cannot write {path}: {error}.", path=str(path)) from None
    return path
