"""ONNX Runtime sessions from graphs whose weights are arrays in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime

if TYPE_CHECKING:
    from tts_engine.acoustic.graph import Graph


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
