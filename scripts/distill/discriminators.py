"""Who tells teacher from student: by periods of the waveform and by spectra of several resolutions.

Multi-period (Kong et al. 2020, arXiv:2010.05646) and multi-resolution (Jang et al. 2021, arXiv:2106.07889), both at the
small widths of Vocos. Each gives its scores and what its layers hear.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

PERIODS = (2, 3, 5, 7, 11)
RESOLUTIONS = ((1024, 256), (2048, 512), (512, 128))
SLOPE = 0.1

#: Scores of a batch, and per layer what was heard.
Heard = tuple[Tensor, list[Tensor]]


class PeriodDiscriminator(nn.Module):
    """Sees every ``period``-th sample as one row."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        widths = [1, width, 2 * width, 4 * width, 8 * width]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(before, after, (5, 1), (3, 1), padding=(2, 0)))
            for before, after in itertools.pairwise(widths)
        )
        self.layers.append(weight_norm(nn.Conv2d(widths[-1], widths[-1], (5, 1), padding=(2, 0))))
        self.last = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, waveform: Tensor) -> Heard:
        """(B, samples)."""
        x = functional.pad(waveform, (0, -waveform.shape[1] % self.period))
        return _through(self.layers, self.last, x.unflatten(1, (-1, self.period))[:, None])  # (B, 1, rows, period)


class ResolutionDiscriminator(nn.Module):
    """Sees a log spectrogram."""

    def __init__(self, size: int, hop: int, width: int) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(1 if i == 0 else width, width, (9, 3), (2 if i else 1, 1), padding=(4, 1)))
            for i in range(4)
        )
        self.last = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> Heard:
        """(B, samples)."""
        window = torch.hann_window(self.size, device=waveform.device)
        spectrum = torch.stft(
            waveform.float(), self.size, self.hop, self.size, window, pad_mode="constant", return_complex=True
        )
        return _through(self.layers, self.last, (spectrum.abs() + 1e-4).log()[:, None])


class Discriminators(nn.Module):
    """All of them."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.each = nn.ModuleList(
            [
                *(PeriodDiscriminator(period, width) for period in PERIODS),
                *(ResolutionDiscriminator(size, hop, width) for size, hop in RESOLUTIONS),
            ]
        )

    def forward(self, waveform: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """(B, samples) -> scores and features, one of each discriminator."""
        heard = [one(waveform) for one in self.each]
        return [scores for scores, _ in heard], [features for _, features in heard]


def _through(layers: nn.ModuleList, last: nn.Module, x: Tensor) -> Heard:
    features = []
    for layer in layers:
        x = functional.leaky_relu(layer(x), SLOPE)
        features.append(x)
    return last(x), features
