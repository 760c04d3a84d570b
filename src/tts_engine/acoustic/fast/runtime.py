"""The fast decoder in the place of stage C, and stage A in eight bits, which is most of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tts_engine.acoustic.fast import sound
from tts_engine.acoustic.fast.graph import filters
from tts_engine.acoustic.onnx_runtime import OnnxRuntime, open_session, run_session
from tts_engine.acoustic.precision import INT8, SMALL
from tts_engine.acoustic.products import linear_in_whole_numbers
from tts_engine.acoustic.profile import Profile
from tts_engine.acoustic.runtime import refuse_unless_finite
from tts_engine.errors import AssetDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.fast.weights import FastWeights
    from tts_engine.acoustic.runtime import Curves
    from tts_engine.types import FloatArray


@dataclass(frozen=True, slots=True)
class Made:
    """What is made once for a whole utterance.

    Attributes:
        excitation: (2, frames * frame_hop) float32, pulses and noise.
        features: (2 frames, FEATURES) float32, what the network reads of the curves.
    """

    excitation: FloatArray
    features: FloatArray


class FastDecoder:
    """The fast decoder alone.

    Args:
        weights: of it.
        config: of the model whose curves it renders.
        threads: processor threads of one call.

    Raises:
        AssetDamagedError: the weights were not made for this model.
    """

    def __init__(self, weights: FastWeights, config: ModelConfig, *, threads: int) -> None:
        if not weights.config.fits(config):
            raise AssetDamagedError(
                f"快速解码器不是为这个模型训练的：{weights.config}。"
                f"The fast decoder was not made for this model: {weights.config}."
            )
        self._model, self._config = config, weights.config
        self._filters = open_session(filters(weights.config, weights.parameters), threads=threads)

    def prepare(self, curves: Curves) -> Made:
        """The excitation and the features of the curves, whose phase runs through the whole."""
        return Made(
            sound.excitation(curves.f0, self._model, seed=curves.seed, noise=curves.noise),
            sound.features(curves.f0, curves.energy, self._model),
        )

    def decode(self, curves: Curves, made: Made, begin: int, end: int) -> FloatArray:
        """The frames from ``begin`` to ``end``: exactly that stretch of the whole."""
        config = self._config
        first, last = 2 * begin, 2 * end  # values of the curves
        low, high = max(0, first - config.context), min(len(curves.f0), last + config.context)
        rows = np.repeat(curves.rows, 2)[low:high]
        token = int(rows.min())
        pulses, pulses_turned, noise, noise_turned = run_session(
            self._filters,
            text=curves.text[token : int(rows.max()) + 1],
            rows=rows - token,
            features=made.features[low:high],
            style=curves.style[None],
        )
        spectra = sound.spectra(made.excitation, config, low * config.steps, high * config.steps)
        spectrum = spectra[:, 0] * (pulses + 1j * pulses_turned) + spectra[:, 1] * (noise + 1j * noise_turned)
        waveform = sound.waveform(spectrum, config)
        cut = waveform[(first - low) * config.curve_hop : (last - low) * config.curve_hop].copy()
        refuse_unless_finite({"waveform": cut})
        return cut


class FastRuntime(OnnxRuntime):
    """Stage A with its Transformer in eight bits, stage B as ever, the waveform from the fast decoder.

    Args:
        config: of the model.
        parameters: of the model; those of its own decoder are not read.
        weights: of the fast decoder.
        threads: processor threads of one call.
        is_small: whether stages A and B are to take as little memory as they can; the fast decoder is small.

    Raises:
        AssetDamagedError: the weights were not made for this model.
    """

    def __init__(
        self,
        config: ModelConfig,
        parameters: Mapping[str, FloatArray],
        weights: FastWeights,
        *,
        threads: int,
        is_small: bool = False,
    ) -> None:
        self._fast = FastDecoder(weights, config, threads=threads)
        super().__init__(
            config,
            parameters,
            Profile(is_small=is_small),
            threads=threads,
            has_decoder=False,
            multiply=linear_in_whole_numbers,
        )
        self.arithmetic = SMALL if is_small else INT8

    @property
    def joins(self) -> bool:
        """Always: nothing is normalised."""
        return True

    def windows(self, curves: Curves, begin: int, end: int) -> list[tuple[int, int]]:
        """One: the decoder takes little memory."""
        return [(begin, end)]

    def prepare(self, curves: Curves) -> Any:  # noqa: D102
        return self._fast.prepare(curves)

    def decode(self, curves: Curves, made: Any, begin: int, end: int) -> FloatArray:  # noqa: D102
        return self._fast.decode(curves, made, begin, end)
