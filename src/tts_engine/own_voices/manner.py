"""The prosody half of an own voice: a Mandarin way of speaking at the pitch of the speaker."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..acoustic.voices import MANDARIN
from ..prosody.register import register_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from .workshop import Workshop

#: How far beyond the two nearest packs the line through them is followed.
REACH = (-0.35, 1.35)
STEPS = 4


def mandarin_manner(workshop: Workshop, median_hz: float, exclude: Collection[str] = ()) -> dict[str, float]:
    """Mandarin packs -> weights, adding up to 1 (one may be below 0), whose prosody has about this median F0.

    Source: linear interpolation in the style space between two packs, the weight found by the secant rule on F0 that
    the engine draws; only the predictors run, no audio is rendered. Other languages' packs are not used: they cost
    tones (0 syllable errors, but 4-6 of 54 tones).

    Args:
        workshop: engine and packs.
        median_hz: median F0 of the speaker.
        exclude: packs to leave out.
    """
    names = [name for name in MANDARIN if name in workshop.voices.pack_names() and name not in exclude]
    names = names or [name for name in workshop.voices.pack_names() if name not in exclude]
    medians = {name: register_of([(name, 1.0)]).median_hz for name in names}
    by_distance = sorted(names, key=lambda name: abs(math.log(medians[name] / median_hz)))
    first = by_distance[0]
    wanted, at = math.log(median_hz), math.log(medians[first])
    across = [name for name in by_distance[1:] if (math.log(medians[name]) - at) * (wanted - at) > 0] or by_distance[1:]
    if not across:
        return {first: 1.0}
    second = across[0]
    from .workshop import ROW

    half = workshop.engine.config.style
    one, other = (workshop.voices.pack(name)[ROW - 1, half:] for name in (first, second))

    def height(share: float) -> float:
        f0 = workshop.pitch(np.asarray((1.0 - share) * one + share * other, np.float32))
        return float(np.log(np.median(f0))) if len(f0) else at

    shares, heights = [0.0, 1.0], [height(0.0), height(1.0)]
    for _ in range(STEPS):
        best = int(np.argmin(np.abs(np.subtract(heights, wanted))))
        if abs(heights[best] - wanted) < math.log(2.0) / 48:  # a quarter of a semitone
            break
        order = np.argsort(np.abs(np.subtract(heights, wanted)))[:2]
        (a, b), (x, y) = (shares[i] for i in order), (heights[i] for i in order)
        if abs(y - x) < 1e-4:
            break
        share = float(np.clip(a + (wanted - x) * (b - a) / (y - x), *REACH))
        if share in shares:
            break
        shares.append(share)
        heights.append(height(share))
    share = shares[int(np.argmin(np.abs(np.subtract(heights, wanted))))]
    return {first: 1.0 - share, second: share} if share else {first: 1.0}
