"""The laws of the listener's controller."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.emotion.listener import HOLD_S, SLEW, Listener, check_reading, mix, shade
from tts_engine.emotion.parse import amounts_of, parse_emotion
from tts_engine.emotion.policies import CIRCUMPLEX, LIMITS, POLICIES, Influence, wish_of
from tts_engine.emotion.vocabulary import names
from tts_engine.errors import ControlError
from tts_engine.types import Emotion, EmotionSpan, Performance

ACTIVE = [policy for policy in POLICIES if policy != "off"]
READINGS = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {"heart_rate": st.floats(25, 240)}, optional={"valence": st.floats(-1, 1), "arousal": st.floats(-1, 1)}
        ),
        st.floats(0.05, 5.0),
    ),
    min_size=1,
    max_size=25,
)


def play(policy, readings, step_s=1.0):
    """The listener after each reading, ``step_s`` apart, and everything decided."""
    listener, told, states = Listener(policy), [], []
    for index, reading in enumerate(readings):
        listener, decisions = listener.hear(reading, index * step_s)
        told += decisions
        states.append(listener)
    return listener, told, states


def tense(seconds, policy="soothe", rate=110.0):
    rest = [{"heart_rate": 65.0}] * 25
    return play(policy, rest + [{"heart_rate": rate, "valence": -0.4}] * seconds)


@given(READINGS, st.sampled_from(ACTIVE))
@settings(max_examples=30, deadline=None)
def test_it_is_bounded_and_continuous(readings, policy):
    listener, t = Listener(policy), 0.0
    held = listener.influence
    for reading, pause_s in readings:
        listener, _ = listener.hear(reading, t)
        for _ in range(8):
            t += pause_s / 8
            listener, _ = listener.settle(t)
            now = listener.influence
            for name, limit in LIMITS.items():
                assert abs(getattr(now, name)) <= limit + 1e-9
                moved = abs(getattr(now, name) - getattr(held, name))
                assert moved <= SLEW[name] * pause_s / 8 + 1e-9
            held = now


@pytest.mark.parametrize("policy", ACTIVE)
def test_when_the_sensor_falls_silent_everything_returns_to_the_script(policy):
    arousal = -0.9 if policy == "energize" else 0.9
    listener, _, _ = play(policy, [{"arousal": arousal, "valence": -0.5}] * 30)
    assert not listener.influence.is_nothing
    script = Performance(parse_emotion("悲伤 0.6 + 愤怒 0.3"))
    assert shade(script, listener.influence) != script
    later, decisions = listener.settle(30 + HOLD_S + 60)
    assert [decision.kind for decision in decisions] == ["silent", "rests"]
    assert later.influence == Influence()
    assert shade(script, later.influence) is script
    forgotten, decisions = listener.settle(1e6)
    assert forgotten.influence == Influence() and "silent" in [decision.kind for decision in decisions]


def test_it_comes_and_goes_gradually():
    listener, _, states = tense(40)
    weights = [state.influence.weight for state in states]
    assert weights[24] == 0.0 and weights[-1] > 0.4
    rising = weights[25:]
    assert all(before <= after + 1e-9 for before, after in pairwise(rising[:12]))
    after = [listener.settle(65 + second)[0].influence.weight for second in range(int(HOLD_S) + 2, 60)]
    assert all(before >= later for before, later in pairwise(after)) and after[-1] == 0.0


def test_a_calm_listener_again_gives_the_calm_reading_again():
    _, told, states = play("soothe", [{"arousal": 0.0}] * 5 + [{"arousal": 0.9}] * 20 + [{"arousal": 0.0}] * 40)
    assert states[24].influence.weight > 0.3 and states[-1].influence == Influence()
    assert [decision.kind for decision in told if decision.kind in ("acts", "rests")] == ["acts", "rests"]


@pytest.mark.parametrize("center", [0.0, 0.3, 0.375, 0.45])
def test_noise_does_not_make_it_flap(center):
    noise = np.random.default_rng(7).normal(0.0, 0.12, 300)
    readings = [{"arousal": float(np.clip(center + one, -1, 1))} for one in noise]
    _, told, _ = play("soothe", readings)
    switches = [decision for decision in told if decision.kind in ("acts", "rests")]
    assert len(switches) <= 3  # in five minutes
    if center == 0.0:
        assert not switches


def test_a_noisy_resting_heart_changes_nothing():
    beats = 65 + 4 * np.random.default_rng(3).normal(size=120)
    listener, told, _ = play("soothe", [{"heart_rate": float(rate)} for rate in beats])
    assert listener.influence == Influence()
    learned = [decision for decision in told if decision.kind == "baseline"]
    assert len(learned) == 1 and learned[0].values["heart_rate"] == pytest.approx(65, abs=3)


def test_the_same_deviation_counts_whatever_the_resting_rate():
    slow, _, _ = play("soothe", [{"heart_rate": 55.0}] * 25 + [{"heart_rate": 75.0}] * 20)
    quick, _, _ = play("soothe", [{"heart_rate": 85.0}] * 25 + [{"heart_rate": 105.0}] * 20)
    assert slow.influence.weight == pytest.approx(quick.influence.weight, abs=0.03) and slow.influence.weight > 0.2


def test_a_given_baseline_counts_from_the_first_reading():
    unknown, _ = Listener().hear({"heart_rate": 100}, 0.0)
    known, _ = Listener().with_baseline(62).hear({"heart_rate": 100}, 0.0)
    assert unknown.settle(5.0)[0].arousal == 0.0 and known.settle(5.0)[0].arousal > 0.4


@given(st.lists(st.floats(0.01, 3.0), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_asking_often_changes_nothing(pauses):
    start, _, _ = play("mirror", [{"arousal": 0.8, "valence": 0.5}] * 4)
    often, t, told = start, 3.0, []
    for pause_s in pauses:
        t += pause_s
        often, decisions = often.settle(t)
        told += [decision.kind for decision in decisions]
    once, decisions = start.settle(t)
    assert told == [decision.kind for decision in decisions]
    assert often.valence == pytest.approx(once.valence) and often.arousal == pytest.approx(once.arousal)
    assert often.influence.weight == pytest.approx(once.influence.weight, abs=0.02)


def test_nothing_is_changed_in_place_and_time_does_not_run_back():
    listener, _ = Listener().hear({"arousal": 0.9}, 10.0)
    before = repr(listener)
    listener.settle(30.0)
    assert repr(listener) == before
    assert listener.settle(5.0) == (listener, ())


def test_policies_go_where_they_say():
    _, soothed = wish_of("soothe", -0.5, 0.8)
    assert (
        soothed.rate < 0 and soothed.pitch_st < 0 and soothed.level_db < 0 and "gentle" in amounts_of(soothed.emotion)
    )
    assert wish_of("soothe", 0.8, -0.5)[0] == 0.0
    _, along = wish_of("mirror", 0.8, 0.8)
    assert along.rate > 0 and along.level_db > 0 and {"cheerful", "excited"} <= set(amounts_of(along.emotion))
    _, woken = wish_of("energize", 0.0, -0.8)
    assert woken.rate > 0 and wish_of("energize", -0.5, 0.8)[0] == 0.0
    assert wish_of("off", -1.0, 1.0) == (0.0, Influence())
    for policy in POLICIES:
        assert wish_of(policy, 0.0, 0.0)[0] == 0.0


@pytest.mark.parametrize("policy", ACTIVE)
def test_policies_are_continuous(policy):
    grid = np.linspace(-1, 1, 41)
    for valence in grid:
        pairs = [(wish_of(policy, valence, a), wish_of(policy, valence, a + 0.001)) for a in grid]
        for (strength, wish), (other, near) in pairs:
            assert abs(strength - other) < 0.02 and abs(wish.rate - near.rate) < 0.01
            assert abs(wish.weight - near.weight) < 0.02


def test_an_expression_is_a_place_on_the_circle():
    assert set(CIRCUMPLEX) == set(names()) - {"neutral"}
    sad, _ = Listener("mirror").hear({"expression": "sad"}, 0.0)
    for second in range(1, 12):
        sad, _ = sad.hear({"expression": "悲伤"}, float(second))
    assert sad.valence < -0.4 and "sad" in amounts_of(sad.influence.emotion)


def test_mixing_is_between_and_quotations_take_part():
    angry = parse_emotion("angry")
    wish = Influence(weight=0.5, emotion=parse_emotion("gentle"))
    amounts = amounts_of(mix(angry, wish))
    assert amounts["angry"] == pytest.approx(amounts["gentle"])
    performance = Performance(Emotion(intensity=0.0), spans=(EmotionSpan((2, 5), angry),))
    shaded = shade(performance, wish)
    assert "gentle" in amounts_of(shaded.emotion) and "gentle" in amounts_of(shaded.spans[0].emotion)
    assert "听者状态" in shaded.evidence[-1]


@pytest.mark.parametrize(
    "reading",
    [
        {},
        {"heart_rate": math.nan},
        {"heart_rate": math.inf},
        {"heart_rate": 0},
        {"heart_rate": 900},
        {"heart_rate": "96"},
        {"heart_rate": True},
        {"valence": 2},
        {"arousal": -1.5},
        {"pulse": 70},
        {"expression": "grumpyish"},
        {"expression": 3},
        {"heart_rate": 70, "valence": math.nan},
        None,
        [70],
    ],
)
def test_absurd_readings_are_refused_as_a_whole_with_one_error(reading):
    listener, _ = Listener().hear({"heart_rate": 70}, 0.0)
    with pytest.raises(ControlError) as caught:
        listener.hear(reading, 1.0)
    assert caught.value.code == "reading_invalid"
    with pytest.raises(ControlError):
        check_reading(reading)


def test_unknown_policies_and_times_are_refused():
    with pytest.raises(ControlError):
        Listener("hypnotise")
    with pytest.raises(ControlError):
        Listener().settle(math.nan)
