"""Laws and errors of the engine, on the tiny network."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tiny_network import PHONEMES
from tts_engine.acoustic import onnx_runtime, source, stages
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.profile import Profile
from tts_engine.acoustic.statistics import Estimate
from tts_engine.errors import AssetDamagedError, AssetMissingError, ControlError, SynthesisError, TextError


@pytest.fixture
def style(config):
    return np.linspace(-1, 1, config.style, dtype=np.float32)


@pytest.fixture
def encoding(engine, style):
    return engine.encode(PHONEMES, style)


@pytest.fixture
def prosody(engine, encoding):
    return engine.predict(encoding)


def test_shapes_follow_the_durations(engine, config, encoding, prosody, style):
    assert encoding.durations.shape == (len(PHONEMES) + 2,)
    assert prosody.durations.min() >= 1
    frames = int(prosody.durations.sum())
    assert prosody.f0.shape == prosody.energy.shape == (2 * frames,)
    waveform = engine.render(encoding, prosody, style)
    assert waveform.shape == (frames * config.frame_hop,)
    assert waveform.dtype == np.float32


def test_a_part_has_the_source_of_the_whole(engine, config, encoding, prosody, style):
    rendering = engine.rendering(encoding, prosody, style, seed=4)
    assert not rendering.joins
    whole = rendering.part(0, rendering.frames)
    np.testing.assert_array_equal(whole, engine.render(encoding, prosody, style, seed=4))
    part = rendering.part(3, rendering.frames - 4)
    assert len(part) == (rendering.frames - 7) * config.frame_hop
    hop = config.frame_hop
    excitation = rendering.made.source
    stretch = source.spectrum(excitation, config, 3 * hop, (rendering.frames - 4) * hop)
    steps = hop // config.hop
    np.testing.assert_array_equal(
        stretch, source.spectrum(excitation, config)[:, 3 * steps : (rendering.frames - 4) * steps + 1]
    )


def fixed_estimate(config):
    """Says the same of every utterance."""
    widths = tuple(stages.norm_widths(config))
    inputs, channels, random = 8 + config.style + 2 * config.hidden, sum(widths), np.random.default_rng(5)
    return Estimate(
        widths=widths,
        centre=np.zeros(inputs, np.float32),
        spread=np.ones(inputs, np.float32),
        inwards=np.zeros((inputs, 1), np.float32),
        outwards=np.zeros((1, 2 * channels), np.float32),
        middle=random.normal(0, 0.2, 2 * channels).astype(np.float32),
        scale=np.ones(channels, np.float32),
        limit=np.ones(1, np.float32),
    )


def test_windows_that_join_are_one_waveform(config, parameters, style):
    engine = AcousticEngine(config, parameters, threads=1, profile=Profile(estimate=fixed_estimate(config)))
    encoding = engine.encode(PHONEMES, style)
    rendering = engine.rendering(encoding, engine.predict(encoding, np.full(len(PHONEMES) + 2, 4)), style, seed=4)
    assert rendering.joins
    end, reach = rendering.frames, config.generator_reach
    assert 1 < reach < end // 4
    almost = np.concatenate([rendering.part(0, end - 1), rendering.part(end - 1, end)])
    for cuts in ((7,), (3, 20), tuple(range(1, end))):
        edges = [0, *cuts, end]
        joined = np.concatenate([rendering.part(a, b) for a, b in itertools.pairwise(edges)])
        np.testing.assert_allclose(joined, almost, atol=1e-5 * np.abs(almost).max())
    assert np.abs(almost - rendering.part(0, end)).max() > 0.01 * np.abs(almost).max()  # not the whole's own statistics


def test_a_long_utterance_is_its_windows(config, parameters, style, monkeypatch):
    engine = AcousticEngine(config, parameters, threads=1, profile=Profile(estimate=fixed_estimate(config)))
    encoding = engine.encode(PHONEMES, style)
    rendering = engine.rendering(encoding, engine.predict(encoding, np.full(len(PHONEMES) + 2, 4)), style, seed=4)
    end = rendering.frames
    short = rendering.part(0, end)
    monkeypatch.setattr(onnx_runtime, "WHOLE_FRAMES", end - 1)
    monkeypatch.setattr(engine.runtime, "_window", 15)
    paused = []
    long = rendering.part(0, end, lambda: paused.append(None))
    assert len(paused) == round(end / 15) - 1
    joined = np.concatenate([rendering.part(0, 20), rendering.part(20, end)])
    np.testing.assert_allclose(long, joined, atol=1e-5 * np.abs(long).max())
    assert np.abs(long - short).max() > 0.01 * np.abs(long).max()


def test_a_window_that_reaches_less_far_is_noticed(config, parameters, style, monkeypatch):
    engine = AcousticEngine(config, parameters, threads=1, profile=Profile(estimate=fixed_estimate(config)))
    encoding = engine.encode(PHONEMES, style)
    rendering = engine.rendering(encoding, engine.predict(encoding, np.full(len(PHONEMES) + 2, 4)), style, seed=4)
    exact = rendering.part(10, 20)
    monkeypatch.setattr(type(config), "generator_reach", 0)
    assert np.abs(rendering.part(10, 20) - exact).max() > 1e-3 * np.abs(exact).max()


@pytest.mark.parametrize(("begin", "end"), [(-1, 5), (5, 5), (0, 10**6)])
def test_a_part_that_is_none_is_refused(engine, encoding, prosody, style, begin, end):
    with pytest.raises(ControlError, match="frames 0 to"):
        engine.rendering(encoding, prosody, style).part(begin, end)


def test_edited_durations_are_the_length(engine, config, encoding, style):
    durations = np.arange(1, len(PHONEMES) + 3)
    prosody = engine.predict(encoding, durations)
    np.testing.assert_array_equal(prosody.durations, durations)
    assert len(engine.render(encoding, prosody, style)) == durations.sum() * config.frame_hop


def test_one_phoneme_is_enough(engine, style):
    encoding = engine.encode("a", style)
    assert len(engine.render(encoding, engine.predict(encoding), style)) > 0


def test_longest_utterance(engine, config, style):
    encoding = engine.encode("a" * config.max_phonemes, style)
    assert encoding.durations.shape == (config.max_phonemes + 2,)


def test_same_seed_same_samples_other_seed_other_noise(engine, encoding, prosody, style):
    first, second, other = (engine.render(encoding, prosody, style, seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0


def test_curves_and_timbre_reach_the_waveform(engine, encoding, prosody, style):
    base = engine.render(encoding, prosody, style, noise=0)
    for edited in (replace(prosody, f0=prosody.f0 * 1.5), replace(prosody, energy=prosody.energy + 1)):
        assert np.abs(engine.render(encoding, edited, style, noise=0) - base).max() > 1e-3
    assert np.abs(engine.render(encoding, prosody, -style, noise=0) - base).max() > 1e-3


def test_prosody_style_moves_prosody_and_timbre_style_does_not(engine, encoding, prosody, style):
    other = engine.encode(PHONEMES, -style)
    assert np.abs(other.durations - encoding.durations).max() > 1e-3
    np.testing.assert_array_equal(other.text, encoding.text)
    assert np.abs(engine.predict(other, prosody.durations).f0 - prosody.f0).max() > 1e-3


def test_threads_share_one_engine(engine, style):
    def speak(phonemes: str) -> np.ndarray:
        encoding = engine.encode(phonemes, style)
        return engine.render(encoding, engine.predict(encoding), style)

    texts = ["abc", "hig fed abc", "i, i, i", "dddd"] * 3
    alone = {text: speak(text) for text in set(texts)}
    with ThreadPoolExecutor(4) as pool:
        for text, waveform in zip(texts, pool.map(speak, texts), strict=True):
            np.testing.assert_array_equal(waveform, alone[text])


class TestRefusals:
    @pytest.mark.parametrize(
        ("phonemes", "code"), [("", "phonemes_empty"), ("a" * 33, "phonemes_too_many"), ("aZé", "phoneme_unknown")]
    )
    def test_phonemes(self, engine, style, phonemes, code):
        with pytest.raises(TextError) as caught:
            engine.encode(phonemes, style)
        assert caught.value.code == code

    def test_unknown_phonemes_are_listed(self, engine, style):
        with pytest.raises(TextError, match="'Z'") as caught:
            engine.encode("aZa", style)
        assert caught.value.fields["phonemes"] == ["Z"]

    @pytest.mark.parametrize("bad", [np.zeros(5), np.full(6, np.nan), np.array(["x"] * 6), np.zeros((1, 6))])
    def test_style(self, engine, encoding, prosody, bad):
        with pytest.raises(ControlError, match="style"):
            engine.encode("a", bad)
        with pytest.raises(ControlError, match="timbre_style"):
            engine.render(encoding, prosody, bad)

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d[:-1],
            lambda d: np.where(np.arange(len(d)) == 3, 0, d),
            lambda d: -d,
            lambda d: d + 0.5,
            lambda d: d * np.nan,
            lambda d: d[None],
            lambda d: d.astype(str),
        ],
    )
    def test_durations(self, engine, encoding, prosody, style, change):
        bad = change(prosody.durations)
        with pytest.raises(ControlError, match="durations"):
            engine.predict(encoding, bad)
        with pytest.raises(ControlError, match="durations"):
            engine.render(encoding, replace(prosody, durations=bad), style)

    def test_whole_durations_given_as_floats_are_taken(self, engine, encoding, prosody):
        taken = engine.predict(encoding, prosody.durations.astype(np.float32))
        np.testing.assert_array_equal(taken.f0, prosody.f0)

    @pytest.mark.parametrize("curve", ["f0", "energy"])
    def test_curves(self, engine, encoding, prosody, style, curve):
        values = getattr(prosody, curve)
        for bad in (values[:-1], np.where(values == values[3], np.inf, values)):
            with pytest.raises(ControlError, match=curve):
                engine.render(encoding, replace(prosody, **{curve: bad}), style)

    def test_output_that_is_not_finite_is_no_audio(self, engine, encoding, prosody, style):
        huge = replace(prosody, energy=np.full_like(prosody.energy, 3e38))
        with pytest.raises(SynthesisError, match="NaN or infinite"):
            engine.render(encoding, huge, style)

    @pytest.mark.parametrize("threads", [0, -1])
    def test_threads(self, config, parameters, threads):
        with pytest.raises(ControlError, match="threads"):
            AcousticEngine(config, parameters, threads=threads)

    def test_missing_file(self, tmp_path):
        with pytest.raises(AssetMissingError):
            AcousticEngine.load(tmp_path / "nothing.onnx")

    @pytest.mark.parametrize("content", [b"", b"no model at all", bytes(range(256)) * 40])
    def test_damaged_file(self, tmp_path, content):
        file = tmp_path / "model.onnx"
        file.write_bytes(content)
        with pytest.raises(AssetDamagedError):
            AcousticEngine.load(file)

    def test_model_with_a_missing_parameter(self, config, parameters):
        for name in ("source.mix.bias", "encoder.narrow.weight", "generator.blocks.0.alphas1.0"):
            fewer = {key: value for key, value in parameters.items() if key != name}
            with pytest.raises(AssetDamagedError, match=name):
                AcousticEngine(config, fewer, threads=1)

    def test_model_with_a_parameter_of_another_shape(self, config, parameters):
        wrong = {**parameters, "decoder.first.conv1.weight": parameters["decoder.first.conv2.weight"][:, :5]}
        with pytest.raises(AssetDamagedError):
            AcousticEngine(config, wrong, threads=1)
