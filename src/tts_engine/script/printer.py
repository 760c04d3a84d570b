"""``Script`` -> the text form that ``reader.read`` reads back.

Everything of the model is written except ``span`` and ``evidence``, which say where a line comes from, not what it is;
``with_evidence`` adds them as remarks for people. Each line is written in the plainest way that reads back the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..errors import TextError
from .attributes import block, number, split_attributes
from .fields import CHAPTER_FIELDS, LINE_FIELDS, ROLE_FIELDS, Field
from .heads import looks_like_name
from .model import KIND, LANGUAGE, NARRATOR, Chapter, Line, Role, Script
from .reader import GIVEN, read_lines

_CUE_FIELDS = ("emotion", "intensity", "direction")


def write(script: Script, with_evidence: bool = False) -> str:
    """The script as text, which ends with a line break.

    Args:
        script: any; lines of roles that it does not list count as roles without qualities.
        with_evidence: say above each line, as a remark, why its role and emotion are what they are.
    """
    declared = _declarations(script)
    names = {name for role in declared for name in (role.name, *role.aliases)} | set(GIVEN) if declared else set()
    parts = [_head(script), *(f"@{_name(role.name)}{_qualities(role)}\n" for role in declared)]
    if declared:
        parts.append("\n")
    for index, chapter in enumerate(script.chapters):
        parts += _chapter(chapter, index == 0, names, with_evidence)
    return "".join(parts).strip("\n") + "\n"


def _head(script: Script) -> str:
    meta = [
        ("作者", script.author, ""),
        ("类型", script.kind, KIND),
        ("语言", script.language, LANGUAGE),
    ]
    lines = [f"{name}: {value}\n" for name, value, default in meta if value != default]
    head = f"---\n{''.join(lines)}---\n" if lines else ""
    return f"{head}# {_heading(script.title, '')}\n\n" if script.title else head


def _heading(title: str, attributes: str) -> str:
    """A heading whose own braces are not taken for attributes."""
    is_ambiguous = not attributes and split_attributes(title)[0] != title
    return " ".join(filter(None, (title, attributes or ("{}" if is_ambiguous else ""))))


def _declarations(script: Script) -> Sequence[Role]:
    """All roles where reading the lines alone would not give them back, else none."""
    implied = dict.fromkeys(line.role for line in script.lines)
    is_enough = (
        list(implied) == list(script.roles)
        and all(role == Role(role.name) for role in script.roles.values())
        and all(name in GIVEN or looks_like_name(name) for name in implied)
    )
    if is_enough:
        return ()
    return tuple({**script.roles, **{name: Role(name) for name in implied if name not in script.roles}}.values())


def _name(name: str) -> str:
    return re.sub(r"([\\：:{（）()#@|，。！？；…—“”\"「」『』‘’\[\]【】}<>《》、,!?;/])", r"\\\1", name)


def _qualities(role: Role) -> str:
    attributes = block(_pairs(role, ROLE_FIELDS))
    if not attributes and split_attributes(role.description)[0] != role.description:
        attributes = "{}"
    description = f"：{role.description}" if role.description else ""
    return f"{description} {attributes}" if attributes else description


def _pairs(item: Any, fields: Iterable[Field], but: Collection[str] = ()) -> list[tuple[str, str]]:
    """What differs from the default, as keys and values."""
    pairs = []
    for field in fields:
        value, default = getattr(item, field.name), type(item).__dataclass_fields__[field.name].default
        if field.name in but or value == default:
            continue
        if field.kind == "list":
            pairs += [(field.keys[0], one) for one in value]
        elif field.kind == "pairs":
            pairs += [(field.keys[0], f"{word}={reading}") for word, reading in value]
        else:
            pairs.append((field.keys[0], number(value) if field.kind == "number" else value))
    return pairs


def _chapter(chapter: Chapter, is_first: bool, names: Collection[str], with_evidence: bool) -> Iterable[str]:
    attributes = block(_pairs(chapter, CHAPTER_FIELDS))
    if chapter.title or attributes or not is_first or not chapter.lines:
        yield f"\n## {_heading(chapter.title, attributes)}".rstrip() + "\n\n"
    for line in chapter.lines:
        if with_evidence:
            yield from (
                f"// {item.what} {item.confidence:.2f} {item.rule} {item.words}".rstrip().replace("\n", " ") + "\n"
                for item in line.evidence
            )
        yield _written(line, names) + "\n\n"


def _written(line: Line, names: Collection[str]) -> str:
    """The plainest form that reads back the same."""
    bare = replace(line, span=None, evidence=())
    for form in _forms(bare):
        if _reads_back(form, bare, names):
            return form
    raise TextError(
        f"这一句无法写成文字格式：{line!r}。This line cannot be written in the text form: {line!r}.",
        code="script_not_writable",
    )


def _forms(line: Line) -> Iterable[str]:
    first, *more = line.text.split("\n")
    rest = "".join(f"\n| {part}" if part else "\n|" for part in more)
    everything = block(_pairs(line, LINE_FIELDS))
    beside_cue = block(_pairs(line, LINE_FIELDS, but=_CUE_FIELDS))
    cue = _cue(line)
    if line.role == NARRATOR and line.direction and not line.text:
        yield f"（{line.direction}）"
        if line.pause_s is not None:
            yield f"（停顿 {number(line.pause_s)} 秒）\n（{line.direction}）"
    if line.role == NARRATOR and not cue:
        yield _joined(first + rest, everything)
        yield _joined(first + rest, everything or "{}")
    name = _name(line.role)
    yield _joined(f"{name}{cue}：{first}{rest}", beside_cue)
    yield _joined(f"{name}{cue}：{first}{rest}", beside_cue or "{}")
    yield _joined(f"{name}：{first}{rest}", everything)
    yield _joined(f"{name}：{first}{rest}", everything or "{}")


def _joined(text: str, attributes: str) -> str:
    return f"{text} {attributes}" if attributes else text


def _cue(line: Line) -> str:
    intensity = f" {number(line.intensity)}" if line.intensity is not None else ""
    items = [f"{line.emotion}{intensity}" if line.emotion else "", line.direction or ""]
    return f"（{'，'.join(filter(None, items))}）" if any(items) else ""


def _reads_back(form: str, line: Line, names: Collection[str]) -> bool:
    try:
        return read_lines(form, names) == (line,)
    except TextError:
        return False
