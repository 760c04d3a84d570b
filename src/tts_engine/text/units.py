"""What a piece of text consists of once it is read: words and marks, before they are laid out as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..types import Language, Span


@dataclass(frozen=True, slots=True)
class SyllableUnit:
    """A syllable before its place in a sentence is known; fields as in ``types.Syllable``."""

    text: str
    reading: str
    phonemes: str
    span: Span
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class WordUnit:
    """A word with its syllables, never empty."""

    text: str
    syllables: tuple[SyllableUnit, ...]

    @property
    def span(self) -> Span:
        """Source characters from its first to its last syllable."""
        return Span(self.syllables[0].span.begin, self.syllables[-1].span.end)

    @property
    def size(self) -> int:
        """Tokens."""
        return sum(len(syllable.phonemes) for syllable in self.syllables)


@dataclass(frozen=True, slots=True)
class MarkUnit:
    """A punctuation mark.

    Attributes:
        mark: as written.
        token: of the acoustic model.
        span: source characters.
    """

    mark: str
    token: str
    span: Span

    @property
    def size(self) -> int:
        """Tokens."""
        return 1


Unit: TypeAlias = WordUnit | MarkUnit
