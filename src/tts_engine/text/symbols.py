"""Every token that this stage can put into a sentence."""

from __future__ import annotations

from .marks import TOKENS
from .phonemes import FINALS, INITIALS, TONES, WHOLE

#: Phonemes of the US English set: plain, diphthongs as capitals, affricates, reduced vowels, stress.
ENGLISH = frozenset("bdfhjklmnpstvwzðŋɡɹɾʃʒʤʧθʔAIOWYiuæɑɔəɛɜɪʊʌᵊᵻɐˈˌ")

MANDARIN = frozenset(
    "".join((*INITIALS.values(), *TONES.values(), "ɨɚ"))
    + "".join(vowel + coda for vowel, coda in (*FINALS.values(), *WHOLE.values()))
)

INVENTORY = MANDARIN | ENGLISH | frozenset(TOKENS.values()) | {" "}
