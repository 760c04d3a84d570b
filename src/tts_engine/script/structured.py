"""``Script`` <-> JSON: the exact view of a script, with its schema.

What has its default is left out when written and may be left out, or null, when read. Reading checks every value as the
text form does; an error names the path, and line and column where the JSON itself is broken.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import TextError
from .fields import CHAPTER_FIELDS, KINDS, LINE_FIELDS, ROLE_FIELDS, Field, check_emotion, check_number
from .model import KIND, LANGUAGE, NARRATOR, Chapter, Evidence, Line, Role, Script
from .problems import Place, meant

_TEXT = {"type": "string"}


def to_json(script: Script) -> str:
    """The script as JSON, Chinese as it is, indented for people."""
    return json.dumps(to_dict(script), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Script:
    """The script that a JSON text means.

    Raises:
        TextError: no JSON (with ``line`` and ``column``), or not as ``schema()`` says (with ``path``).
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise Place(error.lineno, error.colno).problem(
            f"不是有效的 JSON：{error.msg}。", f"Not valid JSON: {error.msg}.", code="script_json_invalid"
        ) from None
    except RecursionError:
        raise TextError("JSON 嵌套过深。The JSON is nested too deeply.", code="script_json_invalid") from None
    return from_dict(data)


def to_dict(script: Script) -> dict[str, Any]:
    """The script as plain data."""
    return {
        "title": script.title,
        **_different(script, ("author", "language", "kind")),
        "roles": [
            {"name": role.name, **_different(role, _names(ROLE_FIELDS, "description"))} for role in _roles(script)
        ],
        "chapters": [
            {
                "title": chapter.title,
                **_different(chapter, _names(CHAPTER_FIELDS)),
                "lines": [_line_to_dict(line) for line in chapter.lines],
            }
            for chapter in script.chapters
        ],
    }


def _roles(script: Script) -> Iterable[Role]:
    missing = {line.role: Role(line.role) for line in script.lines if line.role not in script.roles}
    return (*script.roles.values(), *missing.values())


def _line_to_dict(line: Line) -> dict[str, Any]:
    data = {"role": line.role, "text": line.text, **_different(line, _names(LINE_FIELDS, "span"))}
    if line.evidence:
        data["evidence"] = [dataclasses.asdict(item) for item in line.evidence]
    return data


def _names(fields: Iterable[Field], *more: str) -> tuple[str, ...]:
    return (*more, *(field.name for field in fields))


def _different(item: Any, names: Iterable[str]) -> dict[str, Any]:
    """What differs from the default; tuples as lists."""
    values = {name: getattr(item, name) for name in names}
    defaults = type(item).__dataclass_fields__
    return {name: _plain(value) for name, value in values.items() if value != defaults[name].default}


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def from_dict(data: Any) -> Script:
    """The script that plain data means.

    Raises:
        TextError: not as ``schema()`` says; ``path`` says where.
    """
    top = _object(data, ("title", "author", "language", "kind", "roles", "chapters"), Place(path="script"))
    root = Place()
    roles = _each(top, "roles", root, _role)
    chapters = _each(top, "chapters", root, _chapter)
    if not any(chapter.lines or chapter.title for chapter in chapters):
        raise TextError("剧本是空的：没有一句台词或旁白。The script is empty: it has no line.", code="script_empty")
    by_name: dict[str, Role] = {}
    for number, role in enumerate(roles):
        if role.name in by_name:
            raise root.inside(f"roles[{number}]").problem(
                f"角色 {role.name!r} 声明了两次。", f"The role {role.name!r} is declared twice.", code="role_twice"
            )
        by_name[role.name] = role
    other_names = {alias: role.name for role in roles for alias in role.aliases if alias not in by_name}
    chapters = tuple(
        dataclasses.replace(
            chapter,
            lines=tuple(
                dataclasses.replace(line, role=other_names[line.role]) if line.role in other_names else line
                for line in chapter.lines
            ),
        )
        for chapter in chapters
    )
    for chapter in chapters:
        for line in chapter.lines:
            by_name.setdefault(line.role, Role(line.role))
    kind = _text(top, "kind", root, KIND)
    if kind not in KINDS:
        zh, en, near = meant(kind, KINDS)
        raise root.inside("kind").problem(
            f"没有类型 {kind!r}{zh}？可用：{'、'.join(KINDS)}。",
            f"Unknown kind {kind!r}{en}? Known: {', '.join(KINDS)}.",
            code="script_kind_unknown",
            value=kind,
            near=near,
        )
    return Script(
        title=_text(top, "title", root, ""),
        chapters=chapters,
        roles=by_name,
        author=_text(top, "author", root, ""),
        language=_text(top, "language", root, LANGUAGE),
        kind=kind,
    )


