"""Why a text is read as it is: every stretch with its rule, reading, tone change and pause."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..types import Break, Sentence, Span
from .marks import PAUSING
from .units import SyllableUnit, Unit, WordUnit

if TYPE_CHECKING:
    from .frontend import ReadSentence
    from .normalise import AppliedRule

#: Names of tone changes for people.
CHANGES = {
    "neutral": "轻声",
    "yi": "“一”变调",
    "bu": "“不”变调",
    "third": "三声变调",
    "a": "“啊”音变",
    "erhua": "儿化",
    "": "",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One row: a syllable, an English word or letter, or a mark.

    Attributes:
        source: characters of the original input.
        span: where they stand.
        spoken: what is said for them (this syllable's part).
        word: the word that it belongs to; empty for marks.
        normalised_by: the rule that turned the source into what is spoken, empty where it is said as written.
        reading: as spoken: pinyin with tone number, or English phonemes.
        base: reading before tone changes.
        decided_by: who chose the reading (``rule:…``, ``word:…``, ``context``, ``lexicon:…``, ``only`` ...).
        change: the tone change (``neutral``, ``yi``, ``bu``, ``third``, ``a``, ``erhua``), empty where none.
        phonemes: tokens of the acoustic model.
        pause_ms: pause after it, 0 where none, None where it is left to the acoustic model.
        pause_why: the mark, ``breath``, ``sentence`` or ``paragraph``.
    """

    source: str
    span: Span
    spoken: str
    word: str = ""
    normalised_by: str = ""
    reading: str = ""
    base: str = ""
    decided_by: str = ""
    change: str = ""
    phonemes: str = ""
    pause_ms: int | None = 0
    pause_why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row as plain data; the span as ``[begin, end]``."""
        row = dataclasses.asdict(self)
        row["span"] = [self.span.begin, self.span.end]
        row["change_zh"] = CHANGES.get(self.change, self.change)
        return row


@dataclass(frozen=True, slots=True)
class ExplainedSentence:
    """A sentence with its rows.

    Attributes:
        source: characters of the original input.
        span: where they stand.
        spoken: normalised text.
        phonemes: tokens of the acoustic model.
        roles: as in ``types.Sentence``, sorted.
        rows: in order.
        warnings: about this sentence.
    """

    source: str
    span: Span
    spoken: str
    phonemes: str
    roles: tuple[str, ...]
    rows: tuple[Explained, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The sentence as plain data."""
        return {
            "source": self.source,
            "span": [self.span.begin, self.span.end],
            "spoken": self.spoken,
            "phonemes": self.phonemes,
            "roles": list(self.roles),
            "rows": [row.to_dict() for row in self.rows],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text with the reasons for its reading."""

    text: str
    sentences: tuple[ExplainedSentence, ...]

    @property
    def rows(self) -> tuple[Explained, ...]:
        """All rows, in order."""
        return tuple(row for sentence in self.sentences for row in sentence.rows)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain data, JSON-serialisable."""
        return {"text": self.text, "sentences": [sentence.to_dict() for sentence in self.sentences]}


def explain(text: str, read: Iterable[ReadSentence]) -> Explanation:
    """The reasons behind sentences that were read, with their units and rules.

    Args:
        text: the original input.
        read: its sentences.
    """
    return Explanation(text, tuple(_sentence(text, item) for item in read))


def _sentence(text: str, item: ReadSentence) -> ExplainedSentence:
    sentence = item.sentence
    rows = _rows(text, item.units, item.rules, sentence.breaks)
    if rows:
        ends = dataclasses.replace(
            rows[-1],
            pause_ms=round(1000 * sentence.pause_after_s),
            pause_why="paragraph" if "paragraph_last" in sentence.roles else _sentence_end(sentence),
        )
        rows = [*rows[:-1], ends]
    return ExplainedSentence(
        source=sentence.source,
        span=sentence.span,
        spoken=sentence.spoken,
        phonemes=sentence.phonemes,
        roles=tuple(sorted(sentence.roles)),
        rows=tuple(rows),
        warnings=item.warnings,
    )


def _sentence_end(sentence: Sentence) -> str:
    return "breath" if "continues" in sentence.roles else "sentence"


def _rows(text: str, units: Sequence[Unit], rules: Sequence[AppliedRule], breaks: Sequence[Break]) -> list[Explained]:
    rows: list[Explained] = []
    inner = iter(breaks)
    for unit in units:
        if isinstance(unit, WordUnit):
            rows.extend(_syllable(text, unit.text, syllable, rules) for syllable in unit.syllables)
            continue
        item = next(inner, None) if unit.token in PAUSING else None
        asked = item.pause_s if item else None
        rows.append(
            Explained(
                source=text[unit.span.begin : unit.span.end],
                span=unit.span,
                spoken=unit.mark,
                phonemes=unit.token,
                pause_ms=(None if asked is None else round(1000 * asked)) if item else 0,
                pause_why=("markup" if unit.pause_s is not None else unit.mark or "breath") if item else "",
            )
        )
    return rows


def _syllable(text: str, word: str, syllable: SyllableUnit, rules: Sequence[AppliedRule]) -> Explained:
    rule = next(
        (item.rule for item in rules if item.span.begin <= syllable.span.begin and syllable.span.end <= item.span.end),
        "",
    )
    return Explained(
        source=text[syllable.span.begin : syllable.span.end],
        span=syllable.span,
        spoken=syllable.text,
        word=word,
        normalised_by=rule,
        reading=syllable.reading,
        base=syllable.base or syllable.reading,
        decided_by=syllable.source or ("english" if syllable.language == "en" else ""),
        change=syllable.change,
        phonemes=syllable.phonemes,
    )
