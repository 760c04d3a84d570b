"""Emotions asked for over stretches of a text, by inline tags or SSML, laid over what holds otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..types import Emotion, EmotionSpan, Performance, Sentence, Span
from .locate import phonemes_of
from .parse import asks_for_auto, describe


@dataclass(frozen=True, slots=True)
class EmotionTag:
    """An emotion asked for over a stretch of the original text, by an inline tag or SSML.

    Attributes:
        span: characters of the original input.
        emotion: what holds there; ``auto`` hands back to the words.
    """

    span: Span
    emotion: Emotion


def apply_tags(sentence: Sentence, performance: Performance, tags: Sequence[EmotionTag], heard: Emotion) -> Performance:
    """The performance with tags in it: they replace the emotion of the sentence or of the stretches that they cover.

    Args:
        sentence: what is spoken.
        performance: as the request and the words have it.
        tags: in order; a later one wins where two overlap.
        heard: what the words say, for a tag that asks for ``auto``.
    """
    for tag in tags:
        begin = max(0, tag.span.begin - sentence.span.begin)
        end = min(len(sentence.source), tag.span.end - sentence.span.begin)
        covered = phonemes_of(sentence, begin, end) if begin < end else None
        if covered is None:
            continue
        emotion = tag.emotion
        if asks_for_auto(emotion):
            emotion = replace(heard, intensity=heard.intensity * emotion.intensity)
        everything = phonemes_of(sentence, 0, len(sentence.source))
        note = f"标签：{describe(emotion)}"
        if covered == everything:
            performance = replace(performance, emotion=emotion, origin="tag", evidence=(note,), spans=())
        else:
            spans = _overlay(performance.spans, EmotionSpan(covered, emotion))
            performance = replace(performance, evidence=(*performance.evidence, note), spans=spans)
    return performance


def _overlay(spans: tuple[EmotionSpan, ...], new: EmotionSpan) -> tuple[EmotionSpan, ...]:
    """Spans in order with a new one over them; what it covers of the old ones is cut away."""
    begin, end = new.phonemes
    kept = [new]
    for span in spans:
        left, right = span.phonemes
        if left < min(right, begin):
            kept.append(replace(span, phonemes=(left, min(right, begin))))
        if max(left, end) < right:
            kept.append(replace(span, phonemes=(max(left, end), right)))
    return tuple(sorted(kept, key=lambda span: span.phonemes))
