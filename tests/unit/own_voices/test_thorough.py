"""The thorough fit on a tiny network: gradients reach the timbre, the search betters it, stops, and can be resumed."""

from __future__ import annotations

import dataclasses
import importlib.util

import numpy as np
import pytest

from tiny_network import PHONEMES, TINY, golden_parameters
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.errors import FeatureMissingError
from tts_engine.own_voices import thorough
from tts_engine.own_voices.encoder import load_encoder
from tts_engine.own_voices.fast import Fitted
from tts_engine.own_voices.workshop import Workshop

torch = pytest.importorskip("torch")

LONG = PHONEMES


class SpectrumRecogniser:
    """Knows a speaker by the long-term spectrum: quick, differentiable, and a network of nobody."""

    def embed(self, waveform, sample_rate=16_000):
        from tts_engine.own_voices.speaker import resampled

        window = torch.hann_window(256)
        power = torch.stft(resampled(waveform, sample_rate), 256, 64, window=window, return_complex=True).abs().square()
        spectrum = power.mean(dim=1).clamp_min(1e-12).log()
        return torch.nn.functional.normalize(spectrum - spectrum.mean(), dim=0)


class Packs:
    """Five random packs."""

    def pack_names(self):
        return tuple("abcde")

    def pack(self, name):
        return np.random.default_rng(ord(name)).standard_normal((510, 2 * TINY.style), dtype=np.float32)


@pytest.fixture(scope="module")
def recogniser():
    return SpectrumRecogniser()


@pytest.fixture(scope="module")
def parameters():
    return golden_parameters()


@pytest.fixture(scope="module")
def workshop(parameters):
    return Workshop(AcousticEngine(TINY, parameters, threads=1), Packs(), "tiny", lambda: parameters)


@pytest.fixture
def fitted():
    pack = np.tile(np.random.default_rng(5).standard_normal((1, 2 * TINY.style), dtype=np.float32), (510, 1))
    return Fitted(pack, "", load_encoder().mean, ())


@pytest.fixture
def target(workshop):
    style = np.random.default_rng(6).standard_normal(2 * TINY.style, dtype=np.float32)
    said = workshop.say(LONG, style)
    return np.interp(np.arange(0, len(said), 1.5), np.arange(len(said)), said)


def _refine(workshop, fitted, target, recogniser, tmp_path, **search):
    return thorough.refine(
        workshop,
        fitted,
        [target],
        search=thorough.Search(**{"judge_every": 4, "least_articulation": -1.0, **search}),
        trained_on=(LONG,),
        judged_on=(PHONEMES,),
        recogniser=recogniser,
        state_dir=tmp_path,
    )


def test_torch_says_what_the_engine_says(workshop, parameters):
    from tts_engine.own_voices.differentiable import DifferentiableVoice

    style = np.random.default_rng(1).standard_normal(2 * TINY.style, dtype=np.float32)
    voice = DifferentiableVoice(workshop.engine, parameters, style[TINY.style :], [PHONEMES])
    timbre = torch.from_numpy(style[: TINY.style]).requires_grad_()
    said = voice.say(0, timbre)
    np.testing.assert_allclose(said.detach().numpy(), workshop.say(PHONEMES, style), atol=1e-4)
    (gradient,) = torch.autograd.grad(said.square().mean(), timbre)
    assert float(gradient.abs().min()) > 0


def test_a_stretch_of_a_phrase_is_as_long_as_its_frames(workshop, parameters):
    from tts_engine.own_voices.differentiable import DifferentiableVoice

    voice = DifferentiableVoice(workshop.engine, parameters, np.ones(TINY.style, np.float32), [PHONEMES])
    timbre, hop = torch.ones(TINY.style), TINY.frame_hop
    assert len(voice.say(0, timbre)) == voice.frames(0) * hop
    assert len(voice.say(0, timbre, 2, 7)) == 5 * hop


