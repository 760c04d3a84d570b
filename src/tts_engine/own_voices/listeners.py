"""Whether one state of a voice is surely more like a speaker than another: several listeners, phrases and windows.

A state says phrases that it was not searched with. The speaker recogniser compares windows of 1.6 s of them with the
recordings; since every state says them with the same durations and pitch, window stands against window, and their
differences tell how much the mean difference is worth. The engine's own encoder, which the search did not follow,
is the second listener. And frame stands against frame: the correlation of the cepstra with those of the first state
tells whether the articulation holds, for which no recogniser of speech is needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from .alignment import movement
from .band import narrowed
from .encoder import load_encoder
from .fast import at_hearing_rate
from .speaker import RATE
from .timbre import find_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray
    from .speaker import SpeakerRecogniser
    from .workshop import Workshop

    Matrix = NDArray[np.float64]

WINDOW_S = 1.6
#: Standard errors that a gain must be above 0; windows overlap by half, so only half of them count.
SURE = 1.0
#: So much less alike may the encoder find it.
OWN_SLACK = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the listeners say of a state.

    Attributes:
        similarities: (windows,) to the speaker, by the recogniser.
        own: similarity by the engine's own encoder.
        articulation: correlation with the articulation of the first state.
    """

    similarities: tuple[float, ...]
    own: float
    articulation: float

    @property
    def similarity(self) -> float:
        """Mean over the windows."""
        return float(np.mean(self.similarities))

    def is_surely_better(self, start: Verdict, least_articulation: float) -> bool:
        """Whether it can be taken in the place of the start."""
        gains = np.subtract(self.similarities, start.similarities)
        error = float(gains.std(ddof=1)) / math.sqrt(len(gains) / 2) if len(gains) > 1 else 0.0
        is_same_voice = self.own >= start.own - OWN_SLACK
        return bool(gains.mean() > SURE * error) and is_same_voice and self.articulation >= least_articulation


class Listeners:
    """Compare states of a voice with a speaker; the first that they hear sets the articulation.

    Args:
        workshop: engine.
        recogniser: of speakers.
        there: (embedding,) of the recordings.
        heard: (128,) what the encoder heard in them.
        phrases: phonemes.
        band_hz: up to where the recordings reach.
    """

    def __init__(
        self,
        workshop: Workshop,
        recogniser: SpeakerRecogniser,
        there: torch.Tensor,
        heard: Matrix,
        phrases: Sequence[str],
        band_hz: float,
    ) -> None:
        self._workshop, self._recogniser, self._there, self._heard = workshop, recogniser, there, heard
        self._phrases, self._band_hz = phrases, band_hz
        self._reference: list[Matrix] = []

    def hear(self, pack: FloatArray) -> Verdict:
        """What they say of a pack (510, 256)."""
        rate = self._workshop.engine.config.sample_rate
        said = [at_hearing_rate(self._workshop.say(one, pack[len(one) - 1]), rate) for one in self._phrases]
        movements = [movement(one) for one in said]
        self._reference = self._reference or movements
        kept = [narrowed(one, self._band_hz) for one in said]
        with torch.no_grad():
            similarities = [
                float(self._recogniser.embed(torch.from_numpy(window.astype(np.float32)), RATE) @ self._there)
                for one in kept
                for window in _windows(one)
            ]
        encoder = load_encoder()
        speech = find_frames(np.concatenate(kept))
        own = encoder.similarity(encoder.timbre(speech), self._heard) if len(speech.mel_db) else -1.0
        pairs = zip(self._reference, movements, strict=True)
        articulation = min(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]) for one, other in pairs)
        return Verdict(tuple(similarities), own, articulation)


def _windows(waveform: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """Windows of a waveform at 16 kHz, each half over the next."""
    size = int(WINDOW_S * RATE)
    return [waveform[begin : begin + size] for begin in range(0, max(1, len(waveform) - size + 1), size // 2)]
