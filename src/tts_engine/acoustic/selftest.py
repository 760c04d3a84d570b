"""Which of two forms of the decoder is faster here, float32 or whole numbers: a test of a second.

One level of the generator with random weights speaks for all of it. The test also looks whether both forms say the
same, since kernels that overflow would be fast too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from tts_engine.acoustic import quantised
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import Styles, snake_block
from tts_engine.acoustic.onnx_runtime import open_session
from tts_engine.acoustic.precision import Measured
from tts_engine.acoustic.quantised import Range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnxruntime import InferenceSession

    from tts_engine.acoustic.layers import Parameters
    from tts_engine.types import FloatArray

STEPS = 2400  # half a second of the generator's last level
REPEATS = 3
_REACH = 6.5  # a normal deviate beyond this is not among those of the test


def measure() -> Measured:
    """Half a second of noise through one level of the generator in either form, on one thread, best of a few."""
    config = ModelConfig()
    channels = config.hidden >> len(config.upsample_rates)
    parameters = _random_blocks(config, channels)
    layers = {name.removesuffix(".bias") for name in parameters}
    noise = np.random.default_rng(1).standard_normal((1, channels, 1, STEPS), dtype=np.float32)
    inputs = {"x": noise, "style": np.zeros((1, config.style), np.float32)}
    low, high = np.full(channels, -_REACH, np.float32), np.full(channels, _REACH + 1, np.float32)
    ranges = {name: Range(low, high, known.bits) for name, known in quantised.packaged().items() if name in layers}
    forms = [_level(config, parameters, chosen) for chosen in ({}, ranges)]
    float32, int8 = (form.run(None, inputs)[0] for form in forms)
    times = np.array([[_seconds(form, inputs) for form in forms] for _ in range(REPEATS)]).min(axis=0)
    agreement = np.square(float32).mean() / max(float(np.square(float32 - int8).mean()), 1e-20)
    return Measured(1e3 * float(times[0]), 1e3 * float(times[1]), 10 * float(np.log10(agreement)))


def _random_blocks(config: ModelConfig, channels: int) -> dict[str, FloatArray]:
    chance = np.random.default_rng(0)
    parameters: dict[str, FloatArray] = {}
    for block, kernel in zip(_names(config), config.block_kernels, strict=True):
        for half in (1, 2):
            for i in range(len(config.block_dilations)):
                weight = chance.standard_normal((channels, channels, kernel), dtype=np.float32)
                parameters[f"{block}.convs{half}.{i}.weight"] = weight / np.float32(np.sqrt(channels * kernel))
                parameters[f"{block}.convs{half}.{i}.bias"] = np.zeros(channels, np.float32)
                parameters[f"{block}.norms{half}.{i}.weight"] = np.zeros((2 * channels, config.style), np.float32)
                parameters[f"{block}.norms{half}.{i}.bias"] = np.zeros(2 * channels, np.float32)
                parameters[f"{block}.alphas{half}.{i}"] = np.ones(channels, np.float32)
    return parameters


def _names(config: ModelConfig) -> list[str]:
    """The blocks of the last level."""
    first = (len(config.upsample_rates) - 1) * len(config.block_kernels)
    return [f"generator.blocks.{first + i}" for i in range(len(config.block_kernels))]


def _level(config: ModelConfig, parameters: Parameters, ranges: Mapping[str, Range]) -> InferenceSession:
    graph = Graph("level")
    channels = len(next(iter(parameters.values())))
    x = graph.input("x", [1, channels, 1, "steps"])
    styles = Styles(graph, graph.input("style", [1, config.style]))
    convolve = quantised.quantised(ranges)
    blocks = [
        snake_block(graph, parameters, block, x, styles, config.block_dilations, convolve) for block in _names(config)
    ]
    graph.output("y", graph.add("Sum", *blocks), None)
    styles.finish()
    return open_session(graph, threads=1)


def _seconds(session: InferenceSession, inputs: Mapping[str, FloatArray]) -> float:
    began = time.perf_counter()
    session.run(None, dict(inputs))
    return time.perf_counter() - began
