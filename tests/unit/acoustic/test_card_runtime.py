"""The runtime of the card, on processor tensors: the same as ONNX Runtime's, whatever is computed beside it."""

# ruff: noqa: E402 - without torch the rest cannot even be imported

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the card's runtime needs the extra [gpu]")

from measures import snr_db
from tts_engine.acoustic import source
from tts_engine.acoustic.blocks import AdaptiveInstanceNorm, Recurrent, Valid
from tts_engine.acoustic.card.graphs import Graphs
from tts_engine.acoustic.card.harmonics import HarmonicSource, cut
from tts_engine.acoustic.card.runtime import CardRuntime
from tts_engine.acoustic.device import Device
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.network import Network
from tts_engine.errors import AssetDamagedError, ControlError, FeatureMissingError, SynthesisError, TTSError

TENSORS = Device("cpu", "for tests", card="processor tensors")
TEXTS = ("abc, hig fed", "a", "abcdefghi, abc abd ehi", "i, i", "gagaga", "hig hig hig", "b c", "fed cba, a")


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def card(config, parameters) -> AcousticEngine:
    return AcousticEngine(config, parameters, threads=1, device=TENSORS)


@pytest.fixture(scope="module")
def style(config):
    return np.linspace(-1, 1, config.style, dtype=np.float32)


def with_runtime(engine: AcousticEngine, config, parameters, **options) -> AcousticEngine:
    """An engine like this one whose runtime has these options."""
    other = object.__new__(AcousticEngine)
    other.__dict__.update(engine.__dict__, _runtime=CardRuntime(config, parameters, "cpu", **options))
    return other


def speak(engine, style, phonemes="abc, hig fed", *, seed=3):
    """All that an engine makes on the way: durations, encodings, curves, waveform."""
    encoding = engine.encode(phonemes, style)
    prosody = engine.predict(encoding)
    rendering = engine.rendering(encoding, prosody, style * 0.5, seed=seed)
    waveform = rendering.part(0, rendering.frames)
    return encoding.durations, encoding.prosody, encoding.text, prosody.f0, prosody.energy, waveform


@pytest.mark.parametrize("phonemes", TEXTS)
def test_the_same_as_on_the_processor(engine, card, style, phonemes):
    ours, theirs = speak(engine, style, phonemes), speak(card, style, phonemes)
    assert all(snr_db(one, other) > 75 for one, other in zip(ours, theirs, strict=True))


def test_together_is_as_alone(config, parameters, card, style):
    alone = {text: speak(card, style, text, seed=len(text)) for text in TEXTS}
    gathering = with_runtime(card, config, parameters, wait_s=0.2)
    sizes = []
    launch = gathering._runtime.batcher._launch
    gathering._runtime.batcher._launch = lambda kind, payloads: (sizes.append(len(payloads)), launch(kind, payloads))[1]
    with ThreadPoolExecutor(len(TEXTS)) as pool:
        made = list(pool.map(lambda text: speak(gathering, style, text, seed=len(text)), TEXTS))
    assert max(sizes) > 1
    for text, values in zip(TEXTS, made, strict=True):
        assert all(snr_db(one, other) > 75 for one, other in zip(alone[text], values, strict=True)), text


@pytest.fixture(scope="module")
def at_real_rates(config) -> CardRuntime:
    """A random network with the upsampling of the real one: the reach of its layers at the end is another."""
    real = replace(config, upsample_rates=(10, 6), upsample_kernels=(20, 12))
    torch.manual_seed(1)
    network = Network(real)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.endswith("bias"):  # whatever a convolution makes of nothing must not be nothing
                value.add_(0.3)
    return CardRuntime(real, network.parameters_by_name(), "cpu")


@pytest.mark.parametrize("more", [1, 7, 40])
@pytest.mark.parametrize("rates", ["tiny", "real"])
def test_what_stands_in_the_padding_is_not_heard(card, at_real_rates, rates, more):
    runtime, frames = card._runtime if rates == "tiny" else at_real_rates, 23
    config = runtime.config
    generator = torch.Generator().manual_seed(1)

    def random(*shape):
        return torch.randn(*shape, generator=generator)

    def padded(values, longest, junk=0.0):
        behind = torch.full((1, longest - values.shape[1], *values.shape[2:]), junk)
        return torch.cat([values, behind], dim=1)

    stretch = cut(
        (150 + 50 * random(2 * frames)).numpy(), random(2 * frames * config.curve_hop).numpy(), 0, frames, config
    )
    text, energy, style = random(1, frames, config.hidden), random(1, 2 * frames), random(1, config.style)

    def decode(longest, junk):
        values, hop = 2 * longest + 4, config.curve_hop
        curves = [padded(torch.from_numpy(one)[None], values) for one in (stretch.f0, stretch.turns, stretch.steps)]
        noise = padded(torch.from_numpy(stretch.noise)[None], values * hop)
        ends = [torch.tensor([True])] * 2
        inputs = (padded(text, longest, junk), padded(energy, 2 * longest, junk), style, *curves, noise, *ends)
        with torch.inference_mode():
            (waveform,) = runtime.decode_batch(*inputs, torch.tensor([frames]))
        return waveform[0]

    exact, filled = decode(frames, 0.0), decode(frames + more, 1000.0)
    samples = frames * config.frame_hop
    assert snr_db(exact, filled[:samples]) > 75
    assert not filled[samples + config.n_fft :].any()


