"""What a way of speaking sounds like: the nearest points of the emotion vocabulary.

A discriminant on a dozen figures of the style against the speaker's own neutral pitch, with one covariance for all
emotions. Its centres are halfway between how our engine performs each label and, in pitch, range and rate, how human
actors move (``scripts/fit_likeness.py`` -> ``likeness.json``; how often it is right: docs/reference.md). The names are
plain data here: what they mean is known to ``emotion/``.
"""

from __future__ import annotations

import functools
import json
import math
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..types import ReferenceStyle
    from .frames import Curve

#: What a style is compared by, in this order.
FEATURES = (
    "pitch over neutral, st",
    "spread, st",
    "median to high, st",
    "low to median, st",
    "log rate",
    "pause share",
    "level spread, dB",
    "tilt, dB",
    "harmonics to noise, dB",
    "log jitter",
    "end of phrases over their middle, st",
    "fall within phrases, st",
    "vocal tract, cm",
)

#: Names told, and the least share that is worth telling.
MOST, LEAST_SHARE = 3, 0.1


def features(style: ReferenceStyle) -> Curve:
    """(13,) the figures of a style that are compared, in the order of ``FEATURES``."""
    lengths = np.array([phrase.end_s - phrase.begin_s for phrase in style.phrases])
    weights = lengths / lengths.sum()
    melodies = np.array([phrase.melody_st for phrase in style.phrases])
    third = melodies.shape[1] // 3
    ends = melodies[:, -4:].mean(axis=1) - melodies[:, third:-third].mean(axis=1)
    falls = melodies[:, :third].mean(axis=1) - melodies[:, -third:].mean(axis=1)
    return np.array(
        [
            style.shift_st,
            style.f0_spread_st,
            12.0 * math.log2(style.f0_high_hz / style.f0_median_hz),
            12.0 * math.log2(style.f0_median_hz / style.f0_low_hz),
            math.log(max(style.syllable_rate, 0.5)),
            style.pause_share,
            style.level_spread_db,
            style.tilt_db,
            style.hnr_db,
            math.log(max(style.jitter, 1e-3)),
            float(weights @ ends),
            float(weights @ falls),
            style.vocal_tract_cm,
        ]
    )


@functools.cache
def _model() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(resources.files(__package__).joinpath("likeness.json").read_text("utf-8"))
    return {name: value if name == "names" else np.array(value) for name, value in data.items()}


def sounds_like(style: ReferenceStyle) -> tuple[tuple[str, float], ...]:
    """(name, share) of the nearest emotions, largest first; at most three, shares below 0.1 left out."""
    model = _model()
    shares = posterior(features(style), model["mean"], model["scale"], model["centres"], model["precision"])
    order = np.argsort(-shares)[:MOST]
    return tuple(
        (model["names"][index], round(float(shares[index]), 2)) for index in order if shares[index] >= LEAST_SHARE
    )


def posterior(values: Curve, mean: Curve, scale: Curve, centres: Curve, precision: Curve) -> Curve:
    """(n_names,) shares that add up to 1: a Gaussian around each centre, with one precision for all."""
    at = np.clip((values - mean) / scale, -3.5, 3.5)  # a recording unlike any other decides by no more than that
    away = centres - at
    score = -0.5 * np.einsum("ni,ij,nj->n", away, precision, away)
    weights = np.exp(score - score.max())
    return np.asarray(weights / weights.sum())
