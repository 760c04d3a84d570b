"""Errors between what was to be said and what a recogniser heard, counted in toneless syllables.

Homophones are no errors: both sides become pinyin without tones. Numbers are written out and traditional characters
simplified on both sides first, because the recogniser likes digits.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

#: Variants that the conversion to simplified characters leaves alone (著 is also a character of its own, but both
#: sides are treated alike) and that the recogniser writes all the time.
_VARIANTS = str.maketrans("著麽妳裏", "着么你里")

_ENGLISH = re.compile(r"[a-z0-9]+")


def distance(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Least number of insertions, deletions and substitutions that turn one sequence into the other."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, start=1):
        previous, row[0] = row[0], i
        for j, got in enumerate(heard, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (wanted != got))
    return row[-1]


def syllables(text: str) -> list[str]:
    """Toneless pinyin syllables and lower-case English words of a text, in order; punctuation is dropped."""
    from pypinyin import Style, lazy_pinyin

    pinyin = lazy_pinyin(_spoken_form(text), style=Style.NORMAL, errors=_english)
    return [syllable for syllable in pinyin if syllable]


def _english(rest: str) -> list[str]:
    return _ENGLISH.findall(rest.lower())


def _spoken_form(text: str) -> str:
    return str(_normalizer().normalize(text.translate(_VARIANTS)))


@functools.cache
def _normalizer():  # type: ignore[no-untyped-def]  # wetext has no types
    from wetext import Normalizer

    return Normalizer(lang="zh", operator="tn", traditional_to_simple=True)
