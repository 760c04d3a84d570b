"""The listener's state -> how to go on speaking: a controller with no clock of its own.

    readings (t, heart rate | valence | arousal | expression)
        ── baseline ──► deviation u ── smooth ──► state x ── policy (hysteresis) ──► wish ── slew ──► Influence

``Listener.hear(reading, t)`` takes what a sensor says, ``Listener.settle(t)`` lets time pass; both return the next
listener and what was decided, nothing is changed in place. ``influence`` is what holds for everything that has not been
rendered yet; ``shade`` mixes it into a performance. At rest it is exactly nothing.

Laws (``tests/unit/emotion/test_listener.py``): bounded; continuous in time; back to exactly nothing once readings stop;
noise around rest or a threshold does not make it flap; ``settle`` in one step or in many comes to the same.
The equations with their reasons stand in ``docs/live.md``. Not a medical device: it reacts, it does not diagnose.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import ControlError, near_matches
from ..types import Emotion, Performance
from .parse import amounts_of, make_emotion, parse_emotion
from .policies import AROUSAL, CIRCUMPLEX, NO_INFLUENCE, POLICIES, VALENCE, Influence, wish_of

#: What each reading may be, inclusive.
RANGES = {"heart_rate": (25.0, 240.0), "valence": (-1.0, 1.0), "arousal": (-1.0, 1.0)}
KEYS = (*RANGES, "expression")

#: Time constant of the smoothing of what is heard, seconds.
SMOOTHING_S = 4.0

#: A reading holds this long; then its channel is silent.
HOLD_S = 8.0

#: Time constant at which the state comes back to rest once a channel is silent, seconds.
DECAY_S = 6.0

#: Learning the resting heart rate: a plain mean over the first readings, then slowly, seconds.
WARM_UP_S = 20.0
BASELINE_S = 300.0

#: Beats per minute that count as a full deviation: this many spreads, a spread being at least ``LEAST_SPREAD``.
FULL_SPREADS = 3.0
LEAST_SPREAD = 6.0

#: Hysteresis: a policy begins to act above the first strength and ends below the second.
ENTER, LEAVE = 0.30, 0.16

#: Fastest change of the influence, per second.
SLEW = {"weight": 0.10, "rate": 0.02, "pitch_st": 0.25, "level_db": 0.4}

#: Longest step of the integration, and the time after which nothing is left, seconds.
_STEP_S = 0.125
_FORGOTTEN_S = 180.0
_REST = 1e-3


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that the controller noticed or decided.

    Attributes:
        kind: ``reading``, ``baseline`` (learned), ``acts``, ``rests``, ``silent`` (readings stopped), ``heard_again``.
        t: when, in the caller's seconds.
        text: for people, Chinese and English.
        values: the figures behind it.
    """

    kind: str
    t: float
    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The listener's heart at rest, beats per minute.

    Attributes:
        mean: at rest; None before the first reading.
        spread: mean absolute deviation around it.
        seen_s: time over which it was learned.
        is_given: set by the caller, not learned.
    """

    mean: float | None = None
    spread: float = LEAST_SPREAD
    seen_s: float = 0.0
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """What is known of the listener at time ``t``, and what follows from it.

    Attributes:
        policy: ``off``, ``soothe``, ``mirror`` or ``energize``.
        t: the time up to which it has been reckoned; None before the first.
        baseline: of the heart rate.
        heard: channel -> (deviation, when it was read); deviations are -1 to 1 on valence or arousal.
        valence: smoothed, -1 to 1, 0 at rest.
        arousal: smoothed, -1 to 1, 0 at rest.
        acts: whether the policy acts (hysteresis).
        is_silent: whether no channel has been heard for ``HOLD_S``.
        influence: what holds now.
    """

    policy: str = "soothe"
    t: float | None = None
    baseline: Baseline = Baseline()
    heard: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    valence: float = 0.0
    arousal: float = 0.0
    acts: bool = False
    is_silent: bool = True
    influence: Influence = NO_INFLUENCE

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ControlError(
                f"policy 应为 {'、'.join(POLICIES)} 之一，收到 {self.policy!r}。"
                f"policy must be one of {', '.join(POLICIES)}.",
                option="policy",
                value=repr(self.policy),
                allowed=", ".join(POLICIES),
            )

    def hear(self, reading: Mapping[str, Any], t: float) -> tuple[Listener, tuple[Decision, ...]]:
        """The listener after a reading.

        Args:
            reading: any of ``heart_rate`` (25-240 bpm), ``valence``, ``arousal`` (-1 to 1, 0 is at rest),
                ``expression`` (a name of the emotion vocabulary).
            t: seconds, never earlier than before.

        Raises:
            ControlError: ``reading_invalid``: nothing in it, an unknown key, not a number, NaN, or out of range;
                nothing of the reading counts then.
        """
        values = check_reading(reading)
        now, decisions = self.settle(t)
        heard = dict(now.heard)
        baseline = now.baseline
        for key, value in values.items():
            if key == "heart_rate":
                since_s = t - heard["heart_rate"][1] if "heart_rate" in heard else 0.0
                baseline, learned = _learn(baseline, value, min(since_s, HOLD_S), t)
                decisions += learned
                heard["heart_rate"] = (_heart_deviation(baseline, value), t)
            elif key == "expression":
                valence, arousal = _place_of(value)
                heard["expression_valence"], heard["expression_arousal"] = (valence, t), (arousal, t)
            else:
                heard[key] = (value, t)
        decisions += (Decision("reading", t, "收到读数 reading", {key: reading[key] for key in values}),)
        if now.is_silent and self.t is not None and self.heard:
            decisions += (Decision("heard_again", t, "读数恢复 readings are back"),)
        return replace(now, heard=heard, baseline=baseline, is_silent=False), decisions

    def settle(self, t: float) -> tuple[Listener, tuple[Decision, ...]]:
        """The listener at ``t``, without news."""
        if isinstance(t, bool) or not isinstance(t, (int, float)) or not math.isfinite(t):
            raise ControlError(
                f"t 应为秒数，收到 {t!r}。t must be seconds, got {t!r}.", code="reading_invalid", option="t"
            )
        if self.t is None or t <= self.t:
            return (replace(self, t=float(t)) if self.t is None else self), ()
        if t - self.t > _FORGOTTEN_S:  # nothing could be left: no need to reckon it step by step
            start = replace(self, t=t - _FORGOTTEN_S, heard={}, is_silent=True)
            now, decisions = start.settle(t)
            silent = () if self.is_silent else (_silent(self.t + HOLD_S),)
            return replace(now, heard={}), silent + decisions
        now, told = self, list[Decision]()
        while now.t is not None and now.t < t:
            grid = (math.floor(now.t / _STEP_S + 1e-9) + 1) * _STEP_S  # the same grid however often one asks
            now, made = _step(now, min(grid, t))
            told += made
        return now, tuple(told)

    def with_policy(self, policy: str) -> Listener:
        """The same listener under another policy; what holds now moves there at the usual pace."""
        return replace(self, policy=policy, acts=False)

    def with_baseline(self, heart_rate: float) -> Listener:
        """The same listener with a known heart rate at rest."""
        checked = check_reading({"heart_rate": heart_rate})["heart_rate"]
        return replace(self, baseline=Baseline(checked, LEAST_SPREAD, WARM_UP_S, is_given=True))


def check_reading(reading: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a reading, every one checked.

    Raises:
        ControlError: see ``Listener.hear``.
    """
    if not isinstance(reading, Mapping) or not reading:
        raise _invalid("reading", reading, f"至少一项 at least one of {', '.join(KEYS)}")
    values: dict[str, Any] = {}
    for key, value in reading.items():
        if key not in KEYS:
            near = near_matches(str(key), KEYS)
            raise _invalid(str(key), value, f"已知 known: {', '.join(KEYS)}", near=near)
        if key == "expression":
            if not isinstance(value, str):
                raise _invalid(key, value, "情感名称 a name of the emotion vocabulary")
            _place_of(value)
            values[key] = value
            continue
        least, most = RANGES[key]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not least <= value <= most:
            raise _invalid(key, value, f"{least:g} – {most:g}")
        values[key] = float(value)
    return values


