"""The fast decoder in torch: what is trained. ``tts_engine.acoustic.fast.graph`` is the same network as it is run.

Shapes: B batch, n tokens, V values of the curves, T STFT frames (V * steps), C channels; sequences (B, V or T, C).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_engine.acoustic.blocks import StyleProjection
from tts_engine.acoustic.fast import sound
from tts_engine.acoustic.fast.config import FEATURES, FILTERS, FastConfig
from tts_engine.acoustic.fast.graph import MOST_LOG_GAIN, NORM_EPSILON

#: What the factor on a residual begins with: a deep network that starts as almost nothing learns from the first step.
FIRST_SCALE = 0.1

#: Log gain that an untrained filter gives: the level of speech is about so far under that of the excitation.
FIRST_LOG_GAIN = -4.0


class StyleNorm(StyleProjection):
    """Layer norm over the channels, scale and shift from the timbre; near 1 and 0 at first."""

    def __init__(self, channels: int, style: int) -> None:
        super().__init__(channels, style)
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, T, C), (B, style) -> (B, T, C)."""
        scale, shift = self.scale_and_shift(style)
        return scale[:, None] * functional.layer_norm(x, (self.channels,), eps=NORM_EPSILON) + shift[:, None]


class Block(nn.Module):
    """ConvNeXt block with the timbre in its norm."""

    def __init__(self, width: int, config: FastConfig) -> None:
        super().__init__()
        inner = width * config.expansion
        self.depthwise = nn.Conv1d(width, width, config.kernel, padding=config.kernel // 2, groups=width)
        self.norm = StyleNorm(width, config.style)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.scale = nn.Parameter(torch.full((width,), FIRST_SCALE))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, T, C), (B, style) -> (B, T, C)."""
        y = self.depthwise(x.transpose(1, 2)).transpose(1, 2)  # (B, T, C) -> (B, C, T) -> (B, T, C)
        y = self.narrow(functional.gelu(self.widen(self.norm(y, style)), approximate="tanh"))
        out: Tensor = x + self.scale * y
        return out


class Student(nn.Module):
    """Text, curves and timbre -> filters of the excitation's pulses and noise, frame by frame."""

    def __init__(self, config: FastConfig) -> None:
        super().__init__()
        self.config = config
        self.text_in = nn.Linear(config.hidden, config.width, bias=False)
        self.curve_in = nn.Conv1d(FEATURES, config.width, config.kernel, padding=config.kernel // 2)
        self.blocks = nn.ModuleList(Block(config.width, config) for _ in range(config.blocks))
        self.turn = nn.Linear(config.width, config.steps * config.fine_width)
        self.fine = nn.ModuleList(Block(config.fine_width, config) for _ in range(config.fine_blocks))
        self.norm = StyleNorm(config.fine_width, config.style)
        self.head = nn.Linear(config.fine_width, FILTERS * config.bins)
        self.shape: Tensor
        self.register_buffer("shape", torch.from_numpy(sound.window(config.n_fft)), persistent=False)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            gains = self.head.bias.view(FILTERS, -1)
            gains.zero_()
            gains[0::2] = FIRST_LOG_GAIN

    def filters(self, text: Tensor, rows: Tensor, features: Tensor, style: Tensor) -> Tensor:
        """(B, n, hidden), (B, V) int64, (B, V, FEATURES), (B, style) -> (B, T, FILTERS, bins), raw."""
        said = self.text_in(text)
        said = said.gather(1, rows[:, :, None].expand(-1, -1, said.shape[2]))
        x = said + self.curve_in(features.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, style)
        x = self.turn(x).unflatten(2, (self.config.steps, -1)).flatten(1, 2)  # (B, V, steps C) -> (B, T, C)
        for block in self.fine:
            x = block(x, style)
        out: Tensor = self.head(self.norm(x, style)).unflatten(2, (FILTERS, -1))
        return out

    def forward(self, text: Tensor, rows: Tensor, features: Tensor, style: Tensor, excitation: Tensor) -> Tensor:
        """As ``filters``, and the excitation (B, 2, samples) -> (B, samples). The spectra are computed in float32."""
        raw = self.filters(text, rows, features, style).float()
        gain, phase = raw[:, :, 0::2].clamp(max=MOST_LOG_GAIN).exp(), raw[:, :, 1::2]
        spectrum = (self.spectra(excitation) * torch.polar(gain, phase)).sum(dim=2)
        return self.waveform(spectrum)

    def spectra(self, signals: Tensor) -> Tensor:
        """(B, 2, samples) -> (B, T, 2, bins), as ``sound.spectra`` of the whole."""
        config = self.config
        margin = (config.n_fft - config.hop) // 2
        frames = functional.pad(signals, (margin, margin)).unfold(2, config.n_fft, config.hop)  # (B, 2, T, n_fft)
        shape = self.shape / self.shape.square().sum().sqrt()
        return torch.fft.rfft(frames * shape, dim=3).transpose(1, 2)

    def waveform(self, spectrum: Tensor) -> Tensor:
        """(B, T, bins) -> (B, T * hop), as ``sound.waveform``."""
        config = self.config
        factor = self.shape * (config.hop / self.shape.square().sum().sqrt())
        frames = torch.fft.irfft(spectrum, n=config.n_fft, dim=2) * factor
        length = (frames.shape[1] - 1) * config.hop + config.n_fft
        added = functional.fold(frames.transpose(1, 2), (1, length), (1, config.n_fft), stride=(1, config.hop))
        margin = (config.n_fft - config.hop) // 2
        return added[:, 0, 0, margin : margin + frames.shape[1] * config.hop]


def parameters_of(state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Name -> float32 array, the form that the graph reads and the file holds."""
    return {name: value.detach().float().cpu().numpy().copy() for name, value in state.items()}


def untrained(config: FastConfig, seed: int = 0) -> Student:
    """A student before its first lesson, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Student(config)
