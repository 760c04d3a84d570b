"""The decoder in whole numbers: close to float32, exact where it must be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from measures import snr_db
from tiny_network import PHONEMES
from tts_engine.acoustic import quantised, stages
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import conv
from tts_engine.acoustic.onnx_runtime import open_session
from tts_engine.acoustic.precision import INT8
from tts_engine.acoustic.profile import Profile
from tts_engine.acoustic.quantised import Range, input_scales, quantise_weights

CHANNELS, STEPS = 24, 200


def convolved(ranges, x, weight, bias, dilation=1):
    graph = Graph("one")
    graph.input("x", [1, "channels", 1, "steps"])
    y = quantised.quantised(ranges)(graph, "layer", "x", weight, bias, dilation=dilation)
    graph.output("y", y, None)
    return open_session(graph, threads=1).run(None, {"x": x})[0]


@pytest.fixture(scope="module")
def layer():
    """Input channels of very different size, as behind an AdaIN with Snake's factor in it."""
    chance = np.random.default_rng(3)
    sizes = np.exp(chance.normal(0, 1.5, CHANNELS)).astype(np.float32)
    x = (chance.uniform(-1, 1.4, (1, CHANNELS, 1, STEPS)) * sizes[:, None, None]).astype(np.float32)
    weight = (chance.standard_normal((16, CHANNELS, 5)) / sizes[:, None]).astype(np.float32)
    return x, weight, chance.standard_normal(16).astype(np.float32)


def known_of(x, bits) -> Range:
    return Range(np.minimum(x.min(axis=(0, 2, 3)), 0), np.maximum(x.max(axis=(0, 2, 3)), 0), bits)


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize(("bits", "at_least_db"), [(8, 34), (16, 37)])
def test_a_layer_is_close_to_float32(layer, bits, at_least_db, dilation):
    x, weight, bias = layer
    exact = convolved({}, x, weight, bias, dilation)
    assert snr_db(exact, convolved({"layer": known_of(x, bits)}, x, weight, bias, dilation)) > at_least_db


def test_sixteen_bits_leave_the_error_of_the_weights_alone(layer):
    x, weight, bias = layer
    known = known_of(x, 16)
    _, scale = input_scales(known, np.square(weight).sum(axis=(0, 2)))
    integers, weight_scale = quantise_weights(weight * scale[None, :, None])
    rounded = (integers * weight_scale[:, None, None] / scale[None, :, None]).astype(np.float32)
    assert snr_db(convolved({}, x, rounded, bias), convolved({"layer": known}, x, weight, bias)) > 70


def test_silence_gives_the_bias_and_nothing_else(layer):
    x, weight, bias = layer
    silent = np.zeros_like(x)
    y = convolved({"layer": known_of(x, 8)}, silent, weight, bias)
    np.testing.assert_allclose(y, np.broadcast_to(bias[:, None, None], y.shape[1:])[None], rtol=1e-6)


def test_beyond_its_range_a_layer_is_held_and_does_not_wrap(layer):
    x, weight, bias = layer
    known = {"layer": known_of(x, 8)}
    edge = np.where(x > 0, known["layer"].high[:, None, None], known["layer"].low[:, None, None])
    beyond = convolved(known, 3 * edge, weight, bias)
    assert snr_db(convolved(known, edge, weight, bias), beyond) > 20


def test_no_sum_of_two_products_leaves_sixteen_bits():
    assert 2 * quantised.LEVELS * quantised.WEIGHT_LIMIT < 1 << 15


def test_an_output_without_weights_is_its_bias():
    integers, scale = quantise_weights(np.zeros((2, 3, 1), np.float32))
    assert not integers.any()
    assert (scale > 0).all()


def test_the_whole_decoder_is_close_to_float32(config, parameters, engine):
    """Ranges are measured on the utterance itself, as the script does it on many."""
    style = np.random.default_rng(1).standard_normal(config.style).astype(np.float32)
    encoding = engine.encode(PHONEMES, style)
    prosody = engine.predict(encoding)
    rendering = engine.rendering(encoding, prosody, style)
    told: dict[str, np.ndarray] = {}

    def tell(graph, name, x, *arguments, **named):
        graph.output(name, x, None)
        return conv(graph, name, x, *arguments, **named)

    inputs = {
        stages.decoder: {"text": encoding.text[rendering.curves.rows], "f0": prosody.f0, "energy": prosody.energy},
        stages.generator: {
            "features": rendering.made.features,
            "source": stages_source(rendering, config),
            "statistics": np.zeros(2 * sum(stages.norm_widths(config)), np.float32),
            "is_given": np.array(False),
        },
    }
    for stage, given in inputs.items():
        session = open_session(stage(config, parameters, tell), threads=1)
        names = [one.name for one in session.get_outputs()]
        told |= dict(zip(names, session.run(None, {**given, "style": style[None]}), strict=True))
    ranges = {name: known_of(value, 16) for name, value in told.items() if name not in ("features", "waveform")}
    assert len(ranges) == 2 * (1 + config.decoder_blocks) + len(stages.norm_widths(config))
    other = AcousticEngine(config, parameters, threads=1, profile=Profile(ranges=ranges))
    assert other.arithmetic == INT8 != engine.arithmetic
    exact, rounded = (one.render(encoding, prosody, style) for one in (engine, other))
    assert snr_db(exact, rounded) > 15  # of phases that a random network spreads over the whole turn


def stages_source(rendering, config):
    from tts_engine.acoustic.source import spectrum

    return spectrum(rendering.made.source, config)


def test_packaged_ranges_fit_the_packaged_network():
    config, ranges = ModelConfig(), quantised.packaged()
    for known in ranges.values():
        assert known.low.shape == known.high.shape
        assert (known.low <= 0).all()
        assert (known.high >= 0).all()
        assert (known.high > known.low).any()
    last = len(config.upsample_rates) * len(config.block_kernels) - 1
    channels = config.hidden >> len(config.upsample_rates)
    for half in (1, 2):
        for i in range(len(config.block_dilations)):
            assert ranges[f"generator.blocks.{last}.convs{half}.{i}"].low.shape == (channels,)


def test_a_range_is_a_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Range(np.zeros(1), np.ones(1)).bits = 16
