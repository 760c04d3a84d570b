"""The emotion that the words of a sentence carry, with its intensity and the evidence for it.

    text ── clauses ──► hits of the lexicon ── weigh ──► evidence ── sum per emotion ──► blend and intensity

Rules and a lexicon of our own; no model, well under a millisecond per sentence. Several words for one emotion add up
with falling weight, so that a list of synonyms does not outweigh one strong word of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..types import Emotion
from .clauses import Clause, Stretch, split_clauses, split_stretches
from .irony import find_irony
from .lexicon import Hit, load_lexicon
from .parse import make_emotion
from .vocabulary import NEUTRAL
from .weigh import Evidence, survey, weigh

#: Below this sum of evidence a sentence is neutral.
THRESHOLD = 0.35

#: Of the evidence for one emotion, the n-th strongest counts this factor to the power of n.
_FALLING = 0.6

#: Ways to say something; they join the emotion instead of competing with it.
MANNERS = ("whispering", "shouting")

#: Emotions that are decided together, each with its share in the sum; the strongest member names the outcome.
_FAMILIES: dict[str, dict[str, float]] = {
    "joy": {"happy": 1.0, "excited": 0.8, "cheerful": 1.0},
    "anger": {"angry": 1.0},
    "grief": {"sad": 1.0},
    "fear": {"afraid": 1.0, "suspense": 0.7},
    "disgust": {"disgusted": 1.0},
    "gloom": {"melancholic": 1.0},
    "surprise": {"surprised": 1.0, "curious": 0.5},
    "tenderness": {"gentle": 1.0, "affectionate": 0.9},
    "peace": {"calm": 0.8},
    "mockery": {"sarcastic": 1.0},
    "shame": {"embarrassed": 1.0},
}
_STUTTER = re.compile(r"([一-鿿])(?:…+|\.{3,}|—+|、|，)\1")


@dataclass(frozen=True, slots=True)
class Inference:
    """What the words say.

    Attributes:
        label: stable identifier of the strongest emotion, ``neutral`` where the evidence is thin.
        emotion: the blend with its intensity.
        scores: sum of evidence per emotion, strongest first.
        evidence: every word and rule that counted, in order of the text.
    """

    label: str
    emotion: Emotion
    scores: dict[str, float]
    evidence: tuple[Evidence, ...]


def infer(text: str, is_open: bool = False) -> Inference:
    """The emotion of one sentence as a whole.

    Args:
        text: one sentence as written, with its punctuation.
        is_open: it begins inside a quotation that an earlier sentence opened.
    """
    stretches, _ = split_stretches(text, is_open)
    return decide(text, gather(text, stretches))


def gather(text: str, stretches: tuple[Stretch, ...]) -> tuple[Evidence, ...]:
    """Everything in a sentence that speaks for an emotion, in order."""
    folded = text.casefold() if len(text.casefold()) == len(text) else text
    clauses = split_clauses(folded, stretches)
    around = survey(folded, clauses)
    evidence: list[Evidence] = []
    for hit in load_lexicon().find(folded):
        evidence += weigh(hit, _clause_of(hit, clauses), around)
    evidence = _confirm_hints(folded, evidence)
    evidence += _punctuation(folded, clauses, evidence)
    evidence += find_irony(folded, clauses, evidence)
    return tuple(sorted(evidence, key=lambda item: item.begin))


def _confirm_hints(text: str, evidence: list[Evidence]) -> list[Evidence]:
    """Hints (你还…, 记得带…) count fully where the sentence is cried out or something else says the same."""
    is_cried = "！" in text or "!" in text
    firm = {item.emotion for item in evidence if item.kind != "hint" and item.weight >= 0.3}
    hints = {(item.emotion, item.word) for item in evidence if item.kind == "hint"}

    def share(emotion: str) -> float:
        if emotion in firm:
            return 1.0
        if is_cried and emotion != "gentle":
            return 0.9
        return 0.6 if sum(hinted == emotion for hinted, _ in hints) > 1 else 0.35

    return [replace(i, weight=i.weight * share(i.emotion)) if i.kind == "hint" else i for i in evidence]


def decide(text: str, evidence: Iterable[Evidence]) -> Inference:
    """The outcome of weighed evidence: one family wins, a strong second one blends in, manners join."""
    kept = tuple(evidence)
    scores = _sum_up(kept)
    families = {family: _family_score(members, scores, kept) for family, members in _FAMILIES.items()}
    _settle(families)
    ranked = sorted(families.items(), key=lambda item: -item[1])
    (best, top), (second, runner_up) = ranked[0], ranked[1]
    manners = {name: min(1.0, scores[name]) for name in MANNERS if scores.get(name, 0.0) >= 0.4}
    ordered = dict(sorted(scores.items(), key=lambda item: -item[1]))
    if top < THRESHOLD:
        emotion = make_emotion({name: 0.5 * amount for name, amount in manners.items()})
        return Inference(NEUTRAL, emotion, ordered, kept)
    amounts = _members(best, scores, text)
    label = max(amounts, key=lambda name: (name != "sarcastic", amounts[name]))
    if runner_up >= max(THRESHOLD, 0.6 * top):
        for name, amount in _members(second, scores, text).items():
            amounts[name] = amounts.get(name, 0.0) + 0.5 * amount * runner_up / top
    for name, amount in manners.items():
        amounts[name] = 0.4 * amount * sum(amounts.values())
    return Inference(label, make_emotion(amounts, _intensity(top, text)), ordered, kept)


def _clause_of(hit: Hit, clauses: tuple[Clause, ...]) -> Clause:
    for clause in clauses:
        if clause.begin <= hit.begin < clause.end:
            return clause
    return Clause(hit.begin, hit.end, "", "narration")


def _family_score(members: dict[str, float], scores: dict[str, float], evidence: tuple[Evidence, ...]) -> float:
    """Sum of a family; a situation alone, without anybody feeling anything, counts less."""
    score = sum(share * scores.get(name, 0.0) for name, share in members.items())
    rules = {item.kind for item in evidence if item.emotion in members and item.weight >= 0.1}
    return score * (0.8 if rules == {"scene"} else 1.0)


def _sum_up(evidence: tuple[Evidence, ...]) -> dict[str, float]:
    """Sum per emotion, the stronger evidence first, repeated words once."""
    weights: dict[str, dict[str, float]] = {}
    for item in evidence:
        words = weights.setdefault(item.emotion, {})
        words[item.word] = max(item.weight, words.get(item.word, 0.0))
    return {
        emotion: sum(weight * _FALLING**rank for rank, weight in enumerate(sorted(words.values(), reverse=True)))
        for emotion, words in weights.items()
    }


def _settle(families: dict[str, float]) -> None:
    """Families that give way to others, in place."""
    others = max(score for family, score in families.items() if family not in ("surprise", "peace"))
    if others >= 0.5 and (
        others >= 0.6 * families["surprise"] or families["joy"] >= 0.5 * families["surprise"]
    ):  # 居然敢这样欺负人 is anger, not surprise
        families["surprise"] *= 0.5
    if max(score for family, score in families.items() if family != "peace") >= THRESHOLD:
        families["peace"] *= 0.5
    if families["mockery"] >= 0.6:
        families["joy"] *= 0.2
        families["tenderness"] *= 0.2
        families["mockery"] += 0.6 * max(families["anger"], families["disgust"])


def _members(family: str, scores: dict[str, float], text: str) -> dict[str, float]:
    """Amounts of a family's emotions that sum to 1."""
    if family == "mockery":
        anger, disgust = scores.get("angry", 0.0), scores.get("disgusted", 0.0)
        is_reproach = anger > disgust or (anger == disgust and re.search("你|您[可真]", text) is not None)
        return {"sarcastic": 0.5, "angry" if is_reproach else "disgusted": 0.5}
    shares = {name: share * scores.get(name, 0.0) for name, share in _FAMILIES[family].items()}
    if family == "fear" and not re.search('[！!“”"]', text):  # fear that is told, not cried, holds its breath
        shares["suspense"] = max(shares["suspense"], 0.7 * shares["afraid"])
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items() if share > 0.05 * total}


