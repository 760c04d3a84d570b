"""The decoder as torch sees it: a waveform as a function of a timbre, with gradients. Needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..acoustic import source
from ..acoustic.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..acoustic.engine import AcousticEngine
    from ..types import FloatArray


class DifferentiableVoice:
    """Says fixed phrases in any timbre; all but the timbre is fixed.

    Args:
        engine: whose predictors are used.
        parameters: of the same network, by name.
        prosody_style: (style,) float32.
        phrases: phonemes.
    """

    def __init__(
        self,
        engine: AcousticEngine,
        parameters: Mapping[str, FloatArray],
        prosody_style: FloatArray,
        phrases: Sequence[str],
    ) -> None:
        self._network = Network(engine.config).eval()
        self._network.load_parameters(parameters)
        for parameter in self._network.parameters():
            parameter.requires_grad_(False)
        mix = parameters["source.mix.weight"].reshape(-1)
        bias = float(parameters["source.mix.bias"].item())
        self._inputs = []
        for phonemes in phrases:
            encoding = engine.encode(phonemes, prosody_style)
            prosody = engine.predict(encoding)
            text = np.repeat(encoding.text, prosody.durations, axis=0).T
            excitation = source.excitation(prosody.f0, mix, bias, engine.config)
            curves = (text, prosody.f0, prosody.energy, source.spectrum(excitation, engine.config))
            self._inputs.append([torch.from_numpy(np.ascontiguousarray(one))[None] for one in curves])

    def say(self, number: int, timbre: Tensor) -> Tensor:
        """(style,) -> (samples,) of a phrase, at the engine's rate."""
        text, f0, energy, spectrum = self._inputs[number]
        return self._network.render(text, f0, energy, timbre[None], spectrum)[0]
