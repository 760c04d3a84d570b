"""The three forms of the network agree: torch, its golden outputs, and the rewritten ONNX stages."""

from __future__ import annotations

import numpy as np
import pytest

from measures import snr_db
from tts_engine.acoustic import stages
from tts_engine.acoustic.onnx_runtime import open_session
from tts_engine.errors import AssetDamagedError


def repeated(golden: dict[str, np.ndarray], name: str) -> np.ndarray:
    frames = np.maximum(np.rint(golden["out/durations"]), 1).astype(np.int64)
    return np.repeat(golden[name], frames, axis=0)


def run(graph, **inputs):
    return open_session(graph, threads=1).run(None, inputs)


def decoded(config, parameters, golden, statistics=None, *, is_given=False):
    style = golden["in/timbre"][None]
    (features,) = run(
        stages.decoder(config, parameters),
        text=repeated(golden, "out/text"),
        f0=golden["out/f0"],
        energy=golden["out/energy"],
        style=style,
    )
    if statistics is None:
        statistics = np.zeros(2 * sum(stages.norm_widths(config)), np.float32)
    (waveform,) = run(
        stages.generator(config, parameters),
        features=features,
        style=style,
        source=golden["in/source"],
        statistics=statistics,
        is_given=np.array(is_given),
    )
    return waveform


class TestStagesAgainstGolden:
    def test_encoder(self, config, parameters, golden):
        outputs = run(
            stages.encoder(config, parameters), tokens=golden["in/ids"], style=golden["in/prosody_style"][None]
        )
        for name, value in zip(("durations", "prosody", "text"), outputs, strict=True):
            np.testing.assert_allclose(value, golden[f"out/{name}"], rtol=1e-4, atol=2e-5, err_msg=name)

    def test_encoder_in_whole_numbers_is_near_and_not_the_same(self, config, parameters, golden):
        from tts_engine.acoustic.products import linear_in_whole_numbers

        graph = stages.encoder(config, parameters, linear_in_whole_numbers)
        durations, prosody, text = run(graph, tokens=golden["in/ids"], style=golden["in/prosody_style"][None])
        np.testing.assert_allclose(text, golden["out/text"], rtol=1e-4, atol=2e-5)  # the Transformer is not in it
        for name, value in (("durations", durations), ("prosody", prosody)):
            assert 25 < snr_db(golden[f"out/{name}"], value) < 90, name

    def test_prosody(self, config, parameters, golden):
        f0, energy = run(
            stages.prosody(config, parameters),
            prosody=repeated(golden, "out/prosody"),
            style=golden["in/prosody_style"][None],
        )
        np.testing.assert_allclose(f0, golden["out/f0"], rtol=1e-5, atol=1e-3)
        np.testing.assert_allclose(energy, golden["out/energy"], rtol=1e-4, atol=1e-4)

    def test_decoder(self, config, parameters, golden):
        waveform = decoded(config, parameters, golden)
        assert waveform.shape == golden["out/waveform"].shape
        assert snr_db(golden["out/waveform"], waveform) > 80

    def test_a_changed_weight_is_noticed(self, config, parameters, golden):
        changed = dict(parameters)
        changed["generator.blocks.0.alphas1.0"] = parameters["generator.blocks.0.alphas1.0"] * 1.1
        assert snr_db(golden["out/waveform"], decoded(config, changed, golden)) < 60

    def test_the_generator_takes_the_statistics_that_it_is_given(self, config, parameters, golden):
        count = 2 * sum(stages.norm_widths(config))
        means, variances = np.zeros(count, np.float32), np.ones(count, np.float32)
        own = decoded(config, parameters, golden)
        np.testing.assert_array_equal(own, decoded(config, parameters, golden, means + 3.0, is_given=False))
        assert snr_db(own, decoded(config, parameters, golden, variances, is_given=True)) < 20

    def test_graphs_are_small_and_valid(self, config, parameters):
        import onnx

        for build in (stages.encoder, stages.prosody, stages.decoder, stages.generator):
            graph = build(config, parameters)
            model = graph.model()
            assert model.ByteSize() < 300_000
            onnx.checker.check_model(_filled(model, graph), full_check=False)

    def test_the_shared_transformer_layer_is_held_once(self, config, parameters):
        graph = stages.encoder(config, parameters)
        assert sum(node.op_type == "Loop" for node in graph.model().graph.node) == 1
        assert sum(name.startswith("encoder.albert.layer.ffn.") for name in graph.weights) == 2


def _filled(model, graph):
    from onnx import numpy_helper

    for tensor in model.graph.initializer:
        if tensor.name in graph.external():
            tensor.CopyFrom(numpy_helper.from_array(graph.weights[tensor.name], tensor.name))
    return model


class TestTorch:
    @pytest.fixture
    def network(self, config, parameters):
        pytest.importorskip("torch", reason="the torch definition needs the extra [train]")
        from tts_engine.acoustic.network import Network

        network = Network(config).eval()
        network.load_parameters(parameters)
        return network

    def test_reproduces_the_golden_outputs(self, network, golden):
        import torch

        with torch.no_grad():
            style = torch.from_numpy(golden["in/prosody_style"])[None]
            durations, _, text = network.encoder(torch.from_numpy(golden["in/ids"]), style)
            f0, energy = network.prosody(torch.from_numpy(repeated(golden, "out/prosody"))[None], style)
            waveform = network.render(
                torch.from_numpy(repeated(golden, "out/text").T.copy())[None],
                f0,
                energy,
                torch.from_numpy(golden["in/timbre"])[None],
                torch.from_numpy(golden["in/source"])[None],
            )
        np.testing.assert_allclose(durations[0], golden["out/durations"], atol=1e-5)
        np.testing.assert_allclose(text[0], golden["out/text"], atol=1e-5)
        np.testing.assert_allclose(f0[0], golden["out/f0"], rtol=1e-5)
        assert snr_db(golden["out/waveform"], waveform[0].numpy()) > 80

    def test_the_inverse_stft_is_torchs(self, network):
        import torch

        config = network.config
        torch.manual_seed(0)
        signal = torch.randn(1, 40 * config.hop)
        window = torch.hann_window(config.n_fft)
        bins = torch.stft(signal, config.n_fft, config.hop, window=window, return_complex=True)
        inside = slice(config.n_fft, -config.n_fft)
        restored = network.generator.inverse_stft(bins.abs(), bins.angle())
        torch.testing.assert_close(restored[:, inside], signal[:, inside], rtol=1e-4, atol=1e-5)

    def test_nothing_missing_nothing_left_over(self, network, parameters):
        from tts_engine.acoustic.network import Network

        fewer = {name: value for name, value in parameters.items() if name != "source.mix.bias"}
        more = {**parameters, "source.other": parameters["source.mix.bias"]}
        wrong = {**parameters, "source.mix.bias": np.zeros(3, np.float32)}
        for bad in (fewer, more, wrong):
            with pytest.raises(AssetDamagedError, match=r"source\."):
                Network(network.config).load_parameters(bad)

    def test_round_trip_of_parameters(self, network, parameters):
        names = network.parameters_by_name()
        assert names.keys() == parameters.keys()
        np.testing.assert_array_equal(names["source.mix.weight"], parameters["source.mix.weight"])
