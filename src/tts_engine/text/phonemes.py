"""Mandarin syllables -> the phoneme symbols that the weights were trained with.

A syllable is an initial and a final. The tone arrow stands after the vowel and before a nasal coda: 光 guang1 ->
``kwa→ŋ``. Neutral tones carry no arrow. The inventory is the one of the training text (Kokoro v1.0, whose text was
made by ``misaki``); ``tests/unit/text/test_phonemes.py`` compares every syllable. One departure: *yo* (哟) is there
the same as *wo*, which is a different syllable, so here it is spelled out as what it is.
"""

from __future__ import annotations

from functools import lru_cache

from ..errors import TextError

#: Tone number -> arrow.
TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ",
    "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s",
}  # fmt: skip

#: Final -> (vowel, coda); the arrow goes in between.
FINALS = {
    "a": ("a", ""), "ai": ("ai", ""), "an": ("a", "n"), "ang": ("a", "ŋ"), "ao": ("au", ""),
    "e": ("ɤ", ""), "ei": ("ei", ""), "en": ("ə", "n"), "eng": ("ə", "ŋ"),
    "o": ("wo", ""), "ong": ("ʊ", "ŋ"), "ou": ("ou", ""),
    "i": ("i", ""), "ia": ("ja", ""), "ian": ("jɛ", "n"), "iang": ("ja", "ŋ"), "iao": ("jau", ""), "ie": ("je", ""),
    "in": ("i", "n"), "ing": ("i", "ŋ"), "iong": ("jʊ", "ŋ"), "iu": ("jou", ""),
    "u": ("u", ""), "ua": ("wa", ""), "uai": ("wai", ""), "uan": ("wa", "n"), "uang": ("wa", "ŋ"), "ui": ("wei", ""),
    "un": ("wə", "n"), "uo": ("wo", ""),
    "ü": ("y", ""), "üe": ("ɥe", ""), "üan": ("ɥɛ", "n"), "ün": ("y", "n"),
}  # fmt: skip

#: The vowel of zhi chi shi ri zi ci si.
APICAL = ("ɨ", "")

#: Whole syllables that the initials and finals do not give.
WHOLE = {
    "er": ("ɚ", ""), "o": ("ɔ", ""), "ê": ("ɛ", ""), "yo": ("jɔ", ""), "m": ("m", ""), "n": ("n", ""), "ng": ("ŋ", ""),
    "hm": ("hm", ""), "hng": ("hŋ", ""), "weng": ("wə", "ŋ"), "yu": ("y", ""), "yue": ("ɥe", ""),
    "yuan": ("ɥɛ", "n"), "yun": ("y", "n"), "you": ("jou", ""), "wei": ("wei", ""), "wen": ("wə", "n"),
    "yong": ("jʊ", "ŋ"),
}  # fmt: skip


def split_syllable(syllable: str) -> tuple[str, str]:
    """Initial (may be empty) and rest of a toneless spelling: ``zhuang`` -> (``zh``, ``uang``)."""
    for length in (2, 1):
        if syllable[:length] in INITIALS and len(syllable) > length:
            return syllable[:length], syllable[length:]
    return "", syllable


def _parts(syllable: str) -> tuple[str, str, str] | None:
    """Initial, vowel, coda of a toneless spelling, or None where it is no syllable."""
    if syllable in WHOLE:
        return ("", *WHOLE[syllable])
    initial, final = split_syllable(syllable)
    if not initial and syllable[:1] in ("y", "w"):  # yi -> i, yan -> ian, wu -> u, wan -> uan
        vowel = {"y": "i", "w": "u"}[syllable[0]]
        final = syllable[1:] if syllable[1:2] == vowel else vowel + syllable[1:]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "ü" + final[1:]
    if final == "ue":  # nue, lue: a frequent spelling of nüe, lüe
        final = "üe"
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        return (INITIALS[initial], *APICAL)
    if final not in FINALS:
        return None
    return (INITIALS.get(initial, ""), *FINALS[final])


@lru_cache(maxsize=4096)
def syllable_phonemes(pinyin: str) -> str:
    """Phonemes of one tone-numbered syllable: ``zhong1`` -> ``ꭧʊ→ŋ``; ``r5`` after it is the erhua ending.

    Args:
        pinyin: spelling with ``ü`` or ``v``, and the tone 1-5 at the end (5 = neutral).

    Raises:
        TextError: no Mandarin syllable, or no tone.
    """
    spelling, tone = pinyin[:-1].replace("v", "ü").replace("u:", "ü"), pinyin[-1:]
    base, suffix = (spelling[:-1], "ɚ") if is_erhua(spelling) else (spelling, "")
    parts = _parts(base) if tone in TONES else None
    if spelling == "r" and tone in TONES:
        return "ɚ" + TONES[tone]
    if parts is None:
        raise TextError(
            f"{pinyin!r} is no Mandarin syllable; write it as pinyin with the tone number 1-5, for example zhong1",
            code="pinyin_invalid",
            pinyin=pinyin,
        )
    initial, vowel, coda = parts
    if suffix:
        vowel, coda = _with_r(vowel, coda)
    return initial + vowel + TONES[tone] + coda + suffix


def is_erhua(spelling: str) -> bool:
    """Whether a toneless spelling ends in the merged erhua ending: ``huar`` but not ``er``."""
    return len(spelling) > 2 and spelling.endswith("r") and spelling != "er"


def _with_r(vowel: str, coda: str) -> tuple[str, str]:
    """Vowel and coda before the merged r: -n and the glide -i fall (wan + r -> wa + r), the nasal ŋ stays."""
    if coda == "n":
        coda = ""
    if vowel.endswith(("ai", "ei")):
        vowel = vowel[:-1]
    return vowel, coda


def is_syllable(pinyin: str) -> bool:
    """Whether ``syllable_phonemes`` accepts this spelling."""
    try:
        return bool(syllable_phonemes(pinyin))
    except TextError:
        return False
