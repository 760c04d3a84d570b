"""The network of the fast decoder, written for ONNX Runtime.

    text per token ──► linear ──► each value of the curves takes its token's ──┐
    features ──► convolution over the values ─────────────────────────────────┴► blocks ──► steps per value ──► blocks
                                                                       ──► filters for pulses and noise, per STFT frame

A block is that of ConvNeXt (Liu et al. 2022, arXiv:2201.03545) as Vocos uses it (Siuzdak 2023, arXiv:2306.00814):
depthwise convolution, layer norm over the channels with scale and shift from the timbre, two linear layers, residual.
Nothing is normalised over time, so what a frame becomes depends on ``FastConfig.context`` values around it and on
nothing else. ``scripts/distill/student.py`` is the same network in torch; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import TensorProto

from tts_engine.acoustic.fast.config import FEATURES, FILTERS
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import Styles, conv, linear

if TYPE_CHECKING:
    from tts_engine.acoustic.fast.config import FastConfig
    from tts_engine.acoustic.layers import Parameters

NORM_EPSILON = 1e-5

#: Largest log gain of a filter: e^6, 52 dB; beyond it a wrong input would be a blow to the ear.
MOST_LOG_GAIN = 6.0


def filters(config: FastConfig, parameters: Parameters) -> Graph:
    """The network as a graph.

    Inputs: ``text`` (tokens, hidden); ``rows`` (values,) int64, which token each value belongs to; ``features``
    (values, FEATURES); ``style`` (1, style).
    Outputs: ``pulses_real``, ``pulses_imaginary``, ``noise_real``, ``noise_imaginary``, each (values * steps, bins).
    """
    graph = Graph("fast")
    text = graph.input("text", ["tokens", config.hidden])
    rows = graph.input("rows", ["values"], TensorProto.INT64)
    features = graph.input("features", ["values", FEATURES])
    styles = Styles(graph, graph.input("style", [1, config.style]))

    said = graph.add("MatMul", text, graph.weight("text_in.weight", parameters["text_in.weight"].T))
    wide = graph.add("Unsqueeze", graph.add("Transpose", features, perm=[1, 0]), graph.integers(0, 2))
    curves = conv(graph, "curve_in", wide, parameters["curve_in.weight"], parameters["curve_in.bias"])
    x = graph.add("Add", graph.add("Gather", said, rows), _rows_of(graph, curves))  # (values, width)
    for i in range(config.blocks):
        x = _block(graph, parameters, f"blocks.{i}", x, styles)
    x = linear(graph, parameters, "turn", x)  # (values, steps * fine)
    x = graph.add("Reshape", x, graph.integers(-1, config.fine_width))
    for i in range(config.fine_blocks):
        x = _block(graph, parameters, f"fine.{i}", x, styles)
    x = linear(graph, parameters, "head", _norm(graph, parameters, "norm", x, styles))
    parts = graph.add_many("Split", FILTERS, x, graph.integers(*[config.bins] * FILTERS), axis=1)
    for name, log_gain, phase in (("pulses", *parts[:2]), ("noise", *parts[2:])):
        gain = graph.add("Exp", graph.add("Min", log_gain, graph.constant(MOST_LOG_GAIN)))
        for part, turn in (("real", "Cos"), ("imaginary", "Sin")):
            product = graph.add("Mul", gain, graph.add(turn, phase))
            graph.output(f"{name}_{part}", product, ["frames", config.bins])
    styles.finish()
    return graph


def _block(graph: Graph, parameters: Parameters, name: str, x: str, styles: Styles) -> str:
    """(rows, width) -> the same. The factor on the residual is folded into the layer before it."""
    depthwise = parameters[f"{name}.depthwise.weight"]  # (width, 1, kernel)
    width, _, kernel = depthwise.shape
    pad = kernel // 2
    y = graph.add("Unsqueeze", graph.add("Transpose", x, perm=[1, 0]), graph.integers(0, 2))  # (1, width, 1, rows)
    y = graph.add(
        "Conv",
        y,
        graph.weight(f"{name}.depthwise.weight", depthwise[:, :, None, :]),
        graph.weight(f"{name}.depthwise.bias", parameters[f"{name}.depthwise.bias"]),
        kernel_shape=[1, kernel],
        pads=[0, pad, 0, pad],
        group=width,
    )
    y = _norm(graph, parameters, f"{name}.norm", _rows_of(graph, y), styles)
    y = graph.add("Gelu", linear(graph, parameters, f"{name}.widen", y), approximate="tanh")
    scale = parameters[f"{name}.scale"]
    folded = {
        f"{name}.narrow.weight": parameters[f"{name}.narrow.weight"] * scale[:, None],
        f"{name}.narrow.bias": parameters[f"{name}.narrow.bias"] * scale,
    }
    return graph.add("Add", x, linear(graph, folded, f"{name}.narrow", y))


def _rows_of(graph: Graph, x: str) -> str:
    """(1, C, 1, T) -> (T, C)."""
    return graph.add("Transpose", graph.add("Squeeze", x, graph.integers(0, 2)), perm=[1, 0])


def _norm(graph: Graph, parameters: Parameters, name: str, x: str, styles: Styles) -> str:
    """(rows, C) normalised over the channels, scaled and shifted by the timbre."""
    scale, shift = styles.scale_and_bias(parameters[f"{name}.weight"], parameters[f"{name}.bias"])
    return graph.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=NORM_EPSILON)
