"""Words that no lexicon lists -> phonemes, letter by letter with its neighbours.

The table (``letter_sounds.txt``, learned by ``scripts/train_letter_sounds.py``) maps a letter with some letters
around it to its sounds; the narrowest neighbourhood that is listed decides.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

#: Neighbourhoods, letters to the left and to the right, from wide to narrow.
CONTEXTS = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 4), (4, 4), (4, 6), (6, 6))

#: Stands for no sound in the table.
SILENT = "0"

_VOWELS = frozenset("AIOWYaiuæɑɔəɛɜɪʊʌᵊᵻ")
_REDUCED = frozenset("əᵊᵻ")


def context_of(word: str, at: int, left: int, right: int) -> str:
    """The letter at ``at`` with its neighbours: ``ca[t]s`` as ``ca<t>s``; ``_`` beyond the ends."""
    padded = "_" * left + word + "_" * right
    at += left
    return f"{padded[at - left : at]}<{padded[at]}>{padded[at + 1 : at + 1 + right]}"


@cache
def _table() -> dict[str, str]:
    text = (files(__package__) / "letter_sounds.txt").read_text("utf-8")
    pairs = (line.split(" ") for line in text.splitlines())
    return {key: "" if sounds == SILENT else sounds for key, sounds in pairs}


def sound_out(word: str) -> str:
    """Phonemes of a word of plain lower-case letters, with one primary stress."""
    table = _table()
    sounds = []
    for at in range(len(word)):
        for left, right in reversed(CONTEXTS):
            found = table.get(context_of(word, at, left, right))
            if found is not None:
                sounds.append(found)
                break
    return _one_stress("".join(sounds))


def _one_stress(phonemes: str) -> str:
    """The phonemes with exactly one primary stress, where there is a vowel to bear it."""
    first = phonemes.find("ˈ")
    if first >= 0:
        return phonemes[: first + 1] + phonemes[first + 1 :].replace("ˈ", "ˌ")
    if "ˌ" in phonemes:
        return phonemes.replace("ˌ", "ˈ", 1)
    vowels = [at for at, sound in enumerate(phonemes) if sound in _VOWELS]
    full = [at for at in vowels if phonemes[at] not in _REDUCED]
    at = (full or vowels or [0])[0]
    return phonemes[:at] + "ˈ" + phonemes[at:] if vowels else phonemes
