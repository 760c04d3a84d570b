"""Markup laid over the text: a manuscript in which every character still stands at its place in the input.

Markup is not cut out but masked, character by character, so that offsets into what is read are offsets into what was
written. What aliases and readings by class put in place of the written is swapped in piece by piece (``Piece.clean``).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..types import MASK, Controls, Span
from .characters import NEWLINES
from .markup import (
    DurationRequest,
    EmotionRequest,
    EmphasisRequest,
    MarkedText,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    ReferenceRequest,
    SayAsRequest,
    VoiceRequest,
)
from .pieces import Piece, split_pieces


@dataclass(frozen=True, slots=True)
class CleanPiece:
    """What is to be read of a piece.

    Attributes:
        text: without markup, aliases in place.
        spans: one per character, relative to the piece's begin; None where each stands for itself.
    """

    text: str
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A text with its requests.

    Attributes:
        source: the original input.
        masked: of the same length, markup masked.
        swaps: stretches that are read as something else, in order.
        cuts: places where voice, reference, rate, pitch or level change: no sentence goes across.
        pauses: asked-for silences, in order.
        pronunciations: asked-for readings, in order.
        scopes: requests that hold for whole stretches (voice, reference, prosody, emphasis).
        emotions: asked-for emotions, in order, names as written.
        warnings: about the markup.
    """

    source: str
    masked: str
    swaps: tuple[tuple[Span, str], ...] = ()
    cuts: tuple[int, ...] = ()
    pauses: tuple[PauseRequest, ...] = ()
    pronunciations: tuple[PronunciationRequest, ...] = ()
    scopes: tuple[VoiceRequest | ReferenceRequest | ProsodyRequest | EmphasisRequest, ...] = ()
    emotions: tuple[EmotionRequest, ...] = ()
    warnings: tuple[str, ...] = ()

    def pieces(self) -> Iterator[Piece]:
        """About one sentence each, covering the text; none goes across a cut."""
        edges = [0, *self.cuts, len(self.masked)]
        for begin, end in itertools.pairwise(edges):
            region = self.masked if (begin, end) == (0, len(self.masked)) else self.masked[begin:end]
            is_last = end == len(self.masked)
            for piece in split_pieces(region):
                ends_region = piece.end == len(region) and not is_last
                yield Piece(
                    piece.begin + begin,
                    piece.end + begin,
                    piece.paragraph_end and not (ends_region and region[-1] not in NEWLINES),
                    piece.continues,
                )

    def clean(self, piece: Piece) -> CleanPiece:
        """The piece as it is to be read."""
        text = self.masked[piece.begin : piece.end]
        swaps = [swap for swap in self.swaps if swap[0].begin < piece.end and piece.begin < swap[0].end]
        if not swaps and MASK not in text:
            return CleanPiece(text)
        chars: list[str] = []
        spans: list[Span] = []
        at = piece.begin
        for span, spoken in [*swaps, (Span(piece.end, piece.end), "")]:
            for position in range(at, min(span.begin, piece.end)):
                if self.masked[position] != MASK:
                    chars.append(self.masked[position])
                    spans.append(Span(position - piece.begin, position + 1 - piece.begin))
            if span.begin >= piece.begin:
                chars.extend(spoken)
                spans.extend([Span(span.begin - piece.begin, span.end - piece.begin)] * len(spoken))
            at = max(at, span.end)
        return CleanPiece("".join(chars), tuple(spans))

    def pauses_in(self, begin: int, end: int) -> Sequence[PauseRequest]:
        """Pauses asked for at ``begin <= at < end``."""
        key = _at
        return self.pauses[bisect_left(self.pauses, begin, key=key) : bisect_left(self.pauses, end, key=key)]

    def pronunciations_in(self, begin: int, end: int) -> Sequence[PronunciationRequest]:
        """Readings asked for over stretches that begin in ``[begin, end)``."""
        key = _begin
        items = self.pronunciations
        return items[bisect_left(items, begin, key=key) : bisect_right(items, end - 1, key=key)]

    def controls_of(self, begin: int, end: int) -> Controls:
        """What holds for the sentence between two characters: voice and prosody where it begins, emphasis inside."""
        controls = Controls()
        for request in self.scopes:
            if isinstance(request, EmphasisRequest):
                if request.span.begin < end and begin < request.span.end:
                    controls = replace(controls, emphasis=(*controls.emphasis, (request.span, request.level)))
            elif request.span.begin <= begin < request.span.end:
                controls = _apply(controls, request)
        return controls


def lay_over(marked: MarkedText) -> Manuscript:
    """The manuscript of a marked-up text."""
    requests = marked.requests
    if not requests and not marked.warnings and marked.text == marked.source:
        return Manuscript(marked.source, marked.source)
    read_as = {
        item.span
        for item in requests
        if (isinstance(item, PronunciationRequest) and item.alias) or isinstance(item, SayAsRequest)
    }
    masked = [MASK] * len(marked.source)
    swaps: list[tuple[Span, str]] = []
    for segment in marked.segments:
        span, text = segment.source, marked.text[segment.begin : segment.end]
        if segment.exact:
            masked[span.begin : span.end] = text
        elif span in read_as or len(text) > span.end - span.begin:
            masked[span.begin : span.end] = marked.source[span.begin : span.end]
            swaps.append((span, text))
        else:  # an entity, a line break for an element: it stands where its markup began
            masked[span.begin : span.begin + len(text)] = text
    scopes = tuple(
        item for item in requests if isinstance(item, (VoiceRequest, ReferenceRequest, ProsodyRequest, EmphasisRequest))
    )
    changes = (item.span for item in scopes if not isinstance(item, EmphasisRequest))
    cuts = {edge for span in changes for edge in (span.begin, span.end)} - {0, len(marked.source)}
    unserved = sum(isinstance(item, DurationRequest) for item in requests)
    warning = "audioduration 暂不支持，按正常语速朗读。audioduration is not supported: read at the normal rate."
    return Manuscript(
        source=marked.source,
        masked="".join(masked),
        swaps=tuple(sorted(swaps, key=lambda swap: swap[0].begin)),
        cuts=tuple(sorted(cuts)),
        pauses=tuple(item for item in requests if isinstance(item, PauseRequest)),
        pronunciations=tuple(item for item in requests if isinstance(item, PronunciationRequest) and not item.alias),
        scopes=scopes,
        emotions=tuple(item for item in requests if isinstance(item, EmotionRequest)),
        warnings=(*marked.warnings, *([warning] if unserved else [])),
    )


def _apply(controls: Controls, request: VoiceRequest | ReferenceRequest | ProsodyRequest) -> Controls:
    if isinstance(request, ReferenceRequest):
        return replace(controls, reference=request.name)
    if isinstance(request, VoiceRequest):
        return replace(controls, voice=request.name)
    return replace(
        controls,
        rate=controls.rate * (1.0 if request.rate is None else request.rate),
        pitch_st=controls.pitch_st + (request.pitch_st or 0.0),
        pitch_hz=controls.pitch_hz + (request.pitch_hz or 0.0),
        volume_db=controls.volume_db + (0.0 if request.volume_db is None else request.volume_db),
    )


def _at(pause: PauseRequest) -> int:
    return pause.at


def _begin(request: PronunciationRequest) -> int:
    return request.span.begin
