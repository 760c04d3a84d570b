"""When each character, word and sentence of the original input is heard.

The durations that are rendered are the timings: nothing is estimated or aligned afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..types import Sentence, SentenceTiming, Span, Timing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import IntArray


def time_sentence(
    sentence: Sentence, durations: IntArray, *, frame_rate: float, offset_s: float, begin_s: float, end_s: float
) -> SentenceTiming:
    """Timings of a rendered sentence, in seconds from the beginning of the whole audio.

    Args:
        sentence: what was spoken.
        durations: (n_phonemes + 2,) frames as rendered, pads included.
        frame_rate: frames per second.
        offset_s: time at which frame 0 of the rendering would be heard (before ``begin_s`` where silence was trimmed).
        begin_s: time at which the sentence's audio begins.
        end_s: time at which the sentence's speech ends, the pause after it not included.
    """
    edges = np.clip(offset_s + np.concatenate([[0], np.cumsum(durations)]) / frame_rate, begin_s, end_s)
    starts, ends = edges[1:-2], edges[2:-1]  # of phoneme tokens, pads dropped
    words = tuple(
        Timing(
            word.text,
            word.span,
            float(starts[word.syllables[0].phonemes[0]]),
            float(ends[word.syllables[-1].phonemes[1] - 1]),
        )
        for word in sentence.words
    )
    return SentenceTiming(
        text=sentence.source,
        span=sentence.span,
        begin_s=begin_s,
        end_s=end_s,
        words=words,
        characters=_characters(sentence, starts, ends, begin_s),
    )


def _characters(
    sentence: Sentence, starts: NDArray[np.float64], ends: NDArray[np.float64], begin_s: float
) -> tuple[Timing, ...]:
    """One timing per source character; what makes no sound stands, with no length, where the sound before it ended.

    A span of several characters that is read as one thing (``110``) is shared out evenly among its characters.
    """
    at = np.full((len(sentence.source), 2), np.nan)
    spoken: dict[Span, list[float]] = {}
    for word in sentence.words:
        for syllable in word.syllables:
            begin, end = float(starts[syllable.phonemes[0]]), float(ends[syllable.phonemes[1] - 1])
            known = spoken.setdefault(syllable.span, [begin, end])
            known[1] = end
    for span, (begin, end) in spoken.items():
        edges = np.linspace(begin, end, span.end - span.begin + 1)
        first = span.begin - sentence.span.begin
        at[first : first + len(edges) - 1, 0] = edges[:-1]
        at[first : first + len(edges) - 1, 1] = edges[1:]
    timings = []
    last = begin_s
    for index, character in enumerate(sentence.source):
        begin, end = at[index] if np.isfinite(at[index, 0]) else (last, last)
        position = sentence.span.begin + index
        timings.append(Timing(character, Span(position, position + 1), float(begin), float(end)))
        last = float(end)
    return tuple(timings)


def part_of(timing: SentenceTiming, span: Span, begin_s: float, end_s: float) -> SentenceTiming:
    """The timing of a stretch of a sentence.

    Args:
        timing: of the sentence.
        span: characters of the original input, inside those of the sentence, that no word's span crosses.
        begin_s: when the stretch begins to be heard.
        end_s: when it ends.
    """
    first, last = span.begin - timing.span.begin, span.end - timing.span.begin
    return SentenceTiming(
        text=timing.text[first:last],
        span=span,
        begin_s=begin_s,
        end_s=end_s,
        words=tuple(word for word in timing.words if span.begin <= word.span.begin < span.end),
        characters=timing.characters[first:last],
    )


def joined(first: SentenceTiming, second: SentenceTiming) -> SentenceTiming:
    """The timing of two stretches of one sentence that follow each other."""
    return SentenceTiming(
        text=first.text + second.text,
        span=Span(first.span.begin, second.span.end),
        begin_s=first.begin_s,
        end_s=second.end_s,
        words=first.words + second.words,
        characters=first.characters + second.characters,
    )
