"""Classes of characters that the text stage tells apart."""

from __future__ import annotations

import unicodedata

#: Marks that end a sentence.
STRONG = frozenset("。！？!?｡⁇⁈⁉‼")

#: Marks after which a long sentence is cut most gladly, best first.
WEAK = ("；;", "，,：:—…", "、")

#: Closing quotes and brackets: they stay with the sentence that they close.
CLOSERS = frozenset("”’」』】）》〉〕］｝)]}»›")

OPENERS = frozenset("“‘「『【（《〈〔［｛([{«‹")

#: Line and paragraph ends.
NEWLINES = frozenset("\n\r\v\f\x85\u2028\u2029")

#: Signs that only join, set off or decorate; nobody reads them aloud.
DECORATIONS = frozenset("·•・-‐‑‒_*#/\\|~～`^'’\"@&<>°")


def is_han(char: str) -> bool:
    """Whether a character is a Chinese one, extensions and compatibility forms included."""
    code = ord(char)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or code == 0x3007
        or 0x20000 <= code <= 0x3FFFF
        or 0xF900 <= code <= 0xFAFF
    )


def is_latin(char: str) -> bool:
    """Whether a character is a letter of the Latin alphabet, with or without a diacritic."""
    return ("a" <= char <= "z") or ("A" <= char <= "Z") or ("\u00c0" <= char <= "\u024f" and char.isalpha())


def is_invisible(char: str) -> bool:
    """Whether nobody would expect a character to be heard: spaces, controls, joiners, direction marks."""
    if char.isspace():
        return True
    category = unicodedata.category(char)
    return category in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f" or char == "\u20e3"


def is_pronounceable(char: str) -> bool:
    """Whether a reader would say something for this character: letters, digits, signs and symbols."""
    if char in DECORATIONS or is_invisible(char):
        return False
    category = unicodedata.category(char)
    return category[0] not in "PZM" and category not in ("Sk", "Cn")
