"""Which characters of the source nobody will hear: the proof that nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .characters import is_pronounceable
from .units import Unit, WordUnit

#: Most characters named in one warning.
MAX_NAMED = 20


def unread_characters(source: str, offset: int, units: Iterable[Unit]) -> list[str]:
    """Pronounceable characters of a piece that no syllable reads, each once, in order.

    Args:
        source: the piece.
        offset: where it begins in the original input, whose characters the spans of ``units`` count.
        units: what it is read as.
    """
    covered = bytearray(len(source))
    for unit in units:
        if isinstance(unit, WordUnit):
            for syllable in unit.syllables:
                begin, end = syllable.span.begin - offset, syllable.span.end - offset
                covered[begin:end] = b"\1" * (end - begin)
    unread = dict.fromkeys(
        char for char, is_covered in zip(source, covered, strict=True) if not is_covered and is_pronounceable(char)
    )
    return list(unread)


def warn_unread(unread: Sequence[str], told: Iterable[str]) -> list[str]:
    """A warning that names the unread characters that ``told`` (earlier warnings) does not name already."""
    known = "".join(told)
    unread = [char for char in unread if char not in known and ascii(char)[1:-1] not in known]
    if not unread:
        return []
    named = "、".join(f"{_shown(char)} (U+{ord(char):04X})" for char in unread[:MAX_NAMED])
    more = f" … 共 {len(unread)} 种" if len(unread) > MAX_NAMED else ""
    return [f"无法朗读的字符已跳过 (characters without a reading left out): {named}{more}"]


def _shown(char: str) -> str:
    return char if char.isprintable() and not "\ud800" <= char <= "\udfff" else "?"
