"""Which tone a syllable is heard as, by its pitch alone: a listener for the tones of a reading that was bent.

A discriminant of the tones 1 to 4 that has learned them from neutral readings of the same voices at three rates. It
hears the course of a syllable beside the slow melody of its phrase and in units of how much the reading varies, so
level, range and melody do not count; what counts is whether tones are still told apart. It errs on neutral readings
too (running speech reduces tones): the figure is how many more errors a bent reading has than the neutral one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.notebook import Mute
from benchmarks.texts import sentences

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer

Values = NDArray[np.float64]

#: (number, tone, what is heard of it) of the syllables of a reading.
Heard = list[tuple[int, str, Values]]

KNOWN = ("1", "2", "3", "4")
SPEEDS = (0.75, 1.0, 1.3)
SENTENCES = 40

#: Values through a syllable; what is known of it besides are the ends of its neighbours.
STEPS = 8

#: Pull of the covariance towards independence.
SHRINKAGE = 0.1


@dataclass(frozen=True)
class Discriminant:
    """Gaussians of one covariance.

    Attributes:
        centres: (4, n) of the tones.
        precision: (n, n).
    """

    centres: Values
    precision: Values

    def tone_of(self, values: Values) -> str:
        """The tone that fits best."""
        away = self.centres - values
        return KNOWN[int(np.argmin(np.einsum("ti,ij,tj->t", away, self.precision, away)))]

    def errors(self, one: Heard, other: Heard) -> list[tuple[bool, bool]]:
        """For each syllable heard in both readings whether another tone fits better, in one and in the other."""
        first, second = (
            {number: self.tone_of(values) != tone for number, tone, values in reading} for reading in (one, other)
        )
        return [(first[number], second[number]) for number in first if number in second]


def fit(rows: Iterable[tuple[str, Values]]) -> Discriminant:
    """The discriminant of tones and what was heard of them."""
    pairs = list(rows)
    tones, values = np.array([tone for tone, _ in pairs]), np.array([value for _, value in pairs])
    centres = np.array([values[tones == tone].mean(axis=0) for tone in KNOWN])
    rest = values - centres[np.searchsorted(np.array(KNOWN), tones)]
    covariance = np.cov(rest.T)
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    return Discriminant(centres, np.linalg.inv(covariance))


def courses(at: Values, f0: Values, spans: Values, tones: Iterable[str], phrases: Values) -> Heard:
    """What is heard of each syllable with a tone 1 to 4 and enough voice.

    Args:
        at: (n,) seconds of the voiced moments.
        f0: (n,) Hz.
        spans: (n_syllables, 2) seconds.
        tones: (n_syllables,) tone digits.
        phrases: (n_phrases, 2) seconds.
    """
    rest = 12 * np.log2(f0)
    for begin, end in phrases:
        inside = (at >= begin - 0.02) & (at <= end + 0.02)
        if inside.any():
            waves = np.cos(np.pi * np.outer((at[inside] - begin) / (end - begin), np.arange(3)))
            rest[inside] -= waves @ np.linalg.lstsq(waves, rest[inside], rcond=None)[0]
    rest = rest / max(float(rest.std()), 0.3)
    drawn: list[Values | None] = []
    for begin, end in spans:
        inside = (at >= begin) & (at < end)
        steps = begin + (np.arange(STEPS) + 0.5) / STEPS * (end - begin)
        drawn.append(np.interp(steps, at[inside], rest[inside]) if inside.sum() > 3 else None)
    found = []
    padded = [None, *drawn, None]
    for number, tone in enumerate(tones):
        own, before, after = padded[number + 1], padded[number], padded[number + 2]
        if own is not None and tone in KNOWN:
            around = [0.0 if before is None else before[-1], 0.0 if after is None else after[0]]
            found.append((number, str(tone), np.concatenate([own, around])))
    return found


def learned(synthesizer: Synthesizer, voices: Iterable[str], file: Path) -> Discriminant:
    """The discriminant of these voices, learned once and kept in a file."""
    if not file.exists():
        made = fit(_readings(synthesizer, voices))
        np.savez(file, centres=made.centres, precision=made.precision)
    with np.load(file) as arrays:
        return Discriminant(arrays["centres"], arrays["precision"])


def _readings(synthesizer: Synthesizer, voices: Iterable[str]) -> Iterable[tuple[str, Values]]:
    from tts_engine.options import SynthesisOptions
    from tts_engine.prosody.layout import CURVE_S, lay_out
    from tts_engine.prosody.transfer_melody import clear_voice

    mute = Mute.of(synthesizer)
    for voice, speed, text in itertools.product(voices, SPEEDS, sentences()[:SENTENCES]):
        chunk = mute.render_sentence(text, 0, SynthesisOptions(voice=voice, context="off", speed=speed))
        layout = lay_out(chunk.sentence, chunk.prosody)
        f0 = chunk.prosody.f0.astype(np.float64)
        voiced = np.flatnonzero(clear_voice(chunk.prosody))
        spans = np.array([layout.phrase_span(phrase) for phrase in layout.phrases]) * CURVE_S
        for _, tone, values in courses(
            (voiced + 0.5) * CURVE_S, f0[voiced], layout.spans * CURVE_S, layout.tones, spans
        ):
            yield tone, values
