"""What the lessons are drawn from: voices, mixes, emotions, knobs. One number decides everything about one lesson."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tts_engine.emotion.vocabulary import EXCLUSIVE, NEUTRAL, names

#: Splits of a data set. All but the first are never trained on; the last two ask for what no lesson had.
SPLITS = ("train", "valid", "text", "voice", "emotion")


@dataclass(frozen=True)
class Recipe:
    """How lessons are drawn.

    Attributes:
        seed: of everything drawn.
        held_out_voices: voices of the split ``voice`` alone, in no mix of the others; none for a decoder to be used.
        held_out_emotions: labels of the split ``emotion`` alone.
        mandarin: share of lessons in a Mandarin voice as it is.
        mixed: share in a mix of two or three voices; the rest are the other voices.
        neutral: share without an emotion.
        blended: share with two emotions at once.
        edited: share with each of pitch, rate and timbre moved by hand.
        pitch_st: farthest that the pitch is moved.
        rate: slowest and fastest speed.
        timbre: farthest that the timbre is moved, in the packs' mean distance from their middle.
    """

    seed: int = 0
    held_out_voices: tuple[str, ...] = ("zm_yunyang", "zf_xiaoyi", "am_michael")
    held_out_emotions: tuple[str, ...] = ("sarcastic", "suspense", "embarrassed")
    mandarin: float = 0.6
    mixed: float = 0.25
    neutral: float = 0.3
    blended: float = 0.2
    edited: float = 0.35
    pitch_st: float = 4.0
    rate: tuple[float, float] = (0.7, 1.45)
    timbre: float = 0.35

    def digest(self) -> str:
        """SHA-256 of these numbers, in hexadecimal."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """One lesson as it is to be made.

    Attributes:
        voice: name or mix.
        emotion: what ``emotion=`` takes.
        intensity: of it.
        speed: factor on the rate.
        pitch_shift_st: semitones.
        timbre_shift: how far the timbre is moved into a direction that ``seed`` draws.
        seed: of the source's noise and of what the performance leaves to chance.
    """

    voice: str
    emotion: str
    intensity: float
    speed: float
    pitch_shift_st: float
    timbre_shift: float
    seed: int


def draw(recipe: Recipe, split: str, number: int, voices: Sequence[str]) -> Order:
    """Lesson ``number`` of a split.

    Args:
        recipe: how.
        split: one of ``SPLITS``.
        number: of the lesson in its split.
        voices: names of all packs.
    """
    generator = np.random.default_rng((recipe.seed, SPLITS.index(split), number))
    known = [name for name in voices if (name in recipe.held_out_voices) == (split == "voice")]
    known = known or list(voices)
    labels = [name for name in names() if name != NEUTRAL]
    labels = [name for name in labels if (name in recipe.held_out_emotions) == (split == "emotion")] or labels

    def edited(low: float, high: float, otherwise: float) -> float:
        value = float(generator.uniform(low, high))
        return round(value, 2) if _by(generator, recipe.edited) else otherwise

    return Order(
        voice=_voice(generator, recipe, known),
        emotion=_emotion(generator, recipe, labels, must=split == "emotion"),
        intensity=round(float(generator.uniform(0.25, 1.0)), 2),
        speed=edited(*recipe.rate, otherwise=1.0),
        pitch_shift_st=edited(-recipe.pitch_st, recipe.pitch_st, otherwise=0.0),
        timbre_shift=edited(0.0, recipe.timbre, otherwise=0.0),
        seed=int(generator.integers(1 << 31)),
    )


def _by(generator: np.random.Generator, share: float) -> bool:
    return bool(generator.random() < share)


def _pick(generator: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(generator.integers(len(options)))]


def _voice(generator: np.random.Generator, recipe: Recipe, known: Sequence[str]) -> str:
    mandarin = [name for name in known if name.startswith("z")] or list(known)
    others = [name for name in known if not name.startswith("z")] or list(known)
    which = generator.random()
    if which < recipe.mandarin:
        return _pick(generator, mandarin)
    if which >= recipe.mandarin + recipe.mixed or len(known) < 2:
        return _pick(generator, others)
    parts = {
        _pick(generator, mandarin if _by(generator, 0.6) else others) for _ in range(int(generator.integers(2, 4)))
    }
    weights = generator.dirichlet(np.ones(len(parts)))
    return "+".join(f"{name}:{max(0.05, weight):.2f}" for name, weight in zip(sorted(parts), weights, strict=True))


def _emotion(generator: np.random.Generator, recipe: Recipe, labels: Sequence[str], *, must: bool) -> str:
    which = generator.random()
    if which < recipe.neutral and not must:
        return NEUTRAL
    one, other = _pick(generator, labels), _pick(generator, labels)
    if which > 1 - recipe.blended and one != other and not any({one, other} == set(pair) for pair in EXCLUSIVE):
        return f"{one} {generator.uniform(0.3, 0.7):.1f} + {other} {generator.uniform(0.2, 0.6):.1f}"
    return one
