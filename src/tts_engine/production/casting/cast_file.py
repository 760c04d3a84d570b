"""The cast as a file beside the script that people edit: ``SCRIPT.cast.json``.

    {"version": 1, "roles": {
      "旁白": {"voice": "zf_xiaoxiao", "by": "auto", "why": "旁白 narrator"},
      "老周": {"voice": "zm_yunyang", "by": "hand", "emotion": "平静", "speed": 0.95, "lexicon": {"行": "hang2"}},
      "小满": {"description": "八岁的女孩，活泼"}}}

Only ``voice`` is needed, or a ``description`` that chooses one. Roles that the script no longer has stay in the file,
should they come back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...errors import ConfigError, near_matches
from .cast import CastEntry

_NAMES = tuple(field.name for field in fields(CastEntry))
_TEXTS = ("voice", "by", "why", "description", "emotion", "reference")
_NUMBERS = ("speed", "pitch_shift_st", "volume_db")


def cast_path(script: Path) -> Path:
    """Where the cast of a script is kept."""
    return script.with_name(script.stem + ".cast.json")


def read_cast(path: Path) -> dict[str, CastEntry]:
    """The cast of a file; empty where there is none.

    Raises:
        ConfigError: the file is no cast; says where it is wrong.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"无法读取（{error}）", f"it cannot be read ({error})") from error
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _wrong(path, f"不是 JSON（{error}）", f"it is no JSON ({error})") from error
    roles = data.get("roles") if isinstance(data, dict) else None
    if not isinstance(roles, dict):
        raise _wrong(path, "应有 roles：角色名到声音的映射", "it must have roles, a mapping of names to voices")
    return {str(name): _read_entry(path, str(name), entry) for name, entry in roles.items()}


def write_cast(path: Path, entries: Mapping[str, CastEntry]) -> Path:
    """Writes the cast, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    from ...audio.atomic import write_whole

    roles = {name: _plain(entry) for name, entry in entries.items()}
    return write_whole(path, (json.dumps({"version": 1, "roles": roles}, ensure_ascii=False, indent=1) + "\n").encode())


def _plain(entry: CastEntry) -> dict[str, Any]:
    data: dict[str, Any] = {"voice": entry.voice, "by": entry.by} if entry.voice else {}
    for name in _NAMES[2:]:
        value = getattr(entry, name)
        if value not in (None, "", 0.0, ()):
            data[name] = dict(value) if name == "lexicon" else value
    return data


def _read_entry(path: Path, name: str, data: Any) -> CastEntry:
    if isinstance(data, str):
        data = {"voice": data}
    wanted = [data.get(key) for key in ("voice", "description")] if isinstance(data, dict) else []
    if not any(isinstance(value, str) and value.strip() for value in wanted):
        raise _wrong(
            path,
            f"{name} 应有 voice（声音名）或 description（描述）",
            f"{name} must have a voice, a name, or a description",
        )
    for key, value in data.items():
        if key not in _NAMES:
            near = near_matches(key, _NAMES)
            hint = f"，是不是要 {'、'.join(near)}" if near else ""
            raise _wrong(
                path, f"{name} 有不认识的 {key!r}{hint}", f"{name} has an unknown {key!r}; known: {', '.join(_NAMES)}"
            )
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        is_lexicon = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        is_right = isinstance(value, str) if key in _TEXTS else is_number if key in _NUMBERS else is_lexicon
        if not is_right and value is not None:
            raise _wrong(path, f"{name} 的 {key} 不能是 {value!r}", f"{key} of {name} cannot be {value!r}")
    values = {key: value for key, value in data.items() if value is not None and key != "lexicon"}
    return CastEntry(**values, lexicon=tuple(data.get("lexicon", {}).items()))


def _wrong(path: Path, zh: str, en: str) -> ConfigError:
    return ConfigError(
        f"选角文件 {path} 有误：{zh}。请改正，或删除它以重新选角。"
        f"The cast file is wrong: {en}. Correct it, or delete it to cast anew.",
        code="cast_invalid",
        path=str(path),
    )
