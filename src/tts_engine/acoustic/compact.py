"""Weights of a graph in eight bits, expanded one after the other while it is computed: a quarter of their memory.

    weight (float32) ──► weight.eight (int8), weight.steps (float32) ── DequantizeLinear ──► weight

The products stay those of float32, only slower: what ONNX Runtime prepares of constant weights at loading, it does not
prepare of these. The packaged file holds its weights in eight bits too, so little is lost (docs/small-devices.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tts_engine.acoustic.graph import Graph
    from tts_engine.types import FloatArray

#: Arrays of fewer values stay as they are.
LEAST_VALUES = 1 << 13
_LIMIT = 127


def compact(graph: Graph) -> Graph:
    """The graph itself, its large float32 weights now in eight bits."""
    mark = graph.mark()
    for name, value in list(graph.weights.items()):
        if value.dtype == np.float32 and value.size >= LEAST_VALUES:
            del graph.weights[name]
            axis, whole, steps = in_eight_bits(value)
            inputs = [graph.weight(f"{name}.eight", whole), graph.weight(f"{name}.steps", steps)]
            graph.add_named("DequantizeLinear", inputs, [name], axis=axis)
    graph.move_to_front(mark)
    return graph


def in_eight_bits(value: FloatArray) -> tuple[int, np.ndarray, FloatArray]:
    """The axis that gets a step each, the values in such steps, the steps: along the axis where least is lost."""
    best, least = None, np.inf
    for axis in range(value.ndim):
        others = tuple(other for other in range(value.ndim) if other != axis)
        steps = np.maximum(np.abs(value).max(axis=others, keepdims=True), np.finfo(np.float32).tiny) / _LIMIT
        whole = value / steps
        rounded = np.rint(whole)
        whole -= rounded
        whole *= steps
        lost = float(np.square(whole, out=whole).sum())
        if best is None or lost < least:
            best, least = (axis, rounded.astype(np.int8), steps.reshape(-1)), lost
    assert best is not None
    return best