def shade(performance: Performance, influence: Influence) -> Performance:
    """The performance with the emotion of the influence mixed in: (1 - w) of the script's, w of the wish."""
    if influence.weight <= 0.0 or influence.emotion.is_neutral:
        return performance
    spans = tuple(replace(span, emotion=mix(span.emotion, influence)) for span in performance.spans)
    return replace(
        performance,
        emotion=mix(performance.emotion, influence),
        spans=spans,
        evidence=(*performance.evidence, f"听者状态：{influence.reason}，权重 {influence.weight:.2f}"),
    )


def mix(script: Emotion, influence: Influence) -> Emotion:
    """(1 - w) of the script's amounts and w of the wished ones."""
    weight = influence.weight
    own = {name: share * script.intensity * (1.0 - weight) for name, share in amounts_of(script).items()}
    for name, share in amounts_of(influence.emotion).items():
        own[name] = own.get(name, 0.0) + share * influence.emotion.intensity * weight
    return make_emotion({name: amount for name, amount in own.items() if amount > 0.0})


def _step(now: Listener, t: float) -> tuple[Listener, list[Decision]]:
    """One step of at most ``_STEP_S``: exact for the smoothing, limited for the influence."""
    assert now.t is not None
    elapsed_s = t - now.t
    fresh = {key: value for key, (value, at) in now.heard.items() if now.t - at < HOLD_S}
    valence = _smooth(now.valence, [v for k, v in fresh.items() if k in VALENCE], elapsed_s)
    arousal = _smooth(now.arousal, [v for k, v in fresh.items() if k in AROUSAL], elapsed_s)
    decisions: list[Decision] = []
    is_silent = not fresh
    if is_silent and not now.is_silent:
        decisions.append(_silent(now.t))
    strength, wish = wish_of(now.policy, valence, arousal)
    acts = strength > (LEAVE if now.acts else ENTER)
    if acts != now.acts:
        state = {"valence": round(valence, 3), "arousal": round(arousal, 3), "strength": round(strength, 3)}
        text = f"开始调整：{wish.reason} begins to act ({now.policy})" if acts else "回到原样 back to the script"
        decisions.append(Decision("acts" if acts else "rests", t, text, {"policy": now.policy, **state}))
    influence = _slew(now.influence, wish if acts else Influence(), elapsed_s)
    moved = replace(now, t=t, valence=valence, arousal=arousal, acts=acts, is_silent=is_silent, influence=influence)
    return moved, decisions


