"""CUDA graphs by shape: a stage that is launched as one piece instead of a thousand kernels.

Small batches do not fill a card; what they wait for is the processor launching kernels, some microseconds each. A shape
that comes a second time is captured and from then on replayed. Large batches are computed without: there the card is
the limit, and a graph for each of their many shapes would only cost memory.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

logger = logging.getLogger(__name__)

Tensors: TypeAlias = "tuple[Tensor, ...]"
Stage: TypeAlias = "Callable[..., Tensors]"

#: Captures a function of tensors that stay where they are: gives what replays it, and where its results then stand.
Capture: TypeAlias = "Callable[[Stage, Tensors], tuple[Callable[[], object], Tensors]]"


@dataclass(frozen=True, slots=True)
class _Captured:
    inputs: Tensors
    outputs: Tensors
    replay: Callable[[], object]


class Graphs:
    """Runs stages, captured where that pays. For one thread and one stream.

    The results of a replay stand where the next replay writes: copy them on the same stream before anything else runs.

    Args:
        capture: ``cuda_capture`` on a card; None never captures.
        most: graphs that are kept; the one not used for longest goes first.
    """

    def __init__(self, capture: Capture | None, *, most: int = 128) -> None:
        self._capture = capture
        self._most = most
        self._seen: OrderedDict[Hashable, _Captured | None] = OrderedDict()
        self._refused: set[Hashable] = set()

    def run(self, key: Hashable, stage: Stage, inputs: Tensors, *, is_small: bool) -> Tensors:
        """``stage(*inputs)``; the inputs of one key always have the same shapes.

        Args:
            key: of the stage and the shapes.
            stage: without side effects, without waiting for the device.
            inputs: on the device.
            is_small: whether a graph pays.
        """
        if self._capture is None or not is_small or key in self._refused:
            return stage(*inputs)
        if key not in self._seen:
            self._remember(key, None)
            return stage(*inputs)
        captured = self._seen[key] or self._try(key, stage, inputs)
        if captured is None:
            return stage(*inputs)
        self._seen.move_to_end(key)
        for kept, given in zip(captured.inputs, inputs, strict=True):
            kept.copy_(given, non_blocking=True)
        captured.replay()
        return captured.outputs

    def _try(self, key: Hashable, stage: Stage, inputs: Tensors) -> _Captured | None:
        assert self._capture is not None
        kept = tuple(one.clone() for one in inputs)
        try:
            replay, outputs = self._capture(stage, kept)
        except RuntimeError as error:  # a driver or library that cannot: slower, not wrong
            self._refused.add(key)
            logger.warning("a CUDA graph of %s could not be captured, so it is computed without: %s", key, error)
            return None
        captured = _Captured(kept, outputs, replay)
        self._remember(key, captured)
        return captured

    def _remember(self, key: Hashable, captured: _Captured | None) -> None:
        self._seen[key] = captured
        self._seen.move_to_end(key)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)

    @property
    def can_capture(self) -> bool:
        """Whether there is a device to capture on."""
        return self._capture is not None

    @property
    def count(self) -> int:
        """Graphs that are kept."""
        return sum(captured is not None for captured in self._seen.values())


def cuda_capture(stream: Any) -> Capture:
    """Captures on this stream; all graphs share one pool of memory, since one runs at a time."""
    import torch

    pool = torch.cuda.graph_pool_handle()

    def capture(stage: Stage, inputs: Tensors) -> tuple[Callable[[], object], Tensors]:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
            outputs = stage(*inputs)
        return graph.replay, outputs

    return capture
