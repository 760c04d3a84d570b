"""Laws of fitting a line into its slot: no faster than needed, never faster than is clear, and told."""

import dataclasses

import pytest

import tiny_engine
from jobs import make_task
from tts_engine.batch.fitting import FASTEST, TOLERANCE_S, fit_slot
from tts_engine.batch.model import Slot
from tts_engine.batch.planning import plan
from tts_engine.batch.rendering import render_task
from tts_engine.chunking import CLEAN_SPEED
from tts_engine.types import SynthesisResult


def speaker(length_s, fixed_s=0.0):
    """Speaks ``length_s`` of speech and pauses that no rate shortens; remembers the rates."""
    rates = []

    def speak(speed):
        rates.append(speed)
        audio_s = length_s / speed + fixed_s
        return SynthesisResult(None, 24000, (), (), (), {}, 0.0, audio_s, 0)

    return speak, rates


def test_the_limit_is_that_of_clear_speech():
    assert CLEAN_SPEED[1] == FASTEST


@pytest.mark.parametrize("length_s", [0.5, 1.99])
def test_what_fits_is_left_alone(length_s):
    speak, rates = speaker(length_s)
    assert fit_slot(speak, 1.0, Slot(3.0, 5.0)).warnings == () and rates == [1.0]


@pytest.mark.parametrize("fixed_s", [0.0, 0.3])
def test_what_is_too_long_is_spoken_just_fast_enough_and_told(fixed_s):
    speak, rates = speaker(2.4, fixed_s)
    result = fit_slot(speak, 1.0, Slot(0.0, 2.2))
    assert 2.2 * 0.9 < result.audio_s <= 2.2 + TOLERANCE_S and rates[-1] <= FASTEST
    assert f"{rates[-1]:.2f}" in result.warnings[0]


def test_what_cannot_fit_is_spoken_as_fast_as_is_clear_and_told():
    speak, rates = speaker(4.0)
    result = fit_slot(speak, 1.0, Slot(0.0, 2.0))
    assert rates[-1] == FASTEST and "0.86" in result.warnings[0]


def test_a_faster_wish_is_kept():
    speak, rates = speaker(4.0)
    fit_slot(speak, 2.0, Slot(0.0, 1.0))
    assert rates == [2.0]


def test_a_task_with_a_slot_is_fitted_and_its_identity_knows(tmp_path):
    task = dataclasses.replace(make_task(1, "春眠不觉晓，处处闻啼鸟。"))
    plain = render_task(task, tiny_engine.make(), tmp_path / "plain")
    slot = Slot(0.0, plain.audio_s / 1.2)
    fitted = render_task(dataclasses.replace(task, slot=slot), tiny_engine.make(), tmp_path / "fitted")
    assert fitted.audio_s <= slot.length_s + TOLERANCE_S and len(fitted.warnings) == 1
    from tts_engine.batch.model import Line

    lines = [Line(1, "好。", slot=Slot(0.0, 1.0)), Line(2, "好。", slot=Slot(1.0, 3.0)), Line(3, "好。")]
    assert len({one.task.identity for one in plan(lines, tiny_engine.make(), {})}) == 3
