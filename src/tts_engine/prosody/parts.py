"""Where a long sentence may be cut, so that its beginning is heard while its end is still being rendered.

Parts of a rendering join without a seam (docs/decisions/0006-parts-of-a-sentence.md), so a cut may lie between any two
words. The first part is short, each further one somewhat longer than the one before, because it is rendered while that
one is heard, up to a length at which nothing more is gained and memory stays small.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..types import Prosody, Sentence, Span

#: Length up to which a sentence is left whole, frames: it is rendered soon enough.
WHOLE_FRAMES = 80

#: Shortest first and last part, frames of 25 ms; shorter ones join their neighbour.
FIRST_FRAMES = 20
LAST_FRAMES = 16

#: How much longer than the one before a part is: a machine that needs half of real time keeps up.
GROWTH = 1.5

#: Length from which parts grow no more, frames.
MOST_FRAMES = 160

_OPENING = frozenset("（(《「『“‘[【<")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence that is rendered by itself.

    Attributes:
        begin: first frame.
        end: frame after the last.
        span: the characters of the original input that it reads.
        is_first: whether it begins the sentence.
        is_last: whether it ends it.
    """

    begin: int
    end: int
    span: Span
    is_first: bool = True
    is_last: bool = True


def whole(sentence: Sentence, prosody: Prosody) -> tuple[Part, ...]:
    """The sentence as its only part."""
    return (Part(0, int(prosody.durations.sum()), sentence.span),)


def cut_parts(sentence: Sentence, prosody: Prosody) -> tuple[Part, ...]:
    """The parts of a sentence in order, at least one; together they are the whole of it.

    Args:
        sentence: what is spoken.
        prosody: the curves, with their pauses as they will be heard.
    """
    total = int(prosody.durations.sum())
    if total <= WHOLE_FRAMES:
        return whole(sentence, prosody)
    cuts = []
    begin, least = 0, FIRST_FRAMES
    for frame, character in _borders(sentence, prosody):
        if frame - begin >= least and total - frame >= LAST_FRAMES:
            cuts.append((frame, character))
            begin, least = frame, min(MOST_FRAMES, round(GROWTH * (frame - begin)))
    edges = [(0, sentence.span.begin), *cuts, (total, sentence.span.end)]
    return tuple(
        Part(a, b, Span(first, last), is_first=a == 0, is_last=b == total)
        for (a, first), (b, last) in itertools.pairwise(edges)
    )


def _borders(sentence: Sentence, prosody: Prosody) -> list[tuple[int, int]]:
    """Frame and character of every place between two words where a cut would part no character's reading."""
    edges = np.concatenate([[0], np.cumsum(prosody.durations)])[1:]  # where each phoneme begins, behind the pad
    spans = [[syllable.span for syllable in word.syllables] for word in sentence.words]
    borders = []
    for number in range(1, len(sentence.words)):
        before = max(span.end for word in spans[:number] for span in word)
        after = min(span.begin for word in spans[number:] for span in word)
        if before > after:
            continue
        character = after
        while character > before and sentence.source[character - 1 - sentence.span.begin] in _OPENING:
            character -= 1  # an opening quotation mark belongs to what it opens
        last, first = sentence.words[number - 1].syllables[-1], sentence.words[number].syllables[0]
        borders.append((int(edges[last.phonemes[1]] + edges[first.phonemes[0]]) // 2, character))
    return borders
