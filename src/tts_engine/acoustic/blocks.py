"""The blocks that the network is made of, in torch, with a mask for padded batches.

A batch of utterances of different lengths is padded at the end and comes with ``Valid``, which says how much of each
is real; then every utterance gives what it gives alone, up to rounding: whatever looks at neighbours (convolutions)
finds zeros behind the end, whatever looks at all (attention, AdaIN, the recurrent layers) does not see the padding.

Shapes: B batch, T steps, C channels; sequences (B, C, T) unless said otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5


@dataclass(frozen=True)
class Valid:
    """How much of each utterance of a padded batch is real.

    Attributes:
        mask: (B, 1, T), 1 where it is real and 0 in the padding, in the type of the activations.
        count: (B, 1, 1) float32, how many are real.
    """

    mask: Tensor
    count: Tensor

    @classmethod
    def of(cls, lengths: Tensor, longest: int, dtype: torch.dtype = torch.float32) -> Valid:
        """(B,) lengths in a batch padded to ``longest``."""
        places = torch.arange(longest, device=lengths.device)
        mask = (places < lengths[:, None])[:, None].to(dtype)
        return cls(mask, lengths[:, None, None].float())

    def times(self, factor: int) -> Valid:
        """The same batch at a higher rate."""
        return Valid(self.mask.repeat_interleave(factor, dim=2), self.count * factor)

    def with_one_before(self) -> Valid:
        """The same batch with one more at the beginning."""
        return Valid(functional.pad(self.mask, (1, 0), value=1.0), self.count + 1)

    def to(self, dtype: torch.dtype) -> Valid:
        """The same in another type of activations."""
        return Valid(self.mask.to(dtype), self.count)


def masked(x: Tensor, valid: Valid | None) -> Tensor:
    """(B, C, T) with zeros in the padding."""
    return x if valid is None else x * valid.mask


class StyleProjection(nn.Module):
    """A linear layer from the style to a scale (as 1 + gamma) and a shift per channel."""

    def __init__(self, channels: int, style: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.randn(2 * channels, style) / math.sqrt(style))
        self.bias = nn.Parameter(torch.zeros(2 * channels))

    def scale_and_shift(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """(B, style) -> (B, C), (B, C)."""
        gamma, beta = functional.linear(style, self.weight, self.bias).chunk(2, dim=1)
        return 1 + gamma, beta


class AdaptiveInstanceNorm(StyleProjection):
    """AdaIN: normalised over time, then scale and shift from the style; both and the statistics in float32."""

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T), zero in the padding."""
        scale, shift = self.scale_and_shift(style)
        if valid is None:
            return scale[:, :, None] * functional.instance_norm(x, eps=EPSILON) + shift[:, :, None]
        x = x * valid.mask
        mean = x.sum(2, keepdim=True, dtype=torch.float32) / valid.count
        power = torch.linalg.vector_norm(x, dim=2, keepdim=True, dtype=torch.float32).square() / valid.count
        factor = scale[:, :, None] * torch.rsqrt((power - mean.square()).clamp(min=0) + EPSILON)
        # float32 inside, whatever the activations are: a mean far from zero would not survive half precision
        moved = torch.addcmul(shift[:, :, None] - mean * factor, x, factor, out=torch.empty_like(x))
        return moved.mul_(valid.mask)


class AdaptiveLayerNorm(StyleProjection):
    """AdaLN: normalised over the channels, then scale and shift from the style."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, n, C), (B, style) -> (B, n, C)."""
        scale, shift = self.scale_and_shift(style)
        return scale[:, None] * functional.layer_norm(x, (self.channels,), eps=EPSILON) + shift[:, None]


