"""The text form -> ``Script``.

    ---
    作者: 林间                         what the programme is (optional)
    类型: drama
    ---
    # 雨夜                             its title
    @小雨：八岁的女孩，活泼 {声音=zf_xiaoyi}     a role (optional)
    ## 第一章 {音乐=rain.ogg}           a chapter
    雨下了一整夜。                       narration
    （停顿 1.5 秒）                     silence before what follows; *** is a change of scene
    小雨（害怕 0.7，压低声音）：你听。{停顿=0.8}   role (emotion intensity, direction): text {more}
    | 外面有人。                         the same line goes on after a line break
    （风声渐起）                         a direction of its own, never spoken
    // 只给人看                          a remark

The reader is linear in the length of the text. What it does not know: other formats (``habits``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ..errors import TextError
from .attributes import Attribute, split_attributes
from .fields import (
    CHAPTER_FIELDS,
    LINE_FIELDS,
    ROLE_FIELDS,
    Field,
    check_emotion,
    find_field,
    find_kind,
    number_in,
)
from .heads import find_head
from .model import KIND, LANGUAGE, NARRATOR, UNKNOWN, Chapter, Line, Role, Script
from .problems import Place, meant

#: Silence of a change of scene (``***``), seconds.
SCENE_PAUSE_S = 1.5

#: Names that are roles without being declared.
GIVEN = (NARRATOR, UNKNOWN)

_META = {
    "标题": "title", "title": "title", "作者": "author", "author": "author",
    "语言": "language", "language": "language", "类型": "kind", "kind": "kind",
}  # fmt: skip
_HEADING = re.compile(r"(#{1,6})(?:\s+(.*)|)$")
_SCENE = re.compile(r"(?:\*\s*){3,}$|(?:-\s*){3,}$|(?:_\s*){3,}$|＊{3,}$")
_PAUSE = re.compile(
    r"[（(\[]\s*(?:停顿|静默|pause)\s*[:：]?\s*(?P<amount>-?\d+(?:\.\d+)?)\s*(?P<unit>毫秒|ms|秒|s)?\s*[）)\]]$"
)
_DIRECTION = re.compile(r"[（(](?P<words>[^（）()]+)[）)]$")
_SPLIT_LIST = re.compile(r"[、,，]")
_PAUSE_FIELD = next(field for field in LINE_FIELDS if field.name == "pause_s")


def read(text: str) -> Script:
    """The script that a text in the native form means.

    Raises:
        TextError: empty (``script_empty``), or something that is not allowed; the error has ``line`` and ``column``,
            both from 1, and says what is allowed.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _Reader(lines, _declared_in(lines)).read()


def read_lines(text: str, declared: Collection[str]) -> tuple[Line, ...] | None:
    """The lines of a piece of a script whose roles are declared elsewhere; None where it is more than lines.

    Raises:
        TextError: as ``read``.
    """
    script = _Reader(text.split("\n"), declared).read()
    is_plain = not script.title and len(script.chapters) == 1 and script.chapters[0] == Chapter("", script.lines)
    return script.lines if is_plain else None


