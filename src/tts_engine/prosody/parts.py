"""Where a long sentence may be cut, so that its beginning is heard while its end is still being rendered.

The decoder normalises over whatever it renders, so a part sounds a little unlike the same stretch of the whole
(docs/decisions/0006-parts-of-a-sentence.md); a border is heard unless it lies in silence. Cuts are therefore made in
the middle of the pauses that the curves show, and the parts grow: each is at least as long as the one before, because
it is rendered while that one is heard.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from ..types import Prosody, Sentence, Span
from .pauses import silence_of

#: Shortest first and last part, frames of 25 ms; shorter ones join their neighbour.
FIRST_FRAMES = 32
LAST_FRAMES = 24

#: Least silence in which a cut is made, frames.
SILENT_FRAMES = 2

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
    cuts = []
    begin, least = 0, FIRST_FRAMES
    for frame, character in _borders(sentence, prosody):
        if frame - begin >= least and total - frame >= LAST_FRAMES:
            cuts.append((frame, character))
            begin, least = frame, frame - begin
    edges = [(0, sentence.span.begin), *cuts, (total, sentence.span.end)]
    return tuple(
        Part(a, b, Span(first, last), is_first=a == 0, is_last=b == total)
        for (a, first), (b, last) in itertools.pairwise(edges)
    )


def _borders(sentence: Sentence, prosody: Prosody) -> list[tuple[int, int]]:
    """Frame and character of every pause in which a cut would not be heard and would part no character's reading."""
    syllables = [syllable for word in sentence.words for syllable in word.syllables]
    borders = []
    for item in sentence.breaks:
        first, last = silence_of(prosody, item)
        before = [syllable.span.end for syllable in syllables if syllable.phonemes[1] <= item.phoneme]
        after = [syllable.span.begin for syllable in syllables if syllable.phonemes[0] > item.phoneme]
        if last - first < SILENT_FRAMES or not before or not after or max(before) > min(after):
            continue
        character = min(after)
        while character > max(before) and sentence.source[character - 1 - sentence.span.begin] in _OPENING:
            character -= 1  # an opening quotation mark belongs to what it opens
        borders.append(((first + last) // 2, character))
    return borders
