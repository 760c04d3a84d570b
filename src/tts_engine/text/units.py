"""What a piece of text consists of once it is read: words and marks, before they are laid out as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..types import Language, Span


@dataclass(frozen=True, slots=True)
class SyllableUnit:
    """A syllable before its place in a sentence is known.

    Attributes:
        text, reading, phonemes, span, language: as in ``types.Syllable``.
        base: reading before tone changes, one per character.
        source: who decided it, as in ``readings.Reading``.
        change: the tone change applied, as in ``sandhi.Tone``.
    """

    text: str
    reading: str
    phonemes: str
    span: Span
    language: Language = "zh"
    base: str = ""
    source: str = ""
    change: str = ""


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
        pause_s: length of the pause that is asked for here, None to leave it to the model.
    """

    mark: str
    token: str
    span: Span
    pause_s: float | None = None

    @property
    def size(self) -> int:
        """Tokens."""
        return 1


Unit: TypeAlias = WordUnit | MarkUnit