class _Reader:
    def __init__(self, lines: list[str], declared: Collection[str]) -> None:
        self._lines = lines
        self._declared = declared
        self._titled = _has_title(lines)
        self._meta: dict[str, str] = {}
        self._roles: dict[str, Role] = {}
        self._other_names: dict[str, str] = {}
        self._chapters: list[Chapter] = []
        self._heading: tuple[str, str | None] | None = None
        self._said: list[Line] = []
        self._pause_s: float | None = None
        self._may_continue = False

    def read(self) -> Script:
        for number, raw in enumerate(self._lines[self._front_matter() :], self._front_matter() + 1):
            self._line(raw, number)
        self._end_pause()
        self._close_chapter(at_end=True)
        if not any(chapter.lines or chapter.title for chapter in self._chapters):
            raise TextError("剧本是空的：没有一句台词或旁白。The script is empty: it has no line.", code="script_empty")
        declared = {**self._roles}
        for chapter in self._chapters:
            for line in chapter.lines:
                declared.setdefault(line.role, Role(line.role))
        return Script(
            title=self._meta.get("title", ""),
            chapters=tuple(self._chapters),
            roles=declared,
            author=self._meta.get("author", ""),
            language=self._meta.get("language", LANGUAGE),
            kind=self._meta.get("kind", KIND),
        )

    def _front_matter(self) -> int:
        """Reads the block between two ``---`` at the beginning; the number of lines that it takes."""
        end = _front_matter_end(self._lines)
        if end and not self._meta:
            for number, raw in enumerate(self._lines[1 : end - 1], 2):
                if raw.strip():
                    self._meta_line(raw, number)
            self._meta.setdefault("kind", KIND)
        return end

    def _meta_line(self, raw: str, number: int) -> None:
        key, colon, value = re.sub("：", ":", raw, count=1).partition(":")
        place = Place(number, 1 + len(raw) - len(raw.lstrip()))
        name = _META.get(key.strip().casefold())
        if name is None or not colon:
            zh, en, near = meant(key.strip(), _META)
            raise place.problem(
                f"开头的说明里不认识 {key.strip()!r}{zh}？可用：标题、作者、类型、语言，每行一个“名称: 值”。",
                f"Unknown {key.strip()!r} in the head{en}? Allowed: title, author, kind, language, as 'name: value'.",
                code="script_key_unknown",
                value=key.strip(),
                near=near,
            )
        place = place.at(len(raw) - len(value.lstrip()) + 1)
        self._meta[name] = find_kind(value.strip(), place) if name == "kind" else value.strip()

    def _line(self, raw: str, number: int) -> None:
        stripped = raw.strip()
        place = Place(number, 1 + len(raw) - len(raw.lstrip()))
        if raw.startswith("|") and self._may_continue:
            self._continue(raw, place)
            return
        self._may_continue = False
        heading = _HEADING.match(stripped)
        pause = _PAUSE.match(stripped)
        direction = _DIRECTION.match(stripped)
        if not stripped or stripped.startswith("//"):
            return
        if heading:
            self._head(len(heading[1]), heading[2] or "", place)
        elif stripped.startswith("@"):
            self._role(stripped, place)
        elif _SCENE.match(stripped):
            self._pause_s = SCENE_PAUSE_S if self._pause_s is None else max(self._pause_s, SCENE_PAUSE_S)
        elif pause:
            amount = pause["amount"] if pause["unit"] not in ("毫秒", "ms") else str(float(pause["amount"]) / 1000)
            self._pause_s = number_in(amount, _PAUSE_FIELD, place)
        elif direction:
            self._say(Line("", direction=direction["words"].strip()), place)
        else:
            self._say(self._spoken(stripped, place), place)
            self._may_continue = True

    def _spoken(self, stripped: str, place: Place) -> Line:
        head = find_head(stripped, self._declared, place)
        begin = head.end if head else 0
        text, attributes = split_attributes(stripped[begin:], place.column + begin)
        line = Line(text)
        if head:
            role = self._other_names.get(head.name, head.name)
            line = Line(text, role, head.emotion, head.intensity, head.direction)
        return replace(line, **_values(attributes, LINE_FIELDS, place))

    def _say(self, line: Line, place: Place) -> None:
        if self._pause_s is not None:
            line = line if line.pause_s is not None else replace(line, pause_s=self._pause_s)
            self._pause_s = None
        if not (line.text or line.direction or line.sound or line.pause_s is not None):
            raise place.problem(
                f"{line.role!r} 后面没有台词；只有动作或音效时请写成“{line.role}（叹气）：”或 {{音效=文件}}。",
                f"{line.role!r} says nothing: give a text, a direction in parentheses or {{sound=FILE}}.",
                code="script_line_empty",
            )
        self._said.append(line)

    def _continue(self, raw: str, place: Place) -> None:
        """``| ...``: the text of the line before goes on behind a line break."""
        more = raw[1:].removeprefix(" ")
        attributes: tuple[Attribute, ...] = ()
        if more.rstrip().endswith("}"):
            kept, found = split_attributes("." + more, place.column + 1)  # what stands before a block is kept as it is
            if kept != ("." + more).strip():
                more, attributes = kept[1:], found
        last = self._said[-1]
        self._said[-1] = replace(last, text=f"{last.text}\n{more}", **_values(attributes, LINE_FIELDS, place))

    def _head(self, level: int, words: str, place: Place) -> None:
        title, attributes = split_attributes(words, place.column + level + 1)
        is_title = level == 1 and self._titled and not self._said and self._heading is None and not self._chapters
        if is_title and "title" not in self._meta:
            self._meta["title"] = title
            return
        self._end_pause()
        self._close_chapter()
        self._heading = (title, _values(attributes, CHAPTER_FIELDS, place).get("music"))

    def _end_pause(self) -> None:
        """A silence that nothing follows in its chapter is a line of its own."""
        if self._pause_s is not None and (self._said or self._heading):
            self._said.append(Line("", pause_s=self._pause_s))
        self._pause_s = None

    def _close_chapter(self, at_end: bool = False) -> None:
        if self._heading is not None or self._said or (at_end and not self._chapters):
            title, music = self._heading or ("", None)
            self._chapters.append(Chapter(title, tuple(self._said), music))
        self._said = []

    def _role(self, stripped: str, place: Place) -> None:
        name, end = _role_name(stripped)
        if not name:
            raise place.problem("@ 后面要有角色名。", "A name must follow '@'.", code="role_unnamed")
        description, attributes = split_attributes(stripped[end:], place.column + end)
        if name in self._roles:
            raise place.problem(
                f"角色 {name!r} 声明了两次。", f"The role {name!r} is declared twice.", code="role_twice", value=name
            )
        role = Role(name, description=description, **_values(attributes, ROLE_FIELDS, place))
        self._roles[name] = role
        for other in role.aliases:
            if other not in self._declared or self._other_names.setdefault(other, name) != name:
                owner = self._other_names.get(other, other)
                raise place.problem(
                    f"别名 {other!r} 已经属于角色 {owner!r}。",
                    f"The other name {other!r} belongs to the role {owner!r} already.",
                    code="role_twice",
                    value=other,
                )


