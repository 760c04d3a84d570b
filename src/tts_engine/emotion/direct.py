"""Sentences and a request -> how each is meant: the emotion stage.

    Sentence ── words (infer) ──┐
    request, tags ──────────────┼──► Performance
    what came before (Story) ───┘

Works as a stream: a sentence is answered from what came before it and from itself, at most ``lookahead`` sentences
later than it came in. That one sentence is read only to hear who speaks after a quotation (“滚。”他怒吼道。), and only
in a text that is known; in a live stream ``lookahead=0`` never waits.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..types import Emotion, EmotionSpan, Performance, Sentence
from .clauses import Stretch, split_stretches
from .context import Place, is_suspenseful, opens_enumeration, place_prosody, releases
from .infer import Inference, decide, gather
from .locate import phonemes_of, without_markup
from .parse import asks_for_auto, describe
from .tags import EmotionTag, apply_tags
from .weigh import Evidence

#: Narration tells of a feeling, a quotation has it.
NARRATION_SHARE = 0.75

#: A sentence that only says who spoke and how (他怒吼道).
TAG_SHARE = 0.3

#: What a sentence without a feeling of its own keeps of the one before in its paragraph.
CARRIED_SHARE = 0.35

#: Below this intensity nothing is carried on.
_LEAST_CARRIED = 0.12

#: Longest narration beside a quotation that only says who speaks.
_TAG_LENGTH = 20
_SPEECH_VERB = re.compile(
    r"(?:[道说问喊叫骂吼答喝叹嚷]|回答|嘟囔|低语|宣布|said|asked|cried|shouted|whispered|replied)[道着了]?\s*(?:[，。：:,.…！!]|$)"
)
_ENDS_QUOTED = re.compile(r"[”」』\"]\s*$")


#: Reads the emotion of one sentence after another; None where it cannot.
Reader = Callable[[str], Inference | None]


def _nothing() -> Emotion:
    return Emotion(intensity=0.0)


@dataclass(slots=True)
class Story:
    """What is remembered from sentence to sentence."""

    paragraph: int = -1
    first_paragraph: int = -1
    position: int = 0
    is_quoting: bool = False
    after_quote: bool = False
    manner: tuple[Evidence, ...] = ()
    in_enumeration: bool = False
    suspense: int = 0
    since_suspense: int = 9
    asked: bool = False
    carried: Emotion = field(default_factory=_nothing)

    def enter(self, sentence: Sentence) -> None:
        """Goes on to a sentence; a new paragraph forgets what belonged to the old one."""
        if sentence.paragraph != self.paragraph:
            if self.first_paragraph < 0:
                self.first_paragraph = sentence.paragraph
            self.paragraph, self.position = sentence.paragraph, 0
            self.in_enumeration = self.asked = False
            self.carried = _nothing()
            self.is_quoting, self.after_quote, self.manner = False, False, ()
        else:
            self.position += 1


class Director:
    """Directs sentences one by one as they come in; remembers what came before and never waits for what follows.

    Args:
        context: whether place and role in the text, and the feeling of the sentence before, count.
    """

    def __init__(self, *, context: bool = True) -> None:
        self.context = context
        self._story = Story()

    def perform(
        self,
        sentence: Sentence,
        request: Emotion,
        *,
        tags: Sequence[EmotionTag] = (),
        origin: str = "label",
        reader: Reader | None = None,
    ) -> Performance:
        """How the next sentence is meant; see ``direct``."""
        return _perform(without_markup(sentence), None, request, self._story, self.context, tags, origin, reader)


def direct(
    sentences: Iterable[Sentence],
    request: Emotion | None = None,
    *,
    context: bool = True,
    tags: Sequence[EmotionTag] = (),
    origin: str = "label",
    lookahead: int = 1,
    reader: Reader | None = None,
) -> Iterator[tuple[Sentence, Performance]]:
    """Each sentence with how it is meant, in order.

    Args:
        sentences: of one text, in order.
        request: what ``parse_emotion`` returned; ``auto`` asks the words; None is neutral.
        context: whether place and role in the text, and the feeling of the sentence before, count.
        tags: stretches with an emotion of their own, in order of their begin; a later one wins where two overlap.
        origin: what ``Performance.origin`` says of the request: ``label``, ``vector`` or ``reference``.
        lookahead: 1 reads the next sentence after a quotation to hear who spoke; 0 never waits.
        reader: who says what a sentence means where ``auto`` is asked; None, or its None, leaves it to the words.
    """
    wish = _nothing() if request is None else request
    source = iter(sentences)
    waiting: deque[Sentence] = deque()
    story = Story()
    for sentence in _drain(waiting, source):
        plain, following = without_markup(sentence), None
        if lookahead > 0 and _ENDS_QUOTED.search(plain.source):
            waiting.extend(itertools.islice(source, 1 - len(waiting)))
            following = without_markup(waiting[0]) if waiting else None
        yield sentence, _perform(plain, following, wish, story, context, tags, origin, reader)


def _drain(waiting: deque[Sentence], source: Iterator[Sentence]) -> Iterator[Sentence]:
    """Sentences that wait first, then those that come in."""
    while True:
        if waiting:
            yield waiting.popleft()
            continue
        try:
            sentence = next(source)
        except StopIteration:
            return
        yield sentence


def _perform(
    sentence: Sentence,
    following: Sentence | None,
    wish: Emotion,
    story: Story,
    context: bool,
    tags: Sequence[EmotionTag],
    origin: str,
    reader: Reader | None = None,
) -> Performance:
    story.enter(sentence)
    stretches, still_open = split_stretches(sentence.source, story.is_quoting)
    evidence = gather(sentence.source, stretches)
    manner = tuple(item for item in evidence if item.kind == "speech")
    if story.is_quoting:
        manner = manner or story.manner
    if not manner and following is not None and following.paragraph == sentence.paragraph:
        manner = _manner_after(following)
    reading = _read(sentence, stretches, evidence, manner, story.after_quote)
    if asks_for_auto(wish):
        read = reader(sentence.source) if reader is not None else None
        if read is not None:
            reading = _Reading(read, read.emotion, (), reading.role)
        performance = _from_words(sentence, reading, wish.intensity, story, context)
    else:
        performance = Performance(wish, "default" if wish.is_neutral else origin, _said(wish))
    performance = apply_tags(sentence, performance, tags, reading.whole.emotion)
    place = _place(sentence, stretches, story, reading)
    if context:
        performance = replace(performance, context=place_prosody(sentence, place))
    _remember(sentence, story, still_open, manner, reading, performance)
    return performance


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the words of a sentence say, as a whole and per stretch."""

    whole: Inference
    base: Emotion
    spans: tuple[EmotionSpan, ...]
    role: str


