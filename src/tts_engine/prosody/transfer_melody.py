"""The melody of a reference on the syllables of another text: level, range and the shapes of its phrases.

    own pitch = phrase + tones          followed pitch = reference's phrase + tones * width + level

The slow part is replaced by the reference's, drawn through the middles of the syllables, so that nothing moves inside
a syllable but what its tone does; the tones get wider or narrower until the whole varies as much as the reference
does. Level and width are found on the curves themselves, limits included, by a few rounds of correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import melody
from .layout import VOICED_HZ
from .matching import draw, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..types import Prosody, ReferenceStyle
    from .layout import Curve, Layout
    from .melody import Melody

#: Width of the tones against their own: narrower they are no longer told apart, wider they shout.
NARROWEST, WIDEST = 0.62, 1.7

#: Width of the regression that gives the phrase which is replaced, seconds. Narrower than the renderer's: what of the
#: own phrase is left in the tones would stand against the reference's (docs/experiments.md).
WIDTH_S = 0.25

#: Energy below which the model's voice is faint.
FAINT_ENERGY = 4.0

#: How much of the reference's phrase is drawn: the ear that heard it smooths over half a second.
SWING = 1.4

#: Steepest step of the phrase from one syllable to the next, semitones: a tone's movement is 4 to 8.
STEEPEST_ST = 2.6

#: Syllables at which a sentence's own range counts as much as the voice's usual one: three syllables have the range
#: of their tones, not of their speaker.
FEW_SYLLABLES = 2.5

#: Smoothing of the phrase where the knots of the syllables meet, seconds (that of ``melody.take_apart``).
GLIDE_S = 0.06

_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class PitchGoal:
    """Where the pitch is to go at full strength.

    Attributes:
        shift_st: median against the neutral reading, semitones.
        spread_st: standard deviation of voiced log-F0, semitones.
        usual_spread_st: that of the voice when nothing moves it.
        floor_st: lowest pitch that the voice can do, semitones over its median.
        ceiling_st: highest.
    """

    shift_st: float
    spread_st: float
    usual_spread_st: float
    floor_st: float
    ceiling_st: float


def clear_voice(prosody: Prosody) -> NDArray[np.bool_]:
    """(frames,) where an ear follows the pitch: not at the edges of voicing and not where it is faint.

    The curves dip and creak there, down to 55 Hz in a voice of 150, and no tracker counts that: over the whole curve
    the standard deviation of three voices is 3.9-4.5 st, over these frames 3.3-3.7, as it is heard (3.3-3.6).
    """
    voiced = prosody.f0 > VOICED_HZ
    inner = voiced & np.roll(voiced, 1) & np.roll(voiced, -1)
    clear = inner & (prosody.energy > FAINT_ENERGY)
    return np.asarray(clear if clear.sum() >= 8 else voiced)


def follow(
    parts: Melody,
    layout: Layout,
    clear: NDArray[np.bool_],
    matched: Sequence[int],
    style: ReferenceStyle,
    goal: PitchGoal,
) -> Curve:
    """The edit in semitones that gives a sentence the reference's melody at full strength; (frames,).

    Args:
        parts: the neutral melody.
        layout: of the same sentence.
        clear: the frames over which level and range are taken.
        matched: for each phrase the reference's phrase that it follows.
        style: the recording.
        goal: level and range to reach.
    """
    voiced = clear
    if voiced.sum() < 2 or not len(layout.spans):
        return np.zeros(len(parts.phrase))
    own = parts.pitch[voiced]
    spread = _spread_goal(float(own.std()), len(layout.spans), goal)
    target = float(np.median(own)) + goal.shift_st
    phrase = phrase_line(layout, matched, style)
    phrase -= float(phrase[voiced].mean())
    tones = parts.tones - float(parts.tones[voiced].mean())
    offset, width, swing = target, 1.0, SWING
    edit = np.zeros(len(phrase))
    for _ in range(_ROUNDS):
        wished = offset + swing * phrase + width * tones
        edit = melody.limit(
            parts, wished - parts.pitch, floor_st=goal.floor_st, ceiling_st=goal.ceiling_st, softness=0.75
        )
        made = (parts.pitch + edit)[voiced]
        offset += target - float(np.median(made))
        needed = spread / max(float(made.std()), 1e-3)
        widened = float(np.clip(width * needed, NARROWEST, WIDEST))
        left = needed * width / widened  # what the tones may not do is left to the phrase
        width, swing = widened, float(np.clip(swing * left, 0.6 * SWING, 1.3 * SWING))
    return edit


def phrase_line(layout: Layout, matched: Sequence[int], style: ReferenceStyle) -> Curve:
    """(frames,) the reference's phrases laid over this sentence's, semitones over the recording's median."""
    times: list[float] = []
    heights: list[float] = []
    for phrase, number in zip(layout.phrases, matched, strict=True):
        begin, end = layout.phrase_span(phrase)
        spans = layout.spans[phrase.syllables[0] : phrase.syllables[1]].astype(np.float64)
        position = (spans - begin) / max(end - begin, 1)
        knots = sample(style.phrases[number].melody_st, position[:, 0], np.maximum(position[:, 1], position[:, 0]))
        times.extend(spans.mean(axis=1))
        heights.extend(_gentle(knots))
    return draw(layout.count, np.array(times), np.array(heights), GLIDE_S)


def _gentle(knots: Curve) -> Curve:
    """The same line with no step steeper than ``STEEPEST_ST``, around the same mean."""
    if len(knots) < 2:
        return knots
    steps = np.clip(np.diff(knots), -STEEPEST_ST, STEEPEST_ST)
    line = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(line - line.mean() + knots.mean())


def _spread_goal(own_st: float, syllables: int, goal: PitchGoal) -> float:
    """The range to reach: the reference's, but for a few syllables rather as much more than their own as it is more."""
    trust = syllables / (syllables + FEW_SYLLABLES)
    relative = own_st * goal.spread_st / max(goal.usual_spread_st, 0.5)
    return float(np.exp(trust * np.log(max(goal.spread_st, 0.3)) + (1.0 - trust) * np.log(max(relative, 0.3))))
