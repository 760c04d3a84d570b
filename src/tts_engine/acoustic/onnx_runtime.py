"""The stages on ONNX Runtime: sessions from graphs whose weights are arrays in memory."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from tts_engine.acoustic import source, stages
from tts_engine.acoustic.compact import compact
from tts_engine.acoustic.layers import linear
from tts_engine.acoustic.precision import FLOAT32, INT8, SMALL
from tts_engine.acoustic.profile import PLAIN, Profile
from tts_engine.acoustic.quantised import quantised
from tts_engine.acoustic.runtime import Curves, refuse_unless_finite
from tts_engine.errors import SynthesisError
from tts_engine.memory import give_back_memory, hold_little

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.graph import Graph
    from tts_engine.acoustic.layers import Linear
    from tts_engine.types import FloatArray, IntArray


#: Frames that the generator computes at once, about: in windows of 1.2 s its activations stay near the processor, which
#: makes it up to twice as fast as over a whole sentence, and each frame takes 0.7 MB meanwhile.
WINDOW_FRAMES = 48
SMALL_WINDOW_FRAMES = 30

#: Utterances up to so many frames (2 s) are computed at once, with their own statistics.
WHOLE_FRAMES = 80
SMALL_WHOLE_FRAMES = 60


@dataclass(frozen=True, slots=True)
class Made:
    """What is made once for a whole utterance.

    Attributes:
        source: (frames * frame_hop,) float32, the harmonic source.
        features: (1, hidden, 1, 2 frames) float32, what the generator reads.
        statistics: of the generator's norms, as estimated; None where there is no estimate.
    """

    source: FloatArray
    features: FloatArray
    statistics: FloatArray | None


class OnnxRuntime:
    """Four sessions on the processor, one utterance a call; see ``runtime.Runtime`` for the calls.

    Args:
        config: describes the parameters.
        parameters: name -> float32 array, read once, stage by stage.
        profile: how they are computed; its ``fast`` is a subclass's.
        threads: processor threads of one call.
        has_decoder: whether stage C is loaded; without it ``prepare`` and ``decode`` are a subclass's.
        multiply: writes the products of stage A's Transformer.
    """

    together = 1

    def __init__(
        self,
        config: ModelConfig,
        parameters: Mapping[str, FloatArray],
        profile: Profile = PLAIN,
        *,
        threads: int,
        has_decoder: bool = True,
        multiply: Linear = linear,
    ) -> None:
        is_small = profile.is_small
        self.arithmetic = SMALL if is_small else INT8 if profile.ranges else FLOAT32
        self._window = SMALL_WINDOW_FRAMES if is_small else WINDOW_FRAMES
        if is_small:
            hold_little()
        self._config = config
        self._estimate = profile.estimate
        self._mix = parameters["source.mix.weight"].reshape(-1)
        self._mix_bias = float(parameters["source.mix.bias"].item())

        def opened(graph: Graph, *, has_arena: bool = not is_small) -> onnxruntime.InferenceSession:
            return open_session(compact(graph) if is_small else graph, threads=threads, has_arena=has_arena)

        self._encoder = opened(stages.encoder(config, parameters, multiply))
        self._prosody = opened(stages.prosody(config, parameters))
        if has_decoder:
            self._unknown = np.zeros(2 * sum(stages.norm_widths(config)), np.float32)
            convolve = quantised(profile.ranges or {})
            self._decoder = opened(stages.decoder(config, parameters, convolve))
            self._generator = opened(stages.generator(config, parameters, convolve), has_arena=True)

    @property
    def joins(self) -> bool:
        """Whether there is an estimate."""
        return self._estimate is not None

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

    def prepare(self, curves: Curves) -> Any:
        """The harmonic source, the features and the estimated statistics."""
        excitation = source.excitation(
            curves.f0, self._mix, self._mix_bias, self._config, seed=curves.seed, noise=curves.noise
        )
        (features,) = run_session(
            self._decoder, text=curves.text[curves.rows], f0=curves.f0, energy=curves.energy, style=curves.style[None]
        )
        statistics = None if self._estimate is None else self._estimate(curves, features, self._config)
        return Made(excitation, features, statistics)

    def windows(self, curves: Curves, begin: int, end: int) -> list[tuple[int, int]]:
        """What is longer than ``WHOLE_FRAMES``, or a part, in pieces of about ``WINDOW_FRAMES``."""
        if not self.joins or self._is_short(curves, begin, end):
            return [(begin, end)]
        count = max(1, round((end - begin) / self._window))
        edges = [begin + (end - begin) * number // count for number in range(count + 1)]
        return list(itertools.pairwise(edges))

    def decode(self, curves: Curves, made: Any, begin: int, end: int) -> FloatArray:  # noqa: D102
        statistics = None if self._is_short(curves, begin, end) else made.statistics
        return self._generate(curves, made, begin, end, statistics)

    def _is_short(self, curves: Curves, begin: int, end: int) -> bool:
        """Whether it is a whole utterance that is computed at once, with its own statistics."""
        whole = SMALL_WHOLE_FRAMES if self.arithmetic == SMALL else WHOLE_FRAMES
        return (begin, end) == (0, len(curves.rows)) and end <= whole

    def _generate(self, curves: Curves, made: Made, begin: int, end: int, statistics: FloatArray | None) -> FloatArray:
        """The waveform of a stretch, normalised over itself or by the statistics of the whole."""
        hop = self._config.frame_hop
        reach = 0 if statistics is None else self._config.generator_reach
        first, last = max(0, begin - reach), min(len(curves.rows), end + reach)
        (waveform,) = run_session(
            self._generator,
            features=np.ascontiguousarray(made.features[..., 2 * first : 2 * last]),
            style=curves.style[None],
            source=source.spectrum(made.source, self._config, first * hop, last * hop),
            statistics=self._unknown if statistics is None else statistics,
            is_given=np.array(statistics is not None),
        )
        give_back_memory()  # what the arena gave up
        return waveform[(begin - first) * hop : (end - first) * hop]


def open_session(graph: Graph, *, threads: int, has_arena: bool = True) -> onnxruntime.InferenceSession:
    """A CPU session for the graph, holding its own copy of the weights: the caller may drop the graph.

    Args:
        graph: with its weights.
        threads: of one call inside the session; several calls may run at the same time.
        has_arena: whether a call takes memory from the system in large pieces, which is more and quicker.
    """
    give_back_memory()  # of the arrays of the graph before this one
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = has_arena
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
        has_arena = session.get_session_options().enable_cpu_mem_arena
        outputs: list[FloatArray] = session.run(None, inputs, run_options() if has_arena else None)
    except Exception as error:  # ONNX Runtime raises several kinds, all meaning that this call failed
        raise SynthesisError(f"the acoustic model failed: {error}") from error
    refuse_unless_finite({one.name: value for one, value in zip(session.get_outputs(), outputs, strict=True)})
    return outputs
