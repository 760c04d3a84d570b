"""What the place and role of a sentence in its text add to its prosody.

A ``Place`` says what is known about a sentence when it is its turn: what came before, its paragraph, its own words.
Nothing that comes later is used, so a stream is spoken as the whole text is. Every rule looks at the sentence and its
place and answers with a small ``ContextProsody`` or none; the answers add up within limits.

The moves are small against emotions: about a semitone, a few percent of rate, one to three dB. That pitch is reset at
the beginning of a paragraph and falls over it is described for Mandarin read speech by Tseng et al. (2005, "Fluent
speech prosody: framework and modeling", Speech Communication 46); the other directions and all figures are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..types import ContextProsody, Sentence
from .locate import phonemes_of

#: Greatest sums, so that no pile of rules pushes a sentence out of its voice.
PITCH_LIMIT_ST = 2.5
RATE_LIMITS = (0.8, 1.15)
RANGE_LIMITS = (0.7, 1.3)
LEVEL_LIMITS_DB = (-5.0, 3.0)
PAUSE_LIMITS_S = (-0.1, 0.8)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known about a sentence when it is its turn.

    Attributes:
        paragraph: number of its paragraph in the text, from 0.
        position: number of the sentence in its paragraph, from 0.
        role: ``narration``, ``quote`` (nothing but quotation), ``aside`` (nothing but parentheses), ``speech_tag``
            (says who spoke, beside a quotation) or ``mixed``.
        in_enumeration: an enumeration was opened earlier in the paragraph (首先).
        suspense: number of suspenseful sentences directly before.
        is_tense: one of the two sentences before was suspenseful.
        after_question: the sentence before asked something.
        feeling: what its words say, a stable identifier of the vocabulary.
        asides: character ranges of the source in parentheses.
    """

    paragraph: int = 0
    position: int = 0
    role: str = "narration"
    in_enumeration: bool = False
    suspense: int = 0
    is_tense: bool = False
    after_question: bool = False
    feeling: str = "neutral"
    asides: tuple[tuple[int, int], ...] = ()


FIRST = re.compile(r"首先|第一[，,、步点是]|其一|一方面|一来[，,]|firstly\b|first,|to begin with\b", re.IGNORECASE)
NEXT = re.compile(
    r"其次|再次|第[二三四五六七八九][，,、步点是]|其[二三四]|另一方面|二来[，,]|接着|second(ly)?\b|then,", re.IGNORECASE
)
LAST = re.compile(r"最后|最终|末了|finally\b|lastly\b", re.IGNORECASE)
CONTRAST = re.compile(
    r"但是?|可是|然而|不过|反而|其实|相反|可(?=[他她它我你这那])|but\b|however\b|yet\b", re.IGNORECASE
)
INNER_CONTRAST = re.compile(r"(?<=[，,；;])(?:但是?|可是?|然而|不过|反而|却)|却")
TOPIC = re.compile(
    r"另外|此外|再说|话说|说到|说起|至于|接下来|与此同时|同时[，,]|后来|从前|很久很久以前|很久以前|有一天|有一次|第二天|多年以后"
    r"|几年后|不久[，,]|那天|meanwhile\b|once upon a time\b|by the way\b|as for\b",
    re.IGNORECASE,
)
SUDDEN = re.compile(
    r"突然|忽然|猛地|猛然|就在这时|就在此时|刹那间|说时迟|不料|谁知|suddenly\b|all of a sudden\b", re.IGNORECASE
)
RELIEF = re.compile(
    r"原来[，,是他她它]|幸好|还好|好在|幸亏|谢天谢地|虚惊一场|松了?一?口气|放下了?心|thank god\b|luckily\b",
    re.IGNORECASE,
)
AT_LAST = re.compile(r"终于|总算|at last\b", re.IGNORECASE)
_LEADING = '“”"「」『』‘’（）()《》 \t　\n—…'
_CLAUSE_MARK = re.compile(r"[，,；;：:]")


def place_prosody(sentence: Sentence, place: Place) -> ContextProsody:
    """The sum of what every rule says about a sentence at its place."""
    moves = [move for rule in RULES if (move := rule(sentence, place)) is not None]
    return combine(moves) if moves else ContextProsody()


