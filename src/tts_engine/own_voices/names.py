"""What an own voice may be called, and the identifier that a name gets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from ..errors import ControlError
from .record import LONGEST_NAME

_FORBIDDEN = set('+:@/\\"<>|*?')


def checked_name(name: str) -> str:
    """The name in one spelling (NFKC, no spaces around it).

    Raises:
        ControlError: empty, too long, or with a character that the grammar of voices or a file system needs.
    """
    folded = unicodedata.normalize("NFKC", name).strip() if isinstance(name, str) else ""
    wrong = sorted({character for character in folded if character in _FORBIDDEN or not character.isprintable()})
    if not folded or len(folded) > LONGEST_NAME or wrong or not any(character.isalnum() for character in folded):
        what = f"（含 {' '.join(map(repr, wrong))}）" if wrong else ""
        raise ControlError(
            f"声音名称 {name!r} 不可用{what}：应为 1–{LONGEST_NAME} 个字符，含文字或数字，不含 + : @ / 等符号。"
            f"The voice name {name!r} cannot be used: give 1 to {LONGEST_NAME} characters with a letter or digit among"
            ' them and none of + : @ / \\ " < > | * ?.',
            code="voice_name_invalid",
            option="name",
            value=str(name)[:100],
        )
    return folded


def same_name(name: str) -> str:
    """What two names have in common when people mean the same: case and width do not count."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def new_id(name: str, taken: Collection[str]) -> str:
    """An ASCII identifier from the name, in pinyin where it is Chinese, not among those taken: ``xiaowang-2``."""
    from pypinyin import lazy_pinyin

    letters = unicodedata.normalize("NFKD", "".join(lazy_pinyin(name, errors="default"))).encode("ascii", "ignore")
    stem = re.sub(r"[^a-z0-9]+", "-", letters.decode().lower()).strip("-")[:40].strip("-") or "voice"
    number = 1
    while (stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return stem if number == 1 else f"{stem}-{number}"
