"""Matrix products in eight bits, for the phoneme Transformer.

    (1, n, in) float32 ── DynamicQuantizeMatMul ──► (1, n, out) float32

The inputs get their scale from what they are, utterance by utterance; the weights have one per output. With a fast
decoder the Transformer is most of what remains to be computed, and its twelve layers take a seventh of the time so
(docs/experiments.md). Weights use seven of the eight bits, for the reason that ``quantised`` gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tts_engine.acoustic.quantised import quantise_weights

if TYPE_CHECKING:
    from tts_engine.acoustic.graph import Graph
    from tts_engine.acoustic.layers import Parameters


def linear_in_whole_numbers(graph: Graph, parameters: Parameters, name: str, x: str) -> str:
    """(..., in) -> (..., out), as ``layers.linear``."""
    integers, scale = quantise_weights(parameters[f"{name}.weight"][:, :, None])
    inputs = (graph.weight(f"{name}.whole", integers[:, :, 0].T), graph.weight(f"{name}.scale", scale))
    (product,) = graph.add_many("DynamicQuantizeMatMul", 1, x, *inputs, domain="com.microsoft")
    return graph.add("Add", product, graph.weight(f"{name}.bias", parameters[f"{name}.bias"]))