def combine(moves: list[ContextProsody]) -> ContextProsody:
    """Moves added (semitones, dB, seconds) and multiplied (factors), within the limits."""
    rate = pitch_range = lengthening = 1.0
    for move in moves:
        rate *= move.rate
        pitch_range *= move.range
        lengthening *= move.final_lengthening
    return ContextProsody(
        pitch_st=_within(sum(move.pitch_st for move in moves), -PITCH_LIMIT_ST, PITCH_LIMIT_ST),
        range=_within(pitch_range, *RANGE_LIMITS),
        rate=_within(rate, *RATE_LIMITS),
        level_db=_within(sum(move.level_db for move in moves), *LEVEL_LIMITS_DB),
        pause_before_s=_within(sum(move.pause_before_s for move in moves), *PAUSE_LIMITS_S),
        declination_st=_within(sum(move.declination_st for move in moves), -PITCH_LIMIT_ST, PITCH_LIMIT_ST),
        final_lengthening=_within(lengthening, 0.8, 1.5),
        emphasis=tuple(sorted({stretch for move in moves for stretch in move.emphasis})),
        reasons=tuple(reason for move in moves for reason in move.reasons),
    )


def opens_enumeration(source: str) -> bool:
    """Whether a sentence opens an enumeration (首先, 第一)."""
    return FIRST.match(source.lstrip(_LEADING)) is not None


def is_suspenseful(source: str, feeling: str) -> bool:
    """Whether a sentence holds its breath: it is uneasy and does not cry out."""
    return feeling in ("afraid", "suspense") and not re.search("[！!]", source)


def releases(source: str) -> bool:
    """Whether a sentence lets go of what was before it (原来是…, 幸好…)."""
    return RELIEF.search(source) is not None


