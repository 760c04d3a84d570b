"""Fine-tuning at a tiny scale: the corpus is checked, texts meet recordings, the decoder learns and resumes."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from tiny_network import PHONEMES, TINY, golden_parameters
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.errors import AssetDamagedError, ControlError
from tts_engine.own_voices.alignment import carry_over, warp
from tts_engine.own_voices.corpus import Clip, read_corpus
from tts_engine.own_voices.workshop import Workshop

torch = pytest.importorskip("torch")

TEXT = PHONEMES * 2


@pytest.fixture(scope="module")
def parameters():
    return golden_parameters()


@pytest.fixture(scope="module")
def other(parameters):
    """The same network with another decoder: the speaker."""
    generator = np.random.default_rng(2)
    changed = dict(parameters)
    for name, value in parameters.items():
        if "generator.post" in name:
            changed[name] = value + 0.3 * generator.standard_normal(value.shape).astype(np.float32)
    return changed


@pytest.fixture(scope="module")
def examples(parameters, other):
    from tts_engine.own_voices.examples import make_example

    workshop = Workshop(AcousticEngine(TINY, parameters, threads=1), None)
    speaker = Workshop(AcousticEngine(TINY, other, threads=1), None)
    pack = np.tile(np.random.default_rng(5).standard_normal((1, 2 * TINY.style), dtype=np.float32), (510, 1))
    texts = (TEXT, TEXT[::-1].strip(), TEXT[3:])
    return [make_example(workshop, Clip(text, text, speaker.say(text, pack[0])), pack) for text in texts]


def _tune(parameters, examples, folder, **more):
    from tts_engine.own_voices.tuning import Tuning, tune

    more.setdefault("on_step", lambda step, loss: None)
    on_step = more.pop("on_step")
    values = {"steps": 12, "judge_every": 4, "rate": 3e-3, "window_frames": 40, "least_articulation": -9.0, **more}
    return tune(TINY, parameters, examples[1:], examples[:1], folder, tuning=Tuning(**values), on_step=on_step)


def test_the_decoder_learns_and_the_rest_stays(parameters, examples, tmp_path):
    from tts_engine.own_voices.decoder import load_decoder

    file, judgements = _tune(parameters, examples, tmp_path)
    assert min(one.mel_distance for one in judgements[1:]) < judgements[0].mel_distance
    tuned = load_decoder(file, parameters)
    assert tuned.keys() == parameters.keys()
    changed = {name for name in tuned if not np.allclose(tuned[name], parameters[name], atol=2e-3)}
    assert changed and all(name.startswith(("decoder.", "generator.")) for name in changed)
    AcousticEngine(TINY, tuned, threads=1)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["decoder.npz", "tuning.json"]


def test_it_stops_when_nothing_gets_better(parameters, examples, tmp_path):
    _, judgements = _tune(parameters, examples, tmp_path, steps=100, judge_every=2, patience=2, least_articulation=9.0)
    assert len(judgements) == 3


def test_it_goes_on_where_it_was_cut_short(parameters, examples, tmp_path):
    whole, _ = _tune(parameters, examples, tmp_path / "whole", steps=8)
    steps = []

    def cut(step, loss):
        steps.append(step)
        if step == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _tune(parameters, examples, tmp_path / "cut", steps=8, on_step=cut)
    again, _ = _tune(parameters, examples, tmp_path / "cut", steps=8, on_step=lambda step, loss: steps.append(step))
    assert steps == [1, 2, 3, 4, 5, 6, 5, 6, 7, 8]
    with np.load(whole) as one, np.load(again) as two:
        assert all(np.allclose(one[name], two[name], atol=1e-3) for name in one.files)


def test_a_file_of_another_network_is_refused(parameters, tmp_path):
    from tts_engine.own_voices.decoder import load_decoder

    np.savez(tmp_path / "a.npz", **{"decoder.nothing": np.zeros(3)})
    for file in (tmp_path / "a.npz", tmp_path / "missing.npz"):
        with pytest.raises(AssetDamagedError):
            load_decoder(file, parameters)


def test_energy_is_the_norm_of_the_mel_spectrum():
    from tts_engine.own_voices.tuning import energy_of

    noise = np.random.default_rng(0).standard_normal(24_000).astype(np.float32)
    one, louder = energy_of(0.1 * noise, 24_000, 80), energy_of(noise, 24_000, 80)
    assert one.shape == (80,)
    np.testing.assert_allclose((louder - one)[2:-2], np.log(100.0), atol=0.01)


def test_boundaries_are_carried_over_to_another_tempo():
    generator = np.random.default_rng(0)
    sounds = generator.standard_normal((6, 12))
    slow, fast = np.array([4, 6, 2, 8, 4, 6]), np.array([8, 3, 4, 4, 2, 9])
    found = carry_over(slow, np.repeat(sounds, 2 * slow, axis=0), np.repeat(sounds, 2 * fast, axis=0), int(fast.sum()))
    np.testing.assert_array_equal(found, fast)


def test_every_phoneme_keeps_a_frame():
    found = carry_over(np.array([1, 1, 50, 1]), np.zeros((106, 3)), np.zeros((10, 3)), 5)
    assert found.min() >= 1 and found.sum() == 5


def test_the_path_is_monotone_and_whole():
    generator = np.random.default_rng(1)
    path = warp(generator.standard_normal((30, 4)), generator.standard_normal((45, 4)))
    assert list(path[:, 0]) == list(range(30)) and (np.diff(path[:, 1]) >= 0).all()


def _write(folder, name, seconds, text, level=0.1):
    tone = level * np.random.default_rng(0).uniform(-1, 1, int(24_000 * seconds))
    soundfile.write(folder / f"{name}.wav", tone, 24_000)
    if text is not None:
        (folder / f"{name}.txt").write_text(text, "utf-8")


def read(text):
    return text, len(text)


def test_a_corpus_tells_what_it_leaves_out(tmp_path):
    for number in range(4):
        _write(tmp_path, f"good{number}", 2.0, "今天天气很好")
    _write(tmp_path, "short", 0.5, "今天")
    _write(tmp_path, "long", 13.0, "今天天气很好" * 10)
    _write(tmp_path, "silent", 2.0, "今天天气很好", level=1e-5)
    _write(tmp_path, "mute", 2.0, None)
    _write(tmp_path, "wrong", 2.0, "今天天气很好" * 10)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    (tmp_path / "broken.txt").write_text("今天天气很好", "utf-8")
    corpus = read_corpus(tmp_path, read, sample_rate=24_000)
    assert [clip.name for clip in corpus.clips] == [f"good{number}.wav" for number in range(4)]
    assert set(corpus.refused) == {f"{name}.wav" for name in ("short", "long", "silent", "mute", "wrong", "broken")}
    assert "syllables" in corpus.refused["wrong.wav"] and "quiet" in corpus.refused["silent.wav"]
    trained, held_out = corpus.split()
    assert len(trained) == 3 and len(held_out) == 1


@pytest.mark.parametrize("folder", ["missing", "."])
def test_a_corpus_that_is_too_small(tmp_path, folder):
    with pytest.raises(ControlError) as caught:
        read_corpus(tmp_path / folder, read, sample_rate=24_000)
    assert caught.value.code == "corpus_too_small"
