"""An English token -> the phonemes of its parts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from .letter_sounds import sound_out
from .letters import LETTERS
from .lexicon import Lexicon
from .morphology import build, plural

#: Parts of a mixed-case token: iPhone -> i, Phone; GPUs -> GPU, s; OpenAI -> Open, AI.
_PARTS = re.compile(r"[A-Z]{2,}(?=s\b)|[A-Z]+(?![a-z'])|[A-Z]?[a-z']+|[A-Z]")

#: Capitals that are said as a word; all others up to ``MAX_SPELLED`` letters are spelled.
_SAID = frozenset(
    (
        *("NASA", "NATO", "UNESCO", "UNICEF", "OPEC", "APEC", "ASEAN", "AIDS", "SARS", "COVID", "LASER", "RADAR"),
        *("SONAR", "WIFI", "SIM", "RAM", "ROM", "PIN", "GIF", "JPEG", "JSON", "YAML", "BIOS", "CAD", "SWAT", "IKEA"),
        *("NIKE", "FIFA", "UEFA", "SAAS", "LIDAR", "TOEFL", "GMAT", "SCUBA", "ASCII", "LAN", "OLED", "OPPO", "VIVO"),
    )
)
MAX_SPELLED = 5

#: Words and names of the trade that lexicons lack or misread.
_OWN = {
    "nasa": "nˈæsə", "nato": "nˈAɾO", "unesco": "junˈɛskO", "ok": "ˌOkˈA",
    "wifi": "wˈIfˌI", "ios": "ˌIˌOˈɛs", "iphone": "ˈIfˌOn", "ipad": "ˈIpˌæd", "ipod": "ˈIpˌɑd", "imac": "ˈImˌæk",
    "macos": "mˌækˌOˈɛs", "chatgpt": "ʧˌætʤˌipˌitˈi", "youtube": "jˈutˌub", "ebay": "ˈibˌA", "linux": "lˈɪnəks",
    "github": "ɡˈɪthˌʌb", "vivo": "vˈivO", "oppo": "ˈɑpO", "xiaomi": "ʃWmˈi", "huawei": "wˈɑwˌA",
    "tiktok": "tˈɪktˌɑk", "json": "ʤˈAsᵊn", "sql": "ˌɛskjˌuˈɛl", "jpeg": "ʤˈApˌɛɡ", "png": "pˌiˌɛnʤˈi", "mc": "mək",
    "nvidia": "ɛnvˈɪdiə", "ikea": "ˌIkˈiə", "asean": "ˈɑsiˌɑn", "opec": "ˈOpˌɛk", "apec": "ˈApˌɛk", "saas": "sˈæs",
    "oled": "ˈOlˌɛd", "covid": "kˈOvɪd", "deepseek": "dˈipsˌik", "openai": "ˌOpᵊnˌAˈI", "bilibili": "bˌɪlibˈɪli",
    "toefl": "tˈOfᵊl", "ascii": "ˈæski", "lidar": "lˈIdˌɑɹ", "uefa": "juˈAfə", "fifa": "fˈifə", "python": "pˈIθˌɑn",
}  # fmt: skip

_VOWELS = frozenset("aeiou")


class EnglishReader:
    """Reads English tokens. Thread-safe.

    Args:
        lexicon_dir: folder of the pronunciation lexicon, or None to read by rules alone.
    """

    def __init__(self, lexicon_dir: Path | None = None) -> None:
        self.lexicon = Lexicon(lexicon_dir)
        self._word = lru_cache(maxsize=4096)(self._word_uncached)

    @property
    def has_lexicon(self) -> bool:
        """Whether the pronunciation lexicon was found."""
        return bool(self.lexicon.tables)

    def read(self, token: str, in_english: bool = False) -> list[tuple[str, str]]:
        """Parts of a token with their phonemes, each spoken as one unit; joined they are the token again.

        Args:
            token: letters, with apostrophes inside.
            in_english: whether English words stand beside it: ``a`` is then the article.
        """
        plain = fold(token)
        read: list[tuple[str, str]] = []
        at = 0
        for part, phonemes in self._read(plain, in_english):
            read.append((token[at : at + len(part)], phonemes))
            at += len(part)
        return read

    def _read(self, token: str, in_english: bool) -> list[tuple[str, str]]:
        if len(token) == 1:
            return [(token, "ɐ" if token == "a" and in_english else LETTERS.get(token.lower(), ""))]
        lower = token.lower()
        if lower in _OWN:
            return [(token, _OWN[lower])]
        if token.isupper():
            return self._capitals(token, in_english)
        if token == lower or token == token.capitalize():
            return self._lower(token, lower)
        listed = self.lexicon.exact(token)
        if listed:
            return [(token, listed)]
        parts = _PARTS.findall(token)
        if "".join(parts) != token:
            parts = [token]
        read: list[tuple[str, str]] = []
        for part in parts:
            if part in ("s", "'s") and read and read[-1][0].isupper():
                before, phonemes = read.pop()
                read.append((before + part, plural(phonemes)))
            elif part == token:
                read.extend(self._lower(part, lower))
            else:
                read.extend(self._read(part, in_english))
        return read

    def _capitals(self, token: str, in_english: bool) -> list[tuple[str, str]]:
        """Capitals: said as a word where they are one, spelled where they are an abbreviation."""
        lower = token.lower()
        listed = self.lexicon.exact(token)
        if token in _SAID or (in_english and self.lexicon.get(lower) and not listed and len(token) > 1):
            return [(token, self._word(lower) or "")]
        if listed and len(token) > 3:
            return [(token, listed)]
        is_word = len(token) > MAX_SPELLED - 1 and self.lexicon.get(lower)
        if is_word or (len(token) > MAX_SPELLED and any(char in _VOWELS for char in lower)):
            return [(token, self._word(lower) or "")]
        return _spelled(token)

    def _lower(self, token: str, lower: str) -> list[tuple[str, str]]:
        phonemes = self._word(lower)
        return [(token, phonemes)] if phonemes else _spelled(token)

    def _word_uncached(self, lower: str) -> str | None:
        """Phonemes of a lower-case word, or None where it has to be spelled."""
        listed = _OWN.get(lower) or self.lexicon.get(lower) or build(lower, self._known)
        if listed:
            return listed
        if not any(char in _VOWELS for char in lower) and not lower.endswith("y"):
            return None
        return sound_out(lower.replace("'", "")) or None

    def _known(self, lower: str) -> str | None:
        return _OWN.get(lower) or self.lexicon.get(lower)


def _spelled(token: str) -> list[tuple[str, str]]:
    """Letter by letter; an apostrophe stays with the letter before it."""
    read: list[tuple[str, str]] = []
    for char in token:
        if char == "'" and read:
            read[-1] = (read[-1][0] + char, read[-1][1])
        else:
            read.append((char, LETTERS.get(char.lower(), "")))
    return read


_FOLDED = dict(zip("’øØđĐłŁæÆœŒßþÞðÐıŋħ", "'oOdDlLeEeEstTdDinh", strict=True))


def fold(token: str) -> str:
    """The token with plain letters, one for one: é -> e, ø -> o; a letter that has none stays."""
    folded = []
    for char in token:
        plain = char if char.isascii() else _FOLDED.get(char, unicodedata.normalize("NFD", char)[0])
        folded.append(plain)
    return "".join(folded)
