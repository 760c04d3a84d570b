"""From what a recording tells about a speaker to a point of the style space: a linear map, learnt on our own speech.

The map is a ridge regression trained by ``scripts/train_voice_encoder.py`` on random points of the style space that
the engine spoke, with channels, noise and pitch changed. Regression shrinks towards the mean; the fit undoes that with
renders of its own (``fast``). The same map gives the distance of two recordings where nothing better is installed.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from .timbre import SoundClasses, Speech, describe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TimbreEncoder:
    """The trained map.

    Attributes:
        classes: of sounds.
        centre: (features,) means of the features.
        scale: (features,) their standard deviations.
        weights: (features, 128).
        mean: (128,) mean timbre.
        radius: mean distance of the voice packs from it.
        held_out: packs that it was not trained on.
    """

    classes: SoundClasses
    centre: Matrix
    scale: Matrix
    weights: Matrix
    mean: Matrix
    radius: float
    held_out: tuple[str, ...]

    def timbre(self, speech: Speech) -> Matrix:
        """(128,) estimate of the timbre half of a style."""
        features = (describe(speech, self.classes) - self.centre) / self.scale
        return np.asarray(self.mean + np.clip(features, -6.0, 6.0) @ self.weights)

    def similarity(self, one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
        """Cosine of two estimated timbres around the mean: 1 = the same, 0 = unrelated."""
        a, b = one - self.mean, other - self.mean
        return float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)


@functools.cache
def load_encoder() -> TimbreEncoder:
    """The encoder that ships with the package."""
    with resources.files(__package__).joinpath("encoder.npz").open("rb") as file, np.load(file) as data:
        return TimbreEncoder(
            classes=SoundClasses(*(data[name].astype(np.float64) for name in ("shares", "means", "variances"))),
            centre=data["centre"].astype(np.float64),
            scale=data["scale"].astype(np.float64),
            weights=data["weights"].astype(np.float64),
            mean=data["mean"].astype(np.float64),
            radius=float(data["radius"]),
            held_out=tuple(str(name) for name in data["held_out"]),
        )