def _intensity(top: float, text: str) -> float:
    """Intensity 0.3-1 from the sum of evidence and the marks of exclamation."""
    exclaimed = min(2, text.count("！") + text.count("!"))
    return round(min(1.0, 0.3 + 0.4 * min(top, 1.6) + 0.08 * exclaimed), 3)


def _punctuation(text: str, clauses: tuple[Clause, ...], evidence: list[Evidence]) -> list[Evidence]:
    """What marks and stutters add to what the words say."""
    added = []
    present = {item.emotion for item in evidence if item.weight > 0.1}
    marks = " ".join(clause.mark for clause in clauses)
    if re.search("[？?][！!]|[！!][？?]", marks):
        added += [_mark(text, "surprised", 0.4, "？！"), _mark(text, "angry", 0.2, "？！")]
    if re.search("[？?]{2,}", marks):
        added += [_mark(text, "surprised", 0.25, "？？")]
    if re.search("[！!]{2,}", marks):
        added += [_mark(text, name, 0.3, "！！") for name in ("angry", "excited") if name in present]
    if not present:
        added += _bare_marks(text, marks)
    if "…" in marks:
        added += [_mark(text, name, 0.15, "……") for name in ("melancholic", "sad", "afraid") if name in present]
    stutter = _STUTTER.search(text)
    if stutter:
        added += [
            Evidence(name, stutter.group(), stutter.start(), stutter.end(), weight, "stutter")
            for name, weight in (("afraid", 0.25), ("surprised", 0.25))
        ]
    return added


def _bare_marks(text: str, marks: str) -> list[Evidence]:
    """What marks alone suggest where no word says anything: a sentence that is cried out is not indifferent."""
    if "！" in marks or "!" in marks:
        is_reproach = any(person in text for person in ("你", "您"))
        return [_mark(text, "angry" if is_reproach else "excited", 0.45, "！")]
    if "…" in marks:
        return [_mark(text, "melancholic", 0.36, "……")]
    return []


def _mark(text: str, emotion: str, weight: float, marks: str) -> Evidence:
    begin = max(0, text.find(marks[0]))
    return Evidence(emotion, marks, begin, begin + 1, weight, "mark")
