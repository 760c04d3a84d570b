"""How a text would be read and meant, as HTML: one block per sentence, readings over the characters."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ...emotion.parse import describe
from ..wording import warnings_html

if TYPE_CHECKING:
    from ...explaining import TextExplanation

#: Sentences shown at most; longer texts say so.
MOST = 60


def preview_html(explanation: TextExplanation) -> str:
    """The explanation for people."""
    blocks = []
    for sentence, performance in list(zip(explanation.reading.sentences, explanation.performances, strict=True))[:MOST]:
        rubies = "".join(
            f"<ruby>{html.escape(row.spoken or row.source)}<rt>{html.escape(row.reading)}</rt></ruby>"
            if row.reading
            else html.escape(row.source)
            for row in sentence.rows
        )
        reasons = "；".join((*performance.evidence, *performance.context.reasons))
        manner = f"{describe(performance.emotion)}" + (f" — {reasons}" if reasons else "")
        blocks.append(
            f'<div class="tts-reading"><div>{rubies}</div><small>{html.escape(manner)}</small></div>'
            + warnings_html(sentence.warnings)
        )
    more = len(explanation.reading.sentences) - MOST
    return "".join(blocks) + (f"<small>+ {more} …</small>" if more > 0 else "")
