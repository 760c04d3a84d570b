"""Characters of a sentence -> the phonemes that speak them."""

from __future__ import annotations

import re
from dataclasses import replace

from ..types import Sentence

#: Stands where the text stage took markup out (word joiner).
_BLANK = "\u2060"
_MARKUP = re.compile(r"\[[^\]]*\]|【[^】]*】|<[^>]*>|\{[^}]*\}")


def without_markup(sentence: Sentence) -> Sentence:
    """The sentence with markup that is not spoken ([开心], <break/>, {zhong4}) blanked in its source, lengths kept."""
    source = sentence.source.replace(_BLANK, " ")
    if not any(opener in source for opener in "[【<{"):
        return sentence if source == sentence.source else replace(sentence, source=source)
    spoken = {s.span.begin - sentence.span.begin for word in sentence.words for s in word.syllables}
    blanked = _MARKUP.sub(lambda tag: tag.group() if spoken & {*range(*tag.span())} else " " * len(tag.group()), source)
    return replace(sentence, source=blanked)


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