def test_the_search_betters_the_similarity_and_moves_the_timbre_alone(workshop, fitted, target, recogniser, tmp_path):
    pack, figures = _refine(workshop, fitted, target, recogniser, tmp_path, steps=8)
    assert figures["search_after"] > figures["search_before"]
    half = TINY.style
    np.testing.assert_array_equal(pack[:, half:], fitted.pack[:, half:])
    assert np.abs(pack[:, :half] - fitted.pack[:, :half]).max() > 1e-4
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_understood_is_not_taken(workshop, fitted, target, recogniser, tmp_path):
    pack, figures = _refine(workshop, fitted, target, recogniser, tmp_path, steps=30, least_articulation=2.0)
    np.testing.assert_array_equal(pack, fitted.pack)
    assert figures["search_after"] == figures["search_before"]


def test_a_search_that_was_cut_short_goes_on(workshop, fitted, target, recogniser, tmp_path):
    whole, _ = _refine(workshop, fitted, target, recogniser, tmp_path, steps=8)

    class CutShortError(Exception):
        pass

    def cut(share, what):
        if share > 0.6:
            raise CutShortError

    search = thorough.Search(judge_every=4, least_articulation=-1.0, steps=8)
    more = {"trained_on": (LONG,), "judged_on": (PHONEMES,), "recogniser": recogniser, "state_dir": tmp_path}
    with pytest.raises(CutShortError):
        thorough.refine(workshop, fitted, [target], search=search, on_step=cut, **more)
    assert len(list(tmp_path.iterdir())) == 1
    shares = []
    again, _ = thorough.refine(
        workshop, fitted, [target], search=search, on_step=lambda share, what: shares.append(share), **more
    )
    assert len(shares) == 4
    np.testing.assert_allclose(again, whole, atol=1e-6)


def test_steps_go_where_packs_differ():
    from tts_engine.own_voices.descent import OUTSIDE, cloud_of

    packs = np.random.default_rng(0).standard_normal((400, 4)) * [9.0, 3.0, 1.0, 1.0] + 5.0
    mean, axes = cloud_of(packs)
    np.testing.assert_allclose(mean, packs.mean(axis=0))
    inside = np.cov(packs.T, bias=True)
    np.testing.assert_allclose(axes @ axes.T, 0.6 * inside + OUTSIDE * np.trace(inside) / 4 * np.eye(4), rtol=1e-9)
    _, alone = cloud_of(packs[:1])  # of a single pack nothing is known but how far voices are from one another
    assert np.linalg.det(alone) != 0.0


def test_only_a_gain_that_is_sure_counts():
    from tts_engine.own_voices.listeners import OWN_SLACK, Verdict

    start = Verdict((0.70, 0.80, 0.75, 0.85), 0.8, 1.0)
    better = Verdict((0.74, 0.83, 0.80, 0.88), 0.8, 0.95)
    assert better.is_surely_better(start, 0.85)
    assert not start.is_surely_better(start, 0.85)
    by_chance = dataclasses.replace(better, similarities=(0.90, 0.70, 0.65, 0.95))  # 0.025 better on average
    assert not by_chance.is_surely_better(start, 0.85)
    assert not better.is_surely_better(start, 0.96)
    another = dataclasses.replace(better, own=start.own - OWN_SLACK - 0.01)
    assert not another.is_surely_better(start, 0.85)


def test_the_speaker_network_hears_no_level_and_passes_gradients():
    from tts_engine.own_voices.speaker import SpeakerNetwork, SpeakerRecogniser

    recogniser = SpeakerRecogniser(SpeakerNetwork())
    waveform = torch.from_numpy(np.random.default_rng(0).standard_normal(60_000).astype(np.float32)).requires_grad_()
    one = recogniser.embed(waveform, 24_000)
    assert one.shape == (256,) and float(one.detach().norm()) == pytest.approx(1.0, abs=1e-5)
    assert float((one @ recogniser.embed(waveform * 0.01, 24_000)).detach()) == pytest.approx(1.0, abs=1e-4)
    (gradient,) = torch.autograd.grad(one[0], waveform)
    assert torch.isfinite(gradient).all()


def test_without_its_extra_there_is_one_line_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FeatureMissingError, match="pip install") as caught:
        thorough.require_torch()
    assert caught.value.code == "train_missing"


def test_limits_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        thorough.Search().steps = 1
