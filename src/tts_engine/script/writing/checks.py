"""What may come out of a language model: plain words for the ear, names of roles, names of emotions. Nothing else.

A model that was told by a text to smuggle something in can only write words that will be spoken: no markup of the
engine, no tags, no Markdown, no control characters. Paths, voices and sounds are no part of an answer at all.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from ...emotion.vocabulary import LABELS, is_emotion
from ...text.markup import read_markup

#: Longest text of one line, direction, description and name, characters.
LINE_CHARACTERS, DIRECTION_CHARACTERS, DESCRIPTION_CHARACTERS, NAME_CHARACTERS = 400, 60, 80, 16

#: Names of the emotions that an answer may use, with what they are called in Chinese.
EMOTIONS = {label.name: label.zh for label in LABELS}

_FORBIDDEN = re.compile(r"[\[\]［］{}｛｝<>＜＞【】〔〕|｜\\`_]|\*\*|^\s*#|^\s*@|^\s*[-*+]\s|://")
_NAME = re.compile(r"[^\W_](?:[\w·•\- ]*[^\W_])?")
_PRONOUNS = frozenset(
    ("我们", "你们", "他们", "她们", "它们", "咱们", "大家", "自己", "有人", "某人", "对方", *"我你您他她它谁")
)


def check_object(item: Any, required: Collection[str], optional: Collection[str] = ()) -> Mapping[str, Any]:
    """The item, an object with these fields and no others.

    Args:
        item: of an answer.
        required: fields that must be there.
        optional: fields that may be left out.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(item, Mapping) or not set(required) <= set(item) <= {*required, *optional}:
        raise ValueError(f"each item must be an object with exactly the fields {', '.join((*required, *optional))}")
    return item


def check_words(value: Any, what: str, longest: int) -> str:
    """A text that is spoken or shown as it stands.

    Raises:
        ValueError: it is empty, too long, or holds what is not for the ear.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} must be a text that is not empty")
    text = value.strip()
    if len(text) > longest:
        raise ValueError(f"{what} has {len(text)} characters, at most {longest} are allowed: split it")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp") for character in text):
        raise ValueError(f"{what} must be one line without control characters")
    marked = read_markup(text, is_emotion=is_emotion)
    if _FORBIDDEN.search(text) or marked.requests or marked.text != text:
        raise ValueError(f"{what} must be plain words: no markup, brackets, tags or addresses")
    return text


def check_name(value: Any) -> str:
    """The name of a role.

    Raises:
        ValueError: it is none.
    """
    name = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    if not name or len(name) > NAME_CHARACTERS or not _NAME.fullmatch(name) or name.isdecimal():
        raise ValueError(f"the name of a role must be a short name of letters, at most {NAME_CHARACTERS}")
    return name


def is_pronoun(name: str) -> bool:
    """Whether a name could be anybody's."""
    return name in _PRONOUNS


def check_emotion(value: Any) -> str | None:
    """The Chinese name of an emotion, None where the words are to decide.

    Raises:
        ValueError: it is not one of the list.
    """
    if value is None:
        return None
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in EMOTIONS.values():
        return name
    if name not in EMOTIONS:
        raise ValueError("emotion must be one of the list or null")
    return EMOTIONS[name]


def check_number(value: Any, what: str, least: float, most: float) -> float | None:
    """A number in a range, or None.

    Raises:
        ValueError: it is neither.
    """
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        raise ValueError(f"{what} must be a number from {least:g} to {most:g}, or null")
    return float(value)


def check_direction(value: Any) -> str | None:
    """A stage direction in a few words, or None.

    Raises:
        ValueError: it is too long or no plain words.
    """
    if value is None or value == "":
        return None
    words = check_words(value, "direction", DIRECTION_CHARACTERS)
    if re.search(r"[()（）:：]", words):
        raise ValueError("direction must be a few plain words without brackets and colons")
    return words


def spoken_length(text: str) -> int:
    """Characters of a text without white space: what a length is measured in."""
    return sum(not character.isspace() for character in text)
