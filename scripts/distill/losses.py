"""What the student is told: how far its waveform is from the teacher's.

- spectral: log magnitude and spectral convergence at several resolutions, mel (``own_voices.tuning.SpectralLoss``).
- phase: complex spectra, compressed, of voiced frames below 3 kHz. There the teacher is locked to the pulses that the
  student has too (docs/experiments.md), so the very wave can be learned; elsewhere such a term would only teach the
  student to be soft where it cannot know.
- adversarial, features: from the discriminators, once they are switched on.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_engine.own_voices.tuning import SpectralLoss

PHASE_WEIGHT = 1.0
ADVERSARIAL_WEIGHT, FEATURE_WEIGHT = 1.0, 2.0

#: Windows of the phase term, the power that magnitudes are compressed by, and up to where it listens.
PHASE_SIZES, POWER, PHASE_TOP_HZ = (512, 1024), 0.3, 3000.0


class StudentLoss(nn.Module):
    """Distance of two batches of waveforms; zero for equal ones."""

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.spectral = SpectralLoss(sample_rate)

    def forward(self, said: Tensor, target: Tensor, voiced: Tensor) -> dict[str, Tensor]:
        """(B, samples) waveforms and where there is voice, 0 or 1 -> the terms, weighted; their sum is minimised."""
        phase = phase_distance(said, target, voiced, self.sample_rate)
        return {"spectral": self.spectral(said, target), "phase": PHASE_WEIGHT * phase}


def phase_distance(said: Tensor, target: Tensor, voiced: Tensor, sample_rate: int) -> Tensor:
    """Squared difference of compressed complex spectra over their power: 0 = equal, 1 = silence.

    Only windows that are voiced throughout count, below ``PHASE_TOP_HZ``; without any it is 0.
    """
    total = said.new_zeros(())
    for size in PHASE_SIZES:
        top = round(size * PHASE_TOP_HZ / sample_rate)
        share = functional.avg_pool1d(voiced[:, None], size, stride=size // 4, padding=size // 2)  # (B, 1, steps)
        counts = (share > 0.999).to(said.dtype)[..., None]
        one, other = (_compressed(waveform, size)[:, :top] * counts for waveform in (said, target))
        total = total + (one - other).square().sum() / other.square().sum().clamp_min(1e-6)
    return total / len(PHASE_SIZES)


def _compressed(waveform: Tensor, size: int) -> Tensor:
    """(B, samples) -> (B, bins, steps, 2), magnitudes to the power ``POWER``."""
    window = torch.hann_window(size, device=waveform.device)
    spectrum = torch.view_as_real(
        torch.stft(waveform, size, size // 4, size, window, pad_mode="constant", return_complex=True)
    )
    power = spectrum.square().sum(dim=-1, keepdim=True) + 1e-6
    return spectrum * power ** ((POWER - 1) / 2)


def for_discriminators(real: Sequence[Tensor], false: Sequence[Tensor]) -> Tensor:
    """Hinge loss over all of them: real above 1, false below -1."""
    terms = [(1 - one).relu().mean() + (1 + other).relu().mean() for one, other in zip(real, false, strict=True)]
    return torch.stack(terms).mean()


def for_student(false: Sequence[Tensor]) -> Tensor:
    """How little the discriminators believe."""
    return ADVERSARIAL_WEIGHT * torch.stack([(1 - one).relu().mean() for one in false]).mean()


def of_features(real: Sequence[Sequence[Tensor]], false: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean difference of what the discriminators hear inside, each layer by its own size."""
    terms = [
        (one.detach() - other).abs().mean() / one.detach().abs().mean().clamp_min(1e-3)
        for layers, others in zip(real, false, strict=True)
        for one, other in zip(layers, others, strict=True)
    ]
    return FEATURE_WEIGHT * torch.stack(terms).mean()