class StyleBlock(nn.Module):
    """AdaIN residual block of the predictors and the decoder; ``doubles`` the length on request."""

    def __init__(self, inputs: int, outputs: int, style: int, *, doubles: bool = False) -> None:
        super().__init__()
        self.norm1 = AdaptiveInstanceNorm(inputs, style)
        self.norm2 = AdaptiveInstanceNorm(outputs, style)
        self.conv1 = nn.Conv1d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv1d(outputs, outputs, 3, padding=1)
        self.pool = (
            nn.ConvTranspose1d(inputs, inputs, 3, stride=2, padding=1, output_padding=1, groups=inputs)
            if doubles
            else None
        )
        self.shortcut = nn.Conv1d(inputs, outputs, 1, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, inputs, T), (B, style) -> (B, outputs, T or 2 T); what it gives in the padding means nothing."""
        y = functional.leaky_relu(self.norm1(x, style, valid), 0.2)
        if self.pool is not None:
            valid = None if valid is None else valid.times(2)
            y, x = masked(self.pool(y), valid), x.repeat_interleave(2, dim=2)
        y = self.conv1(y)
        y = self.conv2(functional.leaky_relu(self.norm2(y, style, valid), 0.2))
        x = x if self.shortcut is None else self.shortcut(x)
        out: Tensor = (x + y) / math.sqrt(2)
        return out


class SnakeBlock(nn.Module):
    """Residual block of the generator: AdaIN, Snake ``x + sin²(a x) / a``, convolution, twice per dilation."""

    def __init__(self, channels: int, style: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.norms1, self.norms2 = (
            nn.ModuleList(AdaptiveInstanceNorm(channels, style) for _ in dilations) for _ in range(2)
        )
        self.alphas1, self.alphas2 = (
            nn.ParameterList(nn.Parameter(torch.ones(channels)) for _ in dilations) for _ in range(2)
        )
        self.is_folded = False
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=(kernel - 1) * d // 2) for d in dilations
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(channels, channels, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T); what it gives in the padding means nothing."""
        layers = zip(self.norms1, self.alphas1, self.convs1, self.norms2, self.alphas2, self.convs2, strict=True)
        for norm1, alpha1, conv1, norm2, alpha2, conv2 in layers:
            y = conv1(self._snake(norm1(x, style, valid), alpha1))
            x = x + conv2(self._snake(norm2(y, style, valid), alpha2))
        return x

    def _snake(self, x: Tensor, alpha: Tensor) -> Tensor:
        if not self.is_folded:
            return snake(x, alpha)
        sine = torch.sin(x)
        return torch.addcmul(x, sine, sine)

    def fold_alphas(self) -> None:
        """Moves each ``a`` into the AdaIN before it and ``1 / a`` into the convolution behind.

        That leaves ``u + sin²(u)``: two passes less, and small alphas keep their digits in half precision.
        """
        halves: Any = ((self.norms1, self.alphas1, self.convs1), (self.norms2, self.alphas2, self.convs2))
        for parts in halves:
            for norm, alpha, conv in zip(*parts, strict=True):
                twice = torch.cat([alpha, alpha])
                norm.weight.mul_(twice[:, None])
                norm.bias[: norm.channels].add_(1).mul_(alpha).sub_(1)  # gamma stands for 1 + gamma
                norm.bias[norm.channels :].mul_(alpha)
                conv.weight.div_(alpha[None, :, None])
        self.is_folded = True


def snake(x: Tensor, alpha: Tensor) -> Tensor:
    """(B, C, T), (C,) -> (B, C, T): ``x + sin²(a x) / a``. Source: Ziyin et al. 2020, arXiv:2006.08195."""
    alpha = alpha[:, None]
    return x + torch.sin(alpha * x) ** 2 / alpha


class Recurrent(nn.LSTM):
    """Bidirectional LSTM.

    In a padded batch its backward direction would begin in the padding. ``shut_in_padding`` gives it one more input, 1
    in the padding, whose weights hold the input, forget and output gates shut there, so that the state stays exactly
    zero until the utterance begins. (Packed sequences do the same, but need the lengths on the processor and another
    graph for each.)
    """

    SHUT = -1e4  # its sigmoid is 0 in float32, and it is finite in half precision
    EXTRA = 8  # one is used; the width stays a multiple of what tensor cores like

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs // 2, batch_first=True, bidirectional=True)
        self.has_shutter = False

    def shut_in_padding(self) -> None:
        """Adds that input; from then on ``forward`` needs ``valid``."""
        for end in ("", "_reverse"):
            name = f"weight_ih_l0{end}"
            weight = getattr(self, name)
            wider = weight.new_zeros(len(weight), self.EXTRA)
            shut, kept = self.SHUT, 0.0
            wider[:, 0] = torch.tensor([shut, shut, kept, shut], device=weight.device).repeat_interleave(
                self.hidden_size
            )
            setattr(self, name, nn.Parameter(torch.cat([weight.detach(), wider], dim=1), requires_grad=False))
        self.input_size += self.EXTRA
        self.has_shutter = True
        self.flatten_parameters()

    def over(self, x: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, T, inputs) -> (B, T, outputs)."""
        if self.has_shutter:
            if valid is None:
                raise ValueError("a recurrent layer made for padded batches needs their lengths")
            is_padding = 1 - valid.mask.transpose(1, 2)  # (B, T, 1)
            x = torch.cat([x, is_padding, x.new_zeros(*x.shape[:2], self.EXTRA - 1)], dim=2)
        out: Tensor = self(x)[0]
        return out
