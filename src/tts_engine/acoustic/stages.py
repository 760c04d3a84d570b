"""The stage graphs of the network, as ONNX with the weights beside it.

    A encoder   tokens, prosody style           -> durations, prosody encoding, text encoding   (per token)
    B prosody   repeated prosody encoding, style -> F0, energy                                  (two values per frame)
    C decoder   repeated text encoding, F0, energy, timbre style -> features                    (two values per frame)
      generator features, timbre style, source -> waveform                                      (600 samples per frame)

The decoder is a tenth of stage C and sees the whole utterance; the generator may be given windows of it, and then
needs the statistics of the whole.

Between A and B, and between A and C, each token's column is repeated by its duration: that is the caller's
(``engine``), and so is everything that edits the curves. ``network`` is the same network in torch; a test holds
the two together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto

from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import (
    EPSILON,
    SLOPE,
    Styles,
    conv,
    conv_transposed,
    linear,
    lstm,
    snake_block,
    style_block,
)

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.layers import Convolution, Linear, Parameters

ALBERT_EPSILON = 1e-12
GENERATOR_SLOPE = 0.1
LAST_SLOPE = 0.01


def encoder(config: ModelConfig, parameters: Parameters, multiply: Linear = linear) -> Graph:
    """Stage A, the products of its Transformer written by ``multiply``.

    Inputs: ``tokens`` (1, n) int64 with the boundary pads; ``style`` (1, style).
    Outputs: ``durations`` (n,) in frames, real-valued; ``prosody`` (n, hidden + style); ``text`` (n, hidden).
    """
    graph = Graph("encoder")
    tokens = graph.input("tokens", [1, "n"], TensorProto.INT64)
    style = graph.input("style", [1, config.style])
    narrow = linear(
        graph, parameters, "encoder.narrow", _albert(graph, config, parameters, tokens, multiply)
    )  # (1, n, hidden)
    x = graph.add("Transpose", narrow, perm=[1, 0, 2])  # (n, 1, hidden)
    count = graph.add("Shape", x, start=0, end=1)
    per_token = graph.add("Expand", style, graph.add("Concat", count, graph.integers(1, 1), axis=0))  # (n, 1, style)
    x = graph.add("Concat", x, per_token, axis=2)
    for i in range(config.prosody_layers):
        x = lstm(graph, parameters, f"encoder.lstms.{i}", x)
        x = _adaptive_layer_norm(graph, parameters, f"encoder.norms.{i}", x, style, config.hidden)
        x = graph.add("Concat", x, per_token, axis=2)
    prosody = graph.add("Squeeze", x, graph.integers(1))
    x = lstm(graph, parameters, "encoder.duration_lstm", x)
    bins = graph.add("Sigmoid", linear(graph, parameters, "encoder.duration_head", x))  # (n, 1, bins)
    graph.output("durations", graph.add("ReduceSum", bins, graph.integers(1, 2), keepdims=0), ["n"])
    graph.output("prosody", prosody, ["n", config.hidden + config.style])
    graph.output("text", _text_encoder(graph, config, parameters, tokens), ["n", config.hidden])
    return graph


def _albert(graph: Graph, config: ModelConfig, parameters: Parameters, tokens: str, multiply: Linear) -> str:
    """Phoneme Transformer, (1, n) -> (1, n, albert.hidden). Its one layer stands in a loop, so it is held once."""
    albert = config.albert
    name = "encoder.albert"
    positions = parameters[f"{name}.position.weight"] + parameters[f"{name}.token_type.weight"][:1]
    word = graph.add("Gather", graph.weight(f"{name}.word", parameters[f"{name}.word.weight"]), tokens)
    count = graph.add("Shape", tokens, start=1, end=2)
    begin, axes = graph.integers(0), graph.integers(0)
    place = graph.add("Slice", graph.weight(f"{name}.position", positions), begin, count, axes)
    x = _layer_norm(graph, parameters, f"{name}.norm", graph.add("Add", word, place))
    x = linear(graph, parameters, f"{name}.widen", x)

    body = Graph("albert", graph)
    body.input("step", [], TensorProto.INT64)
    condition = body.input("condition", [], TensorProto.BOOL)
    hidden = body.input("hidden", [1, "n", albert.hidden])
    name = f"{name}.layer"
    scale = (albert.hidden // albert.heads) ** -0.5
    query, key, value = (
        _heads(body, multiply(body, parameters, f"{name}.{part}", hidden), albert.heads) for part in _QKV
    )
    scores = body.add("MatMul", query, body.add("Transpose", key, perm=[0, 1, 3, 2]))
    attention = body.add("Softmax", body.add("Mul", scores, body.constant(scale)), axis=-1)
    mixed = body.add("Transpose", body.add("MatMul", attention, value), perm=[0, 2, 1, 3])  # (1, n, heads, width)
    merged = multiply(body, parameters, f"{name}.dense", body.add("Reshape", mixed, body.integers(0, 0, -1)))
    after = _layer_norm(body, parameters, f"{name}.attention_norm", body.add("Add", hidden, merged))
    inner = body.add("Gelu", multiply(body, parameters, f"{name}.ffn", after), approximate="tanh")
    out = multiply(body, parameters, f"{name}.ffn_out", inner)
    out = _layer_norm(body, parameters, f"{name}.ffn_norm", body.add("Add", out, after))
    body.output("going_on", condition, [], TensorProto.BOOL)
    body.output("next", out, [1, "n", albert.hidden])
    steps, going = graph.constant(albert.layers, np.int64), graph.constant(True, np.bool_)
    return graph.add("Loop", steps, going, x, body=body.body())


_QKV = ("query", "key", "value")


def _heads(body: Graph, x: str, heads: int) -> str:
    """(1, n, hidden) -> (1, heads, n, width)."""
    y = body.add("Reshape", x, body.integers(0, 0, heads, -1))
    return body.add("Transpose", y, perm=[0, 2, 1, 3])


def _layer_norm(graph: Graph, parameters: Parameters, name: str, x: str, epsilon: float = ALBERT_EPSILON) -> str:
    weight = graph.weight(f"{name}.weight", parameters[f"{name}.weight"])
    bias = graph.weight(f"{name}.bias", parameters[f"{name}.bias"])
    return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=epsilon)


def _adaptive_layer_norm(graph: Graph, parameters: Parameters, name: str, x: str, style: str, channels: int) -> str:
    """(n, 1, channels) normalised over the channels, then ``(1 + gamma) x + beta`` from the style."""
    ones = graph.weight("ones", np.ones(channels, np.float32))
    zeros = graph.weight("zeros", np.zeros(channels, np.float32))
    normed = graph.add("LayerNormalization", x, ones, zeros, axis=-1, epsilon=EPSILON)
    bias = parameters[f"{name}.bias"].copy()
    bias[:channels] += 1.0  # gamma stands for 1 + gamma
    weight = graph.weight(f"{name}.weight", parameters[f"{name}.weight"].T)
    both = graph.add("Gemm", style, weight, graph.weight(f"{name}.bias", bias))  # (1, 2 channels)
    gamma, beta = graph.add_many("Split", 2, both, graph.integers(channels, channels), axis=1)
    return graph.add("Add", graph.add("Mul", normed, gamma), beta)


def _text_encoder(graph: Graph, config: ModelConfig, parameters: Parameters, tokens: str) -> str:
    """(1, n) -> (n, hidden): embedding, convolutions, LSTM."""
    name = "encoder.text"
    x = graph.add("Gather", graph.weight(f"{name}.embedding", parameters[f"{name}.embedding.weight"]), tokens)
    for i in range(config.text_layers):
        wide = graph.add("Unsqueeze", graph.add("Transpose", x, perm=[0, 2, 1]), graph.integers(2))  # (1, hidden, 1, n)
        layer = f"{name}.convs.{i}"
        wide = conv(graph, layer, wide, parameters[f"{layer}.weight"], parameters[f"{layer}.bias"])
        x = graph.add("Transpose", graph.add("Squeeze", wide, graph.integers(2)), perm=[0, 2, 1])  # (1, n, hidden)
        x = graph.add("LeakyRelu", _layer_norm(graph, parameters, f"{name}.norms.{i}", x, EPSILON), alpha=SLOPE)
    x = lstm(graph, parameters, f"{name}.lstm", graph.add("Transpose", x, perm=[1, 0, 2]))  # (n, 1, hidden)
    return graph.add("Squeeze", x, graph.integers(1))


def prosody(config: ModelConfig, parameters: Parameters) -> Graph:
    """Stage B.

    Inputs: ``prosody`` (frames, hidden + style), one row per frame; ``style`` (1, style).
    Outputs: ``f0`` (2 frames,) in Hz, ``energy`` (2 frames,).
    """
    graph = Graph("prosody")
    frames = graph.input("prosody", ["frames", config.hidden + config.style])
    styles = Styles(graph, graph.input("style", [1, config.style]))
    x = lstm(graph, parameters, "prosody.lstm", graph.add("Unsqueeze", frames, graph.integers(1)))
    x = graph.add("Unsqueeze", graph.add("Transpose", x, perm=[1, 2, 0]), graph.integers(2))  # (1, hidden, 1, frames)
    for curve in ("f0", "energy"):
        y = x
        for i in range(3):
            y = style_block(graph, parameters, f"prosody.{curve}.{i}", y, styles, doubles=i == 1)
        head = f"prosody.{curve}_head"
        y = conv(graph, head, y, parameters[f"{head}.weight"], parameters[f"{head}.bias"])  # (1, 1, 1, 2 frames)
        graph.output(curve, graph.add("Reshape", y, graph.integers(-1)), ["values"])
    styles.finish()
    return graph


def decoder(config: ModelConfig, parameters: Parameters, convolve: Convolution = conv) -> Graph:
    """Stage C up to the generator, the convolutions behind an AdaIN written by ``convolve``.

    Inputs: ``text`` (frames, hidden), one row per frame; ``f0`` and ``energy`` (2 frames,); ``style`` (1, style).
    Output: ``features`` (1, hidden, 1, 2 frames).
    """
    graph = Graph("decoder")
    text = graph.input("text", ["frames", config.hidden])
    curves = [graph.input(name, ["values"]) for name in ("f0", "energy")]
    styles = Styles(graph, graph.input("style", [1, config.style]))
    text = graph.add("Unsqueeze", graph.add("Transpose", text, perm=[1, 0]), graph.integers(0, 2))
    halved = []
    for name, curve in zip(("decoder.f0_in", "decoder.energy_in"), curves, strict=True):
        wide = graph.add("Reshape", curve, graph.integers(1, 1, 1, -1))
        halved.append(conv(graph, name, wide, parameters[f"{name}.weight"], parameters[f"{name}.bias"], stride=2))
    x = graph.add("Concat", text, *halved, axis=1)  # (1, hidden + 2, 1, frames)
    x = style_block(graph, parameters, "decoder.first", x, styles, convolve=convolve)
    residual = "decoder.text_residual"
    side = conv(graph, residual, text, parameters[f"{residual}.weight"], parameters[f"{residual}.bias"])
    for i in range(config.decoder_blocks):
        x = graph.add("Concat", x, side, *halved, axis=1)
        last = i == config.decoder_blocks - 1
        x = style_block(graph, parameters, f"decoder.blocks.{i}", x, styles, doubles=last, convolve=convolve)
    graph.output("features", x, [1, config.hidden, 1, "values"])
    styles.finish()
    return graph


def generator(config: ModelConfig, parameters: Parameters, convolve: Convolution = conv) -> Graph:
    """Stage C from the features on, the convolutions behind an AdaIN written by ``convolve``.

    Inputs: ``features`` (1, hidden, 1, 2 frames); ``style`` (1, style); ``source`` (2 bins, steps), magnitude and phase
    of the harmonic source, steps = samples / hop + 1; ``statistics`` (2 x channels of all its norms,), mean and
    variance of every channel, norm after norm; ``is_given`` () bool, whether they hold: where not, every norm takes
    those of what it is given.
    Output: ``waveform`` (samples,).
    """
    graph = Graph("generator")
    features = graph.input("features", [1, config.hidden, 1, "values"])
    style = graph.input("style", [1, config.style])
    source = graph.input("source", [2 * config.bins, "steps"])
    statistics = graph.input("statistics", [2 * sum(norm_widths(config))])
    styles = Styles(graph, style, statistics, graph.input("is_given", [], TensorProto.BOOL))
    spectrum = _generator(graph, config, parameters, features, source, styles, convolve)  # (1, 2 bins, 1, steps)
    graph.output("waveform", _inverse_stft(graph, config, spectrum), ["samples"])
    styles.finish()
    return graph


def norm_widths(config: ModelConfig) -> list[int]:
    """Channels of each norm of the generator, in the order of its statistics."""
    blocks, norms = 1 + len(config.block_kernels), 2 * len(config.block_dilations)
    return [config.hidden >> (level + 1) for level in range(len(config.upsample_rates)) for _ in range(blocks * norms)]


def _generator(
    graph: Graph,
    config: ModelConfig,
    parameters: Parameters,
    x: str,
    source: str,
    styles: Styles,
    convolve: Convolution,
) -> str:
    """(1, C, 1, 2 frames) and the source -> (1, 2 bins, 1, steps): log magnitude and sine of the phase's sine."""
    source = graph.add("Unsqueeze", source, graph.integers(0, 2))  # (1, 2 bins, 1, steps)
    rates = config.upsample_rates
    for i, (rate, kernel) in enumerate(zip(rates, config.upsample_kernels, strict=True)):
        x = graph.add("LeakyRelu", x, alpha=GENERATOR_SLOPE)
        name = f"generator.ups.{i}"
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        x = conv_transposed(graph, name, x, weight, bias, stride=rate, padding=(kernel - rate) // 2)
        stride = math.prod(rates[i + 1 :])
        name = f"generator.source_convs.{i}"
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        side = conv(graph, name, source, weight, bias, stride=stride, padding=(stride + 1) // 2 if stride > 1 else 0)
        side = snake_block(
            graph, parameters, f"generator.source_blocks.{i}", side, styles, config.block_dilations, convolve
        )
        if i == len(rates) - 1:  # one step more: the STFT has a frame at both ends
            x = graph.add("Pad", x, graph.integers(0, 0, 0, 1, 0, 0, 0, 0), mode="reflect")
        x = graph.add("Add", x, side)
        parallel = len(config.block_kernels)
        blocks = [
            snake_block(
                graph, parameters, f"generator.blocks.{i * parallel + j}", x, styles, config.block_dilations, convolve
            )
            for j in range(parallel)
        ]
        x = graph.add("Mul", graph.add("Sum", *blocks), graph.constant(1 / parallel))
    x = graph.add("LeakyRelu", x, alpha=LAST_SLOPE)
    return conv(graph, "generator.post", x, parameters["generator.post.weight"], parameters["generator.post.bias"])


def _inverse_stft(graph: Graph, config: ModelConfig, spectrum: str) -> str:
    """(1, 2 bins, 1, steps) -> (samples,): ``exp(first half)`` is the magnitude, ``sin(second half)`` the phase."""
    log_magnitude, raw = graph.add_many("Split", 2, spectrum, graph.integers(config.bins, config.bins), axis=1)
    magnitude, phase = graph.add("Exp", log_magnitude), graph.add("Sin", raw)
    real = graph.add("Mul", magnitude, graph.add("Cos", phase))
    imaginary = graph.add("Mul", magnitude, graph.add("Sin", phase))
    both = graph.add("Concat", real, imaginary, axis=1)
    half = config.n_fft // 2  # the first window is centred on sample 0
    basis = graph.weight("istft", inverse_basis(config.n_fft, config.hop))
    wave = graph.add(
        "ConvTranspose",
        both,
        basis,
        kernel_shape=[1, config.n_fft],
        strides=[1, config.hop],
        pads=[0, half, 0, half],
    )  # (1, 1, 1, samples)
    return graph.add("Reshape", wave, graph.integers(-1))


def inverse_basis(n_fft: int, hop: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(2 bins, 1, 1, n_fft) windowed inverse DFT of a Hann window at this hop, divided by the windows' overlap.

    The overlap of squared windows is constant (1.5 for a quarter hop) but for the first and last 10 samples, where
    fewer windows meet; there the waveform fades by a few decibels within half a millisecond of silence.
    """
    n = np.arange(n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)
    overlap = np.sum(window**2) / hop
    bins = np.arange(n_fft // 2 + 1)[:, None]
    weight = np.where((bins == 0) | (bins == n_fft // 2), 1.0, 2.0) / n_fft * window / overlap
    angle = 2 * np.pi * bins * n / n_fft
    basis = np.concatenate([weight * np.cos(angle), -weight * np.sin(angle)])
    return basis[:, None, None, :].astype(np.float32)
