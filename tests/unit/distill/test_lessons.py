"""Lessons: what is drawn, what is kept, what is held out; the same whenever and wherever they are made."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the distillation needs the extra [train]")

from distill import generate  # noqa: E402
from distill.lessons import MOST_BYTES, Lesson, read_shard, shards, write_curves, write_waveforms  # noqa: E402
from distill.recipe import SPLITS, Recipe, draw  # noqa: E402
from distill.texts import write_list  # noqa: E402
from tts_engine.acoustic.voices import parse_mix  # noqa: E402
from tts_engine.emotion.parse import parse_emotion  # noqa: E402

VOICES = ("af_heart", "am_michael", "zf_xiaobei", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi", "zm_yunyang")


class TestRecipe:
    def test_held_out_voices_and_emotions_are_in_their_split_alone(self):
        recipe = Recipe()
        for split in SPLITS:
            orders = [draw(recipe, split, number, VOICES) for number in range(150)]
            voices = {name for order in orders for name in parse_mix(order.voice)}
            held = voices & set(recipe.held_out_voices)
            assert (voices == held) if split == "voice" else not held
            said = " ".join(order.emotion for order in orders)
            assert any(name in said for name in recipe.held_out_emotions) == (split == "emotion")

    def test_the_whole_range_is_drawn_and_all_of_it_can_be_asked_for(self):
        orders = [draw(Recipe(held_out_voices=(), held_out_emotions=()), "train", n, VOICES) for n in range(800)]
        from tts_engine.emotion.vocabulary import names

        assert {order.emotion for order in orders} >= set(names())
        assert {order.voice for order in orders} >= set(VOICES)
        for share, chosen in {
            "neutral": [order.emotion == "neutral" for order in orders],
            "blended": [" + " in order.emotion for order in orders],
            "mixed": ["+" in order.voice for order in orders],
            "faster": [order.speed > 1.2 for order in orders],
            "lower": [order.pitch_shift_st < -2 for order in orders],
            "moved": [order.timbre_shift > 0.1 for order in orders],
        }.items():
            assert 0.05 < np.mean(chosen) < 0.6, share
        for order in orders:
            parse_emotion(order.emotion, intensity=order.intensity)
            assert sum(parse_mix(order.voice).values()) == pytest.approx(1.0)

    def test_a_number_is_a_lesson_whenever_it_is_drawn(self):
        assert draw(Recipe(), "train", 7, VOICES) == draw(Recipe(), "train", 7, VOICES)
        assert draw(Recipe(), "train", 7, VOICES) != draw(Recipe(seed=1), "train", 7, VOICES)
        assert Recipe().digest() == Recipe().digest() != Recipe(seed=1).digest()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(generate, "TEXTS", 2)
    monkeypatch.setattr(generate, "LESSONS", 2)


def digests(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def arrays(folder, model):
    """What is in the shards of a folder, whatever their compressed bytes are."""
    return {
        path.name: [
            (one.curves.f0.tobytes(), one.curves.rows.tobytes(), one.curves.style.tobytes(), one.waveform.tobytes())
            for one in read_shard(path, model)
        ]
        for path in sorted(folder.glob("*.npz"))
    }


class TestGenerate:
    def make(self, stage, folder, count=2, **changes):
        texts = write_list(200, 0)
        recipe = Recipe(held_out_voices=())
        return generate.generate(
            stage, texts, folder, recipe, counts={"train": count}, report=lambda line: None, **changes
        )

    def test_a_run_that_was_cut_short_goes_on_and_ends_as_one_piece(self, stage, model, small, tmp_path):
        assert self.make(stage, tmp_path / "whole") == 2
        assert self.make(stage, tmp_path / "cut", until=0.0) == 0
        assert self.make(stage, tmp_path / "cut", count=1) == 1
        before = digests(tmp_path / "cut")
        assert self.make(stage, tmp_path / "cut") == 1
        after = digests(tmp_path / "cut")
        assert {name: after[name] for name in before} == before
        assert arrays(tmp_path / "whole", model) == arrays(tmp_path / "cut", model)
        assert self.make(stage, tmp_path / "cut") == 0

    def test_curves_alone_and_the_teacher_later_is_the_same(self, stage, model, small, tmp_path):
        self.make(stage, tmp_path / "whole", count=1)
        self.make(stage, tmp_path / "apart", count=1, with_teacher=False)
        assert not list((tmp_path / "apart").glob("*.flac"))
        assert read_shard(tmp_path / "apart" / "train-00000.npz", model)[0].waveform is None
        assert generate.teach(stage.runtime, model, tmp_path / "apart", report=lambda line: None) == 1
        assert generate.teach(stage.runtime, model, tmp_path / "apart", report=lambda line: None) == 0
        assert arrays(tmp_path / "whole", model) == arrays(tmp_path / "apart", model)

    def test_a_lesson_is_what_the_product_would_have_rendered(self, stage, model, small):
        """The curves of a recorded performance are those of the speaker with the same engine, to the last number."""
        from distill.recipe import Order
        from tts_engine.acoustic.engine import AcousticEngine
        from tts_engine.options import SynthesisOptions
        from tts_engine.speaking import Speaker
        from tts_engine.types import Performance

        order = Order("zf_xiaoxiao", "sad", 0.8, 1.2, 2.0, 0.0, seed=5)
        (recorded,) = stage.perform("他们在河边等了一个下午。", order)
        seen = []

        class Watched(AcousticEngine):
            def rendering(self, *arguments, **named):
                seen.append(AcousticEngine.rendering(self, *arguments, **named))
                return seen[-1]

        watched = Watched.__new__(Watched)
        watched.__dict__.update(stage._recorder.engine.__dict__)
        (sentence,) = stage.front_end.analyse("他们在河边等了一个下午。").sentences
        Speaker(watched, stage.voices).speak(
            sentence,
            Performance(emotion=parse_emotion("sad", intensity=0.8), origin="label"),
            SynthesisOptions(voice="zf_xiaoxiao", speed=1.2, pitch_shift_st=2.0),
            seed=5,
            extra_db=0.0,
        )
        for field in dataclasses.fields(recorded.curves):
            np.testing.assert_array_equal(getattr(recorded.curves, field.name), getattr(seen[0].curves, field.name))

    def test_emotion_and_timbre_change_the_lesson(self, stage):
        from distill.recipe import Order

        plain = Order("zf_xiaoxiao", "neutral", 1.0, 1.0, 0.0, 0.0, seed=5)
        (neutral,) = stage.perform("今天下雨。", plain)
        (angry,) = stage.perform("今天下雨。", dataclasses.replace(plain, emotion="angry"))
        (moved,) = stage.perform("今天下雨。", dataclasses.replace(plain, timbre_shift=0.3))
        assert len(angry.curves.rows) != len(neutral.curves.rows) or not np.array_equal(
            angry.curves.f0, neutral.curves.f0
        )
        np.testing.assert_array_equal(moved.curves.f0, neutral.curves.f0)
        assert not np.allclose(moved.curves.style, neutral.curves.style)


class TestShards:
    def test_what_is_written_is_read(self, lessons, model, tmp_path):
        (path,) = shards(lessons, "train")
        read = read_shard(path, model)
        assert len(read) == 4 and len({one.facts["text"] for one in read}) == 2
        for one in read:
            assert len(one.curves.f0) == len(one.curves.energy) == 2 * len(one.curves.rows)
            assert len(one.waveform) == len(one.curves.rows) * model.frame_hop
            assert one.curves.rows.max() == len(one.curves.text) - 1
        again = write_curves(tmp_path / "train-00000.npz", read, "recipe")
        for one, other in zip(read, read_shard(again, model), strict=True):
            for field in dataclasses.fields(one.curves):
                np.testing.assert_array_equal(getattr(one.curves, field.name), getattr(other.curves, field.name))

    def test_texts_of_one_split_are_in_no_other(self, lessons, model):
        said = {
            split: {one.facts["text"] for path in shards(lessons, split) for one in read_shard(path, model)}
            for split in ("train", "valid", "emotion")
        }
        assert all(said.values())
        assert not said["train"] & said["valid"] and not said["train"] & said["emotion"]

    def test_nothing_larger_than_can_be_carried_is_written(self, model, tmp_path, monkeypatch):
        from distill import lessons as module

        assert MOST_BYTES == 16 * 1024**2
        monkeypatch.setattr(module, "MOST_BYTES", 10_000)
        noise = np.random.default_rng(0).uniform(-0.9, 0.9, 10_000).astype(np.float32)
        with pytest.raises(ValueError, match="fewer lessons"):
            write_waveforms(tmp_path / "train-00000.npz", [noise], model)
        assert not list(tmp_path.iterdir())

    def test_waveforms_of_another_shard_are_told(self, lessons, model, tmp_path):
        (path,) = shards(lessons, "train")
        read = read_shard(path, model)
        target = write_curves(tmp_path / "train-00000.npz", read, "recipe")
        write_waveforms(target, [one.waveform for one in read[:2]], model)
        with pytest.raises(ValueError, match="does not belong"):
            read_shard(target, model)

    def test_a_lesson_without_waveform_cannot_be_learned(self, lessons, model):
        from distill.data import prepare

        (path,) = shards(lessons, "train")
        bare = Lesson(read_shard(path, model)[0].curves, {"text": "x"})
        with pytest.raises(ValueError, match="run teach"):
            prepare(bare, model)
