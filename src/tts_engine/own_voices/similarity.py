"""How like the speaker a voice is: before (the nearest pack), after, and the ceiling, so that nobody is promised more.

Two measures: ``own``, the cosine that the engine's own encoder sees, always there; and ``speaker``, the cosine of
Resemblyzer's embeddings (Wan et al. 2018), a speaker recogniser that had no part in the fast fit, where it is
installed. The ceiling is what two halves of the speaker's own recordings reach.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .encoder import load_encoder
from .fast import at_hearing_rate
from .timbre import find_frames
from .workshop import HELD_OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .workshop import Workshop

    Matrix = NDArray[np.float64]
    Embed = Callable[[NDArray[np.floating]], Matrix]

#: Shorter halves say nothing about the ceiling, seconds.
LEAST_HALF_S = 3.0


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosines, 1 = the same.

    Attributes:
        nearest: the pack that is most like the speaker.
        by_measure: ``own`` and perhaps ``speaker`` -> ``before``, ``after`` and, where it can be known, ``ceiling``.
    """

    nearest: str
    by_measure: Mapping[str, Mapping[str, float]]


def compare(
    workshop: Workshop,
    waveforms: Sequence[NDArray[np.floating]],
    heard: Matrix,
    said: NDArray[np.floating],
    *,
    exclude: Collection[str] = (),
) -> Similarity:
    """Before, after and ceiling.

    Args:
        workshop: engine and packs.
        waveforms: of the speaker, 16 kHz.
        heard: (128,) what the encoder heard in them.
        said: what the fitted voice says, 16 kHz; a text that it was not fitted on.
        exclude: packs that do not count.
    """
    name = nearest_pack(workshop, heard, exclude)
    pack = workshop.voices.pack(name)
    one = workshop.say(HELD_OUT[0], pack[len(HELD_OUT[0]) - 1])
    before = at_hearing_rate(one, workshop.engine.config.sample_rate)
    halves = np.array_split(waveforms[0], 2) if len(waveforms) == 1 else _two(waveforms)
    can_halve = min(len(half) for half in halves) >= LEAST_HALF_S * 16_000
    if not can_halve:
        halves = [np.concatenate(waveforms)]
    measures: dict[str, Embed] = {"own": _own}
    if has_speaker_measure():
        from .speaker import speaker_embedding

        measures["speaker"] = speaker_embedding
    by_measure = {}
    for kind, embed in measures.items():
        there = [embed(half) for half in halves]  # halves for all three, since longer recordings are more like anything
        values = {
            name: float(np.mean([_cosine(embedded, half) for half in there]))
            for name, embedded in (("before", embed(before)), ("after", embed(said)))
        }
        if can_halve:
            values["ceiling"] = _cosine(*there)
        by_measure[kind] = values
    return Similarity(name, by_measure)


def nearest_pack(workshop: Workshop, heard: Matrix, exclude: Collection[str] = ()) -> str:
    """The pack whose timbre the encoder takes for the speaker's."""
    from .workshop import ROW

    encoder, half = load_encoder(), workshop.engine.config.style
    names = [name for name in workshop.voices.pack_names() if name not in exclude]
    return max(names, key=lambda name: encoder.similarity(workshop.voices.pack(name)[ROW - 1, :half], heard))


def has_speaker_measure() -> bool:
    """Whether Resemblyzer is installed."""
    return importlib.util.find_spec("resemblyzer") is not None and importlib.util.find_spec("torch") is not None


def _own(waveform: NDArray[np.floating]) -> Matrix:
    encoder = load_encoder()
    return encoder.timbre(find_frames(waveform)) - encoder.mean


def _two(waveforms: Sequence[NDArray[np.floating]]) -> list[NDArray[np.floating]]:
    """Two groups of files of about the same length."""
    groups: list[list[NDArray[np.floating]]] = [[], []]
    for waveform in sorted(waveforms, key=len, reverse=True):
        min(groups, key=lambda group: sum(map(len, group))).append(waveform)
    return [np.concatenate(group) for group in groups]


def _cosine(one: Matrix, other: Matrix) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))
