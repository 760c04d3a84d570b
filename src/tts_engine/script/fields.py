"""What lines, roles, chapters and scripts may say about themselves: the one table behind text, JSON and schema.

A ``Field`` names an attribute of the model, the keys that the text form has for it (Chinese first), and what it allows.
Ranges of knobs of the engine are the engine's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ..emotion.parse import parse_emotion
from ..errors import ControlError
from ..options import KNOBS
from .problems import Place, meant

Kind = Literal["text", "number", "emotion", "list", "pairs"]


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of the model.

    Attributes:
        name: of the attribute.
        keys: what the text form calls it, the first one is written.
        kind: ``emotion`` is a request in words; ``list`` a tuple of texts; ``pairs`` a tuple of pairs of texts.
        meaning: for people and models that fill it in.
        minimum: of a number.
        maximum: of a number.
    """

    name: str
    keys: tuple[str, ...]
    kind: Kind
    meaning: str
    minimum: float = -math.inf
    maximum: float = math.inf


def _knob(name: str, keys: str, knob: str, meaning: str) -> Field:
    limits = [math.nan if limit is None else limit for limit in (KNOBS[knob].minimum, KNOBS[knob].maximum)]
    return _field(name, keys, "number", meaning, *limits)


def _field(name: str, keys: str, kind: Kind, meaning: str, *limits: float) -> Field:
    return Field(name, tuple(keys.split()), kind, meaning, *limits)


LINE_FIELDS = (
    _field("emotion", "情绪 情感 emotion", "emotion", "a name or a blend such as 悲伤 0.6 + 愤怒 0.3"),
    _field("intensity", "强度 intensity", "number", "of the emotion, 0 neutral, 1 full", 0.0, 1.0),
    _field("direction", "指示 表演 direction", "text", "stage direction in free words; never spoken"),
    _field(
        "pause_s", "先停 停顿 pause", "number", "silence before the line in seconds; below 0 it overlaps", -10.0, 60.0
    ),
    _knob("speed", "语速 speed", "speed", "factor on the rate of the role"),
    _knob("volume_db", "音量 volume", "volume_db", "gain over the level of the role in decibels"),
    _field("sound", "音效 sound", "text", "file of a sound that starts with the line"),
)

ROLE_FIELDS = (
    _field("voice", "声音 voice", "text", "voice as the engine takes it"),
    _field("aliases", "别名 aliases", "list", "other names for the same person"),
    _field("emotion", "情绪 情感 emotion", "emotion", "what the role speaks with where its line names nothing"),
    _knob("speed", "语速 speed", "speed", "speaking rate, 1 is normal"),
    _knob("pitch_shift_st", "音高 pitch", "pitch_shift_st", "shift of the voice in semitones"),
    _field("reference", "参考 reference", "text", "file of a recording whose way of speaking the role takes"),
    _field("lexicon", "读音 lexicon", "pairs", "word=reading, of this role alone"),
)

CHAPTER_FIELDS = (_field("music", "音乐 music", "text", "file of a bed under the chapter"),)

#: Kinds of programmes with what people call them.
KINDS = {
    "drama": ("剧", "广播剧", "戏剧", "剧本"),
    "news": ("新闻", "播报"),
    "story": ("故事", "童话"),
    "lesson": ("课程", "课文", "讲解"),
    "podcast": ("播客", "对谈"),
    "companion": ("陪伴",),
    "book": ("书", "有声书", "小说"),
}


def find_field(key: str, fields: Iterable[Field], place: Place) -> Field:
    """The field that a key of the text form means.

    Raises:
        TextError: no field is called so (``script_key_unknown``).
    """
    known = tuple(fields)
    for field in known:
        if key.casefold() in field.keys or key == field.name:
            return field
    names = [name for field in known for name in field.keys]
    zh, en, near = meant(key, names)
    raise place.problem(
        f"不认识 {key!r}{zh}？可用：{'、'.join(field.keys[0] for field in known)}。",
        f"Unknown key {key!r}{en}? Allowed: {', '.join(field.keys[-1] for field in known)}.",
        code="script_key_unknown",
        value=key,
        near=near,
        allowed=names,
    )


def find_kind(name: str, place: Place) -> str:
    """The kind of programme that a name means.

    Raises:
        TextError: there is no such kind (``script_kind_unknown``).
    """
    for kind, names in KINDS.items():
        if name.casefold() == kind or name in names:
            return kind
    zh, en, near = meant(name, [*KINDS, *(other for names in KINDS.values() for other in names)])
    raise place.problem(
        f"没有类型 {name!r}{zh}？可用：{'、'.join(KINDS)}。",
        f"Unknown kind {name!r}{en}? Known: {', '.join(KINDS)}.",
        code="script_kind_unknown",
        value=name,
        near=near,
        allowed=list(KINDS),
    )


def check_number(field: Field, value: Any, place: Place) -> float:
    """The value as a float.

    Raises:
        TextError: not a number in the range of the field.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not field.minimum <= value <= field.maximum:
        allowed = f"{field.minimum:g}–{field.maximum:g}"
        raise place.problem(
            f"{field.keys[0]}（{field.name}）应为 {allowed} 的数，收到 {value!r}。",
            f"{field.name} must be a number from {field.minimum:g} to {field.maximum:g}, got {value!r}.",
            value=repr(value),
            allowed=allowed,
        )
    return float(value)


def check_emotion(value: str, place: Place) -> str:
    """The emotion as written.

    Raises:
        TextError: the vocabulary does not know it; the code and the near matches are the vocabulary's.
    """
    try:
        parse_emotion(value)
    except ControlError as error:
        near = error.fields.get("near", [])
        raise place.problem(error.message, "", code=error.code, value=value, near=near) from None
    return value


def number_in(text: str, field: Field, place: Place) -> float:
    """The number that a text form holds for a field; a unit of seconds or decibels may follow."""
    bare = text.strip().removesuffix("秒").removesuffix("dB").removesuffix("s").strip()
    try:
        value: Any = float(bare)
    except ValueError:
        value = text
    return check_number(field, value, place)