def _read(
    sentence: Sentence,
    stretches: tuple[Stretch, ...],
    evidence: tuple[Evidence, ...],
    manner: tuple[Evidence, ...],
    after_quote: bool,
) -> _Reading:
    text = sentence.source
    whole = decide(text, _unique((*evidence, *manner)))
    quotes = [stretch for stretch in stretches if stretch.role == "quote"]
    others = [stretch for stretch in stretches if stretch.role != "quote" and _has_words(text, stretch)]
    if not quotes:
        is_tag = after_quote and len(text.strip()) <= _TAG_LENGTH and bool(_SPEECH_VERB.search(text))
        if is_tag:
            return _Reading(whole, _scale(whole.emotion, TAG_SHARE), (), "speech_tag")
        return _Reading(whole, whole.emotion, (), _only_role(others))
    if not others:
        return _Reading(whole, whole.emotion, (), "quote")
    told = [item for item in evidence if _inside(item, others) and item.kind != "speech"]
    base = decide(text, told).emotion
    base = replace(base, intensity=base.intensity * NARRATION_SHARE)
    spans = []
    for quote in quotes:
        said = [item for item in evidence if quote.begin <= item.begin < quote.end]
        found = phonemes_of(sentence, quote.begin, quote.end)
        if found:
            emotion = decide(text[quote.begin : quote.end], _unique((*said, *manner, *_acts(told)))).emotion
            spans.append(EmotionSpan(found, emotion))
    return _Reading(whole, base, tuple(spans), "mixed")


