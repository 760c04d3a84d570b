"""How much an emotional word counts where it stands: negation, degree, report, contrast, supposition, mention.

Every rule is a function from a hit and its surroundings to a factor and a reason; ``weigh`` applies them in order. The
words that the rules look for are sections of ``lexicon/frames.txt``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .clauses import Clause
from .lexicon import Hit, load_lexicon
from .vocabulary import chinese

#: Feelings that one is told not to have by somebody gentle: 别怕, 不要难过.
COMFORTED = frozenset({"sad", "afraid", "angry", "melancholic", "embarrassed", "suspense"})

#: Kinds that tell about feelings rather than have them; neutral reports and suppositions damp these most.
KINDS = {
    "state": "情感词",
    "act": "神态动作",
    "scene": "情境",
    "call": "呼语",
    "lead": "呼语",
    "lone": "呼语",
    "hint": "弱呼语",
    "speech": "说话方式",
    "mark": "标点",
    "stutter": "口吃",
    "irony": "反语",
    "comfort": "劝慰",
    "negated": "被否定",
    "model": "语言模型",
}
_TELLING = frozenset({"state", "act", "scene"})
_FILLERS = (
    "流露出?|表现出?|显出|露出|产生|带有|觉得|感到|感觉|感觉到|显得|那么|这么|怎么|什么|任何|一点儿?|丝毫|半点|半分|因此|因为|这样|再|有|会|是|地|的|过|被"
    "|[让叫使令](?:他们|她们|我们|你们|他|她|我|你|人|大家)|要|想|特别|很|太|十分|非常|真的|真|多"
)
_REACH = 9

#: Negations that leave nothing behind: 谈不上高兴 is not gloom.
_DENIALS = frozenset({"谈不上", "算不上", "说不上", "称不上", "不算"})

_ENGLISH_NEGATION = re.compile(r"(?:\b(?:not|never|no|without|hardly|neither|nor)|n['’]t)(?:\s+\w+){0,2}\s+$")

#: Says of a thing that it is not to be felt about, however far the feeling stands behind it.
_DISCLAIMER = re.compile("并不是一|并非一|不是一件|不值得|并不值得|没什么好|没什么值得|没有什么值得")

#: Function words of the written language, and dates.
_FORMAL = ("于", "该", "均", "亦", "及", "其", "此", "之", "并", "以", "由", "则", "与", "曾", "故", "乃", "遂", "予")
_YEAR = re.compile("[0-9〇零一二三四五六七八九]{2,4}年")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for an emotion.

    Attributes:
        emotion: which one it speaks for.
        word: the characters that say so, ``text[begin:end]``.
        begin: first character.
        end: one past the last.
        weight: how much it counts, after all rules.
        kind: kind of the entry (``lexicon``), or ``mark``, ``stutter``, ``irony``, ``comfort``, ``negated``.
        notes: the rules that changed its weight, for people.
    """

    emotion: str
    word: str
    begin: int
    end: int
    weight: float
    kind: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        why = "，".join((KINDS.get(self.kind, self.kind), *self.notes))
        return f"“{self.word}” → {chinese(self.emotion)} {self.weight:+.2f}（{why}）"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for a whole sentence.

    Attributes:
        text: the sentence, lower case.
        report: factor of a neutral report, 1 = none.
        supposed: factor of a supposition (如果), 1 = none.
        turn: index of the last contrast (但是, 却), -1 = none.
        titles: ranges inside 《》, which say nothing.
    """

    text: str
    report: float
    supposed: float
    turn: int
    titles: tuple[tuple[int, int], ...]


def survey(text: str, clauses: Iterable[Clause]) -> Surroundings:
    """What holds for the whole sentence."""
    frames = load_lexicon().frames
    cues = sum(weight for word, weight in frames["report"].items() if word in text) + _register(text)
    if cues:
        cues -= 1.0 * any(mark in text for mark in "！!…") + 0.75 * any(person in text for person in "我你您咱")
    report = 1.0 if cues < 0.5 else 0.8 if cues < 1.0 else 0.4 if cues < 1.5 else 0.25 if cues < 2.0 else 0.15
    is_supposed = any(word in text for word in frames["hypothetical"])
    titles = tuple(match.span() for match in re.finditer("《[^》]*》", text)) if "《" in text else ()
    return Surroundings(text, report, 0.6 if is_supposed else 1.0, _turn(text, clauses), titles)


def _register(text: str) -> float:
    """How much a sentence reads like a reference book: years, figures, foreign names, words of the written language."""
    formal = sum(0.2 for word in _FORMAL if word in text)
    return (
        1.0 * bool(_YEAR.search(text))
        + 0.4 * any(character.isdigit() for character in text)
        + 0.5 * ("·" in text)
        + 0.25 * ("《" in text)
        + min(0.8, formal)
    )


def _turn(text: str, clauses: Iterable[Clause]) -> int:
    turn = -1
    for clause in clauses:
        inner = text[clause.begin : clause.end]
        if inner.startswith(_contrast_words()) or 0 <= inner.find("却") <= 6:
            turn = clause.begin
    return turn


@functools.lru_cache(maxsize=1)
def _contrast_words() -> tuple[str, ...]:
    return tuple(load_lexicon().frames["contrast"])


def weigh(hit: Hit, clause: Clause, around: Surroundings) -> list[Evidence]:
    """The evidence of one hit: none, itself with its weight, or what its negation speaks for."""
    emotion, kind, weight = hit.entry.emotion, hit.entry.kind, hit.entry.strength
    if any(begin <= hit.begin and hit.end <= end for begin, end in around.titles):
        return []
    notes: list[str] = []
    before = around.text[max(clause.begin, hit.begin - _REACH) : hit.begin]
    if kind in ("state", "act"):
        if emotion in COMFORTED and _prohibition().search(before) and not _is_report(around):
            return [_evidence("gentle", hit, 0.7 * weight, "comfort", before[-3:])]
        negation = _negation(before, around.text[clause.begin : hit.begin])
        if hit.word.isascii() and _ENGLISH_NEGATION.search(around.text, clause.begin, hit.begin):
            negation = "negated"
        if _DISCLAIMER.search(around.text, clause.begin, hit.begin):
            negation = "denied"
        if negation == "rhetorical":
            weight *= 1.1
            notes.append("反问")
        elif negation and "？" in clause.mark and around.text[clause.begin] == "我":
            weight *= 0.8
            notes.append("否认的反问")
        elif negation:
            if negation == "denied":
                return []
            return _negated(emotion, hit, weight * around.report) if kind == "state" else []
        factor, note = _degree(before, around.text[hit.end : hit.end + 4])
        weight *= factor
        notes += [note] if note else []
    factor, reasons = _standing(hit, clause, around, kind)
    return [_evidence(emotion, hit, weight * factor, kind, *notes, *reasons)]


def _standing(hit: Hit, clause: Clause, around: Surroundings, kind: str) -> tuple[float, list[str]]:
    """Factor and reasons of where a word stands: report, supposition, contrast, mention, aside."""
    factor, reasons = 1.0, []
    if around.report < 1.0:
        factor *= around.report if kind in _TELLING else (1.0 + around.report) / 2.0
        factor *= around.report if kind == "scene" else 1.0
        reasons.append("客观转述")
    if around.supposed < 1.0 and kind in _TELLING:
        factor *= around.supposed
        reasons.append("假设")
    if around.turn >= 0:
        factor *= 0.5 if hit.begin < around.turn else 1.2
        reasons.append("转折之前" if hit.begin < around.turn else "转折之后")
    if clause.role == "mention":
        factor *= 0.15
        reasons.append("作为词语提及")
    elif clause.role == "aside":
        factor *= 0.6
        reasons.append("括注")
    return factor, reasons


def _is_report(around: Surroundings) -> bool:
    return around.report < 0.5


def _negated(emotion: str, hit: Hit, weight: float) -> list[Evidence]:
    """What the absence of a feeling speaks for."""
    if emotion in ("happy", "excited", "cheerful"):
        return [_evidence("melancholic", hit, 0.6 * weight, "negated")]
    if emotion == "calm":
        return [_evidence("afraid", hit, 0.45 * weight, "negated")]
    if emotion in ("gentle", "affectionate"):
        return []
    return [_evidence("calm", hit, 0.3 * weight, "negated")]


def _evidence(emotion: str, hit: Hit, weight: float, kind: str, *notes: str) -> Evidence:
    return Evidence(emotion, hit.word, hit.begin, hit.end, weight, kind, notes)


def _negation(before: str, clause_before: str) -> str:
    """``rhetorical``, ``negated``, ``denied`` or empty: what stands before a word in its clause."""
    match = _negator().search(before)
    if match is None:
        return ""
    until = clause_before[: len(clause_before) - (len(before) - match.end("negator"))]
    if _rhetorical().search(until):
        return "rhetorical"
    if until.endswith(_no_negators()):
        return ""
    return "denied" if match["negator"] in _DENIALS else "negated"


def _degree(before: str, after: str) -> tuple[float, str]:
    """Factor of degree words beside a word, and its name."""
    frames = load_lexicon().frames
    tail = before[-4:]
    for word in frames["weaker"]:
        if word in tail:
            return 0.6, f"{word}：减弱"
    for word in frames["stronger after"]:
        if after.startswith(word):
            return 1.3, f"{word}：加强"
    for word in frames["stronger"]:
        if tail.endswith((word, word + "地", word + "的")):
            return 1.25, f"{word}：加强"
    return 1.0, ""


@functools.lru_cache(maxsize=1)
def _negator() -> re.Pattern[str]:
    return re.compile(f"(?P<negator>{_alternatives('negation')})(?:{_FILLERS}){{0,3}}$")


@functools.lru_cache(maxsize=1)
def _prohibition() -> re.Pattern[str]:
    return re.compile(f"(?:{_alternatives('prohibition')})(?:再|太|这么|那么|这样|为此|因此|为我|为他|感到|觉得)*$")


@functools.lru_cache(maxsize=1)
def _rhetorical() -> re.Pattern[str]:
    return re.compile(f"(?:{_alternatives('rhetorical')})$")


@functools.lru_cache(maxsize=1)
def _no_negators() -> tuple[str, ...]:
    return tuple(load_lexicon().frames["not negation"])


def _alternatives(section: str) -> str:
    words = sorted(load_lexicon().frames[section], key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", ".{0,4}") for word in words)
