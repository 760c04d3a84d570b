"""Full and half width, compatibility forms and look-alike signs, one character for one character."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_KEPT = "，。：；！？（）［］｛｝～"  # punctuation keeps its Chinese width: it carries the pauses
_LOOK_ALIKES = {
    "−": "-", "‐": "-", "‑": "-", "‒": "-", "–": "-", "﹣": "-", "－": "-",
    "～": "~", "〜": "~", "∼": "~",
    "￥": "¥", "／": "/", "∕": "/", "⁄": "/", "％": "%", "﹪": "%", "：": ":", "﹕": ":",
    "．": ".", "µ": "μ", "Ω": "Ω", "К": "K", "º": "°", "˚": "°", "∶": ":", "　": " ", "\u00a0": " ",
    "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "′": "'", "’": "'", "″": '"',
}  # fmt: skip

_OTHER_DIGITS = (
    0x660,
    0x6F0,
    0x7C0,
    0x966,
    0x9E6,
    0xA66,
    0xAE6,
    0xB66,
    0xBE6,
    0xC66,
    0xCE6,
    0xD66,
    0xE50,
    0xED0,
    0xF20,
    0x1040,
)
"""Zeros of other scripts: a pattern's digit class matches them too, so they become plain digits first."""


def _folded(code: int) -> str | None:
    char = chr(code)
    if char in _KEPT:
        return None
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and plain != char else None


@lru_cache(maxsize=1)
def fold_table() -> dict[int, str]:
    """Translation table of every character that has a plain twin of length one."""
    table: dict[int, str] = {}
    ranges = (
        (0xFF01, 0xFF5F),  # full-width ASCII
        (0x2F00, 0x2FE0),  # Kangxi radicals that stand for characters
        (0x2E80, 0x2F00),  # CJK radicals supplement
        (0xF900, 0xFB00),  # CJK compatibility ideographs
        (0x2F800, 0x2FA20),
        (0x1D400, 0x1D800),  # mathematical letters and digits
    )
    for begin, end in ranges:
        for code in range(begin, end):
            plain = _folded(code)
            if plain is not None:
                table[code] = plain
    table.update({zero + value: str(value) for zero in _OTHER_DIGITS for value in range(10)})
    table.update({ord(char): plain for char, plain in _LOOK_ALIKES.items()})
    return table


def fold(text: str) -> str:
    """The text in plain width, of exactly the same length: ``ＩＰＨＯＮＥ　１５`` -> ``IPHONE 15``."""
    return text if text.isascii() else text.translate(fold_table())
