"""Weights in eight bits: a quarter of the bytes, nearly the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from measures import snr_db
from tts_engine.acoustic import compact as module
from tts_engine.acoustic.compact import compact, in_eight_bits
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import conv
from tts_engine.acoustic.onnx_runtime import open_session
from tts_engine.acoustic.precision import FLOAT32, SMALL
from tts_engine.acoustic.profile import Profile


def restored(value):
    axis, whole, steps = in_eight_bits(value)
    return whole * steps.reshape([-1 if i == axis else 1 for i in range(value.ndim)])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_values_that_are_whole_steps_along_one_axis_come_back(axis):
    chance = np.random.default_rng(axis)
    whole = chance.integers(-126, 127, (4, 5, 6))
    whole[0, 0, 0] = 127
    np.moveaxis(whole, axis, 0)[:, 0, 0] = 127  # each step is used in full
    steps = np.exp(chance.normal(0, 2, whole.shape[axis])).reshape([-1 if i == axis else 1 for i in range(3)])
    value = (whole * steps).astype(np.float32)
    np.testing.assert_allclose(restored(value), value, rtol=1e-5)


def test_no_value_moves_by_more_than_half_a_step():
    value = np.random.default_rng(0).standard_normal((30, 20)).astype(np.float32)
    axis, _, steps = in_eight_bits(value)
    assert (np.abs(restored(value) - value) <= np.expand_dims(steps, 1 - axis) * 0.501).all()


def test_zeros_stay_zeros():
    assert not restored(np.zeros((3, 4), np.float32)).any()


def test_a_graph_computes_the_same_from_a_quarter_of_the_bytes():
    chance = np.random.default_rng(5)
    weight = chance.standard_normal((64, 32, 5)).astype(np.float32)
    x = chance.standard_normal((1, 32, 1, 50)).astype(np.float32)

    def graph():
        one = Graph("one")
        one.output("y", conv(one, "layer", one.input("x", [1, 32, 1, "steps"]), weight, np.ones(64, np.float32)), None)
        return one

    def held(one):
        return sum(value.nbytes for value in one.weights.values())

    small = compact(graph())
    assert held(small) < 0.3 * held(graph())
    exact, rounded = (open_session(one, threads=1).run(None, {"x": x})[0] for one in (graph(), small))
    assert snr_db(exact, rounded) > 38


def test_the_small_engine_is_close_to_the_other_and_says_what_it_is(config, parameters, engine, monkeypatch):
    monkeypatch.setattr(module, "LEAST_VALUES", 1)
    small = AcousticEngine(config, parameters, threads=1, profile=Profile(is_small=True))
    assert (small.arithmetic, engine.arithmetic) == (SMALL, FLOAT32)
    style = np.random.default_rng(1).standard_normal(config.style).astype(np.float32)
    exact, rounded = (one.encode("abc, hig fed", style) for one in (engine, small))
    assert 0 < np.abs(exact.durations - rounded.durations).max() < 0.05 * exact.durations.max()
    curves = engine.predict(exact)
    waves = [one.render(exact, curves, style) for one in (engine, small)]
    assert snr_db(waves[0], waves[1]) > 10
