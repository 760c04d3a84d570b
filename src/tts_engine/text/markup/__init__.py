"""Marked-up text -> ``MarkedText``: inline tags, or SSML where the text starts with ``<speak``.

Names of emotions and voices are only collected. ``is_emotion`` tells ``[开心]`` (a tag) from ``[图1]`` (text).
"""

from __future__ import annotations

from collections.abc import Callable

from .values import (
    DurationRequest,
    EmotionRequest,
    EmphasisRequest,
    MarkedText,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    ReferenceRequest,
    Request,
    SayAsRequest,
    Segment,
    VoiceRequest,
)

__all__ = [
    "DurationRequest",
    "EmotionRequest",
    "EmphasisRequest",
    "MarkedText",
    "PauseRequest",
    "PronunciationRequest",
    "ProsodyRequest",
    "ReferenceRequest",
    "Request",
    "SayAsRequest",
    "Segment",
    "VoiceRequest",
    "read_markup",
]

_OPENERS = frozenset("[［<{(")


def read_markup(text: str, *, is_emotion: Callable[[str], bool] | None = None) -> MarkedText:
    """The text without its markup, with requests over spans of the original. Pure and thread-safe.

    Args:
        text: ordinary text with inline tags, or an SSML document.
        is_emotion: whether a name is an emotion; without it ``[开心]`` stays text and only ``[emotion=...]`` counts.

    Raises:
        TextError: SSML that is not well formed or not allowed; ``line`` and ``column`` (from 1) say where.
    """
    from .ssml import looks_like_ssml, read_ssml
    from .tags import read_tags

    if looks_like_ssml(text):
        return read_ssml(text)
    if _OPENERS.isdisjoint(text):
        from ...types import Span

        segments = (Segment(0, len(text), Span(0, len(text)), True),) if text else ()
        return MarkedText(text, text, segments)
    return read_tags(text, is_emotion)
