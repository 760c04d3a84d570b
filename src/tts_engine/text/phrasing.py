"""Breath in long sentences without punctuation: a light pause where a phrase ends.

A speaker breathes every two dozen syllables or so. Where no mark invites to, the pause goes before a word that opens
a phrase (and, but, because, in, with ...), else after one that closes one, else to a word boundary near the middle.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Span
from .marks import PAUSING
from .units import MarkUnit, Unit, WordUnit

#: Longest stretch of syllables without a pause.
MAX_BREATH = 26

#: Fewest syllables on both sides of an added pause.
MIN_PART = 8

_OPENING = frozenset(
    (
        *("以及", "并且", "而且", "但是", "可是", "不过", "因为", "所以", "因此", "如果", "然后", "接着", "同时", "并"),
        *("而", "但", "却", "或者", "还是", "和", "与", "在", "从", "把", "被", "将", "对", "向", "由", "为了", "通过"),
        *("根据", "按照", "随着", "关于", "使得", "导致", "直到", "就", "才", "也", "都", "又", "还", "可以", "能够"),
        *("已经", "正在", "必须", "应该", "是"),
    )
)
_CLOSING = frozenset(("时候", "之后", "以后", "之前", "以前", "了", "后", "时", "来说", "方面", "中", "里", "上"))


def breathe(units: Sequence[Unit]) -> list[Unit]:
    """The units with light pauses added to stretches of more than ``MAX_BREATH`` syllables without one."""
    out: list[Unit] = []
    stretch: list[Unit] = []
    for unit in units:
        if isinstance(unit, MarkUnit) and unit.token in PAUSING:
            out.extend(_divide(stretch))
            out.append(unit)
            stretch = []
        else:
            stretch.append(unit)
    out.extend(_divide(stretch))
    return out


def _divide(stretch: list[Unit]) -> list[Unit]:
    """A stretch without a pause, divided where it is too long."""
    sizes = [len(unit.syllables) if isinstance(unit, WordUnit) else 0 for unit in stretch]
    total = sum(sizes)
    if total <= MAX_BREATH or not any(size and unit.syllables[0].language == "zh" for size, unit in _words(stretch)):
        return stretch
    parts = -(-total // MAX_BREATH)
    wished = total / parts
    best, best_cost = 0, float("inf")
    done = 0
    for at in range(1, len(stretch)):
        done += sizes[at - 1]
        left, right = stretch[at - 1], stretch[at]
        if not isinstance(left, WordUnit) or not isinstance(right, WordUnit) or right.span.begin < left.span.end:
            continue
        if done < MIN_PART or total - done < MIN_PART or done > MAX_BREATH:
            continue
        cost = abs(done - wished) + (0.0 if right.text in _OPENING else 3.0 if left.text in _CLOSING else 7.0)
        if left.text in _OPENING or left.text == "的" or right.text in ("的", "地", "得", "了", "着", "过", "们"):
            cost += 12.0
        if cost < best_cost:
            best, best_cost = at, cost
    if not best:
        return stretch
    place = stretch[best].span.begin
    mark = MarkUnit("", ",", Span(place, place))
    return [*stretch[:best], mark, *_divide(stretch[best:])]


def _words(stretch: Sequence[Unit]) -> list[tuple[int, WordUnit]]:
    return [(len(unit.syllables), unit) for unit in stretch if isinstance(unit, WordUnit)]
