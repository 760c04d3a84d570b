"""The melody of a sentence, taken apart into the phrase and its tones, and bent.

    log-F0 in semitones = phrase (slow, over many syllables) + tones (fast, inside each syllable)

The phrase is a smooth line through the *tone-corrected* heights of the syllables: a high level tone lies above the
phrase and a low dipping one below it, so a sentence full of fourth tones is no lower phrase than one of first tones.
What is left are the tones. Edits are given as a difference in semitones per frame, so that no edit at all gives back
the identical curve, unvoiced frames included.

Source of the idea: the superposition of phrase and tone components (Fujisaki); here estimated by local linear
regression instead of fitted impulses, which needs no optimisation and is exact when put together again.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..types import Prosody
from .layout import CURVE_S, VOICED_HZ, Layout, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import IntArray
    from .layout import Curve

#: Mean height of a syllable of each tone over the phrase, semitones (docs/experiments.md).
TONE_HEIGHT_ST = {"1": 2.0, "2": -0.5, "3": -3.0, "4": 1.0, "5": -1.5}

#: Width of the regression that gives the phrase, seconds.
PHRASE_WIDTH_S = 0.45


@dataclass(frozen=True, slots=True)
class Melody:
    """A pitch curve in two parts that add up to it.

    Attributes:
        reference_hz: what 0 semitones means.
        phrase: (frames,) float64, semitones above the reference, smooth, defined everywhere.
        tones: (frames,) float64, the rest; interpolated where nothing is voiced.
        voiced: (frames,) bool, where a pitch is heard.
    """

    reference_hz: float
    phrase: Curve
    tones: Curve
    voiced: NDArray[np.bool_]

    @property
    def pitch(self) -> Curve:
        """(frames,) the whole curve, semitones above the reference."""
        return self.phrase + self.tones

    @property
    def level_st(self) -> float:
        """Mean of the phrase over the voiced frames, semitones above the reference."""
        return float(self.phrase[self.voiced].mean()) if self.voiced.any() else 0.0


def take_apart(prosody: Prosody, layout: Layout, *, reference_hz: float, width_s: float = PHRASE_WIDTH_S) -> Melody:
    """The phrase and the tones of a sentence's pitch curve.

    Args:
        prosody: as predicted.
        layout: of the same sentence with the same durations.
        reference_hz: what 0 semitones means, for example the median of the voice.
        width_s: of the regression that gives the phrase; narrower, the phrase follows the syllables closer.
    """
    f0 = prosody.f0.astype(np.float64)
    voiced = f0 > VOICED_HZ
    count = len(f0)
    if voiced.sum() < 2:
        return Melody(reference_hz, np.zeros(count), np.zeros(count), voiced)
    at = np.arange(count)
    pitch = np.interp(at, at[voiced], 12.0 * np.log2(f0[voiced] / reference_hz))
    times, heights, weights = [], [], []
    for (begin, end), tone in zip(layout.spans, layout.tones, strict=True):
        inside = np.flatnonzero(voiced[begin:end]) + begin
        if len(inside) >= 2:
            times.append(float(inside.mean()))
            heights.append(float(pitch[inside].mean()) - TONE_HEIGHT_ST.get(tone, 0.0))
            weights.append(float(len(inside)))
    if not times:
        return Melody(reference_hz, np.full(count, pitch[voiced].mean()), pitch - pitch[voiced].mean(), voiced)
    knots = _regress(np.array(times), np.array(heights), np.array(weights), width_s)
    phrase = smooth(np.interp(at, times, knots), 0.06)
    return Melody(reference_hz, phrase, pitch - phrase, voiced)


def _regress(times: Curve, heights: Curve, weights: Curve, width_s: float) -> Curve:
    """Local linear regression of heights at the times themselves, weakly held to be level."""
    distance = (times[None, :] - times[:, None]) * CURVE_S / width_s  # row: where, column: from where
    kernel = weights[None, :] * np.exp(-0.5 * distance**2)
    s0, s1, s2 = kernel.sum(1), (kernel * distance).sum(1), (kernel * distance**2).sum(1)
    t0, t1 = (kernel * heights).sum(1), (kernel * distance * heights).sum(1)
    s2 = s2 + 0.3 * s0  # ridge on the slope: single syllables at the edges do not tip the line
    return np.asarray((t0 * s2 - t1 * s1) / (s0 * s2 - s1**2))


def scale(melody: Melody, *, phrase: Curve | float = 0.0, tones: Curve | float = 0.0) -> Curve:
    """Semitones per frame that widen the phrase and the tones by 2^phrase and 2^tones, each around its own middle.

    The phrase turns around its mean, the tones around the phrase: no tone changes its place among the others.
    """
    wider_phrase = np.exp2(phrase) - 1.0
    wider_tones = np.exp2(tones) - 1.0
    return np.asarray(wider_phrase * (melody.phrase - melody.level_st) + wider_tones * melody.tones)


def limit(melody: Melody, edit: Curve, *, floor_st: float, ceiling_st: float, softness: float = 0.5) -> Curve:
    """An edit that never pushes the pitch past a floor or a ceiling, however far it was asked to go.

    Frames that lie outside already are not pushed further; the first half of the room is free, the rest is
    compressed. Monotone in the edit, and no edit stays no edit.
    """
    above = np.maximum(ceiling_st - melody.pitch, 0.0)
    below = np.maximum(melody.pitch - floor_st, 0.0)
    return np.asarray(np.where(edit >= 0, _knee(edit, above, softness), -_knee(-edit, below, softness)))


def _knee(amount: Curve, room: Curve, softness: float) -> Curve:
    """Amounts up to ``softness * room`` as they are, beyond that ever less, never past ``room``."""
    free = softness * room
    rest = np.maximum(room - free, 1e-9)
    return np.where(amount <= free, amount, free + rest * (1.0 - np.exp(-np.maximum(amount - free, 0.0) / rest)))


def bend(prosody: Prosody, edit: Curve) -> Prosody:
    """The prosody with its pitch moved by ``edit`` semitones per frame; all zero gives back the same value.

    Values that are not voiced stay: the decoder reads them as noise or silence, and scaling would carry some of them
    over its threshold.
    """
    if not np.any(edit):
        return prosody
    factor = np.exp2(edit / 12.0)
    f0 = np.where(prosody.f0 > VOICED_HZ, prosody.f0 * factor, prosody.f0).astype(np.float32)
    return dataclasses.replace(prosody, f0=f0)


def devoice(prosody: Prosody, share: Curve, syllables: IntArray) -> Prosody:
    """The prosody with a share of its voice taken away, so that the decoder whispers there.

    The weakest parts of each syllable go first: its edges at small shares (a breathy voice), the heart of its vowel
    last, so that its tone is heard as long as anything is; at 1 nothing is voiced. More share never voices anything
    again. (Ordered over the whole sentence, weak syllables went whole, and their tones with them.)

    Args:
        prosody: with its final pitch.
        share: (frames,) 0-1.
        syllables: (n, 2) begin and end of each syllable, curve values; what lies behind one counts to it.
    """
    voiced = np.flatnonzero(prosody.f0 > VOICED_HZ)
    if not np.any(share > 0) or not len(voiced):
        return prosody
    strength = smooth(prosody.energy.astype(np.float64), 0.02)[voiced]
    owner = np.searchsorted(syllables[:, 0], voiced, side="right")
    order = np.lexsort((strength, owner))
    first = np.searchsorted(owner[order], owner[order])  # where the frame's own syllable begins
    size = np.bincount(owner, minlength=len(syllables) + 1)[owner[order]]
    rank = np.empty(len(voiced))
    rank[order] = (np.arange(len(voiced)) - first + 0.5) / size
    f0 = prosody.f0.copy()
    f0[voiced[rank < share[voiced]]] = 0.0
    return dataclasses.replace(prosody, f0=f0)
