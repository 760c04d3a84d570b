"""What normalisation returns: the spoken text, where each character of it comes from, and which rule said so."""

from __future__ import annotations

from dataclasses import dataclass

from ...types import Span


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """One decision of the normaliser.

    Attributes:
        rule: stable name, ``class.case`` (``date.iso``).
        span: characters of the source that were read together.
        source: those characters.
        spoken: what they are read as; empty where they are silent.
    """

    rule: str
    span: Span
    source: str
    spoken: str


@dataclass(frozen=True, slots=True)
class NormaliseOptions:
    """Readings that are a matter of taste; the defaults keep everything that was written.

    Attributes:
        drop_fillers: leave out the hesitations of transcripts (呃, 啊).
        drop_erhua: leave out the 儿 of erhua (这儿 => 这), as southern speakers do.
        emoji: ``silent`` (named in ``warnings``) or ``name`` (the Chinese name is read where we have one).
    """

    drop_fillers: bool = False
    drop_erhua: bool = False
    emoji: str = "silent"


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text as it is spoken, character by character tied to its source.

    Attributes:
        source: the input, untouched.
        spoken: what is read: Chinese characters, words in Latin letters, punctuation.
        spans: one per character of ``spoken``: the characters of ``source`` that it reads. Ordered; the characters
            of one reading share one span (``110`` -> 幺幺零, three times ``Span(0, 3)``).
        rules: what was changed and by which rule, in order.
        warnings: what is not read, and why.
    """

    source: str
    spoken: str
    spans: tuple[Span, ...]
    rules: tuple[AppliedRule, ...] = ()
    warnings: tuple[str, ...] = ()
