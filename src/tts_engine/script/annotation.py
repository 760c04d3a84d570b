"""Plain Chinese prose -> ``Script``, without any model.

    text ── paragraphs, pieces ──► cast ──► turns ──► speakers, feelings ──► lines with their evidence

Narration and dialogue are told apart, speakers attributed with a confidence (``UNKNOWN`` below the threshold), each
line of dialogue gets the emotion of its words and of how it is said, chapters and changes of scene are found. The
emotion of narration is left to the engine, which reads it from the words. Linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import TextError
from .model import NARRATOR, UNKNOWN, Chapter, Evidence, Line, Role, Script
from .prose.cast import Cast, Person, find_cast
from .prose.feelings import feel
from .prose.pieces import SAID, Paragraph, Piece, split_paragraphs
from .prose.speakers import Speaker, find_speakers
from .prose.turns import Turn, Turns
from .reader import SCENE_PAUSE_S

#: Silence where the text tells of one (沉默了很久), seconds.
TOLD_PAUSE_S = 0.8

_ORDINAL = "第[0-9０-９零〇一二三四五六七八九十百千两]{1,8}[章回节卷集部幕话]"
_HEADING = re.compile(
    r"#{1,6}\s+(?P<marked>.*)"
    rf"|(?P<plain>{_ORDINAL}(?:[\s　:：、.．]+.{{0,40}}|.{{0,12}})"
    r"|(?:序章|楔子|引子|序|尾声|后记|番外|终章)(?:[\s　:：].{0,40})?"
    r"|Chapter\s+\w+.{0,40})",
    re.IGNORECASE,
)
_SCENE = re.compile(r"(?:[*＊※☆★◇◆■□●○~～\-—=＝_#·.…+]\s*){2,40}$")
_SILENCE = re.compile(
    "沉默了|沉默着?(?:片刻|良久|半晌|许久)|过了(?:很久|好久|半天|许久|好一会儿?|一会儿|好半天)|半晌|良久|许久|停顿了|顿了[顿一]|静了(?:片刻|一会儿|下来)"
)
_SOUND = re.compile(
    r"[叮咚铛当哐啷砰嘭轰隆哗啦沙滴答嗒咔嚓嘎吱呀噼里啪咕噜扑通嗖嘀嘟喵汪咩哞叽喳嘶嗷呱嗡咣噗簌飒潺啾]{2,8}|[砰嘭轰啪咚叮嗖哐当咔](?=[的地”]?的?一声)"
)
#: Quotations of one turn whose manner counts for the others too.
_NEIGHBOURS = 4

_GENDERS = {"female": "女", "male": "男"}


def annotate(text: str, title: str = "") -> Script:
    """The text as a script whose lines cover every word of it, in order.

    Args:
        text: prose; headings (第一章, Markdown) begin chapters, a line of marks (***) is a change of scene.
        title: of the programme.

    Raises:
        TextError: there is nothing to be said in it (``script_empty``).
    """
    text = text.replace("\r", "\n")  # of the same length: spans stay
    paragraphs = list(split_paragraphs(text))
    prose = [paragraph for paragraph in paragraphs if not _is_mark(paragraph)]
    cast = find_cast(text, prose)
    turns = list(Turns(cast).read(prose))
    said = _said_by(turns, find_speakers(turns, cast))
    chapters = _chapters(paragraphs, said)
    if not any(chapter.lines or chapter.title for chapter in chapters):
        raise TextError("文字是空的，没有可读的内容。The text is empty: nothing to say.", code="script_empty")
    return Script(title=title, chapters=tuple(chapters), roles=_roles(chapters, cast), kind="book")


def _is_mark(paragraph: Paragraph) -> bool:
    text = "".join(piece.text for piece in paragraph.pieces)
    return (_SCENE.fullmatch(text) or _HEADING.fullmatch(text)) is not None


@dataclass(frozen=True, slots=True)
class _Said:
    """A quotation with who says it and what is told of how."""

    speaker: Speaker
    tag: str
    neighbours: tuple[str, ...]


@dataclass(slots=True)
class _Open:
    """A chapter that is being filled."""

    title: str
    lines: list[Line] = field(default_factory=list)


def _said_by(turns: Sequence[Turn], speakers: Sequence[Speaker]) -> dict[int, _Said]:
    said = {}
    for turn, speaker in zip(turns, speakers, strict=True):
        tags = tuple(dict.fromkeys(turn.tags.values()))[:_NEIGHBOURS]
        for piece in turn.pieces:
            tag = turn.tags.get(piece.begin, "")
            others = tuple(words for words in tags if words != tag)
            said[piece.begin] = _Said(speaker, tag, others)
    return said


def _chapters(paragraphs: Sequence[Paragraph], said: dict[int, _Said]) -> list[Chapter]:
    chapters = [_Open("")]
    pause_s: float | None = None
    for paragraph in paragraphs:
        whole = "".join(piece.text for piece in paragraph.pieces)
        heading = _HEADING.fullmatch(whole)
        if heading:
            chapters.append(_Open((heading["marked"] or heading["plain"] or "").strip()))
            pause_s = None
            continue
        if _SCENE.fullmatch(whole):
            pause_s = SCENE_PAUSE_S
            continue
        for piece in paragraph.pieces:
            line = _line(piece, said.get(piece.begin), pause_s)
            if line is None:
                continue
            chapters[-1].lines.append(line)
            pause_s = TOLD_PAUSE_S if piece.kind != SAID and _SILENCE.search(piece.text[-30:]) else None
    return [Chapter(one.title, tuple(one.lines)) for one in chapters if one.lines or one.title]


def _line(piece: Piece, said: _Said | None, pause_s: float | None) -> Line | None:
    """The line of a piece; None where nothing in it can be said."""
    text = piece.text.strip().lstrip("，,；;、。").strip()
    sounds = tuple(Evidence("sound", match.group(), "onomatopoeia", 0.8) for match in _SOUND.finditer(piece.text))
    paused = (Evidence("pause_s", "", "silence or change of scene", 0.7),) if pause_s is not None else ()
    span = (piece.begin, piece.end)
    if piece.kind != SAID or said is None:
        if not any(character.isalnum() for character in text):
            return None
        return Line(text, NARRATOR, pause_s=pause_s, span=span, evidence=(*paused, *sounds))
    if not text:
        return None
    speaker = said.speaker
    role = speaker.person.name if speaker.person else UNKNOWN
    evidence = [Evidence("role", speaker.words, speaker.rule, round(speaker.confidence, 3))]
    feeling = feel(text, said.tag, said.neighbours)
    if feeling.emotion:
        evidence.append(Evidence("emotion", feeling.words, feeling.rule, feeling.confidence))
    return Line(
        text,
        role,
        emotion=feeling.emotion,
        intensity=feeling.intensity,
        direction=feeling.direction,
        pause_s=pause_s,
        span=span,
        evidence=(*evidence, *paused, *sounds),
    )


def _roles(chapters: Sequence[Chapter], cast: Cast) -> dict[str, Role]:
    """Every role that a line names, in order of appearance, with what the text says about it."""
    roles: dict[str, Role] = {}
    for name in (line.role for chapter in chapters for line in chapter.lines):
        if name not in roles:
            person = cast.people.get(name) if name not in (NARRATOR, UNKNOWN) else None
            roles[name] = _role(name, person)
    taken = set(roles)
    return {
        name: Role(name, description=role.description, aliases=tuple(a for a in role.aliases if a not in taken))
        for name, role in roles.items()
    }


def _role(name: str, person: Person | None) -> Role:
    if person is None:
        return Role(name)
    return Role(name, description=_GENDERS.get(person.gender or "", ""), aliases=tuple(person.names[1:]))
