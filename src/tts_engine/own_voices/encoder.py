"""From what a recording tells about a speaker to a point of the style space: a map that is learnt on our own speech.

    timbre = mean + features . weights + likeness to the landmarks . corrections

A linear map, and beside it a Gaussian process over landmarks (clips of the training) for what is not linear; far from
all landmarks the linear map is left, half of which is Bayes' rule for features that are linear in the timbre. Trained
by ``scripts/train_voice_encoder.py`` on random points of the style space that the engine spoke, with channels, noise
and pitch changed. Regression shrinks towards the mean; the fit undoes that with renders of its own (``fast``). The
same map gives the distance of two recordings where nothing better is installed.
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


#: Standard deviations that a feature may be away from its mean.
MOST = 6.0


def likeness(one: Matrix, others: Matrix) -> Matrix:
    """(..., axes) and (n, axes) -> (..., n): 1 at the same place, 0 far away."""
    squares = np.square(one).sum(axis=-1)[..., None] - 2.0 * one @ others.T + np.square(others).sum(axis=1)
    return np.asarray(np.exp(-np.maximum(squares, 0.0)))


@dataclass(frozen=True, slots=True)
class TimbreEncoder:
    """The trained map.

    Attributes:
        classes: of sounds.
        centre: (features,) means of the features.
        scale: (features,) their standard deviations.
        axes: (features, axes) of the space in which clips are compared.
        landmarks: (clips, axes).
        weights: (features, 128).
        corrections: (clips, 128).
        mean: (128,) mean timbre.
        radius: mean distance of the voice packs from it.
        held_out: packs that it was not trained on.
    """

    classes: SoundClasses
    centre: Matrix
    scale: Matrix
    axes: Matrix
    landmarks: Matrix
    weights: Matrix
    corrections: Matrix
    mean: Matrix
    radius: float
    held_out: tuple[str, ...]

    def timbre(self, speech: Speech) -> Matrix:
        """(128,) estimate of the timbre half of a style."""
        features = np.clip((describe(speech, self.classes) - self.centre) / self.scale, -MOST, MOST)
        near = likeness(features @ self.axes, self.landmarks)
        return np.asarray(self.mean + features @ self.weights + near @ self.corrections)

    def similarity(self, one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
        """Cosine of two estimated timbres around the mean: 1 = the same, 0 = unrelated."""
        a, b = one - self.mean, other - self.mean
        return float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)


@functools.cache
def load_encoder() -> TimbreEncoder:
    """The encoder that ships with the package."""
    with resources.files(__package__).joinpath("encoder.npz").open("rb") as file, np.load(file) as data:
        arrays = {
            name: data[name].astype(np.float64)
            for name in ("centre", "scale", "axes", "landmarks", "weights", "corrections", "mean")
        }
        return TimbreEncoder(
            classes=SoundClasses(*(data[name].astype(np.float64) for name in ("shares", "means", "variances"))),
            **arrays,
            radius=float(data["radius"]),
            held_out=tuple(str(name) for name in data["held_out"]),
        )
