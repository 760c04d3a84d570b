"""What the generator's norms would see of a whole utterance, guessed before any of it is rendered.

Every AdaIN of the generator normalises over the utterance, so a window of it rendered by itself sounds unlike the same
stretch of the whole. With the statistics of the whole it is that stretch exactly, but to know them is to have rendered
it. They follow closely, though, from what is cheap: the timbre, the curves, and mean and deviation of each channel of
the features. A linear map from these to all statistics was fitted on our own speech (``scripts/fit_statistics.py``) and
is shipped beside this file, cut to its first components; ``docs/experiments.md`` has what it is worth.

The map belongs to the weights that it was fitted on. Another decoder needs another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from tts_engine.acoustic.layers import EPSILON

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.runtime import Curves
    from tts_engine.types import FloatArray

DATA = "statistics.npz"

_LEAST_DEVIATION = 1e-3  # of a feature, before its logarithm


@dataclass(frozen=True, slots=True)
class Estimate:
    """A linear map from what is known early to the statistics of the generator's norms.

    Attributes:
        widths: (norms,) channels of each norm.
        centre: (inputs,) mean of each input of ``observe``.
        spread: (inputs,) its deviation.
        inwards: (inputs, components).
        outwards: (components, 2 x channels): means in deviations of the channel, then logarithms of deviations.
        middle: (2 x channels,) what holds in the middle.
        scale: (channels,) typical deviation of each channel.
        limit: (components,) greatest magnitude of each component that was seen; beyond, nothing is known.
    """

    widths: tuple[int, ...]
    centre: FloatArray
    spread: FloatArray
    inwards: FloatArray
    outwards: FloatArray
    middle: FloatArray
    scale: FloatArray
    limit: FloatArray

    def __call__(self, curves: Curves, features: FloatArray, config: ModelConfig) -> FloatArray:
        """(2 x channels,) float32 mean and variance, norm after norm, as ``stages.generator`` takes them."""
        known = (observe(curves, features, config) - self.centre) / self.spread
        components = np.clip(known @ self.inwards, -self.limit, self.limit)
        means, logs = np.split(self.middle + components @ self.outwards, 2)
        variances = (np.exp(2 * logs) - EPSILON).astype(np.float32)
        return interleaved((means * self.scale).astype(np.float32), variances, self.widths)


def packaged() -> Estimate:
    """The estimate for the packaged model."""
    with resources.files(__package__).joinpath(DATA).open("rb") as file, np.load(file) as data:
        arrays = {name: data[name].astype(np.float32) for name in data.files if name != "widths"}
        return Estimate(widths=tuple(map(int, data["widths"])), **arrays)


def observe(curves: Curves, features: FloatArray, config: ModelConfig) -> FloatArray:
    """What is known of an utterance before the generator: (inputs,) float32.

    Args:
        curves: of the utterance.
        features: (1, hidden, 1, 2 frames), what the decoder makes of them.
        config: of the network.
    """
    voiced = curves.f0[curves.f0 > config.voiced_threshold_hz]
    pitch = np.log(np.maximum(voiced, 30.0)) if len(voiced) else np.zeros(1, np.float32)
    told = [
        len(voiced) / len(curves.f0),
        pitch.mean(),
        pitch.std(),
        np.exp(pitch.mean()) / 100,
        pitch.mean() ** 2,
        curves.energy.mean(),
        curves.energy.std(),
        np.log(len(curves.rows)),
    ]
    channels = features[0, :, 0]
    deviations = np.log(channels.std(1) + _LEAST_DEVIATION)
    return np.concatenate([told, curves.style, channels.mean(1), deviations]).astype(np.float32)


def interleaved(means: FloatArray, variances: FloatArray, widths: tuple[int, ...]) -> FloatArray:
    """Means and variances of all channels, norm after norm: of one norm the means, then the variances."""
    edges = np.cumsum(widths)[:-1]
    pairs = zip(np.split(means, edges), np.split(np.maximum(variances, 0.0), edges), strict=True)
    return np.concatenate([part for pair in pairs for part in pair]).astype(np.float32)
