"""A user's lexicon put to use: other words swapped in before normalisation, readings pinned after it."""

from __future__ import annotations

from ..types import Span
from .lexicon import UserLexicon
from .reader import Pinned


def swap_aliases(
    text: str, spans: tuple[Span, ...] | None, lexicon: UserLexicon
) -> tuple[str, tuple[Span, ...] | None]:
    """The text with the lexicon's other words in place, and one span per character.

    Args:
        text: to be read.
        spans: one per character, None where each stands for itself.
        lexicon: the user's.
    """
    found = [(span, entry) for span, entry in lexicon.find(text) if entry.alias]
    if not found:
        return text, spans
    places = spans or tuple(Span(at, at + 1) for at in range(len(text)))
    chars: list[str] = []
    kept: list[Span] = []
    at = 0
    for span, entry in found:
        chars.append(text[at : span.begin] + entry.alias)
        kept.extend(places[at : span.begin])
        kept.extend([Span(places[span.begin].begin, places[span.end - 1].end)] * len(entry.alias))
        at = span.end
    chars.append(text[at:])
    kept.extend(places[at:])
    return "".join(chars), tuple(kept)


def pin_readings(spoken: str, lexicon: UserLexicon) -> dict[tuple[int, int], Pinned]:
    """Places in the spoken text whose reading the lexicon gives."""
    pinned = {}
    for span, entry in lexicon.find(spoken):
        if entry.pinyin or entry.phonemes:
            word = spoken[span.begin : span.end]
            readings = entry.pinyin or (entry.phonemes,)
            pinned[span.begin, span.end] = Pinned(readings, f"lexicon:{word}", bool(entry.phonemes))
    return pinned
