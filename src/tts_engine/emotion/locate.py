"""Characters of a sentence -> the phonemes that speak them."""

from __future__ import annotations

from ..types import Sentence


def phonemes_of(sentence: Sentence, begin: int, end: int) -> tuple[int, int] | None:
    """Begin and end index into ``sentence.phonemes`` of ``sentence.source[begin:end]``; None where it is not spoken."""
    first, last = sentence.span.begin + begin, sentence.span.begin + end
    spoken = [
        syllable.phonemes
        for word in sentence.words
        for syllable in word.syllables
        if first <= syllable.span.begin < last and syllable.phonemes[0] < syllable.phonemes[1]
    ]
    return (spoken[0][0], spoken[-1][1]) if spoken else None
