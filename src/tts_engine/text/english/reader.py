"""An English token -> the phonemes of its parts."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from .letters import LETTERS
from .lexicon import Lexicon

#: Parts of a mixed-case token: iPhone -> i, Phone; GPUs -> GPU, s; OpenAI -> Open, AI.
_PARTS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]{2,}(?=s\b)|[A-Z]?[a-z']+|[A-Z]")

_VOWELS = frozenset("aeiouyAEIOUY")


class EnglishReader:
    """Reads English tokens.

    Args:
        lexicon_dir: folder of the pronunciation lexicon, or None to read by rules alone.
    """

    def __init__(self, lexicon_dir: Path | None = None) -> None:
        self.lexicon = Lexicon(lexicon_dir)

    @property
    def has_lexicon(self) -> bool:
        """Whether the pronunciation lexicon was found."""
        return bool(self.lexicon.entries)

    def read(self, token: str) -> list[tuple[str, str]]:
        """Parts of a token with their phonemes, each spoken as one unit; joined they are the token again.

        Args:
            token: letters, with apostrophes inside.
        """
        original, token = token, fold(token)
        listed = None if len(token) == 1 else self.lexicon.get(token)
        if listed and not (token.isupper() and self.lexicon.get(token.lower()) != listed):
            return [(original, listed)]
        parts = _PARTS.findall(token)
        if "".join(parts) != token:
            parts = [token]
        read: list[tuple[str, str]] = []
        for part in parts:
            read.extend(self._read_part(part))
        at = 0
        for index, (part, phonemes) in enumerate(read):
            read[index] = (original[at : at + len(part)], phonemes)
            at += len(part)
        return read

    def _read_part(self, part: str) -> list[tuple[str, str]]:
        if len(part) > 1 and (not part.isupper() or len(part) > 3):
            phonemes = self.lexicon.get(part)
            if phonemes:
                return [(part, phonemes)]
            if not part.isupper() and any(char in _VOWELS for char in part):
                return [(part, by_rule(part))]
        return [(char, LETTERS.get(char.lower(), "")) for char in part]


_FOLDED = dict(zip("’øØđĐłŁæÆœŒßþÞðÐıŋħ", "'oOdDlLeEeEstTdDinh", strict=True))


def fold(token: str) -> str:
    """The token with plain letters, one for one: é -> e, ø -> o; a letter that has none stays."""
    folded = []
    for char in token:
        plain = char if char.isascii() else _FOLDED.get(char, unicodedata.normalize("NFD", char)[0])
        folded.append(plain)
    return "".join(folded)


_RULES = (
    ("tion", "ʃən"), ("sion", "ʒən"), ("ough", "O"), ("igh", "I"), ("sch", "ʃ"), ("tch", "ʧ"), ("dge", "ʤ"),
    ("ch", "ʧ"), ("sh", "ʃ"), ("th", "θ"), ("ph", "f"), ("wh", "w"), ("ck", "k"), ("ng", "ŋ"), ("qu", "kw"),
    ("ee", "i"), ("ea", "i"), ("oo", "u"), ("ou", "W"), ("ow", "O"), ("ai", "A"), ("ay", "A"), ("oi", "Y"),
    ("oy", "Y"), ("au", "ɔ"), ("aw", "ɔ"), ("ie", "i"), ("ei", "A"), ("ey", "i"), ("er", "əɹ"), ("ar", "ɑɹ"),
    ("or", "ɔɹ"), ("ir", "ɜɹ"), ("ur", "ɜɹ"), ("x", "ks"), ("c", "k"), ("j", "ʤ"), ("g", "ɡ"), ("y", "i"),
    ("r", "ɹ"), ("q", "k"), ("a", "æ"), ("e", "ɛ"), ("i", "ɪ"), ("o", "ɑ"), ("u", "ʌ"), ("'", ""),
)  # fmt: skip


def by_rule(word: str) -> str:
    """Phonemes of a word by simple spelling rules."""
    word = word.lower()
    out = ""
    at = 0
    while at < len(word):
        for spelling, phonemes in _RULES:
            if word.startswith(spelling, at):
                out += phonemes
                at += len(spelling)
                break
        else:
            out += word[at]
            at += 1
    for index, char in enumerate(out):
        if char in "AIOWYæɑəɛɪiuʊʌɔɜ":
            return out[:index] + "ˈ" + out[index:]
    return out
