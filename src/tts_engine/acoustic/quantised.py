"""Convolutions in eight bits, for the decoder.

    (1, C, 1, T) float32 ── QuantizeLinear ──► uint8 ── Gather ──► (T, kernel x C) ── MatMulIntegerToFloat ──► float32

The inputs stand behind an AdaIN, so their ranges are tame and can be measured once, on our own speech
(``scripts/calibrate_decoder.py``). Every input channel has a scale of its own, which goes into the weights that read
it; the weights have one scale per output channel. The result is float32: a ``QLinearConv`` would round it to eight bits
once more, which costs as much quality as all the rest and saves no time.

Weights use seven of the eight bits: on processors without VNNI the kernels add pairs of products in 16 bits, which
255 x 127 x 2 would leave and 255 x 63 x 2 does not. So the same numbers come out on every machine.

What this module does not know: the network. It replaces ``layers.conv`` for the layers whose ranges it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from tts_engine.acoustic.layers import conv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.graph import Graph
    from tts_engine.acoustic.layers import Convolution
    from tts_engine.types import FloatArray

#: Ranges of the packaged model.
DATA = "decoder_ranges.npz"

LEVELS = 255
WEIGHT_LIMIT = 63


@dataclass(frozen=True, slots=True)
class Range:
    """Between what the inputs of one convolution lie.

    Attributes:
        low: (C,) least value of each channel, at most 0.
        high: (C,) greatest, at least 0.
        bits: 8; or 16, where what eight bits leave of the input is rounded to eight bits and multiplied too.
    """

    low: FloatArray
    high: FloatArray
    bits: int = 8


def quantised(ranges: Mapping[str, Range]) -> Convolution:
    """A ``layers.conv`` that computes the layers of ``ranges`` in whole numbers and every other one in float32."""

    def convolve(
        graph: Graph, name: str, x: str, weight: FloatArray, bias: FloatArray | None = None, *, dilation: int = 1
    ) -> str:
        if name not in ranges or bias is None:
            return conv(graph, name, x, weight, bias, dilation=dilation)
        return _in_whole_numbers(graph, name, x, weight, bias, ranges[name], dilation)

    return convolve


def packaged() -> dict[str, Range]:
    """Ranges for the packaged model's own decoder; another one needs others."""
    with resources.files(__package__).joinpath(DATA).open("rb") as file, np.load(file) as data:
        ranges = {}
        for name, bits in zip(data["names"], data["bits"], strict=True):
            low, high = data[name].astype(np.float32)
            ranges[str(name)] = Range(low, high, int(bits))
        return ranges


def _in_whole_numbers(
    graph: Graph, name: str, x: str, weight: FloatArray, bias: FloatArray, known: Range, dilation: int
) -> str:
    outputs, channels, kernel = weight.shape
    zero, scale = input_scales(known, np.square(weight).sum(axis=(0, 2)))
    integers, weight_scale = quantise_weights(weight * scale[None, :, None])
    around = (kernel - 1) * dilation // 2
    zeros = graph.weight(f"{name}.zero", np.full(channels, zero, np.uint8))

    def windows(eight: str) -> str:
        """(1, C, 1, T) uint8 -> (T, kernel * C), what the kernel sees at each step."""
        rows = graph.add("Reshape", graph.add("Transpose", eight, perm=[0, 2, 3, 1]), graph.integers(-1, channels))
        steps = graph.add("Squeeze", graph.add("Shape", rows, start=0, end=1))
        if around:
            margin = graph.weight(f"{name}.margin", np.full((around, channels), zero, np.uint8))
            rows = graph.add("Concat", margin, rows, margin, axis=0)
        begins = graph.add("Range", graph.constant(0, np.int64), steps, graph.constant(1, np.int64))
        taps = graph.constant(np.arange(kernel)[None, :] * dilation, np.int64)
        places = graph.add("Add", graph.add("Unsqueeze", begins, graph.integers(1)), taps)  # (T, kernel)
        return graph.add("Reshape", graph.add("Gather", rows, places, axis=0), graph.integers(-1, kernel * channels))

    def product(eight: str, factor: float, *last: str) -> str:
        """(T, out) float32."""
        (y,) = graph.add_many(
            "MatMulIntegerToFloat",
            1,
            windows(eight),
            graph.weight(f"{name}.weight", integers.transpose(2, 1, 0).reshape(kernel * channels, outputs)),
            graph.constant(factor),
            graph.weight(f"{name}.weight_scale", weight_scale),
            graph.constant(zero, np.uint8),
            graph.weight(f"{name}.weight_zero", np.zeros(outputs, np.int8)),
            *last,
            domain="com.microsoft",
        )
        return y

    coarse = graph.weight(f"{name}.scale", scale)
    eight = graph.add("QuantizeLinear", x, coarse, zeros, axis=1)
    y = product(eight, 1.0, graph.weight(f"{name}.bias", bias))
    if known.bits == 16:
        rest = graph.add("Sub", x, graph.add("DequantizeLinear", eight, coarse, zeros, axis=1))
        finer = 1 / (2 * min(zero, LEVELS - zero))  # the rest is at most half a step
        fine = graph.weight(f"{name}.fine_scale", scale * np.float32(finer))
        y = graph.add("Add", y, product(graph.add("QuantizeLinear", rest, fine, zeros, axis=1), finer))
    return graph.add("Transpose", graph.add("Reshape", y, graph.integers(1, 1, -1, outputs)), perm=[0, 3, 1, 2])


def input_scales(known: Range, energy: FloatArray) -> tuple[int, FloatArray]:
    """The zero point of an input and the scale of each of its channels, (C,).

    One zero point serves all channels; chosen is the one that leaves the least noise behind the convolution.

    Args:
        known: the range.
        energy: (C,) sum of the squares of the weights that read each channel.
    """
    zeros = np.arange(1, LEVELS)[:, None]
    scales = np.maximum(known.high / (LEVELS - zeros), -known.low / zeros)  # (zeros, C)
    best = int(np.argmin((np.square(scales) * energy).sum(axis=1)))
    return best + 1, np.maximum(scales[best], 1e-6).astype(np.float32)


def quantise_weights(weight: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """(out, in, kernel) -> the same in whole numbers, and the scale of each output channel, (out,)."""
    scale = np.maximum(np.abs(weight).max(axis=(1, 2)), 1e-12) / WEIGHT_LIMIT
    return np.rint(weight / scale[:, None, None]).astype(np.int8), scale.astype(np.float32)