def _silent(t: float) -> Decision:
    return Decision("silent", t, "读数中断，回到原样 readings stopped: back to the script")


def _smooth(state: float, heard: list[float], elapsed_s: float) -> float:
    """Solves x' = (u - x) / tau with u the mean of what is heard, 0 and a time constant of its own where nothing is."""
    target, tau = (sum(heard) / len(heard), SMOOTHING_S) if heard else (0.0, DECAY_S)
    moved = target + (state - target) * math.exp(-elapsed_s / tau)
    return 0.0 if not heard and abs(moved) < _REST else moved


def _slew(held: Influence, wish: Influence, elapsed_s: float) -> Influence:
    """Towards the wish, no faster than ``SLEW``; an emotion changes in proportion to what is left of the old one."""
    values = {name: _towards(getattr(held, name), getattr(wish, name), SLEW[name] * elapsed_s) for name in SLEW}
    if wish.weight <= 0.0:
        emotion, reason = held.emotion, held.reason
    else:
        share = 1.0 if held.weight <= 0.0 else 1.0 - math.exp(-elapsed_s / SMOOTHING_S)
        emotion, reason = _between(held.emotion, wish.emotion, share), wish.reason
    if values["weight"] <= 0.0:
        emotion, reason = Emotion(intensity=0.0), ""
    return Influence(emotion=emotion, reason=reason, **values)


def _between(first: Emotion, second: Emotion, share: float) -> Emotion:
    if share >= 1.0 or first.is_neutral:
        return second
    return mix(first, Influence(weight=share, emotion=second))


def _towards(value: float, target: float, most: float) -> float:
    return target if abs(target - value) <= most else value + math.copysign(most, target - value)


def _learn(baseline: Baseline, rate: float, elapsed_s: float, t: float) -> tuple[Baseline, tuple[Decision, ...]]:
    """The baseline after one more heart rate: a plain mean while it warms up, then slow, and slower upwards."""
    if baseline.mean is None:
        return Baseline(rate), ()
    seen_s = baseline.seen_s + elapsed_s
    is_warming = seen_s < WARM_UP_S and not baseline.is_given
    tau = max(2.0, seen_s) if is_warming else BASELINE_S * (2.0 if rate > baseline.mean else 1.0)
    share = 1.0 - math.exp(-elapsed_s / tau)
    mean = baseline.mean + share * (rate - baseline.mean)
    deviation = min(abs(rate - mean), 2.0 * LEAST_SPREAD)
    spread = max(LEAST_SPREAD, baseline.spread + share * (deviation - baseline.spread))
    learned = Baseline(mean, spread, seen_s, baseline.is_given)
    if baseline.seen_s < WARM_UP_S <= seen_s:
        text = f"静息心率约 {mean:.0f} resting heart rate about {mean:.0f}"
        return learned, (Decision("baseline", t, text, {"heart_rate": round(mean, 1), "spread": round(spread, 1)}),)
    return learned, ()


def _heart_deviation(baseline: Baseline, rate: float) -> float:
    if baseline.mean is None:
        return 0.0
    return max(-1.0, min(1.0, (rate - baseline.mean) / (FULL_SPREADS * baseline.spread)))


def _place_of(expression: str) -> tuple[float, float]:
    """Valence and arousal of a named expression."""
    try:
        emotion = parse_emotion(expression)
    except ControlError as error:
        raise _invalid("expression", expression, error.message) from None
    amounts = amounts_of(emotion)
    places = [(share * emotion.intensity, CIRCUMPLEX.get(name, (0.0, 0.0))) for name, share in amounts.items()]
    return sum(w * place[0] for w, place in places), sum(w * place[1] for w, place in places)


def _invalid(key: str, value: Any, allowed: str, **more: Any) -> ControlError:
    return ControlError(
        f"读数 {key}={value!r} 不能用，应为 {allowed}。The reading {key}={value!r} cannot be used; allowed: {allowed}.",
        code="reading_invalid",
        option=key,
        value=repr(value)[:80],
        allowed=allowed,
        **more,
    )
