"""The speaker recogniser of Resemblyzer, its weights from the installed package, differentiable. Needs torch.

Source: Wan et al. 2018, "Generalized end-to-end loss for speaker verification" (arXiv:1710.10467), as trained by
Resemblyzer (Apache-2.0). Only the weights are the package's: the three-layer LSTM and the mel spectrum (Slaney's
scale, power, no logarithm) are written here in torch, so that gradients pass and neither librosa nor webrtcvad, which
must be compiled, is needed. ``pip install --no-deps resemblyzer`` is enough.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import AssetDamagedError, FeatureMissingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE, FFT, HOP, MELS = 16_000, 400, 160, 40
WINDOW, STRIDE = 160, 77  # frames of one embedding, and between two: 1.3 a second
LEVEL = 10 ** (-30 / 20)


class SpeakerNetwork(nn.Module):
    """Mel frames to a point on the sphere in 256 dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, frames, 40) -> (B, 256)."""
        _, (hidden, _) = self.lstm(mel)
        out: Tensor = functional.normalize(functional.relu(self.linear(hidden[-1])), dim=1)
        return out


class SpeakerRecogniser:
    """Embeds waveforms."""

    def __init__(self, network: SpeakerNetwork) -> None:
        self._network = network.eval()
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        self._bank = torch.from_numpy(slaney_bank())
        self._window = torch.hann_window(FFT)

    def embed(self, waveform: Tensor, sample_rate: int = RATE) -> Tensor:
        """(samples,) -> (256,), of length 1; gradients pass."""
        at_rate = resampled(waveform, sample_rate)
        at_rate = at_rate * (LEVEL / at_rate.square().mean().sqrt().clamp_min(1e-9))
        at_rate = functional.pad(at_rate, (0, max(0, WINDOW * HOP - len(at_rate))))
        spectrum = torch.stft(at_rate, FFT, HOP, window=self._window, pad_mode="constant", return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        mel = (self._bank @ power).T
        begins = range(0, len(mel) - WINDOW + 1, STRIDE)
        partial = self._network(torch.stack([mel[begin : begin + WINDOW] for begin in begins]))
        out: Tensor = functional.normalize(partial.mean(dim=0), dim=0)
        return out


@functools.cache
def load_recogniser() -> SpeakerRecogniser:
    """The recogniser with the package's weights.

    Raises:
        FeatureMissingError: the package is not installed.
        AssetDamagedError: its weights are not those of this network.
    """
    found = importlib.util.find_spec("resemblyzer")
    if found is None or found.origin is None:
        raise FeatureMissingError(
            "说话人识别需要 resemblyzer，请安装：pip install --no-deps resemblyzer。The speaker recogniser needs"
            " resemblyzer: pip install --no-deps resemblyzer.",
            code="train_missing",
            missing=["resemblyzer"],
        )
    file = Path(found.origin).parent / "pretrained.pt"
    network = SpeakerNetwork()
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
        network.load_state_dict(
            {name: value for name, value in state.items() if name.split(".")[0] in ("lstm", "linear")}
        )
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise AssetDamagedError(
            f"resemblyzer 的权重无法读取（{error}），请重新安装。"
            "The weights of resemblyzer cannot be read: install it again.",
            path=str(file),
        ) from error
    return SpeakerRecogniser(network)


def speaker_embedding(waveform: NDArray[np.floating]) -> NDArray[np.float64]:
    """(256,) embedding of a waveform at 16 kHz."""
    with torch.no_grad():
        embedding = load_recogniser().embed(torch.from_numpy(np.asarray(waveform, np.float32)))
    return np.asarray(embedding.numpy(), np.float64)


def resampled(waveform: Tensor, sample_rate: int) -> Tensor:
    """(samples,) at another rate -> at 16 kHz, by cutting or filling the spectrum; gradients pass."""
    if sample_rate == RATE:
        return waveform
    length = round(len(waveform) * RATE / sample_rate)
    bins = length // 2 + 1
    spectrum = torch.fft.rfft(waveform)[:bins]
    spectrum = functional.pad(spectrum, (0, bins - len(spectrum)))
    out: Tensor = torch.fft.irfft(spectrum, n=length) * (length / len(waveform))
    return out


def slaney_bank() -> NDArray[np.float32]:
    """(40, 201) mel triangles of equal area, linear below 1 kHz and logarithmic above.

    Source: M. Slaney, "Auditory Toolbox", 1998, as used by the training of the recogniser.
    """
    step, knee = 200.0 / 3.0, 1000.0
    ratio = math.log(6.4) / 27.0
    top = knee / step + math.log(RATE / 2 / knee) / ratio
    mels = np.linspace(0.0, top, MELS + 2)
    hertz = np.where(mels < knee / step, mels * step, knee * np.exp(ratio * (mels - knee / step)))
    bins = np.linspace(0.0, RATE / 2, FFT // 2 + 1)
    rise = (bins - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    drop = (hertz[2:, None] - bins) / (hertz[2:] - hertz[1:-1])[:, None]
    bank = np.maximum(0.0, np.minimum(rise, drop)) * (2.0 / (hertz[2:] - hertz[:-2]))[:, None]
    return np.asarray(bank, np.float32)
