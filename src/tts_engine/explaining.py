"""Why a text is said as it is: its readings, its pauses and how each sentence is meant. No sound is made."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .directing import EmotionReader, References
    from .text.explain import Explained, Explanation
    from .text.frontend import FrontEnd
    from .text.lexicon import UserLexicon
    from .types import Performance

HEADINGS = ("原文 source", "读作 spoken", "读音 reading", "依据 by", "变调 change", "停顿 pause")


@dataclass(frozen=True, slots=True)
class TextExplanation:
    """How a text would be spoken.

    Attributes:
        reading: every stretch with its rule, reading, tone change and pause.
        performances: how each sentence is meant, with the evidence, in the order of ``reading.sentences``.
    """

    reading: Explanation
    performances: tuple[Performance, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, JSON-serialisable."""
        from .emotion.parse import describe

        data = self.reading.to_dict()
        for sentence, performance in zip(data["sentences"], self.performances, strict=True):
            sentence["performance"] = {
                "emotion": describe(performance.emotion, "en"),
                "emotion_zh": describe(performance.emotion),
                "intensity": round(performance.emotion.intensity, 3),
                "origin": performance.origin,
                "evidence": list(performance.evidence),
                "context": list(performance.context.reasons),
                "reference": None if performance.reference is None else performance.reference.name,
            }
        return data

    def to_table(self) -> str:
        """A table for people, one block per sentence."""
        from .emotion.parse import describe

        lines: list[str] = []
        for sentence, performance in zip(self.reading.sentences, self.performances, strict=True):
            reasons = "；".join((*performance.evidence, *performance.context.reasons)) or "—"
            lines.append(f"{sentence.spoken}")
            lines.append(f"  {describe(performance.emotion)}（{performance.origin}）{reasons}")
            rows = [HEADINGS, *(tuple(_cells(row)) for row in sentence.rows)]
            widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
            for row in rows:
                cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
                lines.append(("  " + "  ".join(cells)).rstrip())
            lines.extend(f"  警告 warning: {warning}" for warning in sentence.warnings)
            lines.append("")
        return "\n".join(lines)


def explain(
    front_end: FrontEnd,
    text: str,
    *,
    emotion: Any = "auto",
    context: bool = True,
    lexicon: UserLexicon | None = None,
    reader: EmotionReader | None = None,
    references: References | None = None,
) -> TextExplanation:
    """How the text would be spoken and why.

    Args:
        front_end: reads it.
        text: with or without markup.
        emotion: as in ``SynthesisOptions``.
        context: whether the place of a sentence in the text counts.
        lexicon: readings for this text.
        reader: who reads emotions in place of the words.
        references: recordings that it is to be spoken like.

    Raises:
        TextError: nothing can be spoken, or markup that is not well formed.
        ControlError: unknown emotion.
    """
    from .directing import scenes

    staged = scenes(
        front_end,
        front_end.open(text),
        emotion=emotion,
        context=context,
        lexicon=lexicon,
        reader=reader,
        references=references,
    )
    return TextExplanation(front_end.explain(text, lexicon), tuple(scene.performance for scene in staged))


def _cells(row: Explained) -> Iterator[str]:
    from .text.explain import CHANGES

    yield row.source.replace("\n", "⏎")
    yield row.spoken
    yield f"{row.base}→{row.reading}" if row.base and row.base != row.reading else row.reading
    yield "，".join(part for part in (row.normalised_by, row.decided_by) if part)
    yield CHANGES.get(row.change, row.change)
    yield f"{row.pause_ms} ms {row.pause_why}" if row.pause_ms else row.pause_why


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