def _object(data: Any, allowed: Iterable[str], place: Place) -> Mapping[str, Any]:
    names = tuple(allowed)
    if not isinstance(data, dict):
        raise place.problem(
            f"应为对象，收到 {type(data).__name__}。", f"An object is expected, got {type(data).__name__}."
        )
    for key in data:
        if key not in names:
            zh, en, near = meant(str(key), names)
            raise place.problem(
                f"不认识 {key!r}{zh}？可用：{'、'.join(names)}。",
                f"Unknown key {key!r}{en}? Allowed: {', '.join(names)}.",
                code="script_key_unknown",
                value=str(key),
                near=near,
            )
    return data


def _each(data: Mapping[str, Any], key: str, place: Place, read: Callable[[Any, Place], Any]) -> tuple[Any, ...]:
    items = data.get(key)
    if items is None:
        return ()
    if not isinstance(items, list):
        raise place.inside(key).problem(
            f"应为数组，收到 {type(items).__name__}。", f"An array is expected, got {type(items).__name__}."
        )
    return tuple(read(item, place.inside(key).inside(f"[{number}]")) for number, item in enumerate(items))


def _text(data: Mapping[str, Any], key: str, place: Place, default: Any = None) -> Any:
    value = data.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise place.inside(key).problem(
            f"应为文字，收到 {value!r}。", f"A string is expected, got {value!r}.", value=repr(value)
        )
    return value


def _needed(data: Mapping[str, Any], key: str, place: Place) -> str:
    value = _text(data, key, place)
    if value is None or not value.strip():
        raise place.problem(f"缺少 {key!r}。", f"{key!r} is missing or empty.", code="script_key_missing", value=key)
    return str(value)


def _values(data: Mapping[str, Any], fields: Iterable[Field], place: Place) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields:
        value, at = data.get(field.name), place.inside(field.name)
        if value is None:
            continue
        if field.kind == "number":
            values[field.name] = check_number(field, value, at)
        elif field.kind == "list":
            values[field.name] = _each(data, field.name, place, _string)
        elif field.kind == "pairs":
            values[field.name] = _each(data, field.name, place, _pair)
        else:
            text = _needed(data, field.name, place)
            values[field.name] = check_emotion(text, at) if field.kind == "emotion" else text
    return values


def _string(value: Any, place: Place) -> str:
    return str(_needed({"value": value}, "value", place))


def _pair(value: Any, place: Place) -> tuple[str, str]:
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) and item for item in value)):
        raise place.problem(
            f"应为 [词, 读音]，收到 {value!r}。", f"[word, reading] is expected, got {value!r}.", value=repr(value)
        )
    return value[0], value[1]


def _role(data: Any, place: Place) -> Role:
    fields = _object(data, ("name", "description", *_names(ROLE_FIELDS)), place)
    description = _text(fields, "description", place, "")
    return Role(_needed(fields, "name", place), description=description, **_values(fields, ROLE_FIELDS, place))


def _chapter(data: Any, place: Place) -> Chapter:
    fields = _object(data, ("title", "lines", *_names(CHAPTER_FIELDS)), place)
    lines = _each(fields, "lines", place, _line)
    return Chapter(_text(fields, "title", place, ""), lines, **_values(fields, CHAPTER_FIELDS, place))


