"""Down the gradient of a speaker recogniser, over timbres as the packs are spread. Needs torch.

Left to itself a gradient finds directions in which the recogniser is fooled and nobody hears the speaker. Three things
keep it from them. The timbre is ``begin + axes . z`` with the axes of the packs' covariance (part of it alike in every
direction), so a step goes mostly where voices differ, and the distance from the start counts in the same measure.
Every step hears another stretch of 1.6 s through another filter and noise, and the steps are averaged (momentum, then
the mean of the last states): what fools the recogniser in one stretch does not in the next. And there is one rate for
all directions, since Adam's, one for each, would lift those that hardly matter.

Source: momentum with one second moment for all, after Kingma and Ba 2015 (arXiv:1412.6980); averaged iterates, Polyak
and Juditsky 1992; the step is the natural gradient under a normal prior.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from .encoder import load_encoder
from .fast import FARTHEST
from .speaker import RATE, resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .differentiable import DifferentiableVoice
    from .speaker import SpeakerRecogniser

    Matrix = NDArray[np.float64]

#: Share of the packs' variance that is alike in every direction, as the encoder's clips are drawn.
OUTSIDE = 0.4
MOMENTUM, SPREAD_MEMORY = 0.9, 0.9
#: States that count in the mean of the last ones.
AVERAGED = 8
#: Standard deviation of a step of the random filter's curve, dB, and the noise's distance, dB.
FILTER_DB, SNR_DB = 1.5, (25.0, 45.0)


def cloud_of(timbres: Matrix) -> tuple[Matrix, Matrix]:
    """(packs, n) -> their mean (n,) and axes (n, n): ``mean + axes . normal`` is spread as they are."""
    mean = timbres.mean(axis=0)
    apart, count = timbres - mean, timbres.shape[1]
    squares = np.square(apart).sum(axis=1).mean() or load_encoder().radius ** 2  # of a single pack
    covariance = (1.0 - OUTSIDE) * apart.T @ apart / len(apart) + OUTSIDE * squares / count * np.eye(count)
    spread, directions = np.linalg.eigh(covariance)
    return mean, np.asarray(directions * np.sqrt(spread))


class Descent:
    """The search, step by step.

    Args:
        voice: says stretches of phrases in a timbre.
        phrases: how many it has.
        recogniser: of speakers.
        there: (embedding,) of the speaker.
        begin: (n,) timbre to begin with.
        cloud: ``cloud_of`` the packs.
        band_hz: up to where the speaker's recordings reach.
        steps: of the whole search; the rate falls towards its end.
        rate: of the first step, in distances of a typical pack from the mean.
        tether: weight of the squared distance from the start, in the same.
        frames: of a stretch.
    """

    def __init__(
        self,
        voice: DifferentiableVoice,
        phrases: int,
        recogniser: SpeakerRecogniser,
        there: Tensor,
        begin: Matrix,
        cloud: tuple[Matrix, Matrix],
        *,
        band_hz: float,
        steps: int,
        rate: float,
        tether: float,
        frames: int,
    ) -> None:
        self._voice, self._phrases, self._recogniser, self._there = voice, phrases, recogniser, there
        self._begin, (self._mean, self._axes) = begin, cloud
        self._back = self._axes.T / np.square(self._axes).sum(axis=0)[:, None]
        self._farthest = max(FARTHEST * load_encoder().radius, float(np.linalg.norm(begin - self._mean)))
        self._band_hz, self._steps, self._rate, self._tether, self._frames = band_hz, steps, rate, tether, frames
        self._place, self._averaged, self._momentum = (np.zeros(len(begin)) for _ in range(3))
        self._spread = 0.0
        self.done = 0

    @property
    def timbre(self) -> Matrix:
        """(n,) mean of the last states."""
        return self._within(self._begin + self._axes @ self._averaged)

    def step(self) -> float:
        """Goes one step; the similarity that was heard, 0-1."""
        generator = np.random.default_rng(self.done)
        number = self.done % self._phrases
        begin = int(generator.integers(max(1, self._voice.frames(number) - self._frames + 1)))
        end = min(begin + self._frames, self._voice.frames(number))
        at = torch.from_numpy((self._begin + self._axes @ self._place).astype(np.float32)).requires_grad_()
        said = resampled(self._voice.say(number, at, begin, end), self._voice.sample_rate)
        similarity = self._recogniser.embed(disturbed(said, self._band_hz, generator), RATE) @ self._there
        (slope,) = torch.autograd.grad(-similarity, at)
        count = len(self._place)
        gradient = self._axes.T @ slope.numpy().astype(np.float64) + 2.0 * self._tether * self._place / count
        self._momentum = MOMENTUM * self._momentum + (1.0 - MOMENTUM) * gradient
        self._spread = SPREAD_MEMORY * self._spread + (1.0 - SPREAD_MEMORY) * float(gradient @ gradient)
        self.done += 1
        direction = self._momentum / (1.0 - MOMENTUM**self.done)
        length = math.sqrt(self._spread / (1.0 - SPREAD_MEMORY**self.done)) or 1.0
        rate = self._rate * (0.55 + 0.45 * math.cos(math.pi * (self.done - 1) / self._steps))
        place = self._place - rate * math.sqrt(count) * direction / length
        self._place = self._back @ (self._within(self._begin + self._axes @ place) - self._begin)
        share = 1.0 / min(self.done, AVERAGED)
        self._averaged = (1.0 - share) * self._averaged + share * self._place
        return float(similarity.detach())

    def state(self) -> dict[str, Any]:
        """What ``resume`` goes on from."""
        arrays = {"place": self._place, "averaged": self._averaged, "momentum": self._momentum}
        tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        return {**tensors, "spread": self._spread, "done": self.done}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from there."""
        self._place, self._averaged, self._momentum = (
            state[name].numpy().copy() for name in ("place", "averaged", "momentum")
        )
        self._spread, self.done = state["spread"], state["done"]

    def _within(self, timbre: Matrix) -> Matrix:
        apart = timbre - self._mean
        return np.asarray(self._mean + apart * min(1.0, self._farthest / max(float(np.linalg.norm(apart)), 1e-9)))


def disturbed(waveform: Tensor, band_hz: float, generator: np.random.Generator) -> Tensor:
    """(samples,) at 16 kHz through a random filter, with noise, in the band of the recordings; gradients pass."""
    spectrum = torch.fft.rfft(waveform)
    curve_db = np.cumsum(generator.normal(0.0, FILTER_DB, 9))
    over = np.linspace(0.0, 1.0, len(spectrum))
    gains = 10.0 ** (np.interp(over, np.linspace(0.0, 1.0, 9), curve_db - curve_db.mean()) / 20.0)
    noise = torch.fft.rfft(torch.from_numpy(generator.standard_normal(len(waveform)).astype(np.float32)))
    noise = noise * waveform.detach().std() * 10.0 ** (-generator.uniform(*SNR_DB) / 20.0)
    passed = torch.from_numpy((over <= band_hz / (RATE / 2)).astype(np.float32))
    filtered = (spectrum * torch.from_numpy(gains.astype(np.float32)) + noise) * passed
    out: Tensor = torch.fft.irfft(filtered, n=len(waveform))
    return out