def _role_name(stripped: str) -> tuple[str, int]:
    """The name behind ``@`` and where the description begins."""
    match = re.match(r"@((?:\\.|[^\\：:{\n]){1,200})(?:[：:]|(?=\{)|$)", stripped)
    if match is None:
        return "", 0
    return re.sub(r"\\(.)", r"\1", match[1]).strip(), match.end()


def _front_matter_end(lines: Sequence[str]) -> int:
    """Number of lines of the head, 0 where there is none."""
    if lines[0].strip() != "---":
        return 0
    for number, raw in enumerate(lines[1:60], 1):
        if raw.strip() == "---":
            return number + 1
        if raw.strip() and not re.match(r"\s*[^\s:：]{1,20}\s*[:：]", raw):
            return 0
    return 0


def _declared_in(lines: Sequence[str]) -> dict[str, None]:
    """Every name that is declared anywhere, other names too; with any, those that are given as well."""
    names: dict[str, None] = {}
    for raw in lines:
        stripped = raw.strip()
        if stripped.startswith("@"):
            name, end = _role_name(stripped)
            names[name] = None
            _, attributes = split_attributes(stripped[end:])
            for attribute in attributes:
                if attribute.key.casefold() in ("别名", "aliases"):
                    names |= dict.fromkeys(_items(attribute))
    return names | dict.fromkeys(GIVEN) if names else {}


def _has_title(lines: Sequence[str]) -> bool:
    """Whether one heading of the first level stands above all others: it is the title of the programme."""
    levels = [len(heading[1]) for raw in lines if (heading := _HEADING.match(raw.strip()))]
    return levels.count(1) == 1 and levels[0] == 1


def _items(attribute: Attribute) -> list[str]:
    if attribute.is_quoted:
        return [attribute.value]
    return [item.strip() for item in _SPLIT_LIST.split(attribute.value) if item.strip()]


def _values(attributes: Sequence[Attribute], fields: Sequence[Field], place: Place) -> dict[str, Any]:
    """Attributes as values of the model."""
    values: dict[str, Any] = {}
    for attribute in attributes:
        at = place.at(attribute.column)
        field = find_field(attribute.key, fields, at)
        if field.kind in ("list", "pairs"):
            found = [_pair(item, at) if field.kind == "pairs" else item for item in _items(attribute)]
            values[field.name] = (*values.get(field.name, ()), *found)
        elif field.name in values:
            raise at.problem(f"{attribute.key!r} 写了两次。", f"{attribute.key!r} is given twice.", value=attribute.key)
        elif field.kind == "number":
            values[field.name] = number_in(attribute.value, field, at)
        elif field.kind == "emotion":
            values[field.name] = check_emotion(attribute.value, at)
        else:
            values[field.name] = attribute.value
    return values


def _pair(item: str, place: Place) -> tuple[str, str]:
    word, equals, reading = item.partition("=") if "=" in item else item.partition(":")
    if not (word and equals and reading):
        raise place.problem(
            f'读音应为 "词=读音"，收到 {item!r}。', f'A reading must be "word=reading", got {item!r}.', value=item
        )
    return word.strip(), reading.strip()
