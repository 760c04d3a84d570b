"""The schemas of answers, and one line of an answer as a ``Line``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..model import NARRATOR, Evidence, Line
from .cast import Cast
from .checks import EMOTIONS, LINE_CHARACTERS, check_direction, check_emotion, check_number, check_object, check_words

_TEXT = {"type": "string"}
_INTENSITY = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_MEANINGS = "、".join(f"{name}（{zh}）" for name, zh in EMOTIONS.items())

_LINE_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "role": (_TEXT, "谁说的：cast 里的一个名字"),
    "text": (_TEXT, f"说出来的话，至多 {LINE_CHARACTERS} 字，不含说话人姓名"),
    "emotion": ({"type": ["string", "null"], "enum": [*EMOTIONS, None]}, f"情绪，只能取：{_MEANINGS}；或 null"),
    "intensity": (_INTENSITY, "情绪的强度，0 到 1，或 null"),
    "direction": ({"type": ["string", "null"]}, "怎么说，几个字（如 压低声音），不读出来；或 null"),
    "pause_s": ({"type": ["number", "null"], "minimum": 0, "maximum": 5}, "这句之前的停顿，秒；没有特别的停顿时 null"),
    "confidence": ({"type": "number", "minimum": 0, "maximum": 1}, "对 role 有多大把握，0 到 1"),
}
_NEEDED = ("role", "text", "confidence")
_CAST_MEANING = (
    "cast：新出现的人物（先于 lines 写出，没有就写空表）。name 是贯穿全文的称呼；"
    "已有人物以别的称呼出现时，name 写新称呼，same_as 写已有的名字；"
    "aliases 是其他称呼；description 几个字写年龄、性别、性格。已有的人物一律沿用原名。"
)


def line_schema(fields: Sequence[str], *, has_cast: bool, roles: Sequence[str] = ()) -> dict[str, Any]:
    """The schema of an answer with ``lines``, and ``cast`` before them where roles may be added.

    Args:
        fields: of each line.
        has_cast: whether the model may add roles.
        roles: the only names that ``role`` may have; empty where the cast decides.
    """
    line = {name: dict(_LINE_FIELDS[name][0]) for name in fields}
    if roles and "role" in line:
        line["role"]["enum"] = list(roles)
    properties: dict[str, Any] = {}
    if has_cast:
        entry = {
            "name": _TEXT,
            "same_as": {"type": ["string", "null"]},
            "aliases": {"type": "array", "items": _TEXT},
            "description": _TEXT,
        }
        properties["cast"] = {"type": "array", "items": _object(entry)}
    properties["lines"] = {"type": "array", "items": _object(line)}
    return _object(properties)


PLAN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": _TEXT,
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"title": _TEXT, "points": {"type": "array", "items": _TEXT}},
                "required": ["title", "points"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "sections"],
    "additionalProperties": False,
}

PLAN_FIELDS = 'JSON 对象 {"title": 标题, "sections": [{"title": 小标题, "points": [要点, …]}, …]}'


def describe_fields(fields: Sequence[str], *, has_cast: bool) -> str:
    """The form of the answer in words, for servers that take no schema and for the model itself."""
    lines = [f"{name}：{_LINE_FIELDS[name][1]}" for name in fields]
    form = '{"cast": […], "lines": […]}' if has_cast else '{"lines": […]}'
    head = [f"只输出一个 JSON 对象 {form}。"]
    if has_cast:
        head.append(_CAST_MEANING)
    return "\n".join([*head, f"lines 的每一项恰好有这些字段：{', '.join(fields)}。", *lines])


def read_line(item: Any, fields: Sequence[str], cast: Cast) -> tuple[Line, Mapping[str, Any]]:
    """One entry of ``lines``, with its text as checked words.

    Raises:
        ValueError: it is not what was asked for.
    """
    entry = check_line(item, fields)
    role = cast.find(entry["role"]) if "role" in fields else NARRATOR
    line = Line(
        text=check_words(entry["text"], "text", LINE_CHARACTERS),
        role=role,
        **read_manner(entry),
    )
    return line, entry


def check_line(item: Any, fields: Sequence[str]) -> Mapping[str, Any]:
    """One entry of ``lines`` with all its fields and no other; those that may be null may be left out.

    Raises:
        ValueError: it is none.
    """
    optional = [name for name in fields if name not in _NEEDED]
    return check_object(item, [name for name in fields if name in _NEEDED], optional)


def read_manner(entry: Mapping[str, Any]) -> dict[str, Any]:
    """How a line is said, as fields of ``Line``.

    Raises:
        ValueError: a value is not allowed.
    """
    return {
        "emotion": check_emotion(entry.get("emotion")),
        "intensity": check_number(entry.get("intensity"), "intensity", 0.0, 1.0),
        "direction": check_direction(entry.get("direction")),
        "pause_s": check_number(entry.get("pause_s"), "pause_s", 0.0, 5.0),
    }


def evidence_of(entry: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """Who says that the line is this role's, and how surely.

    Raises:
        ValueError: the confidence is no number from 0 to 1.
    """
    confidence = check_number(entry["confidence"], "confidence", 0.0, 1.0)
    if confidence is None:
        raise ValueError("confidence must be a number from 0 to 1")
    return (Evidence("role", "", "language_model", confidence),)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
