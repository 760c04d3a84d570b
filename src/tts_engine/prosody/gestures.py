"""Shapes of the gestures of speech over a sentence, each at unit size.

A shape is an array over the sentence's curve values; the renderer multiplies it by how strong the gesture is at each
moment and adds the products up. So every gesture is linear in its strength, nothing happens at strength 0, and
several at once do not disturb each other. All are smooth: no shape jumps by more than a glide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .accents import Accent
from .layout import CURVE_S, Layout, hat, ramp, smooth

if TYPE_CHECKING:
    from .layout import Curve

#: Share of a phrase gesture that a phrase inside the sentence gets, against the last (or first) one.
INNER = 0.45

GLIDE_S = 0.06

#: Share of a last syllable that the final bend leaves alone where its own tone rises: a bend downwards would level it.
FINAL_RISING = 0.8

#: Level over a whispered syllable of each tone, dB, and log2 of the factor on its length: in a whisper, tones live on
#: in loudness and length (the third is long and dips, the fourth is short and falls).
WHISPERED_DB = {"1": (2.0, 2.0), "2": (-5.0, 5.0), "3": (0.0, -9.0, -2.0), "4": (8.0, -9.0), "5": (-4.0, -5.0)}
WHISPERED_LENGTH = {"1": 0.1, "2": 0.1, "3": 0.45, "4": -0.35, "5": -0.35}

#: How deep the voice sinks at the end of a phrase, by the tone it ends in: a high or a rising one would be lost.
CREAK_DEPTH = {"1": 0.35, "2": 0.25, "5": 0.8}

TREMOR_HZ = 5.8
JITTER = 0.3
UNREST_WIDTH_S = 0.12


def declination(layout: Layout) -> Curve:
    """-0.5 at the beginning and +0.5 at the end of each phrase, between them a straight line."""
    shape = np.zeros(layout.count)
    for phrase in layout.phrases:
        begin, end = layout.phrase_span(phrase)
        weight = 1.0 if phrase.is_last else INNER
        line = np.clip((np.arange(layout.count) - begin) / max(end - begin, 1), 0.0, 1.0) - 0.5
        shape += weight * line * hat(layout.count, begin, end, 0.08)
    return shape


def final_bend(layout: Layout) -> Curve:
    """Rises from 0 to 1 over the last two syllables of the sentence, less at the phrases inside it."""
    shape = np.zeros(layout.count)
    for phrase in layout.phrases:
        begin, end = phrase.syllables
        first, last = layout.spans[max(begin, end - 2), 0], layout.spans[end - 1, 1]
        late = FINAL_RISING if layout.tones[end - 1] == "2" else 0.4  # before the end, so that the bend is heard
        there = last - late * (last - layout.spans[end - 1, 0])
        step = ramp(layout.count, float(first), float(there)) * hat(layout.count, 0, float(last), 0.1)
        shape += step * (1.0 if phrase.is_last else INNER)
    return shape


def attack(layout: Layout, length_s: float = 0.28) -> Curve:
    """1 at the onset of each phrase, gone after ``length_s``; inner phrases less."""
    shape = np.zeros(layout.count)
    for index, phrase in enumerate(layout.phrases):
        begin, _ = layout.phrase_span(phrase)
        shape += hat(layout.count, begin - 2, begin + 0.06 / CURVE_S, length_s - 0.06) * (1.0 if index == 0 else INNER)
    return shape


def stress(layout: Layout, accents: Sequence[Accent]) -> Curve:
    """The strength of the accents over their words, with short glides; below 0 where a word is held back."""
    shape = np.zeros(layout.count)
    for accent in accents:
        begin, end = accent.syllables
        bump = hat(layout.count, layout.spans[begin, 0], layout.spans[end - 1, 1], GLIDE_S)
        shape = _stronger(shape, accent.strength * bump)
    return shape


def stress_pitch(layout: Layout, accents: Sequence[Accent]) -> Curve:
    """Lift of the stressed syllables, the strength where it is full.

    Third tones are hardly lifted: their stress is depth, not height.
    """
    shape = np.zeros(layout.count)
    for accent in accents:
        for index in range(*accent.syllables):
            lift = {"3": 0.15, "5": 0.4, "2": 0.8}.get(layout.tones[index], 1.0)
            begin, end = layout.spans[index]
            bump = hat(layout.count, begin, end, GLIDE_S)
            shape = _stronger(shape, lift * accent.strength * bump)
    return smooth(shape, 0.025)


def after_focus(layout: Layout, accents: Sequence[Accent]) -> Curve:
    """1 from the end of the strongest accent to the end of its phrase, where Mandarin speakers lower and flatten."""
    shape = np.zeros(layout.count)
    for phrase in layout.phrases:
        inside = [a for a in accents if phrase.syllables[0] <= a.syllables[0] < phrase.syllables[1]]
        if inside:
            focus = max(inside, key=lambda accent: accent.strength)
            begin, end = layout.spans[focus.syllables[1] - 1, 1], layout.phrase_span(phrase)[1]
            if end > begin:
                shape = np.maximum(shape, hat(layout.count, begin + 4, end, 0.08))
    return shape


def tremor(count: int, chance: np.random.Generator) -> Curve:
    """A trembling between -1 and 1 of 5-7 Hz whose rate and depth waver, roughened by jitter as in a tense voice."""
    rate = TREMOR_HZ * (1.0 + np.clip(0.12 * _noise(count, 0.15, chance), -0.25, 0.25))
    depth = np.clip(0.8 + 0.25 * _noise(count, 0.2, chance), 0.2, 1.0)
    phase = 2 * np.pi * (np.cumsum(rate) * CURVE_S + chance.random())
    jitter = np.clip(chance.standard_normal(count), -2.0, 2.0)
    return np.asarray((1.0 - JITTER) * depth * np.sin(phase) + 0.5 * JITTER * jitter)


def unrest(count: int, chance: np.random.Generator) -> Curve:
    """A slow wandering of standard deviation 1."""
    return _noise(count, UNREST_WIDTH_S, chance)


def sobs(layout: Layout, chance: np.random.Generator) -> tuple[Curve, Curve]:
    """Breaks of a crying voice at the onset of some syllables: (pitch shape 0..1, level shape -1..0).

    The voice catches, comes back too high, and sinks. One syllable in three or four, never two in a row.
    """
    pitch, level = np.zeros(layout.count), np.zeros(layout.count)
    left = int(chance.integers(1, 3))
    for begin, end in layout.spans:
        left -= 1
        if left > 0 or end - begin < 6:
            continue
        left = int(chance.integers(3, 5))
        level = np.minimum(level, -hat(layout.count, begin + 1, begin + 3, 0.05))
        pitch = np.maximum(pitch, hat(layout.count, begin + 3, begin + 5, 0.11))
    return pitch, level


def creak(layout: Layout, chance: np.random.Generator, length_s: float = 0.16) -> Curve:
    """Sinks from 0 to about -1 at the end of each phrase, unevenly; less where that would turn its last tone round."""
    shape = np.zeros(layout.count)
    for phrase in layout.phrases:
        begin, end = layout.phrase_span(phrase)
        start = max(float(begin), end - length_s / CURVE_S)
        sink = ramp(layout.count, start, float(end)) * hat(layout.count, 0, float(end), 0.05)
        depth = CREAK_DEPTH.get(layout.tones[phrase.syllables[1] - 1], 1.0)
        shape -= depth * sink * (1.0 if phrase.is_last else INNER)
    return np.asarray(shape * (1.0 + 0.15 * _noise(layout.count, 0.02, chance)))


def whispered_tones(layout: Layout) -> Curve:
    """The course of the level that tells the tones apart where no pitch does, dB: it follows the pitch that is gone."""
    shape = np.zeros(layout.count)
    for (begin, end), tone in zip(layout.spans, layout.tones, strict=True):
        course = WHISPERED_DB.get(tone)
        if course and end > begin:
            shape[begin:end] = np.interp(np.linspace(0.0, 1.0, end - begin), np.linspace(0.0, 1.0, len(course)), course)
    return smooth(shape, 0.02)


def _stronger(one: Curve, other: Curve) -> Curve:
    return np.where(np.abs(other) > np.abs(one), other, one)


def _noise(count: int, width_s: float, chance: np.random.Generator) -> Curve:
    """Smooth noise of standard deviation about 1 (of the process, not of the draw)."""
    sigma = width_s / CURVE_S
    white = chance.standard_normal(count + 2)
    return np.asarray(smooth(white, width_s)[:count] * np.sqrt(2.0 * np.sqrt(np.pi) * max(sigma, 0.3)))
