"""English words built from listed ones: endings, prefixes, compounds.

Endings follow the rules of English: -s is [s] after voiceless sounds, [ᵻz] after hisses, else [z]; -ed is [t], [ᵻd],
[d] likewise; t between vowels is a tap before -ed, -ing, -er.
"""

from __future__ import annotations

from collections.abc import Callable

Lookup = Callable[[str], str | None]

_VOWELS = frozenset("AIOWYaiuæɑɔəɛɜɪʊʌᵊᵻɹ")

#: Ending as written -> its sounds; those of -s and -ed depend on the stem.
_SUFFIXES = {
    "ing": "ɪŋ", "er": "əɹ", "ers": "əɹz", "est": "ɪst", "ly": "li", "ness": "nəs", "less": "ləs", "ful": "fəl",
    "ment": "mənt", "able": "əbᵊl", "ish": "ɪʃ", "ize": "Iz", "ized": "Izd", "like": "lˌIk", "ship": "ʃˌɪp", "y": "i",
}  # fmt: skip

_PREFIXES = {
    "un": "ʌn", "re": "ɹˌi", "non": "nˌɑn", "pre": "pɹˌi", "anti": "ˌænti", "multi": "mˌʌlti", "micro": "mˌIkɹO",
    "super": "sˌupəɹ", "inter": "ˌɪntəɹ", "over": "ˌOvəɹ", "auto": "ˌɔɾO", "cyber": "sˌIbəɹ", "mega": "mˌɛɡə",
    "nano": "nˌænO", "mini": "mˌɪni", "semi": "sˌɛmi", "de": "dˌi", "sub": "sˌʌb", "mis": "mˌɪs", "meta": "mˌɛɾə",
}  # fmt: skip

#: Shortest part of a compound.
_MIN_PART = 3


def plural(stem: str) -> str:
    """Phonemes of a stem with -s or -'s."""
    if stem[-1:] in frozenset("ptkfθ"):
        return stem + "s"
    return stem + ("ᵻz" if stem[-1:] in frozenset("szʃʒʧʤ") else "z")


def past(stem: str) -> str:
    """Phonemes of a stem with -ed."""
    if stem[-1:] in frozenset("td"):
        return tapped(stem) + "ᵻd"
    return stem + ("t" if stem[-1:] in frozenset("pkfθʃsʧ") else "d")


def tapped(stem: str) -> str:
    """The stem with its final t as a tap, where it stands after a vowel."""
    return stem[:-1] + "ɾ" if stem[-1:] == "t" and stem[-2:-1] in _VOWELS else stem


def _stems(word: str, ending: str) -> list[str]:
    """What a word may be without its ending: making -> mak, make; running -> run; happily -> happy."""
    stem = word[: -len(ending)]
    stems = [stem, stem + "e"] if ending[0] in "aeiy" else [stem]
    if stem.endswith("i"):
        stems.append(stem[:-1] + "y")
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeiou":
        stems.append(stem[:-1])
    return stems


def build(word: str, lookup: Lookup) -> str | None:
    """Phonemes of a lower-case word from its parts, or None where its parts are not listed either."""
    return _inflected(word, lookup) or _suffixed(word, lookup) or _prefixed(word, lookup) or _compound(word, lookup)


def _inflected(word: str, lookup: Lookup) -> str | None:
    for ending, sound in (("'s", plural), ("s'", plural), ("s", plural), ("es", plural), ("ed", past), ("d", past)):
        if not word.endswith(ending) or len(word) < len(ending) + 2 or word.endswith("ss"):
            continue
        stem = word[: -len(ending)]
        stems = [stem]
        if ending == "es" and stem.endswith("i"):
            stems = [stem[:-1] + "y"]
        if ending == "ed":
            stems = _stems(word, "ed")
        if ending == "d" and not stem.endswith("e"):
            continue
        for item in stems:
            found = lookup(item)
            if found:
                return sound(found)
    return None


def _suffixed(word: str, lookup: Lookup) -> str | None:
    for ending, sounds in _SUFFIXES.items():
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            for stem in _stems(word, ending):
                found = lookup(stem) or _inflected(stem, lookup)
                if found:
                    return (tapped(found) if sounds[0] in _VOWELS else found) + sounds
    return None


def _prefixed(word: str, lookup: Lookup) -> str | None:
    for prefix, sounds in _PREFIXES.items():
        if word.startswith(prefix) and len(word) >= len(prefix) + 3:
            rest = word[len(prefix) :]
            found = lookup(rest) or _inflected(rest, lookup)
            if found:
                return sounds + found
    return None


def _compound(word: str, lookup: Lookup) -> str | None:
    """Two listed words, the most even cut first; the second bears the weaker stress."""
    middle = len(word) / 2
    for cut in sorted(range(_MIN_PART, len(word) - _MIN_PART + 1), key=lambda place: abs(place - middle)):
        left = lookup(word[:cut])
        right = (lookup(word[cut:]) or _inflected(word[cut:], lookup)) if left else None
        if left and right:
            return left + right.replace("ˌ", "").replace("ˈ", "ˌ")
    return None
