"""What markup becomes: the text without it, a map back to what was written, and requests over spans of the input."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from ...types import Span

Written = Literal["tag", "ssml"]


@dataclass(frozen=True, slots=True)
class EmotionRequest:
    """An emotion over a stretch.

    Attributes:
        span: characters of the original input.
        name: as written (``开心``, ``happy``, ``cheerful``); None where only the intensity changes.
        intensity: 0-1, None where none was given.
        degree: Azure's ``styledegree`` 0.01-2 where 1 is the default strength; None where none was given.
        role: Azure's ``role`` (``YoungAdultFemale`` ...), empty where none was given.
        written: by an inline tag or SSML. An unknown name is an error in neither; whoever reads it reports it.
    """

    span: Span
    name: str | None
    intensity: float | None = None
    degree: float | None = None
    role: str = ""
    written: Written = "tag"


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """Silence of ``seconds`` before the character ``at`` of the original input (its length: at the end)."""

    at: int
    seconds: float


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """Another voice over a stretch; the name is as written."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class PronunciationRequest:
    """How a stretch is to be pronounced; exactly one of the three is given.

    Attributes:
        span: characters of the original input, the words only, without the markup around them.
        pinyin: one per Chinese character, tone-numbered (``chong2``; 5 = neutral; ü as ``ü``).
        phonemes: IPA of an English word.
        alias: words to read instead; ``MarkedText.text`` already has them in place of the original.
    """

    span: Span
    pinyin: tuple[str, ...] = ()
    phonemes: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class ProsodyRequest:
    """Rate, pitch and level over a stretch; None where nothing was asked.

    Attributes:
        span: characters of the original input.
        rate: factor on the speaking rate, 1 = unchanged, higher is faster.
        pitch_st: shift in semitones.
        pitch_hz: shift in hertz, where it was written so.
        volume_db: gain in decibels; minus infinity for silence.
    """

    span: Span
    rate: float | None = None
    pitch_st: float | None = None
    pitch_hz: float | None = None
    volume_db: float | None = None


@dataclass(frozen=True, slots=True)
class ReferenceRequest:
    """A stretch to be said like a recording, by the name that the request gives it."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class SayAsRequest:
    """A stretch to be read as a class of its own; where ``read`` holds, ``MarkedText.text`` has the reading already."""

    span: Span
    interpret_as: str
    format: str = ""
    read: bool = True


@dataclass(frozen=True, slots=True)
class EmphasisRequest:
    """A stretch to be stressed: ``strong``, ``moderate``, ``none`` or ``reduced``."""

    span: Span
    level: str


@dataclass(frozen=True, slots=True)
class DurationRequest:
    """A stretch that is to take ``seconds`` of audio as a whole."""

    span: Span
    seconds: float


Request = (
    EmotionRequest
    | PauseRequest
    | VoiceRequest
    | ReferenceRequest
    | PronunciationRequest
    | ProsodyRequest
    | SayAsRequest
    | EmphasisRequest
    | DurationRequest
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the plain text and where it comes from.

    Attributes:
        begin: first character in the plain text.
        end: one past the last.
        source: the characters of the original input.
        exact: character for character; otherwise every character stands for the whole of ``source``.
    """

    begin: int
    end: int
    source: Span
    exact: bool


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text without its markup.

    Attributes:
        source: the original input.
        text: what is left to be read; aliases and readings by class stand in it already.
        segments: cover ``text`` in order; compact, so that a long text without markup has one.
        requests: in the order of their beginning; spans count characters of ``source``.
        warnings: markup that is not understood, and what was done about it.
    """

    source: str
    text: str
    segments: tuple[Segment, ...]
    requests: tuple[Request, ...] = ()
    warnings: tuple[str, ...] = ()

    def span_of(self, begin: int, end: int) -> Span:
        """The characters of the source behind ``text[begin:end]``, which must not be empty."""
        if not 0 <= begin < end <= len(self.text):
            raise ValueError(f"[{begin}, {end}) is no stretch of a text of {len(self.text)} characters")
        first, last = self._segment(begin), self._segment(end - 1)
        source_begin = first.source.begin + (begin - first.begin if first.exact else 0)
        source_end = last.source.begin + (end - last.begin) if last.exact else last.source.end
        return Span(source_begin, source_end)

    def spans(self) -> tuple[Span, ...]:
        """One source span per character of ``text``."""
        return tuple(
            Span(segment.source.begin + at, segment.source.begin + at + 1) if segment.exact else segment.source
            for segment in self.segments
            for at in range(segment.end - segment.begin)
        )

    def _segment(self, at: int) -> Segment:
        return self.segments[bisect_right(self.segments, at, key=lambda segment: segment.begin) - 1]
