"""Recordings in a request: base64 becomes bytes. What a client sends is never taken for the name of a file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ...errors import AudioError, ControlError
from ...options import KNOBS

_ONE = {"type": "string", "contentEncoding": "base64"}
_NAMED = {"type": "object", "additionalProperties": _ONE}

#: Options that hold recordings -> their form in a request.
RECORDINGS: dict[str, dict[str, Any]] = {
    name: _NAMED if knob.is_named else _ONE for name, knob in KNOBS.items() if knob.is_recording
}


def read_recordings(name: str, value: Any) -> bytes | dict[str, bytes]:
    """The recording, or the recordings by name, of a field.

    Raises:
        ControlError: not base64, or not an object of it where names are wanted.
    """
    if RECORDINGS[name] is _ONE:
        return _decoded(name, value)
    if not isinstance(value, Mapping):
        raise ControlError(f"{name} 应为 {{名称: base64}}。{name} must be an object of names and base64.", option=name)
    return {key: _decoded(f"{name}.{key}", item) for key, item in value.items()}


def _decoded(name: str, value: Any) -> bytes:
    """The bytes of base64, with or without ``data:...;base64,`` before it."""
    if value == "":
        raise AudioError(
            "录音文件是空的（0 字节）。The recording is an empty file (0 bytes).", code="audio_empty", option=name
        )
    if isinstance(value, str):
        head, comma, rest = value.partition(",")
        encoded = rest if comma and head.startswith("data:") else value
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if data:
            return data
    raise ControlError(
        f"{name} 应为音频文件内容的 base64，不接受路径或网址。"
        f"{name} must be the base64 of an audio file's content; paths and addresses are not opened.",
        code="recording_invalid",
        option=name,
    )
