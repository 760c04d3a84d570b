"""Training at toy size: losses, batches, steps, resuming, discriminators, export, pictures."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the distillation needs the extra [train]")

from distill import losses, train  # noqa: E402
from distill.data import batches, cut, load  # noqa: E402
from distill.discriminators import Discriminators  # noqa: E402
from distill.export import export, snr_db  # noqa: E402
from distill.judge import compare, judge, say  # noqa: E402
from distill.lessons import MOST_BYTES, shards  # noqa: E402
from distill.state import load_state, save_state  # noqa: E402
from distill.student import parameters_of, untrained  # noqa: E402

CPU = torch.device("cpu")
NEVER = 10**9


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def prepared(lessons, model):
    return load(shards(lessons, "train"), model, workers=1)


@pytest.fixture
def settings(fast):
    return train.Settings(
        "toy", fast, steps=40, batch=2, values=32, rate=3e-3, warm_up=2, adversarial_from=NEVER, discriminator_width=2
    )


def waves(seed: int, count: int = 2, samples: int = 7200):
    return 0.1 * torch.randn(count, samples, generator=torch.Generator().manual_seed(seed))


def cost(said, target, voiced=None):
    return losses.StudentLoss(24000)(said, target, torch.ones_like(target) if voiced is None else voiced)


class TestLosses:
    def test_equal_waveforms_cost_nothing(self):
        one = waves(0)
        assert all(float(term) == pytest.approx(0.0, abs=1e-6) for term in cost(one, one).values())

    def test_more_noise_costs_more(self):
        one = waves(0)
        for name in ("spectral", "phase"):
            costs = [float(cost(one + share * waves(1), one)[name]) for share in (0.0, 0.1, 0.3, 1.0)]
            assert costs == sorted(costs) and np.isfinite(costs).all() and costs[-1] > costs[1] > 0

    def test_silence_costs_one_of_phase_and_nothing_breaks(self):
        one = waves(0)
        silence = torch.zeros_like(one).requires_grad_()
        terms = cost(silence, one)
        assert float(terms["phase"].detach()) == pytest.approx(1.0, abs=0.02)
        (gradient,) = torch.autograd.grad(sum(terms.values()), silence)
        assert torch.isfinite(gradient).all()
        assert all(torch.isfinite(term) for term in cost(silence, torch.zeros_like(one)).values())

    def test_only_the_phase_term_hears_a_turned_wave(self):
        time = torch.arange(24000) / 24000
        one, turned = (torch.sin(2 * torch.pi * 300 * time + angle)[None] for angle in (0.0, torch.pi))
        inner = slice(2000, -2000)
        terms = cost(turned[:, inner], one[:, inner])
        assert float(terms["phase"]) > 3 and float(terms["spectral"]) < 1

    def test_the_phase_term_listens_to_voice_below_three_kilohertz_alone(self):
        one = waves(0)
        voiced = torch.zeros_like(one)
        voiced[:, 3600:] = 1.0
        before, within = one.clone(), one.clone()
        before[:, :3000] += waves(1)[:, :3000]
        within[:, 5000:] += waves(1)[:, 5000:]
        assert float(cost(before, one, voiced)["phase"]) == 0 < float(cost(within, one, voiced)["phase"])
        assert float(cost(within, one, torch.zeros_like(one))["phase"]) == 0
        high = 0.1 * torch.sin(torch.arange(7200) * 2 * torch.pi * 5000 / 24000)
        low = 0.1 * torch.sin(torch.arange(7200) * 2 * torch.pi * 500 / 24000)
        assert float(cost(one + high, one)["phase"]) < 0.2 * float(cost(one + low, one)["phase"])


class TestDiscriminators:
    def test_they_learn_to_tell_two_kinds_of_sound_apart(self):
        torch.manual_seed(0)
        listeners = Discriminators(width=2)
        adam = torch.optim.Adam(listeners.parameters(), 2e-2)
        tone = torch.sin(torch.arange(2400) / 9)[None].repeat(2, 1)
        first = last = None
        for step in range(6):
            real, _ = listeners(tone)
            false, _ = listeners(waves(step, samples=2400))
            loss = losses.for_discriminators(real, false)
            adam.zero_grad()
            loss.backward()
            adam.step()
            last = float(loss.detach())
            first = last if first is None else first
        assert last < 0.9 * first

    def test_features_of_equal_sounds_are_equal(self):
        listeners = Discriminators(width=2)
        with torch.no_grad():
            _, one = listeners(waves(0))
            _, other = listeners(waves(1))
        assert float(losses.of_features(one, one)) == 0.0 < float(losses.of_features(one, other))

    @pytest.mark.parametrize("samples", [4800, 4801, 5003])
    def test_any_length_can_be_heard(self, samples):
        with torch.no_grad():
            scores, features = Discriminators(width=2)(waves(0, samples=samples))
        assert len(scores) == len(features) == 8 and all(torch.isfinite(score).all() for score in scores)


class TestBatches:
    def test_a_stretch_is_cut_where_it_was_drawn(self, prepared, model):
        batch = cut([prepared[0]], [12], 20, model)
        one = prepared[0]
        np.testing.assert_array_equal(batch.target[0], one.lesson.waveform[12 * 300 : 32 * 300])
        np.testing.assert_array_equal(batch.features[0], one.features[12:32])
        np.testing.assert_array_equal(batch.rows[0], one.rows[12:32])

    def test_what_is_behind_the_end_is_silence(self, prepared, model):
        length = len(prepared[0].rows)
        batch = cut([prepared[0]], [length - 5], 20, model)
        assert batch.target[0].shape == (6000,) and not batch.target[0][1500:].any()
        assert not batch.excitation[0, :, 1500:].any() and not batch.features[0, 5:].any()

    def test_a_step_sees_the_same_whenever_it_comes(self, prepared, model):
        options = {"size": 2, "values": 16, "seed": 3, "config": model}
        whole = list(itertools.islice(batches(prepared, first=0, workers=2, **options), 6))
        later = list(itertools.islice(batches(prepared, first=4, workers=1, **options), 2))
        for one, other in zip(whole[4:], later, strict=True):
            assert torch.equal(one.target, other.target) and torch.equal(one.excitation, other.excitation)
        assert not torch.equal(whole[0].target, whole[1].target)


def curve(trainer, prepared, steps):
    stream = batches(
        prepared, size=2, values=trainer.settings.values, seed=0, first=trainer.step, config=trainer.model, workers=1
    )
    return [trainer.learn(batch)["loss"] for batch in itertools.islice(stream, steps)]


class TestTraining:
    def test_the_loss_falls_and_the_student_comes_nearer(self, settings, model, prepared):
        trainer = train.Trainer(settings, model, CPU)
        before = judge(untrained(settings.config), prepared[:2], model, CPU)
        told = curve(trainer, prepared, 40)
        assert np.isfinite(told).all()
        assert np.mean(told[-8:]) < 0.7 * np.mean(told[:4])
        after = judge(trainer.student, prepared[:2], model, CPU)
        assert after.log_mel_db < 0.8 * before.log_mel_db

    def test_a_run_in_slices_is_the_run_in_one_piece(self, settings, model, prepared, tmp_path):
        settings = dataclasses.replace(settings, adversarial_from=3)
        whole = train.Trainer(settings, model, CPU)
        told = curve(whole, prepared, 6)
        part = train.Slice(steps=4, report_steps=2, validate_steps=NEVER, workers=1)
        train.train(train.open_run(tmp_path, settings, model, CPU), tmp_path, prepared, [], part, lambda line: None)
        again = train.open_run(tmp_path, settings, model, CPU)
        assert again.step == 4 and again.minutes > 0
        assert curve(again, prepared, 2) == told[4:]
        for one, other in (
            (whole.student, again.student),
            (whole.mean, again.mean),
            (whole.listeners, again.listeners),
        ):
            for value, same in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
                assert torch.equal(value, same)

    def test_half_precision_learns_much_the_same(self, settings, model, prepared):
        settings = dataclasses.replace(settings, adversarial_from=1)
        full = curve(train.Trainer(settings, model, CPU), prepared, 3)
        half = curve(train.Trainer(settings, model, CPU, precision=torch.bfloat16), prepared, 3)
        assert half != full
        np.testing.assert_allclose(half, full, rtol=0.1)

    def test_the_discriminators_begin_at_their_step(self, settings, model, prepared):
        trainer = train.Trainer(dataclasses.replace(settings, adversarial_from=1), model, CPU)
        stream = batches(prepared, size=2, values=32, seed=0, first=0, config=model, workers=1)
        silent, hearing = (set(trainer.learn(next(stream))) for _ in range(2))
        assert hearing - silent == {"discriminators", "adversarial", "features"}

    def test_a_gradient_that_is_not_finite_leaves_the_weights_alone(self, settings, model, prepared):
        trainer = train.Trainer(settings, model, CPU)
        batch = cut(prepared[:2], [0, 0], 32, model)
        before = {name: value.clone() for name, value in trainer.student.state_dict().items()}
        trainer.learn(dataclasses.replace(batch, target=torch.full_like(batch.target, torch.nan)))
        assert all(torch.equal(value, before[name]) for name, value in trainer.student.state_dict().items())
        trainer.learn(batch)
        assert any(not torch.equal(value, before[name]) for name, value in trainer.student.state_dict().items())

    def test_the_time_is_kept(self, settings, model, prepared, tmp_path):
        trainer = train.open_run(tmp_path, settings, model, CPU)
        train.train(trainer, tmp_path, prepared, [], train.Slice(minutes=0.0, workers=1), lambda line: None)
        assert trainer.step == 0 and load_state(tmp_path, CPU)["step"] == 0

    def test_another_run_in_the_folder_is_refused(self, settings, model, tmp_path):
        train.open_run(tmp_path, settings, model, CPU)
        train.open_run(tmp_path, dataclasses.replace(settings, steps=80), model, CPU)
        with pytest.raises(ValueError, match="batch 2 -> 3"):
            train.open_run(tmp_path, dataclasses.replace(settings, batch=3), model, CPU)

    def test_the_rate_rises_and_falls(self, fast):
        settings = train.Settings("toy", fast, steps=1000, warm_up=100, rate=1.0)
        rates = [settings.rate_at(step) for step in range(1001)]
        assert rates.index(max(rates)) == 99 and rates[0] < 0.02 and rates[-1] == pytest.approx(0.1)


class TestState:
    def test_parts_are_small_and_make_the_whole(self, tmp_path, monkeypatch):
        from distill import state

        monkeypatch.setattr(state, "PART_BYTES", 1000)
        kept = {"step": 3, "values": torch.arange(1000.0)}
        files = save_state(tmp_path, kept)
        assert len(files) > 4 and max(file.stat().st_size for file in files) <= 1000
        assert state.PART_BYTES < MOST_BYTES
        assert torch.equal(load_state(tmp_path, CPU)["values"], kept["values"])

    def test_a_part_that_was_lost_is_told(self, tmp_path):
        save_state(tmp_path, {"step": 1, "values": torch.arange(10.0)})
        (tmp_path / "state" / "000.bin").write_bytes(b"else")
        with pytest.raises(ValueError, match=r"000\.bin is missing or damaged"):
            load_state(tmp_path, CPU)

    def test_a_process_that_died_between_the_two_renames_loses_nothing(self, tmp_path):
        save_state(tmp_path, {"step": 1})
        (tmp_path / "state").rename(tmp_path / "state.old")
        assert load_state(tmp_path, CPU)["step"] == 1
        save_state(tmp_path, {"step": 2})
        assert load_state(tmp_path, CPU)["step"] == 2
        assert load_state(tmp_path / "nowhere", CPU) is None


@pytest.fixture
def finished(settings, model, prepared, tmp_path):
    """A run of a few steps with its curves."""
    folder = tmp_path / "run"
    trainer = train.open_run(folder, settings, model, CPU)
    part = train.Slice(steps=6, report_steps=2, validate_steps=3, workers=1)
    train.train(trainer, folder, prepared, prepared[:1], part, lambda line: None)
    return folder


class TestAfterwards:
    def test_the_curves_are_kept_over_slices(self, finished):
        rows = train.read_curves(finished)
        assert [row["step"] for row in rows if row["kind"] == "train"] == [2, 4, 6]
        assert [row["step"] for row in rows if row["kind"] == "valid"] == [0, 3, 6]
        assert all(row["log_mel_db"] > 0 for row in rows if row["kind"] == "valid")

    def test_the_exported_file_is_what_was_trained(self, finished, prepared, model, tmp_path):
        from tts_engine.acoustic.fast.weights import load_weights

        settings, student, step = train.read_mean(finished)
        assert step == 6
        path = tmp_path / "student.safetensors"
        worst = export(student, path, {"recipe": "r", "steps": step}, prepared[:2], model)
        assert worst == min(snr_db(student, path, one, model) for one in prepared[:2]) > 40
        weights = load_weights(path)
        assert weights.config == settings.config
        assert weights.facts["licence"] == "Apache-2.0" and weights.facts["steps"] == 6

    def test_a_file_that_is_not_what_was_trained_is_not_left_behind(
        self, finished, prepared, model, tmp_path, monkeypatch
    ):
        from distill import export as module

        settings, student, _ = train.read_mean(finished)
        another = parameters_of(untrained(settings.config, seed=99).state_dict())
        monkeypatch.setattr(module, "parameters_of", lambda state: another)
        with pytest.raises(ValueError, match="dB from what was trained"):
            export(student, tmp_path / "x.safetensors", {}, prepared[:1], model)
        assert not list(tmp_path.glob("x*"))

    def test_pictures_are_drawn(self, finished, prepared, model):
        from xml.etree import ElementTree

        from distill.plots import draw_curves, draw_spectrograms

        _, student, _ = train.read_mean(finished)
        one = prepared[0]
        pair = ("a <title>", one.lesson.waveform, say(student, one, model, CPU))
        for path in (
            draw_curves(train.read_curves(finished), finished / "curves.svg"),
            draw_spectrograms([pair], model.sample_rate, finished / "heard.svg"),
            draw_curves([], finished / "nothing.svg"),
        ):
            assert ElementTree.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")


class TestJudging:
    def test_the_teacher_itself_is_perfect(self, prepared, model):
        target = prepared[0].lesson.waveform
        perfect = compare([(target, target)], model.sample_rate)
        assert perfect.log_mel_db == 0 and perfect.voicing_percent == 0

    def test_a_pitch_that_is_off_by_a_tenth_is_heard_as_such(self, model):
        time = np.arange(24000) / 24000

        def voice(hz):
            return sum(np.sin(2 * np.pi * hz * h * time) / h for h in range(1, 8)).astype(np.float32) * 0.1

        heard = compare([(voice(165.0), voice(150.0))], model.sample_rate)
        assert heard.f0_percent == pytest.approx(10.0, abs=1.0) and heard.voicing_percent < 5

    def test_what_must_hold_is_told_with_how_much_is_missing(self):
        from distill.listen import verdict

        row = {"f0_percent": 2.5, "distillmos_difference": -0.1, "error_points": float("nan")}
        lines = verdict({"text": row})
        assert any("f0_percent 2.5" in line and "missed by 0.5" in line for line in lines)
        assert any("distillmos_difference" in line and "met" in line for line in lines)
        assert sum("not measured" in line for line in lines) == 2


def test_the_command_line_trains_exports_and_listens(lessons, model, fast, tmp_path, monkeypatch, capsys):
    """The commands as they are typed, on the tiny network."""
    from distill import __main__ as command
    from tts_engine.acoustic import config

    monkeypatch.setattr(config, "ModelConfig", lambda: model)
    monkeypatch.setattr(train, "SIZES", {"toy": fast})
    run, file = str(tmp_path / "run"), str(tmp_path / "student.safetensors")

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["distill", *map(str, arguments)])
        command.main()
        return capsys.readouterr().out

    train_it = ["train", lessons, run, "--size", "toy", "--torch-device", "cpu", "--batch", 2, "--values", 32,
                "--adversarial-from", NEVER, "--judge-lessons", 1, "--workers", 1, "--report-steps", 1]  # fmt: skip
    assert "step 2" in call(*train_it, "--until-step", 2)
    assert "from step 2" in call(*train_it, "--until-step", 3)
    assert (tmp_path / "run" / "curves.svg").is_file()
    assert "dB from torch" in call("export", lessons, run, file, "--count", 1)
    said = call("listen", lessons, file, "--splits", "emotion", "--count", 1, "--no-listeners")
    assert json.loads(said.splitlines()[-1])["emotion"]["lessons"] == 1
    assert "valid-3.svg" in call("plot", lessons, run, "--count", 1)
    with pytest.raises(SystemExit):
        call("train", lessons, run, "--size", "huge")
