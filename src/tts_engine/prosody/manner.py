"""How each voice speaks when nothing moves it: what a reference's way of speaking is measured against.

Measured once per voice by the ear that hears references (``scripts/measure_voice_manners.py`` -> ``manners.json``), so
that both sides of every difference come from the same instrument.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Manner:
    """The neutral manner of a voice, in the terms of ``ReferenceStyle``.

    Attributes:
        f0_spread_st: standard deviation of voiced log-F0, semitones.
        syllable_rate: syllables per second of speech, pauses left out.
        pause_s: usual pause inside a sentence, seconds.
        tilt_db: level above 1.5 kHz against below, dB.
        hnr_db: harmonics-to-noise ratio, dB.
        vocal_tract_cm: apparent length of the vocal tract, cm.
        formants_hz: (4,) medians of F1-F4, Hz.
        spectrum_db: (40,) long-term average spectrum on the mel scale, dB, mean 0.
    """

    f0_spread_st: float
    syllable_rate: float
    pause_s: float
    tilt_db: float
    hnr_db: float
    vocal_tract_cm: float
    formants_hz: tuple[float, ...]
    spectrum_db: tuple[float, ...]


NAMES = tuple(field.name for field in fields(Manner))


@functools.cache
def _table() -> dict[str, Manner]:
    data = json.loads(resources.files(__package__).joinpath("manners.json").read_text("utf-8"))
    return {name: _manner(values) for name, values in data["voices"].items()}


def _manner(values: dict[str, Any]) -> Manner:
    known: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Manner(**known)


@functools.cache
def usual_manner() -> Manner:
    """The average of all measured voices: what is taken for a speaker's own where nothing is known of him."""
    return _mean([(manner, 1.0) for manner in _table().values()])


def manner_of(parts: Sequence[tuple[str, float]]) -> Manner:
    """The manner of a voice or of a weighted mix.

    Args:
        parts: (voice name, weight); names that were not measured count as the average voice.
    """
    known = [(_table().get(name) or usual_manner(), weight) for name, weight in parts if weight > 0]
    return _mean(known) if known else usual_manner()


def _mean(parts: Sequence[tuple[Manner, float]]) -> Manner:
    if len(parts) == 1:
        return parts[0][0]
    weights = np.array([weight for _, weight in parts])

    def mean(name: str) -> float | tuple[float, ...]:
        values = np.average([getattr(manner, name) for manner, _ in parts], axis=0, weights=weights)
        return tuple(values.tolist()) if np.ndim(values) else float(values)

    return Manner(**{name: mean(name) for name in NAMES})  # type: ignore[arg-type]  # floats and tuples as declared
