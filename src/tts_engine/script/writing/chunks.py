"""A long text in pieces that a language model can work on, cut where a reader would pause."""

from __future__ import annotations

import re

#: Where to cut, the best first: between paragraphs, lines, sentences (behind their closing marks), clauses.
_ENDS = (
    re.compile(r"\n[ \t\u3000]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"[。！？!?…]+[”’」』\"）)]*\s*|\.\s+"),
    re.compile(r"[；;，,：:]\s*"),
)


def cut(text: str, longest: int) -> tuple[tuple[int, int], ...]:
    """Beginnings and ends of the pieces; joined they are the text.

    Args:
        text: any.
        longest: characters of a piece at most.
    """
    pieces = []
    begin = 0
    while len(text) - begin > longest:
        end = _end(text, begin, begin + longest)
        pieces.append((begin, end))
        begin = end
    if begin < len(text):
        pieces.append((begin, len(text)))
    return tuple(pieces)


def _end(text: str, begin: int, limit: int) -> int:
    """Where to cut at best; in the second half of the piece, so that pieces do not become small."""
    half = begin + (limit - begin) // 2
    for pattern in _ENDS:
        ends = [match.end() for match in pattern.finditer(text, half, limit) if match.end() <= limit]
        if ends:
            return ends[-1]
    return limit