def test_recurrent_layers_do_not_see_the_padding():
    torch.manual_seed(0)
    layer = Recurrent(5, 12).eval()
    x, lengths = torch.randn(3, 9, 5), torch.tensor([9, 4, 1])
    alone = [layer(x[i : i + 1, :n])[0][0] for i, n in enumerate(lengths)]
    layer.shut_in_padding()
    with torch.inference_mode():
        out = layer.over(x * 100, Valid.of(lengths, 9))
        out = layer.over(x, Valid.of(lengths, 9))
    for i, n in enumerate(lengths):
        torch.testing.assert_close(out[i, :n], alone[i])
        assert not out[i, n:].any()
    with pytest.raises(ValueError, match="lengths"):
        layer.over(x)


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_adain_normalises_over_what_is_real(offset):
    torch.manual_seed(0)
    norm = AdaptiveInstanceNorm(4, 3)
    x, style, lengths = torch.randn(3, 4, 50) + offset, torch.randn(3, 3), torch.tensor([50, 20, 3])
    with torch.inference_mode():
        out = norm(x, style, Valid.of(lengths, 50))
        for i, n in enumerate(lengths):
            torch.testing.assert_close(out[i, :, :n], norm(x[i : i + 1, :, :n], style[i : i + 1])[0], rtol=0, atol=2e-3)
            assert not out[i, :, n:].any()


class TestSource:
    @pytest.fixture
    def mix(self, config):
        return np.random.default_rng(0).standard_normal(config.harmonics).astype(np.float32)

    @pytest.mark.parametrize(("begin", "end"), [(0, 40), (0, 11), (17, 30), (28, 40), (39, 40), (0, 1)])
    def test_of_any_stretch_is_that_of_the_processor(self, config, mix, begin, end):
        f0 = np.where(np.arange(80) % 23 < 6, 0, 120 + 3 * np.arange(80)).astype(np.float32)
        noise = np.random.default_rng(4).standard_normal(len(f0) * config.curve_hop, dtype=np.float32)
        signal = source.excitation(f0, mix, 0.1, config, seed=4)
        hop = config.frame_hop
        expected = source.spectrum(signal, config, begin * hop, end * hop)
        one = cut(f0, noise, begin, end, config)
        values = [torch.from_numpy(part)[None] for part in (one.f0, one.turns, one.steps, one.noise)]
        made = HarmonicSource(config, mix, 0.1)(
            *values, torch.tensor([one.is_first]), torch.tensor([one.is_last]), torch.tensor([end - begin])
        )[0].numpy()

        def bins(spectrum):
            return spectrum[: config.bins] * np.exp(1j * spectrum[config.bins :])

        assert made.shape == expected.shape
        np.testing.assert_allclose(bins(made), bins(expected), atol=2e-5 * np.abs(expected[: config.bins]).max())
        real = [0, config.bins - 1]
        np.testing.assert_allclose(made[config.bins :][real], expected[config.bins :][real])  # pi is never -pi


class TestDeterminism:
    def test_same_seed_same_samples_other_seed_other_noise(self, card, style):
        first, second, other = (speak(card, style, seed=seed)[-1] for seed in (4, 4, 5))
        np.testing.assert_array_equal(first, second)
        assert snr_db(first, other) < 75

    def test_no_noise_is_no_noise(self, card, style):
        encoding = card.encode("abc", style)
        prosody = card.predict(encoding)
        silent = [card.render(encoding, prosody, style, seed=seed, noise=0) for seed in (1, 2)]
        np.testing.assert_array_equal(*silent)


