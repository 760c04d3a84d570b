"""Building blocks of the stage graphs, in the forms that ONNX Runtime executes fastest on a CPU.

Rewritten against the textbook form, each exact up to float32 rounding:

- every one-dimensional convolution is a two-dimensional one with kernel (1, k): ONNX Runtime has blocked (NCHWc)
  kernels for the latter only;
- AdaIN is ``InstanceNormalization`` whose scale and bias are computed from the style, or ``BatchNormalization`` where
  mean and variance are given;
- Snake ``x + sin²(a x) / a`` behind an AdaIN: the factor ``a`` moves into the scale and bias of that AdaIN and
  ``1 / a`` into the input channels of the convolution behind, which leaves ``u + sin²(u)``. (The other identity,
  ``(1 - cos(2 a x)) / 2``, cancels catastrophically for small ``a``.)
- all style projections of a stage are one matrix product.

Shapes: sequences are (B, C, 1, T) with B = 1; styles (B, style).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tts_engine.acoustic.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tts_engine.types import FloatArray

    Parameters = Mapping[str, FloatArray]
    Convolution = Callable[..., str]  # called like conv
    Linear = Callable[[Graph, Parameters, str, str], str]  # called like linear

EPSILON = 1e-5
SLOPE = 0.2  # of the leaky ReLU in every AdaIN residual block
HALF_POWER = 1 / math.sqrt(2)  # keeps the variance of a residual sum


class Styles:
    """All style projections of one graph, collected first and computed by one matrix product.

    ``scale_and_bias`` hands out names at once; ``finish`` writes the product and the split that defines them.

    Args:
        graph: the graph.
        style: (1, style).
        statistics: mean and variance of every channel that ``adain`` normalises, norm after norm; None where each is
            normalised over what it is given.
        is_given: () bool: whether the statistics hold; where not, they are ignored.
    """

    def __init__(self, graph: Graph, style: str, statistics: str | None = None, is_given: str = "") -> None:
        self._graph, self._style = graph, style
        self._statistics, self._is_given = statistics, is_given
        self._normalised: list[str] = []  # names of means and variances, in turn
        self._widths: list[int] = []  # of them, and so of ``_normalised``
        self._weights: list[FloatArray] = []
        self._biases: list[FloatArray] = []
        self._names: list[str] = []

    def scale_and_bias(self, weight: FloatArray, bias: FloatArray, factor: FloatArray | None = None) -> tuple[str, str]:
        """Names of ``(1 + gamma) * factor`` and ``beta * factor``, each (C,), for a projection to (gamma, beta).

        Args:
            weight: (2 C, style).
            bias: (2 C,).
            factor: (C,), Snake's ``a``; None = 1.
        """
        channels = len(bias) // 2
        bias = bias.copy()
        bias[:channels] += 1.0
        if factor is not None:
            twice = np.concatenate([factor, factor])
            weight, bias = weight * twice[:, None], bias * twice
        for part in np.split(weight, 2):
            self._weights.append(part)
        self._biases.extend(np.split(bias, 2))
        names = (self._graph.fresh("scale"), self._graph.fresh("bias"))
        self._names.extend(names)
        return names

    def adain(self, x: str, scale: str, bias: str) -> str:
        """``adain`` with the given mean and variance where they hold."""
        if self._statistics is None:
            return adain(self._graph, x, scale, bias)
        number, width = len(self._widths) // 2, len(self._biases[self._names.index(scale)])
        names = [self._graph.fresh(name) for name in ("mean", "variance")]
        self._normalised += names
        self._widths += [width, width]
        given, own = (Graph(f"{name}{number}", self._graph) for name in ("given", "own"))
        wide: list[int | str] = ["batch", width, 1, "steps"]
        with_given = given.add("BatchNormalization", x, scale, bias, *names, epsilon=EPSILON)
        given.output(f"given{number}", with_given, wide)
        own.output(f"own{number}", adain(own, x, scale, bias), wide)
        return self._graph.add("If", self._is_given, then_branch=given.body(), else_branch=own.body())

    def finish(self) -> None:
        """Writes the nodes that define every name handed out."""
        graph, mark = self._graph, self._graph.mark()
        if self._statistics is not None:
            graph.add_named("Split", [self._statistics, graph.integers(*self._widths)], self._normalised, axis=0)
        weight = graph.weight("styles.weight", np.concatenate(self._weights).T)
        bias = graph.weight("styles.bias", np.concatenate(self._biases))
        flat = graph.add("Reshape", graph.add("Gemm", self._style, weight, bias), graph.integers(-1))
        sizes = graph.integers(*(len(part) for part in self._biases))
        graph.add_named("Split", [flat, sizes], self._names, axis=0)
        graph.move_to_front(mark)


def linear(graph: Graph, parameters: Parameters, name: str, x: str) -> str:
    """(..., in) -> (..., out)."""
    weight = graph.weight(f"{name}.weight", parameters[f"{name}.weight"].T)
    return graph.add("Add", graph.add("MatMul", x, weight), graph.weight(f"{name}.bias", parameters[f"{name}.bias"]))


def conv(
    graph: Graph,
    name: str,
    x: str,
    weight: FloatArray,
    bias: FloatArray | None = None,
    *,
    stride: int = 1,
    dilation: int = 1,
    padding: int | None = None,
) -> str:
    """(B, in, 1, T) -> (B, out, 1, T / stride); ``weight`` is (out, in, kernel), the length kept by default."""
    kernel = weight.shape[2]
    if padding is None:
        padding = (kernel - 1) * dilation // 2
    inputs = [x, graph.weight(f"{name}.weight", weight[:, :, None, :])]
    if bias is not None:
        inputs.append(graph.weight(f"{name}.bias", bias))
    return graph.add(
        "Conv",
        *inputs,
        kernel_shape=[1, kernel],
        strides=[1, stride],
        dilations=[1, dilation],
        pads=[0, padding, 0, padding],
    )


def conv_transposed(
    graph: Graph,
    name: str,
    x: str,
    weight: FloatArray,
    bias: FloatArray,
    *,
    stride: int,
    padding: int,
    output_padding: int = 0,
    group: int = 1,
) -> str:
    """(B, in, 1, T) -> (B, out, 1, T * stride); ``weight`` is (in, out / group, kernel)."""
    return graph.add(
        "ConvTranspose",
        x,
        graph.weight(f"{name}.weight", weight[:, :, None, :]),
        graph.weight(f"{name}.bias", bias),
        kernel_shape=[1, weight.shape[2]],
        strides=[1, stride],
        pads=[0, padding, 0, padding],
        output_padding=[0, output_padding],
        group=group,
    )


def lstm(graph: Graph, parameters: Parameters, name: str, x: str) -> str:
    """Bidirectional LSTM, (T, 1, in) -> (T, 1, 2 hidden)."""
    both = ("", "_reverse")
    w = np.stack([_gates(parameters[f"{name}.weight_ih_l0{end}"]) for end in both])
    r = np.stack([_gates(parameters[f"{name}.weight_hh_l0{end}"]) for end in both])
    b = np.stack(
        [np.concatenate([_gates(parameters[f"{name}.bias_{part}_l0{end}"]) for part in ("ih", "hh")]) for end in both]
    )
    out = graph.add(
        "LSTM",
        x,
        graph.weight(f"{name}.w", w),
        graph.weight(f"{name}.r", r),
        graph.weight(f"{name}.b", b),
        hidden_size=r.shape[2],
        direction="bidirectional",
    )  # (T, 2, 1, hidden)
    merged = graph.add("Transpose", out, perm=[0, 2, 1, 3])  # (T, 1, 2, hidden)
    return graph.add("Reshape", merged, graph.integers(0, 0, -1))


def _gates(array: FloatArray) -> FloatArray:
    """Torch's gate order i f c o -> ONNX's i o f c."""
    i, f, c, o = np.split(array, 4)
    return np.concatenate([i, o, f, c])


def adain(graph: Graph, x: str, scale: str, bias: str) -> str:
    """(B, C, 1, T) normalised over T per channel, times scale (C,), plus bias (C,)."""
    return graph.add("InstanceNormalization", x, scale, bias, epsilon=EPSILON)


def style_block(
    graph: Graph,
    parameters: Parameters,
    name: str,
    x: str,
    styles: Styles,
    *,
    doubles: bool = False,
    convolve: Convolution = conv,
) -> str:
    """AdaIN residual block, (B, in, 1, T) -> (B, out, 1, T or 2 T).

    ``(conv2(act(adain2(conv1(pool(act(adain1(x))))))) + shortcut(x)) / sqrt(2)``; the division is folded into the
    weights wherever there are some.
    """
    norms = [
        styles.scale_and_bias(parameters[f"{name}.norm{i}.weight"], parameters[f"{name}.norm{i}.bias"]) for i in (1, 2)
    ]
    y = graph.add("LeakyRelu", adain(graph, x, *norms[0]), alpha=SLOPE)
    if doubles:
        pool = parameters[f"{name}.pool.weight"]
        y = conv_transposed(
            graph,
            f"{name}.pool",
            y,
            pool,
            parameters[f"{name}.pool.bias"],
            stride=2,
            padding=1,
            output_padding=1,
            group=len(pool),
        )
    y = convolve(graph, f"{name}.conv1", y, parameters[f"{name}.conv1.weight"], parameters[f"{name}.conv1.bias"])
    y = graph.add("LeakyRelu", adain(graph, y, *norms[1]), alpha=SLOPE)
    weight, bias = parameters[f"{name}.conv2.weight"], parameters[f"{name}.conv2.bias"]
    y = convolve(graph, f"{name}.conv2", y, weight * HALF_POWER, bias * HALF_POWER)
    if f"{name}.shortcut.weight" in parameters:
        x = conv(graph, f"{name}.shortcut", x, parameters[f"{name}.shortcut.weight"] * HALF_POWER)
    else:
        x = graph.add("Mul", x, graph.constant(HALF_POWER))
    if doubles:  # nearest neighbour; after the 1x1 convolution instead of before it, which is the same and cheaper
        x = graph.add(
            "Resize", x, "", graph.constant([1, 1, 1, 2]), mode="nearest", coordinate_transformation_mode="asymmetric"
        )
    return graph.add("Add", y, x)


def snake_block(
    graph: Graph,
    parameters: Parameters,
    name: str,
    x: str,
    styles: Styles,
    dilations: tuple[int, ...],
    convolve: Convolution = conv,
) -> str:
    """Residual block of the generator, (B, C, 1, T) -> the same: per dilation AdaIN, Snake, conv, twice."""
    for i, dilation in enumerate(dilations):
        y = x
        for half, spread in ((1, dilation), (2, 1)):
            alpha = parameters[f"{name}.alphas{half}.{i}"]
            norm = f"{name}.norms{half}.{i}"
            scale, bias = styles.scale_and_bias(parameters[f"{norm}.weight"], parameters[f"{norm}.bias"], alpha)
            u = styles.adain(y, scale, bias)
            sine = graph.add("Sin", u)
            y = graph.add("Add", u, graph.add("Mul", sine, sine))
            layer = f"{name}.convs{half}.{i}"
            weight = parameters[f"{layer}.weight"] / alpha[None, :, None]
            y = convolve(graph, layer, y, weight, parameters[f"{layer}.bias"], dilation=spread)
        x = graph.add("Add", y, x)
    return x