def _line(data: Any, place: Place) -> Line:
    fields = _object(data, ("role", "text", "span", "evidence", *_names(LINE_FIELDS)), place)
    role = _text(fields, "role", place) or NARRATOR
    text = _text(fields, "text", place, "")
    values = _values(fields, LINE_FIELDS, place)
    if not text.strip() and not {"direction", "sound", "pause_s"} & values.keys():
        raise place.problem(
            "text 是空的；只有动作、音效或停顿时请写 direction、sound 或 pause_s。",
            "'text' is empty: give a text, or a direction, a sound or a pause_s.",
            code="script_line_empty",
        )
    evidence = _each(fields, "evidence", place, _evidence)
    return Line(text, role, span=_span(fields.get("span"), place.inside("span")), evidence=evidence, **values)


def _span(value: Any, place: Place) -> tuple[int, int] | None:
    if value is None:
        return None
    is_pair = isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)
    if not is_pair or not 0 <= value[0] <= value[1]:
        raise place.problem(f"应为 [始, 末]，收到 {value!r}。", f"[begin, end] is expected, got {value!r}.")
    return value[0], value[1]


def _evidence(data: Any, place: Place) -> Evidence:
    fields = _object(data, ("what", "words", "rule", "confidence"), place)
    confidence = Field("confidence", ("可信度",), "number", "", 0.0, 1.0)
    return Evidence(
        _needed(fields, "what", place),
        _text(fields, "words", place, ""),
        _text(fields, "rule", place, ""),
        check_number(confidence, fields.get("confidence"), place.inside("confidence")),
    )


def schema(strict: bool = False) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a script.

    Args:
        strict: the form that structured output of language models needs: every property required and nullable, no
            ranges, no ``span`` and ``evidence``, which a model does not write.
    """
    line: dict[str, Any] = {"role": {**_TEXT, "description": f"who says it; {NARRATOR} for narration"}, "text": _TEXT}
    line |= {field.name: _field_schema(field, strict) for field in LINE_FIELDS}
    if not strict:
        line["span"] = {"type": ["array", "null"], "items": {"type": "integer", "minimum": 0}}
        line["span"] |= {"minItems": 2, "maxItems": 2}
        evidence = {"what": _TEXT, "words": _TEXT, "rule": _TEXT, "confidence": {"type": "number"}}
        line["evidence"] = {"type": ["array", "null"], "items": _object_schema(evidence, strict, "what", "confidence")}
    role: dict[str, Any] = {
        "name": _TEXT,
        "description": {"type": ["string", "null"], "description": "of the person, in free words"},
    }
    role |= {field.name: _field_schema(field, strict) for field in ROLE_FIELDS}
    chapter: dict[str, Any] = {"title": {"type": ["string", "null"]}}
    chapter |= {field.name: _field_schema(field, strict) for field in CHAPTER_FIELDS}
    chapter["lines"] = {"type": "array", "items": _object_schema(line, strict, "text")}
    top: dict[str, Any] = {
        "title": {"type": ["string", "null"]},
        "author": {"type": ["string", "null"]},
        "language": {"type": ["string", "null"], "description": "BCP 47"},
        "kind": {"type": ["string", "null"], "enum": [*KINDS, None]},
        "roles": {"type": "array" if strict else ["array", "null"], "items": _object_schema(role, strict, "name")},
        "chapters": {"type": "array", "items": _object_schema(chapter, strict, "lines")},
    }
    return _object_schema(top, strict, "chapters")


def _object_schema(properties: Mapping[str, Any], strict: bool, *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if strict else list(required),
        "additionalProperties": False,
    }


def _field_schema(field: Field, strict: bool) -> dict[str, Any]:
    if field.kind == "list":
        return {"type": ["array", "null"], "items": _TEXT, "description": field.meaning}
    if field.kind == "pairs":
        pair = {"type": "array", "items": _TEXT} | ({} if strict else {"minItems": 2, "maxItems": 2})
        return {"type": ["array", "null"], "items": pair, "description": field.meaning}
    if field.kind == "number":
        limits = {} if strict else {"minimum": field.minimum, "maximum": field.maximum}
        return {"type": ["number", "null"], **limits, "description": field.meaning}
    return {"type": ["string", "null"], "description": field.meaning}