def _acts(told: list[Evidence]) -> tuple[Evidence, ...]:
    """What the narration shows of the speaker (他拍案而起) counts half for what is said."""
    return tuple(replace(item, weight=0.5 * item.weight) for item in told if item.kind in ("act", "state"))


def _manner_after(following: Sentence) -> tuple[Evidence, ...]:
    """How a quotation was said, where the next sentence begins with that (他怒吼道)."""
    stretches, _ = split_stretches(following.source)
    if not stretches or stretches[0].role != "narration" or stretches[0].end - stretches[0].begin > _TAG_LENGTH:
        return ()
    lead = following.source[: stretches[0].end]
    if not _SPEECH_VERB.search(lead):
        return ()
    return tuple(item for item in gather(lead, stretches[:1]) if item.kind in ("speech", "act", "state"))


def _from_words(sentence: Sentence, reading: _Reading, scale: float, story: Story, context: bool) -> Performance:
    """The performance that the words ask for; a neutral sentence keeps some of the feeling before it."""
    evidence = tuple(str(item) for item in reading.whole.evidence if abs(item.weight) >= 0.05)
    base, spans, origin = reading.base, reading.spans, "text"
    if releases(sentence.source):
        story.carried = _nothing()
    if context and base.is_neutral and not spans and story.carried.intensity > _LEAST_CARRIED:
        base, origin = story.carried, "context"
        evidence = (*evidence, f"承接上句：{describe(base)}")
    base = replace(base, intensity=base.intensity * scale)
    spans = tuple(replace(span, emotion=_scale(span.emotion, scale)) for span in spans)
    return Performance(base, origin, evidence, spans=spans)


def _place(sentence: Sentence, stretches: tuple[Stretch, ...], story: Story, reading: _Reading) -> Place:
    asides = tuple((item.begin, item.end) for item in stretches if item.role == "aside")
    return Place(
        paragraph=story.paragraph - story.first_paragraph,
        position=story.position,
        role=reading.role,
        in_enumeration=story.in_enumeration,
        suspense=story.suspense,
        is_tense=story.since_suspense < 2,
        after_question=story.asked,
        feeling=reading.whole.label,
        asides=asides if reading.role != "aside" else (),
    )


def _remember(
    sentence: Sentence,
    story: Story,
    still_open: bool,
    manner: tuple[Evidence, ...],
    reading: _Reading,
    performance: Performance,
) -> None:
    story.is_quoting = still_open
    story.after_quote = not still_open and bool(_ENDS_QUOTED.search(sentence.source))
    story.manner = manner if still_open else ()
    story.in_enumeration = story.in_enumeration or opens_enumeration(sentence.source)
    holds = is_suspenseful(sentence.source, reading.whole.label)
    story.suspense = story.suspense + 1 if holds else 0
    story.since_suspense = 0 if holds else story.since_suspense + 1
    story.asked = "question" in sentence.roles
    felt = performance.emotion if performance.origin in ("text", "context") else _nothing()
    story.carried = _scale(felt, CARRIED_SHARE if performance.origin == "text" else 0.6)


def _said(wish: Emotion) -> tuple[str, ...]:
    return () if wish.is_neutral else (f"指定：{describe(wish)}",)


def _scale(emotion: Emotion, share: float) -> Emotion:
    return replace(emotion, intensity=emotion.intensity * share)


def _only_role(stretches: list[Stretch]) -> str:
    return "aside" if stretches and all(stretch.role == "aside" for stretch in stretches) else "narration"


def _has_words(text: str, stretch: Stretch) -> bool:
    return any(character.isalnum() for character in text[stretch.begin : stretch.end])


def _inside(item: Evidence, stretches: list[Stretch]) -> bool:
    return any(stretch.begin <= item.begin < stretch.end for stretch in stretches)


def _unique(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence))
