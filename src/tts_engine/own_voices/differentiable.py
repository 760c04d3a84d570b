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
    """Says fixed phrases, or stretches of them, in any timbre; all but the timbre is fixed.

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
        self._config = engine.config
        self._phrases = []
        for phonemes in phrases:
            encoding = engine.encode(phonemes, prosody_style)
            prosody = engine.predict(encoding)
            text = np.repeat(encoding.text, prosody.durations, axis=0)  # (frames, hidden)
            excitation = source.excitation(prosody.f0, mix, bias, engine.config)
            self._phrases.append((text, prosody.f0, prosody.energy, excitation))

    @property
    def sample_rate(self) -> int:
        """Samples per second of what it says."""
        return self._config.sample_rate

    def frames(self, number: int) -> int:
        """How long a phrase is."""
        return len(self._phrases[number][0])

    def say(self, number: int, timbre: Tensor, begin: int = 0, end: int | None = None) -> Tensor:
        """(style,) -> (samples,) at the engine's rate: a phrase, or its frames from ``begin`` to ``end``."""
        text, f0, energy, excitation = self._phrases[number]
        hop, end = self._config.frame_hop, len(text) if end is None else end
        curve = slice(begin * hop // self._config.curve_hop, end * hop // self._config.curve_hop)
        spectrum = source.spectrum(excitation, self._config, begin * hop, end * hop)
        curves = (text[begin:end].T, f0[curve], energy[curve], spectrum)
        content, pitch, level, source_spectrum = (torch.from_numpy(np.ascontiguousarray(one))[None] for one in curves)
        return self._network.render(content, pitch, level, timbre[None], source_spectrum)[0]
