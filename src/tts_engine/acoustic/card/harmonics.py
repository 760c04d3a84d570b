"""The harmonic source on the device: ``acoustic.source`` for a padded batch of stretches, in float32.

The running phase is summed on the processor in float64 (80 values a second) and only its fraction comes here; the noise
is drawn there too, by the same generator, so that a seed means the same on every runtime. Everything per sample is
computed here. A stretch comes with a margin of one frame on each side, because the phase between two values of the
curve, and the STFT, look beyond it; where the utterance really begins or ends, the STFT reflects as that of the
processor does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from tts_engine.acoustic.blocks import Valid

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray

#: Values of the curve on each side of a stretch: one frame.
MARGIN = 2


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the source of one stretch is made of, on the processor.

    Attributes:
        f0: (2 * frames + 2 * MARGIN,) float32, Hz.
        turns: the same, phase of the fundamental at the centre of each value, in turns, below 1.
        steps: the same, by how many turns it advances to the next centre.
        noise: ((2 * frames + 2 * MARGIN) * curve_hop,) float32.
        is_first: whether the utterance begins with it.
        is_last: whether the utterance ends with it.
    """

    f0: FloatArray
    turns: FloatArray
    steps: FloatArray
    noise: FloatArray
    is_first: bool
    is_last: bool


def cut(f0: FloatArray, noise: FloatArray, begin: int, end: int, config: ModelConfig) -> Stretch:
    """The frames from ``begin`` to ``end`` of an utterance.

    Args:
        f0: (2 * frames,) of the whole, Hz.
        noise: (2 * frames * curve_hop,) of the whole.
        begin: first frame.
        end: frame after the last.
        config: rates.
    """
    hop = config.curve_hop
    wanted = np.arange(2 * begin - MARGIN, 2 * end + MARGIN)
    inside = np.clip(wanted, 0, len(f0) - 1)
    turns = np.cumsum(f0.astype(np.float64) * hop / config.sample_rate)[inside]
    steps = np.append(np.diff(turns), 0.0)
    around = np.zeros(len(wanted) * hop, np.float32)
    first, last = max(0, 2 * begin - MARGIN) * hop, min(len(f0), 2 * end + MARGIN) * hop
    offset = first - (2 * begin - MARGIN) * hop
    around[offset : offset + last - first] = noise[first:last]
    return Stretch(
        f0=f0[inside],
        turns=(turns - np.floor(turns)).astype(np.float32),
        steps=steps.astype(np.float32),
        noise=around,
        is_first=begin == 0,
        is_last=2 * end == len(f0),
    )


class HarmonicSource(torch.nn.Module):
    """Magnitude and phase of the source's STFT, in which the decoder reads it.

    Args:
        config: rates and amplitudes.
        mix: (harmonics,) weights of the linear layer that merges the harmonics.
        bias: its bias.
    """

    weights: Tensor
    places: Tensor
    basis: Tensor

    def __init__(self, config: ModelConfig, mix: FloatArray, bias: float) -> None:
        super().__init__()
        self.config = config
        self.mix = [float(weight) for weight in mix]
        self.bias = bias
        hop, n_fft = config.curve_hop, config.n_fft
        places = (torch.arange(hop, dtype=torch.float32) - (hop - 1) / 2) / hop
        self.register_buffer("places", places, persistent=False)
        n = np.arange(n_fft)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)
        angle = 2 * np.pi * np.outer(n, np.arange(config.bins)) / n_fft
        imaginary = -np.sin(angle)
        imaginary[:, [0, -1]] = (
            0.0  # of a real signal: not a rounding error, whose sign would decide between pi and -pi
        )
        basis = window[:, None] * np.concatenate([np.cos(angle), imaginary], axis=1)
        self.register_buffer("basis", torch.from_numpy(basis.astype(np.float32)), persistent=False)

    def signal(self, f0: Tensor, turns: Tensor, steps: Tensor, noise: Tensor) -> Tensor:
        """(B, values) and noise (B, values * hop) -> (B, values * hop) in (-1, 1)."""
        config = self.config
        f0, turns, steps = f0[:, :, None], turns[:, :, None], steps[:, :, None]
        before = torch.nn.functional.pad(steps[:, :-1], (0, 0, 1, 0))
        phase = turns + self.places.clamp(min=0) * steps + self.places.clamp(max=0) * before  # (B, values, hop)
        angle = (phase - phase.floor()) * (2 * math.pi)
        twice_cosine = 2 * angle.cos()
        earlier, now = torch.zeros_like(angle), angle.sin()
        total = self.mix[0] * now
        for weight in self.mix[1:]:
            earlier, now = now, twice_cosine * now - earlier
            total = total + weight * now
        is_voiced = f0 > config.voiced_threshold_hz
        total = total * (is_voiced * config.sine_amplitude)
        quiet, loud = (level * math.hypot(*self.mix) for level in (config.noise_voiced, config.sine_amplitude / 3))
        level = loud + is_voiced * (quiet - loud)
        total = total + level * noise.view(len(noise), -1, config.curve_hop)
        return torch.tanh(total + self.bias).flatten(1)

    def forward(
        self,
        f0: Tensor,
        turns: Tensor,
        steps: Tensor,
        noise: Tensor,
        is_first: Tensor,
        is_last: Tensor,
        lengths: Tensor,
    ) -> Tensor:
        """A batch of stretches of ``lengths`` (B,) frames -> (B, 2 bins, samples / hop + 1), zero in the padding."""
        config, half = self.config, self.config.n_fft // 2
        signal = self.signal(f0, turns, steps, noise)
        margin = MARGIN * config.curve_hop - half
        padded = signal[:, margin:-margin]  # (B, samples + n_fft)
        mirrored = padded[:, half + 1 : 2 * half + 1].flip(1)
        padded = torch.cat([torch.where(is_first[:, None], mirrored, padded[:, :half]), padded[:, half:]], dim=1)
        away = torch.arange(half, device=f0.device)
        ends = half + lengths[:, None] * config.frame_hop  # (B, 1), first sample behind the utterance
        behind, mirrored = ends + away, padded.gather(1, ends - 2 - away)
        padded = padded.scatter(1, behind, torch.where(is_last[:, None], mirrored, padded.gather(1, behind)))
        bins = padded.unfold(1, config.n_fft, config.hop) @ self.basis  # (B, steps, 2 bins)
        real, imaginary = bins.transpose(1, 2).chunk(2, dim=1)
        first = imaginary[:, :, :1] * ~is_first[:, None, None]  # the first window of an utterance is symmetric
        imaginary = torch.cat([first, imaginary[:, :, 1:]], dim=2)
        imaginary = imaginary + 0.0  # no negative zero
        spectrum = torch.cat([torch.hypot(real, imaginary), torch.atan2(imaginary, real)], dim=1)
        count = lengths * (config.frame_hop // config.hop) + 1
        return spectrum * Valid.of(count, spectrum.shape[2]).mask
