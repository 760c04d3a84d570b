"""A ``ReferenceStyle`` as plain data, and a cache of what was heard, keyed by content."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import AudioError
from ..types import ReferencePhrase, ReferenceStyle

#: Styles kept in memory.
KEPT = 64

#: Fields with a number of values that is fixed.
_LENGTHS = {"melody_st": 32, "level_db": 32, "tempo": 32, "formants_hz": 4, "spectrum_db": 40}


def to_dict(style: ReferenceStyle) -> dict[str, Any]:
    """The style as JSON-serialisable data; ``from_dict`` gives back an equal one."""
    data: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(style)))
    return data


def from_dict(data: Mapping[str, Any]) -> ReferenceStyle:
    """The style that ``to_dict`` wrote.

    Raises:
        AudioError: a field is missing, unknown or of the wrong kind; names it.
    """
    fields = _checked(ReferenceStyle, data, "")
    phrases = fields["phrases"]
    if not phrases:
        raise _invalid("phrases", phrases)
    fields["phrases"] = tuple(
        ReferencePhrase(**_checked(ReferencePhrase, phrase, f"phrases[{number}]."))
        for number, phrase in enumerate(phrases)
    )
    return ReferenceStyle(**fields)


def _checked(kind: type[Any], data: Any, path: str) -> dict[str, Any]:
    """The values of a dataclass's fields, lists made tuples, every number finite."""
    if not isinstance(data, Mapping):
        raise _invalid(path.rstrip(".") or "style", data)
    declared = {field.name: field for field in dataclasses.fields(kind)}
    for name in data.keys() - declared.keys():
        raise _invalid(path + str(name), data[name])
    values = {}
    for name, field in declared.items():
        if name not in data:
            if field.default is dataclasses.MISSING:
                raise _invalid(path + name, None)
            continue
        value = data[name]
        if str(field.type).startswith("tuple"):
            if not isinstance(value, (list, tuple)) or len(value) != _LENGTHS.get(name, len(value)):
                raise _invalid(path + name, value)
            numbers = {"sounds_like", "warnings", "phrases"}.isdisjoint({name})
            if numbers and not all(map(_is_number, value)):
                raise _invalid(path + name, value)
            value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
        elif (field.type == "str" and not isinstance(value, str)) or (field.type == "float" and not _is_number(value)):
            raise _invalid(path + name, value)
        values[name] = value
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _invalid(name: str, value: Any) -> AudioError:
    shown = repr(value)[:80]
    return AudioError(
        f"参考风格数据的 {name} 不对：{shown}，请重新分析录音。"
        f"Field {name} of the reference style is not valid, got {shown}: analyse the recording again.",
        code="reference_invalid",
        field=name,
    )


class StyleCache:
    """Styles by key, the most recent ones in memory, all of them in a folder if there is one. Thread-safe.

    Args:
        folder: where the files stand, made on first use; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, ReferenceStyle] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> ReferenceStyle | None:
        """The style of that key, or None; an unreadable file counts as none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if self._folder is None:
            return None
        try:
            style = from_dict(json.loads((self._folder / f"{key}.json").read_text("utf-8")))
        except (OSError, ValueError, AudioError):
            return None
        self._keep(key, style)
        return style

    def put(self, key: str, style: ReferenceStyle) -> None:
        """Keeps a style; a folder that cannot be written to is no error, the memory still holds it."""
        self._keep(key, style)
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, hidden = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(to_dict(style), file)
            Path(hidden).replace(self._folder / f"{key}.json")
        except OSError:
            return

    def _keep(self, key: str, style: ReferenceStyle) -> None:
        with self._lock:
            self._kept[key] = style
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