def _paragraph_reset(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.position == 0 and place.paragraph > 0 and "paragraph_first" in sentence.roles:
        return ContextProsody(pitch_st=0.8, range=1.08, pause_before_s=0.12, reasons=("新段落：音高重置",))
    return None


def _declination(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.position > 0:
        fall = -0.25 * min(place.position, 4)
        return ContextProsody(pitch_st=fall, reasons=(f"段内第 {place.position + 1} 句：逐句下倾",))
    return None


def _paragraph_end(sentence: Sentence, place: Place) -> ContextProsody | None:
    if "paragraph_last" in sentence.roles and place.position > 0 and "question" not in sentence.roles:
        return ContextProsody(
            pitch_st=-0.4,
            rate=0.97,
            level_db=-0.5,
            declination_st=-0.5,
            final_lengthening=1.12,
            reasons=("段末：收束",),
        )
    return None


def _new_topic(sentence: Sentence, place: Place) -> ContextProsody | None:
    match = TOPIC.match(_bare(sentence))
    if match and (place.position > 0 or place.paragraph > 0):
        return ContextProsody(
            pitch_st=0.6, range=1.06, rate=0.97, pause_before_s=0.2, reasons=(f"新话题：{match.group().strip('，,')}",)
        )
    return None


def _quotation(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.role == "quote":
        return ContextProsody(pitch_st=0.6, range=1.12, rate=1.03, level_db=0.5, reasons=("引语：比叙述鲜明",))
    if place.role == "speech_tag":
        return ContextProsody(pitch_st=-0.6, range=0.88, rate=1.03, level_db=-1.0, reasons=("引语旁的叙述：退后",))
    return None


def _parenthesis(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.role == "aside":
        return ContextProsody(pitch_st=-1.0, range=0.82, rate=1.1, level_db=-1.5, reasons=("括注：低而快",))
    stretches = [found for begin, end in place.asides if (found := phonemes_of(sentence, begin, end))]
    if stretches:
        return ContextProsody(emphasis=tuple((*found, -0.7) for found in stretches), reasons=("句中括注：低而快",))
    return None


def _contrast(sentence: Sentence, place: Place) -> ContextProsody | None:
    match = CONTRAST.match(_bare(sentence))
    if match and (place.position > 0 or place.paragraph > 0):
        word = _emphasised(sentence, match, 0.5)
        return ContextProsody(
            pitch_st=0.6, range=1.08, pause_before_s=0.12, emphasis=word, reasons=(f"转折：{match.group()}",)
        )
    inner = INNER_CONTRAST.search(sentence.source)
    if inner and inner.start() > 0:
        return ContextProsody(
            range=1.05,
            emphasis=_stretch(sentence, inner.start(), inner.end() + 4, 0.4),
            reasons=(f"句中转折：{inner.group()}",),
        )
    return None


def _enumeration(sentence: Sentence, place: Place) -> ContextProsody | None:
    bare = _bare(sentence)
    if match := FIRST.match(bare):
        return ContextProsody(
            pitch_st=0.5,
            rate=0.98,
            pause_before_s=0.08,
            emphasis=_emphasised(sentence, match, 0.4),
            reasons=("列举：起",),
        )
    if match := NEXT.match(bare):
        return ContextProsody(
            pitch_st=0.4, pause_before_s=0.1, emphasis=_emphasised(sentence, match, 0.4), reasons=("列举：承",)
        )
    if place.in_enumeration and (match := LAST.match(bare)):
        return ContextProsody(
            pitch_st=-0.3,
            rate=0.95,
            pause_before_s=0.15,
            final_lengthening=1.12,
            emphasis=_emphasised(sentence, match, 0.4),
            reasons=("列举：收",),
        )
    return None


def _suspense(sentence: Sentence, place: Place) -> ContextProsody | None:
    if is_suspenseful(sentence.source, place.feeling) and place.role != "quote":
        depth = 1.0 + 0.25 * min(place.suspense, 2)
        return ContextProsody(
            pitch_st=-0.6 * depth,
            range=1.0 - 0.12 * depth,
            rate=1.0 - 0.11 * depth,
            level_db=-2.5 * depth,
            pause_before_s=0.1 * depth if place.position else 0.0,
            reasons=("悬念加深：更轻更慢" if place.suspense else "悬念：轻而慢",),
        )
    return None


def _climax(sentence: Sentence, place: Place) -> ContextProsody | None:
    is_burst = bool(SUDDEN.match(_bare(sentence))) or "exclamation" in sentence.roles
    if place.suspense and is_burst:
        return ContextProsody(
            pitch_st=1.5,
            range=1.15,
            rate=1.08,
            level_db=2.5,
            pause_before_s=0.25,
            reasons=("高潮：悬念之后爆发",),
        )
    return None


def _release(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.is_tense and releases(sentence.source):
        return ContextProsody(
            pitch_st=-0.6,
            rate=0.94,
            level_db=-0.5,
            pause_before_s=0.2,
            final_lengthening=1.1,
            reasons=("释然：悬念之后",),
        )
    return None


def _at_last(sentence: Sentence, place: Place) -> ContextProsody | None:
    """终于 at the head of a thought turns it; at its end it lets go."""
    bare = _bare(sentence)
    match = AT_LAST.search(bare)
    if match is None or "question" in sentence.roles:
        return None
    is_head = match.start() == 0
    if is_head and (place.position > 0 or place.paragraph > 0):
        return ContextProsody(
            pitch_st=0.8,
            range=1.1,
            pause_before_s=0.25,
            emphasis=_emphasised(sentence, match, 0.5),
            reasons=(f"{match.group()}开头：转机",),
        )
    if not is_head and not _CLAUSE_MARK.search(bare, match.end()):
        return ContextProsody(
            pitch_st=-0.8,
            range=0.92,
            rate=0.92,
            level_db=-1.0,
            declination_st=-0.8,
            final_lengthening=1.18,
            reasons=(f"{match.group()}收尾：松弛",),
        )
    return None


def _answer(sentence: Sentence, place: Place) -> ContextProsody | None:
    if place.after_question and place.position > 0 and "question" not in sentence.roles:
        return ContextProsody(pitch_st=-0.3, pause_before_s=0.08, reasons=("问句之后：回答",))
    return None


Rule = Callable[[Sentence, Place], "ContextProsody | None"]
RULES: tuple[Rule, ...] = (
    _paragraph_reset,
    _declination,
    _paragraph_end,
    _new_topic,
    _quotation,
    _parenthesis,
    _contrast,
    _enumeration,
    _suspense,
    _climax,
    _release,
    _at_last,
    _answer,
)


def _bare(sentence: Sentence) -> str:
    """The source without quotation marks and space before its first word."""
    return sentence.source.lstrip(_LEADING)


def _emphasised(sentence: Sentence, match: re.Match[str], strength: float) -> tuple[tuple[int, int, float], ...]:
    """Emphasis on a match in the bare source."""
    offset = len(sentence.source) - len(_bare(sentence))
    return _stretch(sentence, offset + match.start(), offset + match.end(), strength)


def _stretch(sentence: Sentence, begin: int, end: int, strength: float) -> tuple[tuple[int, int, float], ...]:
    found = phonemes_of(sentence, begin, end)
    return ((*found, strength),) if found else ()


def _within(value: float, least: float, most: float) -> float:
    return min(most, max(least, value))
