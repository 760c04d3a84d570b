"""Times, rates, pitches, levels and pinyin as people write them in markup; each function returns None for nonsense."""

from __future__ import annotations

import math
import re
import unicodedata

from ..phonemes import is_syllable

MAX_PAUSE_S = 60.0
DEFAULT_PAUSE_S = 0.5

_TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(ms|msec|毫秒|s|sec|seconds?|秒钟?|)", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?)(\d{1,5}(?:\.\d{1,6})?|\.\d{1,6})\s*(%|st|Hz|dB|x|倍|)", re.IGNORECASE)
_TONE_MARKS = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}

BREAK_STRENGTHS_S = {"none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25}
RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
PITCHES_ST = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
VOLUMES_DB = {
    "silent": -math.inf, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0, "x-loud": 8.0,
}  # fmt: skip


def seconds(text: str, *, bare_ms: bool = False) -> float | None:
    """``800ms`` -> 0.8, ``1.5s``, ``0.5秒``, ``500毫秒``; a bare number is in seconds, or in ms. At most 60 s."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    unit = found[2].lower()
    value = float(found[1])
    if unit in ("ms", "msec", "毫秒") or (not unit and bare_ms):
        value /= 1000
    return value if value <= MAX_PAUSE_S else None


def break_seconds(attributes: dict[str, str]) -> float | None:
    """The length of a ``break`` element from its ``time``, ``value`` or ``strength``."""
    written = attributes.get("time", attributes.get("value", ""))
    if written:
        return seconds(written, bare_ms=True)
    return BREAK_STRENGTHS_S.get(attributes.get("strength", "medium").strip().lower())


def fraction(text: str) -> float | None:
    """A strength from 0 to 1: ``0.8``, ``80%``."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[1] == "-" or found[3] not in ("", "%"):
        return None
    value = float(found[2]) / (100 if found[3] else 1)
    return value if value <= 1 else None


def rate_factor(text: str) -> float | None:
    """``fast`` -> 1.55, ``1.2`` -> 1.2, ``+20%`` -> 1.2, ``120%`` -> 1.2, ``-30%`` -> 0.7; from 0.25 to 4."""
    named = RATES.get(text.strip().lower())
    if named is not None:
        return named
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[3].lower() not in ("", "%", "x", "倍"):
        return None
    value = float(found[2])
    if found[3] == "%":
        value /= 100
        if found[1]:
            value = 1 + value if found[1] == "+" else 1 - value
    elif found[1]:
        return None
    return value if 0.25 <= value <= 4 else None


def pitch(text: str) -> tuple[float | None, float | None] | None:
    """Semitones and hertz, one of them None: ``+2st``, ``high``, ``-10%``, ``+20Hz``; at most 12 semitones."""
    named = PITCHES_ST.get(text.strip().lower())
    if named is not None:
        return named, None
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    value = float(found[2]) * (-1 if found[1] == "-" else 1)
    unit = found[3].lower()
    if unit == "hz":
        return (None, value) if found[1] and abs(value) <= 400 else None
    if unit == "%":
        factor = 1 + value / 100 if found[1] else value / 100
        value = 12 * math.log2(factor) if factor > 0 else math.inf
    elif unit not in ("st", ""):
        return None
    return (value, None) if abs(value) <= 12 else None


def volume_db(text: str) -> float | None:
    """``+6dB`` -> 6, ``loud`` -> 4, ``50`` (of 100) -> -6.02, ``-20%`` -> -1.94; at most 20 dB up."""
    named = VOLUMES_DB.get(text.strip().lower())
    if named is not None:
        return named
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    value = float(found[2]) * (-1 if found[1] == "-" else 1)
    unit = found[3].lower()
    if unit == "db":
        return value if -60 <= value <= 20 else None
    if unit not in ("%", ""):
        return None
    factor = (1 if found[1] else 0) + value / 100
    if factor < 0 or factor > 10:
        return None
    return 20 * math.log10(factor) if factor else -math.inf


def pinyin(text: str) -> tuple[str, ...] | None:
    """Tone-numbered syllables: ``chong2 qing4``, ``CHONG2 QING4``, ``fen 1 ci 2``, ``lv4``, ``chóng qìng``."""
    joined = re.sub(r"([A-Za-zü:])\s+([1-5])(?!\d)", r"\1\2", text.strip())
    tokens = [token for token in re.split(r"[\s,，-]+", joined) if token]
    syllables = []
    for token in tokens:
        numbered = _numbered(token)
        if not is_syllable(numbered):
            return None
        syllables.append(numbered)
    return tuple(syllables) or None


def _numbered(token: str) -> str:
    """One syllable in lower case with ü, its tone at the end; a tone mark becomes a number."""
    plain, tone = "", ""
    for char in unicodedata.normalize("NFD", token.lower()):
        if char in _TONE_MARKS:
            tone = _TONE_MARKS[char]
        else:
            plain += char
    plain = unicodedata.normalize("NFC", plain).replace("u:", "ü").replace("v", "ü")
    return plain + tone
