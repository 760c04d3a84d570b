"""The fixed texts that speed is measured on, and one of any length for memory.

All texts were written for this project: news, a story, a dialogue, an essay, popular science. Their lengths count
characters without white space. What this module does not know: engines.
"""

from __future__ import annotations

import random
from pathlib import Path

LENGTHS = (20, 100, 500, 3000)

_FOLDER = Path(__file__).parent / "texts"
_PARTS = ("news", "story", "dialogue", "essay", "knowledge")

#: Words that the long text swaps, so that no sentence-level cache can answer for a repeated paragraph.
_SWAPS = {
    "昨天": ("前天", "上周", "今早"),
    "孩子": ("少年", "学生", "小家伙"),
    "老人": ("师傅", "大爷", "老者"),
    "外婆": ("姑妈", "舅妈", "邻家婶婶"),
    "声音": ("响动", "话音", "嗓音"),
    "现在": ("如今", "眼下", "此时"),
    "市里": ("县里", "省里", "镇上"),
    "十二": ("十六", "二十三", "四十七"),
}


def count(text: str) -> int:
    """Number of characters that are not white space."""
    return len("".join(text.split()))


def fixed(length: int) -> str:
    """The fixed text of that many characters; ``length`` is one of ``LENGTHS``."""
    if length not in LENGTHS:
        raise ValueError(f"no fixed text of {length} characters; there are {', '.join(map(str, LENGTHS))}")
    names = [str(length)] if length != 3000 else list(_PARTS)
    return "\n\n".join(_read(name) for name in names)


def long(characters: int, seed: int = 0) -> str:
    """A text of at least ``characters`` characters and at most one paragraph more, the same for the same seed.

    Built from the paragraphs of the 3,000-character text, shuffled again in each round and with words swapped.
    """
    source = random.Random(seed)
    paragraphs = [line for name in _PARTS for line in _read(name).splitlines() if line]
    chosen: list[str] = []
    total = 0
    while total < characters:
        for paragraph in source.sample(paragraphs, len(paragraphs)):
            if total >= characters:
                break
            chosen.append(_with_swaps(paragraph, source))
            total += count(chosen[-1])
    return "\n\n".join(chosen)


def _with_swaps(paragraph: str, source: random.Random) -> str:
    for word, others in _SWAPS.items():
        paragraph = paragraph.replace(word, source.choice((word, *others)))
    return paragraph


def sentences(path: Path | None = None) -> list[str]:
    """The sentences of a file, one per line without empty ones; by default those of the repository."""
    lines = (path or Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()
