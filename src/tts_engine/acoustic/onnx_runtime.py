"""The stages on ONNX Runtime: sessions from graphs whose weights are arrays in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnxruntime

from tts_engine.acoustic import source, stages
from tts_engine.acoustic.runtime import Curves, refuse_unless_finite
from tts_engine.errors import SynthesisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.graph import Graph
    from tts_engine.types import FloatArray, IntArray


class OnnxRuntime:
    """Three sessions on the processor, one utterance a call; see ``runtime.Runtime`` for the calls.

    Args:
        config: describes the parameters.
        parameters: name -> float32 array, read once, stage by stage.
        threads: processor threads of one call.
        has_decoder: whether stage C is loaded; without it ``source`` and ``decode`` are a subclass's.
    """

    together = 1
    arithmetic = "float32"

    def __init__(
        self, config: ModelConfig, parameters: Mapping[str, FloatArray], *, threads: int, has_decoder: bool = True
    ) -> None:
        self._config = config
        self._mix = parameters["source.mix.weight"].reshape(-1)
        self._mix_bias = float(parameters["source.mix.bias"].item())
        self._encoder = open_session(stages.encoder(config, parameters), threads=threads)
        self._prosody = open_session(stages.prosody(config, parameters), threads=threads)
        if has_decoder:
            self._decoder = open_session(stages.decoder(config, parameters), threads=threads)

    def warm_up(self) -> None:
        """Nothing: the first call is as fast as any."""

    def encode(self, ids: IntArray, style: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:  # noqa: D102
        durations, prosody, text = run_session(self._encoder, tokens=ids[None], style=style[None])
        return durations, prosody, text

    def predict(  # noqa: D102
        self, prosody: FloatArray, rows: IntArray, style: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        f0, energy = run_session(self._prosody, prosody=prosody[rows], style=style[None])
        return f0, energy

    def source(self, curves: Curves) -> FloatArray:
        """The harmonic source itself."""
        return source.excitation(
            curves.f0, self._mix, self._mix_bias, self._config, seed=curves.seed, noise=curves.noise
        )

    def decode(self, curves: Curves, made: FloatArray, begin: int, end: int) -> FloatArray:  # noqa: D102
        hop = self._config.frame_hop
        (waveform,) = run_session(
            self._decoder,
            text=curves.text[curves.rows[begin:end]],
            f0=curves.f0[2 * begin : 2 * end],
            energy=curves.energy[2 * begin : 2 * end],
            style=curves.style[None],
            source=source.spectrum(made, self._config, begin * hop, end * hop),
        )
        return waveform


def open_session(graph: Graph, *, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session for the graph, holding its own copy of the weights: the caller may drop the graph.

    Args:
        graph: with its weights.
        threads: of one call inside the session; several calls may run at the same time.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # lengths differ from call to call: a remembered plan only costs memory
    options.log_severity_level = 3
    # waiting threads sleep: spinning costs 2.5 % less time alone, but burns 15-30 % more processor time and slows
    # whatever runs beside it, a second sentence of ours included
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    external = graph.external()
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in external.values()]
    options.add_external_initializers(list(external), values)
    return onnxruntime.InferenceSession(graph.model().SerializeToString(), options, providers=["CPUExecutionProvider"])


def run_options() -> onnxruntime.RunOptions:
    """Options of one call: give the memory that the activations took back, or the longest utterance stays resident."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def run_session(session: onnxruntime.InferenceSession, **inputs: Any) -> list[FloatArray]:
    """The outputs for these inputs.

    Raises:
        SynthesisError: the call failed, or an output is not finite.
    """
    try:
        outputs: list[FloatArray] = session.run(None, inputs, run_options())
    except Exception as error:  # ONNX Runtime raises several kinds, all meaning that this call failed
        raise SynthesisError(f"the acoustic model failed: {error}") from error
    refuse_unless_finite({one.name: value for one, value in zip(session.get_outputs(), outputs, strict=True)})
    return outputs
