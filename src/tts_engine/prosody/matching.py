"""Which phrase of a reference each phrase of a new text is said like.

A phrase has a role: it opens, closes or stands inside; a long pause in the recording closes one sentence and opens the
next. Phrases are matched by role first, then by length and by place, never by their number alone, so that any text can
follow any recording: one phrase may serve many, and many may serve one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .layout import smooth

if TYPE_CHECKING:
    from ..types import ReferenceStyle
    from .layout import Curve

#: A pause of this length in a recording ends a sentence, seconds; in a slow speaker's twice the usual pause does.
SENTENCE_PAUSE_S = 0.45

#: What a match costs: another role, a length off by a factor of two, the other end of the text, a repetition.
OTHER_ROLE = 1.0
OTHER_LENGTH = 0.35
OTHER_PLACE = 0.5
REPEATED = 0.3


@dataclass(frozen=True, slots=True)
class Role:
    """What a phrase is in its text.

    Attributes:
        opens: whether a sentence begins with it.
        closes: whether a sentence ends with it.
        place: where it stands, 0 at the beginning of the whole, 1 at its end.
        syllables: its length.
    """

    opens: bool
    closes: bool
    place: float
    syllables: float


def reference_roles(style: ReferenceStyle) -> tuple[Role, ...]:
    """The roles of a recording's phrases."""
    gaps = [gap_after(style, index) for index in range(len(style.phrases))]
    inner = [gap for gap in gaps if gap is not None]
    long_s = max(SENTENCE_PAUSE_S, 2.0 * float(np.median(inner)) if inner else 0.0)
    ends = [gap is None or gap >= long_s for gap in gaps]
    count = len(style.phrases)
    return tuple(
        Role(
            opens=index == 0 or ends[index - 1],
            closes=ends[index],
            place=index / (count - 1) if count > 1 else 0.5,
            syllables=max(phrase.syllables, 1.0),
        )
        for index, phrase in enumerate(style.phrases)
    )


def gap_after(style: ReferenceStyle, index: int) -> float | None:
    """The pause after a phrase of the recording, seconds; None after the last."""
    if index + 1 >= len(style.phrases):
        return None
    return max(style.phrases[index + 1].begin_s - style.phrases[index].end_s, 0.0)


def match_phrases(syllables: Sequence[float], style: ReferenceStyle) -> tuple[int, ...]:
    """For each phrase of a sentence the index of the reference's phrase that it is said like.

    Args:
        syllables: of each phrase, in order.
        style: the recording.
    """
    known = reference_roles(style)
    count = len(syllables)
    chosen: list[int] = []
    for index, length in enumerate(syllables):
        wanted = Role(index == 0, index == count - 1, index / (count - 1) if count > 1 else 0.5, float(length))
        previous = chosen[-1] if chosen else -1
        costs = [_cost(wanted, role) + REPEATED * (number == previous) for number, role in enumerate(known)]
        chosen.append(int(np.argmin(costs)))
    return tuple(chosen)


def _cost(wanted: Role, role: Role) -> float:
    cost = OTHER_ROLE * ((wanted.opens != role.opens) + (wanted.closes != role.closes))
    cost += OTHER_LENGTH * abs(math.log2(max(wanted.syllables, 1.0) / role.syllables))
    return cost + OTHER_PLACE * abs(wanted.place - role.place)


def sample(values: Sequence[float], begins: Curve, ends: Curve) -> Curve:
    """A contour at equal steps through a phrase, averaged over stretches of it.

    Args:
        values: at the middles of equal steps through the phrase.
        begins: (n,) where each stretch begins, 0-1.
        ends: (n,) where it ends, 0-1.

    Returns:
        (n,) mean of the contour over each stretch.
    """
    steps = (np.arange(len(values)) + 0.5) / len(values)
    inside = np.linspace(0.0, 1.0, 7)
    at = begins[:, None] + (ends - begins)[:, None] * inside
    return np.asarray(np.interp(at, steps, np.asarray(values, dtype=np.float64)).mean(axis=1))


def draw(count: int, times: Curve, knots: Curve, width_s: float) -> Curve:
    """A smooth line over ``count`` curve values through knots at some of them, held outside."""
    return smooth(np.interp(np.arange(count), times, knots), width_s)
