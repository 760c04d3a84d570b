"""The listener for tones, on tones as textbooks draw them."""

import numpy as np
import pytest
from benchmarks.tones import KNOWN, courses, fit

SHAPES = {"1": (2.0, 2.0), "2": (-2.0, 2.0), "3": (-1.0, -4.0), "4": (3.0, -3.0)}


def reading(order, *, width=1.0, slope_st=0.0, hz=200.0, seed=0):
    """(voiced moments, their Hz, spans, phrases) of tones of 0.2 s on a line."""
    chance = np.random.default_rng(seed)
    at = (np.arange(20 * len(order)) + 0.5) * 0.01
    pitch = np.concatenate([np.linspace(*SHAPES[tone], 20) for tone in order]) * width + slope_st * at / at[-1]
    spans = np.array([(0.2 * index, 0.2 * (index + 1)) for index in range(len(order))])
    noisy = pitch + 0.3 * chance.standard_normal(len(pitch))
    return at, hz * 2 ** (noisy / 12), spans, np.array([(0.0, at[-1] + 0.005)])


def heard(order, **made):
    at, f0, spans, phrases = reading(order, **made)
    return courses(at, f0, spans, order, phrases)


@pytest.fixture(scope="module")
def listener():
    chance = np.random.default_rng(1)
    orders = [chance.choice(KNOWN, 8).tolist() for _ in range(40)]
    return fit((tone, values) for seed, order in enumerate(orders) for _, tone, values in heard(order, seed=seed))


ORDER = ["4", "1", "3", "2", "1", "4", "2", "3"]


def test_level_range_and_melody_make_no_errors(listener):
    for bent in (heard(ORDER, hz=120.0), heard(ORDER, width=0.6), heard(ORDER, slope_st=-6.0)):
        assert np.mean(listener.errors(heard(ORDER, seed=9), bent)) < 0.15


def test_tones_that_are_gone_or_others_are_errors(listener):
    other = [(number, tone, values) for (number, tone, _), (_, _, values) in zip(
        heard(ORDER), heard(["1", "4", "2", "3", "4", "1", "3", "2"]), strict=True)]  # fmt: skip
    without, output = np.mean(listener.errors(heard(ORDER), other), axis=0)
    assert without < 0.15
    assert output > 0.7


def test_syllables_without_voice_or_tone_are_not_counted():
    at, f0, spans, phrases = reading(ORDER)
    kept = (at < 0.2) | (at > 0.4)
    found = courses(at[kept], f0[kept], spans, ["4", "1", "5", *ORDER[3:]], phrases)
    assert [number for number, _, _ in found] == [0, 3, 4, 5, 6, 7]
