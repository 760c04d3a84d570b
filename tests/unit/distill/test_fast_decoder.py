"""The fast decoder as it is run: the same as in torch, exact in parts, told apart from what is not one."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.fast import sound
from tts_engine.acoustic.fast.config import SIZES, FastConfig
from tts_engine.acoustic.fast.weights import FILE, FastWeights, find_decoder, load_weights, save_weights
from tts_engine.acoustic.profile import Profile
from tts_engine.errors import AssetDamagedError, ControlError, FeatureMissingError

torch = pytest.importorskip("torch", reason="the distillation needs the extra [train]")

from distill.student import Student, parameters_of, untrained  # noqa: E402


@pytest.fixture(scope="module")
def weights(fast) -> FastWeights:
    """A student whose every weight matters: nothing at its first value."""
    student = untrained(fast)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in student.parameters():
            value.add_(0.15 * torch.randn(value.shape, generator=generator))
    return FastWeights(fast, parameters_of(student.state_dict()), {"licence": "Apache-2.0"})


@pytest.fixture(scope="module")
def engine(model, teacher, weights) -> AcousticEngine:
    return AcousticEngine(model, teacher, threads=1, profile=Profile(fast=weights))


@pytest.fixture(scope="module")
def rendering(engine, model):
    """Sixteen phonemes, four frames each, voiced and not."""
    style = np.linspace(-1, 1, model.style, dtype=np.float32)
    encoding = engine.encode("abdefhijklmnopqr", style)
    prosody = engine.predict(encoding, np.full(18, 4))
    place = np.arange(len(prosody.f0))
    f0 = np.where(place % 40 < 25, 180 + 60 * np.sin(place / 9), 0.0).astype(np.float32)
    energy = np.sin(place / 5).astype(np.float32)
    return engine.rendering(encoding, dataclasses.replace(prosody, f0=f0, energy=energy), style, seed=3)


def said_anew(rendering, **changes) -> np.ndarray:
    """What is said where the curves are changed so."""
    curves = dataclasses.replace(rendering.curves, **changes)
    other = dataclasses.replace(rendering, curves=curves, made=rendering.runtime.prepare(curves))
    return other.part(0, other.frames)


def loudest(values) -> float:
    return float(np.abs(values).max())


def test_the_graph_is_the_network_in_torch(fast, weights, rendering, model):
    student = Student(fast)
    student.load_state_dict({name: torch.from_numpy(value) for name, value in weights.parameters.items()})
    curves = rendering.curves
    with torch.no_grad():
        expected = student(
            torch.from_numpy(curves.text)[None],
            torch.from_numpy(np.repeat(curves.rows, 2))[None],
            torch.from_numpy(sound.features(curves.f0, curves.energy, model))[None],
            torch.from_numpy(curves.style)[None],
            torch.from_numpy(sound.excitation(curves.f0, model, seed=3, noise=1.0))[None],
        )[0].numpy()
    said = rendering.part(0, rendering.frames)
    assert said.shape == expected.shape == (rendering.frames * model.frame_hop,)
    assert loudest(expected) > 0.01
    assert loudest(said - expected) < 1e-4 * loudest(expected)


@pytest.mark.parametrize("cuts", [(0, 72), (0, 1, 72), (0, 17, 18, 40, 72), tuple(range(0, 73, 8))])
def test_parts_are_exactly_the_whole(rendering, cuts):
    whole = rendering.part(0, rendering.frames)
    joined = np.concatenate([rendering.part(begin, end) for begin, end in itertools.pairwise(cuts)])
    assert loudest(joined - whole) < 2e-6 * max(1.0, loudest(whole))


def test_what_is_farther_away_than_the_context_changes_nothing_and_what_is_nearer_does(rendering, fast, model):
    """The context is neither too short, or parts would differ, nor longer than needed, or they would cost more."""
    curves = rendering.curves
    middle = len(curves.rows) // 2

    def said_with_a_change_at(value: int) -> np.ndarray:
        energy = curves.energy.copy()
        energy[value] += 5.0
        return said_anew(rendering, energy=energy)

    plain = rendering.part(0, rendering.frames)
    sample = slice(2 * middle * model.curve_hop, (2 * middle + 1) * model.curve_hop)
    for side in (-1, 1):
        reached = [
            bool(np.any(said_with_a_change_at(2 * middle + side * away)[sample] != plain[sample]))
            for away in (fast.context - 1, fast.context, fast.context + 1)
        ]
        assert reached[2] is False and reached[0] is True


def test_the_seed_and_the_noise_are_those_of_the_curves(rendering):
    said = functools.partial(said_anew, rendering)

    assert np.array_equal(said(), said())
    assert loudest(said(seed=4) - said()) > 1e-3
    assert loudest(said(noise=0.0) - said()) > 1e-3
    assert np.array_equal(said(noise=0.0, seed=4), said(noise=0.0))


class TestSound:
    @pytest.mark.parametrize(("n_fft", "steps"), [(600, 2), (1200, 1), (900, 2), (400, 3)])
    def test_filters_of_one_give_the_signal_back(self, n_fft, steps):
        config = FastConfig(n_fft=n_fft, steps=steps)
        signal = np.random.default_rng(0).standard_normal((2, 20 * config.curve_hop)).astype(np.float32)
        spectra = sound.spectra(signal, config, 0, 20 * steps)
        inner = slice(n_fft, -n_fft)
        for i in range(2):
            back = sound.waveform(spectra[:, i], config)
            np.testing.assert_allclose(back[inner], signal[i][inner], atol=1e-5)

    def test_frames_of_a_stretch_are_those_of_the_whole(self, fast):
        signal = np.random.default_rng(0).standard_normal((2, 10 * fast.curve_hop)).astype(np.float32)
        whole = sound.spectra(signal, fast, 0, 20)
        np.testing.assert_array_equal(sound.spectra(signal, fast, 3, 11), whole[3:11])

    def test_pulses_hold_every_harmonic_alike_and_nothing_else(self, model):
        f0 = np.full(160, 240.0, np.float32)
        pulses, noise = sound.excitation(f0, model, seed=0, noise=0.0)
        assert not noise.any()
        bins = np.abs(np.fft.rfft(pulses[12_000:36_000]))  # one bin per hertz
        harmonics = bins[240:11_500:240].copy()
        assert harmonics.min() > 0.98 * harmonics.max()
        bins[::240] = 0
        assert bins.max() < 1e-3 * harmonics.max()

    def test_both_have_unit_power_and_the_noise_is_that_of_the_full_source(self, model):
        f0 = np.full(400, 130.0, np.float32)
        for signal in sound.excitation(f0, model, seed=5, noise=1.0):
            assert np.mean(signal**2) == pytest.approx(1.0, rel=0.02)
        from tts_engine.acoustic import source

        silent = np.zeros(400, np.float32)
        full = np.arctanh(source.excitation(silent, np.array([0.03], np.float32), 0.0, model, seed=5))
        mine = sound.excitation(silent, model, seed=5, noise=1.0)[1]
        assert np.corrcoef(full, mine)[0, 1] > 0.9999

    def test_pulses_stand_where_the_fundamental_of_the_full_source_turns(self, model):
        from tts_engine.acoustic import source

        f0 = np.linspace(120, 260, 80).astype(np.float32)
        pulses = sound.excitation(f0, model, seed=0, noise=0.0)[0]
        angle = source.phase(f0, model)
        turns = np.flatnonzero(np.diff(angle) < -np.pi) + 1
        peaks = turns + np.array([np.argmax(pulses[turn - 20 : turn + 20]) - 20 for turn in turns])
        assert np.abs(peaks - turns).max() <= 1

    def test_unvoiced_frames_have_no_pulses(self, model):
        f0 = np.array([0.0] * 10 + [200.0] * 10 + [11.0] * 10, np.float32)
        pulses = sound.excitation(f0, model, seed=0, noise=1.0)[0].reshape(30, -1)
        assert not pulses[:10].any() and not pulses[20:].any() and pulses[10:20].any(axis=1).all()


class TestCost:
    @pytest.mark.parametrize("size", [*SIZES, "toy"])
    def test_parameters_are_counted_rightly(self, size, fast):
        config = SIZES.get(size, fast)
        assert sum(value.numel() for value in Student(config).parameters()) == config.parameter_count()

    def test_multiply_adds_are_what_a_hand_counts(self, fast):
        per_token = 16 * 12
        per_value = 5 * 5 * 12 + 2 * (5 * 12 + 2 * 12 * 36) + 12 * 20
        per_frame = 2 * (5 * 10 + 2 * 10 * 30) + 10 * 4 * 301
        assert fast.multiply_adds(20.0) == 20 * per_token + 80 * per_value + 160 * per_frame

    def test_base_fits_into_twenty_megabytes_and_a_tenth_of_the_teacher(self):
        assert 2 * SIZES["base"].parameter_count() < 20e6
        assert SIZES["base"].multiply_adds() < 2.5e9


@pytest.mark.parametrize("wrong", [{"steps": 7}, {"n_fft": 500}, {"kernel": 4}, {"width": 0}, {"n_fft": 300}])
def test_impossible_configurations_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FastConfig(**wrong)


class TestFile:
    def test_what_is_written_is_read(self, weights, tmp_path):
        read = load_weights(save_weights(tmp_path / FILE, weights))
        assert read.config == weights.config and read.facts == weights.facts
        assert read.parameters.keys() == weights.parameters.keys()
        for name, value in weights.parameters.items():
            np.testing.assert_array_equal(read.parameters[name], value.astype(np.float16).astype(np.float32))

    @pytest.mark.parametrize("damage", ["cut", "header", "garbage", "empty", "nan", "format"])
    def test_damage_is_told(self, weights, tmp_path, damage):
        path = save_weights(tmp_path / FILE, weights)
        data = path.read_bytes()
        if damage == "nan":
            spoilt = {**weights.parameters, "head.bias": np.full_like(weights.parameters["head.bias"], np.nan)}
            save_weights(path, dataclasses.replace(weights, parameters=spoilt))
        else:
            path.write_bytes(
                {
                    "cut": data[:-10],
                    "header": data[:8] + b"x" + data[9:],
                    "garbage": b"\xff" * 100,
                    "empty": b"",
                    "format": data.replace(b"decoder 1", b"decoder 9"),
                }[damage]
            )
        with pytest.raises(AssetDamagedError, match="no fast decoder"):
            load_weights(path)

    def test_weights_that_lack_one_are_told_at_loading(self, model, teacher, weights):
        fewer = {name: value for name, value in weights.parameters.items() if name != "fine.1.scale"}
        with pytest.raises(AssetDamagedError, match=r"fine\.1\.scale"):
            AcousticEngine(
                model, teacher, threads=1, profile=Profile(fast=dataclasses.replace(weights, parameters=fewer))
            )

    def test_a_decoder_of_another_model_is_refused(self, model, teacher):
        other = FastConfig(width=8, blocks=0, fine_width=8, fine_blocks=0)
        with pytest.raises(AssetDamagedError, match="not made for this model"):
            AcousticEngine(model, teacher, profile=Profile(fast=FastWeights(other, {}, {})))


class TestChoice:
    def test_without_weights_there_is_one_clear_error(self, tmp_path):
        from tts_engine.pipeline import Synthesizer

        with pytest.raises(FeatureMissingError) as caught:
            Synthesizer(decoder="fast", cache_hub=tmp_path, offline=True)
        assert caught.value.code == "fast_decoder_missing"
        assert "no trained fast decoder ships" in caught.value.message and "docs/distill.md" in caught.value.message
        assert str(tmp_path / FILE) in caught.value.message

    def test_it_is_taken_from_the_folder_of_the_models(self, weights, tmp_path):
        placed = save_weights(tmp_path / FILE, weights)
        assert find_decoder("fast", tmp_path) == placed

    def test_it_may_come_with_the_package_and_one_that_was_put_in_place_goes_before(
        self, weights, tmp_path, monkeypatch
    ):
        from tts_engine.acoustic.fast import weights as module

        package, hub = tmp_path / "package", tmp_path / "hub"
        package.mkdir()
        hub.mkdir()
        monkeypatch.setattr(module.resources, "files", lambda name: package)
        packaged = save_weights(package / FILE, weights)
        assert find_decoder("fast", hub) == packaged
        placed = save_weights(hub / FILE, weights)
        assert find_decoder("fast", hub) == placed

    def test_a_named_file_stands_for_itself(self, weights, tmp_path):
        placed = save_weights(tmp_path / "mine.safetensors", weights)
        assert find_decoder(placed, tmp_path) == placed
        with pytest.raises(FeatureMissingError, match="no such file"):
            find_decoder(tmp_path / "other.safetensors", tmp_path)
        assert find_decoder("tuned.npz", tmp_path).name == "tuned.npz" and find_decoder(None, tmp_path) is None

    def test_a_card_cannot_be_asked_for(self, weights, tmp_path):
        from tts_engine.pipeline import Synthesizer

        save_weights(tmp_path / FILE, weights)
        with pytest.raises(ControlError, match="processor only"):
            Synthesizer(decoder="fast", device="cuda", cache_hub=tmp_path, offline=True)

    def test_planning_knows_that_no_card_is_used(self):
        from pathlib import Path

        from tts_engine.batch.engine import has_card
        from tts_engine.settings import load_settings

        settings, _ = load_settings({"TTS_DECODER": "fast", "TTS_DEVICE": "cuda"})
        assert settings.decoder == Path("fast") and has_card(settings) is False

    def test_the_identity_follows_the_weights(self, weights, tmp_path):
        from tts_engine.identity import engine_identity

        def identity(**changes):
            path = save_weights(tmp_path / FILE, dataclasses.replace(weights, **changes))
            return engine_identity(model="m@1", digest="0" * 64, decoder=path)

        assert identity() == identity() != identity(facts={}) and "decoder" in identity()

    @pytest.mark.parametrize("installed", [True, False])
    def test_the_doctor_says_which_decoder(self, weights, tmp_path, installed):
        from click.testing import CliRunner

        from tts_engine.cli.root import group

        if installed:
            save_weights(tmp_path / FILE, weights)
        environment = {"TTS_DECODER": "fast", "TTS_CACHE_HUB": str(tmp_path), "TTS_OFFLINE": "1"}
        result = CliRunner().invoke(group, ["doctor", "--no-self-test"], env=environment)
        assert result.exit_code == 0, result.output
        (line,) = [line for line in result.output.splitlines() if line.startswith("decoder")]
        assert ("fast, " in line and "Apache-2.0" in line) if installed else "no trained fast decoder ships" in line
