"""Who says each turn: the most probable course of a conversation through the evidence.

People alternate; who spoke before the last one is likely to answer; the same person rarely speaks twice in a row
without anything told between. A second-order hidden Markov model over the people at hand (forward and backward sums)
joins this with the evidence of every turn, and its posterior is the confidence that is given. Weights by hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .cast import Cast, Person
from .turns import Turn

#: Below this confidence nobody is named.
THRESHOLD = 0.5

#: Logarithms of odds of the course of a conversation.
ANSWERS, SPOKE_LATELY, SOMEBODY_ELSE = 1.2, 0.7, -0.4

#: The same person speaks again, by the characters told in between.
SAME_AGAIN = ((0, -3.5), (20, -2.5), (60, -1.2), (math.inf, -0.4))

#: People who are considered for one turn.
_AT_HAND = 6
_BACK, _AHEAD = 6, 4


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says a turn.

    Attributes:
        person: None where the confidence is below ``THRESHOLD``.
        confidence: 0 to 1, of the likeliest person.
        rule: what speaks most for it.
        words: the words that do.
    """

    person: Person | None
    confidence: float
    rule: str
    words: str


def find_speakers(turns: Sequence[Turn], cast: Cast) -> list[Speaker]:
    """The speaker of each turn, in order."""
    by_id = {id(person): person for person in cast.everybody()}
    at_hand = [_at_hand(turns, index) for index in range(len(turns))]
    posteriors = _posteriors(turns, at_hand)
    return [_speaker(turn, posterior, by_id) for turn, posterior in zip(turns, posteriors, strict=True)]


def _evidence(turn: Turn, key: int) -> float:
    return sum(reason.weight for reason in turn.for_whom.get(key, ()))


def _at_hand(turns: Sequence[Turn], index: int) -> list[int]:
    """The people considered for a turn, and 0 for somebody else; the likeliest first."""
    turn = turns[index]
    scores: dict[int, float] = {}
    for rank, person in enumerate(turn.recent):
        scores[id(person)] = 0.5 - 0.1 * rank
    for distance, other in enumerate(reversed(turns[max(0, index - _BACK) : index]), 1):
        for key in other.for_whom:
            if _evidence(other, key) > 1.0:
                scores[key] = max(scores.get(key, 0.0), 2.0 - 0.2 * distance)
    for distance, other in enumerate(turns[index + 1 : index + 1 + _AHEAD], 1):
        for key in other.for_whom:
            if _evidence(other, key) > 2.0:
                scores[key] = max(scores.get(key, 0.0), 1.2 - 0.2 * distance)
    for key in turn.for_whom:
        scores[key] = scores.get(key, 0.0) + 3.0 * _evidence(turn, key)
    best = sorted(scores, key=lambda key: -scores[key])[:_AT_HAND]
    return [*best, 0]


def _local(turns: Sequence[Turn], index: int, key: int) -> float:
    if key == 0:
        return SOMEBODY_ELSE + turns[index].somebody
    turn = turns[index]
    lately = any(_evidence(other, key) > 1.0 for other in turns[max(0, index - 4) : index])
    is_mentioned = any(id(person) == key for person in turn.recent[:2])
    return _evidence(turn, key) + SPOKE_LATELY * lately + 0.3 * is_mentioned


def _step(before_last: int, last: int, this: int, turn: Turn) -> float:
    """How likely ``this`` speaks after ``last``, who spoke after ``before_last``."""
    if this == last:
        if this == 0:
            return -0.5
        return next(weight for longest, weight in SAME_AGAIN if turn.gap <= longest)
    return ANSWERS if this == before_last and this != 0 else 0.0


def _posteriors(turns: Sequence[Turn], at_hand: Sequence[Sequence[int]]) -> list[dict[int, float]]:
    """Forward and backward sums over pairs of speakers; each turn's probabilities by person."""
    if not turns:
        return []
    local = [{key: _local(turns, index, key) for key in keys} for index, keys in enumerate(at_hand)]
    forward: list[dict[tuple[int, int], float]] = [{(-1, key): local[0][key] for key in at_hand[0]}]
    for index in range(1, len(turns)):
        sums: dict[tuple[int, int], list[float]] = {}
        for (before_last, last), score in forward[-1].items():
            for key in at_hand[index]:
                step = _step(before_last, last, key, turns[index])
                sums.setdefault((last, key), []).append(score + step + local[index][key])
        forward.append(_normalised(sums))
    backward: list[dict[tuple[int, int], float]] = [dict.fromkeys(forward[-1], 0.0)]
    for index in range(len(turns) - 1, 0, -1):
        sums = {}
        following = backward[-1]
        for before_last, last in forward[index - 1]:
            for key in at_hand[index]:
                step = _step(before_last, last, key, turns[index])
                value = step + local[index][key] + following[last, key]
                sums.setdefault((before_last, last), []).append(value)
        backward.append(_normalised(sums))
    backward.reverse()
    posteriors = []
    for ahead, back in zip(forward, backward, strict=True):
        totals: dict[int, list[float]] = {}
        for pair, score in ahead.items():
            totals.setdefault(pair[1], []).append(score + back[pair])
        logs = {key: _log_sum(values) for key, values in totals.items()}
        whole = _log_sum(list(logs.values()))
        posteriors.append({key: math.exp(value - whole) for key, value in logs.items()})
    return posteriors


def _normalised(sums: dict[tuple[int, int], list[float]]) -> dict[tuple[int, int], float]:
    """Sums of probabilities as logarithms, the greatest at 0."""
    logs = {pair: _log_sum(values) for pair, values in sums.items()}
    top = max(logs.values())
    return {pair: value - top for pair, value in logs.items()}


def _log_sum(values: Sequence[float]) -> float:
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def _speaker(turn: Turn, posterior: dict[int, float], by_id: dict[int, Person]) -> Speaker:
    key = max(posterior, key=lambda candidate: posterior[candidate])
    confidence = posterior[key]
    if key == 0 or confidence < THRESHOLD:
        best = max((value for candidate, value in posterior.items() if candidate), default=0.0)
        return Speaker(None, best, "nobody is likely enough", "")
    reasons = [reason for reason in turn.for_whom.get(key, ()) if reason.weight > 0.5]
    if not reasons:
        return Speaker(by_id[key], confidence, "alternation", "")
    strongest = max(reasons, key=lambda reason: reason.weight)
    return Speaker(by_id[key], confidence, strongest.rule, strongest.words.strip())
