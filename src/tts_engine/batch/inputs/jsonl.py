"""JSON Lines: one object per line; a bare string is its text.

{"text": "你好。", "id": "greeting", "voice": "zm_yunxi", "emotion": "开心"}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import TextError, unreadable
from ..model import Line
from .decoding import LONGEST_LINE
from .fields import bad_line, line_of

_BOM = b"\xef\xbb\xbf"


def read_jsonl(path: Path, folder: Path | None = None) -> Iterator[Line]:
    """The lines of a file; empty ones are left out.

    Args:
        path: the file.
        folder: what recordings are relative to; None for that of the file.

    Raises:
        TextError: the file cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(LONGEST_LINE)
                yield bad_line(number, _invalid(f"超过 {LONGEST_LINE} 字节 longer than {LONGEST_LINE} bytes"))
                continue
            raw = raw.removeprefix(_BOM) if number == 1 else raw
            if raw.strip():
                yield _line(number, raw, folder or path.parent)


def _line(number: int, raw: bytes, folder: Path) -> Line:
    try:
        value: Any = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        return bad_line(number, _invalid(f"第 {error.start} 字节不是 UTF-8 byte {error.start} is not UTF-8"))
    except json.JSONDecodeError as error:
        return bad_line(number, _invalid(f"第 {error.colno} 列 column {error.colno}: {error.msg}"))
    except (ValueError, RecursionError) as error:
        return bad_line(number, _invalid(str(error)))
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        return bad_line(number, _invalid(f"应为对象或字符串 must be an object or a string, got {type(value).__name__}"))
    return line_of(number, value, folder)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} 不是 JSON 数值 is no number of JSON")


def _invalid(reason: str) -> TextError:
    return TextError(f"不是有效的 JSON 行（{reason}）。Not a line of JSON.", code="line_invalid")
