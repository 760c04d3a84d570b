"""One row of named values -> ``Line``: which names there are, and what is wrong with a row, by its line number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ControlError, TextError, TTSError, near_matches
from ...options import KNOBS
from ..model import Line

#: Names beside those of the options.
OWN = ("text", "id")
NAMES = (*OWN, *KNOBS)

_ID = re.compile(r'[^\x00-\x1f/\\:*?"<>|.][^\x00-\x1f/\\:*?"<>|]{0,119}')


def line_of(number: int, values: Mapping[str, Any], folder: Path) -> Line:
    """The line of a row; with its error where it cannot be used.

    Args:
        number: of the line in its file.
        values: name -> value.
        folder: what recordings are relative to.
    """
    try:
        unknown = [name for name in values if name not in NAMES]
        if unknown:
            raise unknown_field(unknown[0])
        text = values.get("text")
        if not isinstance(text, str) or not text.strip():
            raise TextError(
                f"缺少 text（要说的文字），收到 {text!r}。text, what is to be said, is missing; got {text!r}.",
                code="text_missing",
            )
        name = values.get("id", "")
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str) or (name and not _ID.fullmatch(name)):
            raise ControlError(
                f'id 用作文件名，应为 1–120 个字符，不含 / \\ : * ? " < > |，不以点开头，收到 {name!r}。'
                f'id becomes a file name: 1 to 120 characters without / \\ : * ? " < > |, not beginning with a full'
                f" stop; got {name!r}.",
                option="id",
                value=repr(name),
            )
        given = {key: value for key, value in values.items() if key not in OWN and value is not None}
        return Line(number, text, name, {key: _placed(key, value, folder) for key, value in given.items()})
    except TTSError as error:
        return bad_line(number, error, str(values.get("text", "")))


def bad_line(number: int, error: TTSError, text: str = "") -> Line:
    """A line that cannot be used; the message says where it stands."""
    told = error.to_dict()
    told["message"] = f"第 {number} 行 line {number}: {told['message']}"
    return Line(number, text, error={**told, "line": number})


def unknown_field(name: str) -> ControlError:
    """The error for a name that means nothing."""
    near = near_matches(str(name), NAMES)
    return ControlError(
        f"没有字段 {name!r}{'，是否指 ' + '、'.join(near) if near else ''}？可用：{'、'.join(NAMES)}。"
        f"Unknown field {name!r}" + (f"; did you mean {', '.join(near)}?" if near else "."),
        code="field_unknown",
        option=str(name),
        near=near,
    )


def _placed(name: str, value: Any, folder: Path) -> Any:
    """Recordings by their absolute path, everything else as it is."""
    knob = KNOBS[name]
    if not knob.is_recording:
        return value
    if knob.is_named and isinstance(value, Mapping):
        return {key: str(folder / item) if isinstance(item, str) else item for key, item in value.items()}
    return str(folder / value) if isinstance(value, str) and value.strip() else value