class TestErrors:
    def test_of_one_leaves_the_others_alone(self, config, parameters, card, style):
        gathering = with_runtime(card, config, parameters, wait_s=0.2)
        encoding = card.encode("abc", style)
        prosody = card.predict(encoding)
        huge = replace(prosody, energy=np.full_like(prosody.energy, 3e38))
        alone = card.render(encoding, prosody, style)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(gathering.render, encoding, one, style) for one in (prosody, huge, prosody, prosody)]
            with pytest.raises(SynthesisError, match="NaN or infinite"):
                asked[1].result()
            assert all(snr_db(alone, asked[i].result()) > 75 for i in (0, 2, 3))

    def test_of_the_device_is_one_of_ours(self, config, parameters, card, style, monkeypatch):
        broken = with_runtime(card, config, parameters)

        def fail(*_inputs):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

        monkeypatch.setattr(broken._runtime, "encode_batch", fail)
        with pytest.raises(SynthesisError, match="illegal memory access"):
            broken.encode("abc", style)

    @pytest.mark.parametrize("where", ["prepare", "Valid"])  # while loading, and while the first phoneme is spoken
    def test_a_card_that_cannot_run_it_is_told_and_not_the_model(self, config, parameters, monkeypatch, where):
        def fail(*_given):
            raise RuntimeError("CUDA out of memory")

        stand_in = fail if where == "prepare" else SimpleNamespace(of=fail)
        monkeypatch.setattr(f"tts_engine.acoustic.card.runtime.{where}", stand_in)
        with pytest.raises(FeatureMissingError, match=r"out of memory.*TTS_DEVICE=cpu") as caught:
            AcousticEngine(config, parameters, threads=1, device=TENSORS)
        assert caught.value.code == "card_failed"

    @pytest.mark.parametrize("name", ["source.mix.bias", "encoder.narrow.weight"])
    def test_a_missing_parameter(self, config, parameters, name):
        fewer = {key: value for key, value in parameters.items() if key != name}
        with pytest.raises(AssetDamagedError, match=name):
            AcousticEngine(config, fewer, threads=1, device=TENSORS)

    def test_values_are_refused_as_on_the_processor(self, card, style):
        encoding = card.encode("abc", style)
        prosody = card.predict(encoding)
        for call in (
            lambda: card.encode("aZ", style),
            lambda: card.encode("abc", style[:3]),
            lambda: card.predict(encoding, prosody.durations - 100),
            lambda: card.render(encoding, replace(prosody, f0=prosody.f0[:-1]), style),
        ):
            with pytest.raises(TTSError):
                call()
        with pytest.raises(ControlError, match="frames 0 to"):
            card.rendering(encoding, prosody, style).part(5, 2)


@pytest.mark.parametrize(("activations", "least_db"), [("float16", 35), ("bfloat16", 15)])
def test_half_precision_is_the_same_speech(config, parameters, card, style, activations, least_db):
    half = with_runtime(card, config, parameters, activations=getattr(torch, activations))
    assert half.arithmetic == activations and card.arithmetic == "float32"
    exact, rough = speak(card, style), speak(half, style)
    for one, other in zip(exact[:-1], rough[:-1], strict=True):  # stages A and B know nothing of it
        np.testing.assert_array_equal(one, other)
    assert snr_db(exact[-1], rough[-1]) > least_db


def test_only_what_may_be_half_is(config, parameters):
    network = CardRuntime(config, parameters, "cpu", activations=torch.float16).network
    types = {name: value.dtype for name, value in network.named_parameters()}
    assert types["decoder.first.conv1.weight"] == types["generator.ups.0.weight"] == torch.float16
    for name in ("encoder.narrow.weight", "prosody.f0_head.weight", "decoder.f0_in.weight", "generator.post.bias"):
        assert types[name] == torch.float32
    assert all(kind == torch.float32 for name, kind in types.items() if ".norm" in name)


def test_folding_changes_nothing(config, parameters):
    network = Network(config).eval()
    network.load_parameters(parameters)
    block = network.generator.blocks[0]
    x, style = torch.randn(2, block.convs1[0].in_channels, 30), torch.randn(2, config.style)
    with torch.no_grad():
        before = block(x, style)
        block.fold_alphas()
        torch.testing.assert_close(block(x, style), before, rtol=1e-4, atol=1e-4)


class TestGraphs:
    """The bookkeeping; a card is not needed to check that."""

    def test_a_shape_is_captured_when_it_comes_again_and_then_replayed(self):
        captured, ran = [], []

        def stage(x):
            ran.append(x)
            return (x * 2,)

        def capture(function, inputs):
            captured.append(inputs)
            outputs = (torch.zeros_like(inputs[0]),)
            return lambda: outputs[0].copy_(function(*inputs)[0]), outputs

        graphs = Graphs(capture, most=2)
        for n in range(1, 5):
            (result,) = graphs.run("a", stage, (torch.full((3,), float(n)),), is_small=True)
            assert result.tolist() == [2.0 * n] * 3
        assert len(captured) == 1 and graphs.count == 1
        for _ in range(3):
            graphs.run("large", stage, (torch.ones(3),), is_small=False)
        assert len(captured) == 1
        for key in ("b", "b", "c", "c"):
            graphs.run(key, stage, (torch.ones(3),), is_small=True)
        assert len(captured) == 3 and graphs.count == 2  # the oldest made room

    def test_where_capturing_fails_it_is_computed_without_and_told_once(self, caplog):
        def capture(_function, _inputs):
            raise RuntimeError("operation not permitted when stream is capturing")

        graphs = Graphs(capture)
        for n in range(4):
            (result,) = graphs.run("a", lambda x: (x + 1,), (torch.tensor([n]),), is_small=True)
            assert result.item() == n + 1
        assert caplog.text.count("could not be captured") == 1
