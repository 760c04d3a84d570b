"""A text in whatever form -> ``Script``, and which form it was taken for.

native      角色（情绪）：台词, with @ roles and ## chapters
json        the other view of a script
brackets    [Alice: excited] ..., 【旁白】...
subtitles   SRT, WebVTT
ssml        <speak> with voices
prose       anything else: annotated
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ControlError, TextError, near_matches
from ..text.markup.ssml import looks_like_ssml
from .annotation import annotate
from .habits.brackets import name_in, read_brackets
from .habits.ssml import read_ssml_script
from .habits.subtitles import looks_like_subtitles, read_subtitles
from .heads import find_head
from .model import UNKNOWN, Chapter, Line, Role, Script
from .problems import Place
from .reader import read
from .structured import from_json

FORMATS = ("native", "json", "brackets", "subtitles", "ssml", "prose")

#: Lines that are looked at to guess the form, and the share of them that decides.
_LOOKED_AT, _SHARE = 400, 0.3


@dataclass(frozen=True, slots=True)
class Loaded:
    """A script and where it comes from.

    Attributes:
        script: what was read.
        format: one of ``FORMATS``.
        reason: why that one, for people; empty where it was asked for.
        warnings: what could not be taken over or is not certain.
    """

    script: Script
    format: str
    reason: str = ""
    warnings: tuple[str, ...] = ()


def load(text: str, format: str | None = None, title: str = "") -> Loaded:
    """The script that a text means, in any of the forms.

    Args:
        text: what was written.
        format: one of ``FORMATS``; None guesses.
        title: for forms that have none of their own.

    Raises:
        ControlError: there is no such form (``script_format_unknown``).
        TextError: it is not as the form asks; with line and column, or a path for JSON.
    """
    reason = ""
    if format is None:
        format, reason = guess_format(text)
    elif format not in FORMATS:
        near = near_matches(format, FORMATS)
        close = f"，是不是要 {'、'.join(near)}" if near else ""
        raise ControlError(
            f"没有剧本格式 {format!r}{close}？可用：{'、'.join(FORMATS)}。"
            f"Unknown script format {format!r}; allowed: {', '.join(FORMATS)}.",
            code="script_format_unknown",
            option="format",
            value=format,
            near=near,
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    script, warnings = _read(text, format, title)
    return Loaded(script, format, reason, tuple(warnings))


def _read(text: str, format: str, title: str) -> tuple[Script, list[str]]:
    if format == "native":
        return read(text), []
    if format == "json":
        return from_json(text), []
    if format == "prose":
        script = annotate(text, title)
        unsure = sum(line.role == UNKNOWN for line in script.lines)
        warning = f"{unsure} 句对白的说话人不能确定，记作“{UNKNOWN}” ({unsure} lines whose speaker is not certain)"
        return script, [warning] if unsure else []
    if format == "ssml":
        lines, roles, warnings = read_ssml_script(text)
        return _script(lines, title, roles), warnings
    return _script(read_brackets(text) if format == "brackets" else read_subtitles(text), title, {}), []


def _script(lines: Iterable[Line], title: str, roles: dict[str, Role]) -> Script:
    said = tuple(lines)
    if not said:
        raise TextError("剧本是空的：没有一句台词或旁白。The script is empty: it has no line.", code="script_empty")
    every = dict(roles)
    for line in said:
        every.setdefault(line.role, Role(line.role))
    return Script(title=title, chapters=(Chapter("", said),), roles=every)


def guess_format(text: str) -> tuple[str, str]:
    """The form that a text seems to have, and why, for people."""
    start = text.lstrip("\ufeff \t\r\n")
    lines = [line.strip() for line in start[:60_000].splitlines() if line.strip()][:_LOOKED_AT]
    enough = max(1.0, _SHARE * len(lines))
    in_brackets = sum(bool(name_in(line)) for line in lines)
    heads = sum(_has_head(line) for line in lines)
    has_marks = lines[:1] == ["---"] or any(re.match(r"@[^\s@]", line) for line in lines)
    guesses = (
        ("ssml", looks_like_ssml(text), "以 <speak 开头 (begins with <speak)"),
        ("json", start[:1] == "{", "以 { 开头 (begins with {)"),
        ("subtitles", looks_like_subtitles(text), "有时间行 (has lines of times)"),
        ("native", has_marks, "有 @角色 或 --- 开头 (has @roles or a head)"),
        (
            "brackets",
            in_brackets >= enough,
            f"{in_brackets} 行以括号里的名字开头 (lines that begin with a name in brackets)",
        ),
        ("native", heads >= enough, f"{heads} 行以“角色：”开头 (lines that begin with a role)"),
        ("prose", True, "没有角色标记 (no marks of roles)"),
    )
    return next((form, reason) for form, fits, reason in guesses if fits)


def _has_head(line: str) -> bool:
    """Whether a line begins with a role, even if what it says of it is not allowed."""
    try:
        head = find_head(line, (), Place(1, 1))
    except TextError:
        return True
    return head is not None
