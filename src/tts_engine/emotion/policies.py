"""What to do about a listener's state: from valence and arousal to a wished influence.

Every policy is continuous in both and wishes nothing at rest. Valence and arousal are -1 to 1 around the listener's
own rest. Places of emotions on the circle after Russell (1980), rounded; manners stand where their voice does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..types import Emotion
from .parse import make_emotion

#: Channels that say something about either.
VALENCE = frozenset({"valence", "expression_valence"})
AROUSAL = frozenset({"heart_rate", "arousal", "expression_arousal"})

#: Valence and arousal of each emotion at full intensity.
CIRCUMPLEX = {
    "happy": (0.9, 0.4), "angry": (-0.8, 0.9), "sad": (-0.9, -0.3), "afraid": (-0.8, 0.8), "disgusted": (-0.8, 0.3),
    "melancholic": (-0.6, -0.6), "surprised": (0.2, 0.9), "calm": (0.4, -0.6), "gentle": (0.5, -0.4),
    "excited": (0.7, 0.9), "cheerful": (0.9, 0.6), "affectionate": (0.7, -0.1), "serious": (-0.1, 0.1),
    "whispering": (0.0, -0.4), "shouting": (-0.4, 0.9), "sarcastic": (-0.4, 0.2), "suspense": (-0.4, 0.5),
    "news": (0.0, 0.1), "story": (0.2, 0.0), "chat": (0.3, 0.1), "embarrassed": (-0.4, 0.3), "curious": (0.3, 0.4),
}  # fmt: skip

#: Most that any policy changes: the share of the listener's emotion, rate, semitones, dB.
LIMITS = {"weight": 0.7, "rate": 0.18, "pitch_st": 1.5, "level_db": 3.0}


_NOTHING = Emotion(intensity=0.0)


@dataclass(frozen=True, slots=True)
class Influence:
    """What is changed for the listener's sake; the default changes nothing.

    Attributes:
        weight: share of ``emotion`` in what is meant, 0-1; the rest stays the script's.
        rate: added to the factor of the speaking rate (-0.1 is 10 % slower).
        pitch_st: semitones.
        level_db: dB.
        emotion: what is mixed in.
        reason: why, for people.
    """

    weight: float = 0.0
    rate: float = 0.0
    pitch_st: float = 0.0
    level_db: float = 0.0
    emotion: Emotion = _NOTHING
    reason: str = ""

    @property
    def is_nothing(self) -> bool:
        """Whether it changes nothing."""
        return not (self.weight or self.rate or self.pitch_st or self.level_db)


NO_INFLUENCE = Influence()


def wish_of(policy: str, valence: float, arousal: float) -> tuple[float, Influence]:
    """How strongly a policy is called for, 0-1, and what it wishes then."""
    return POLICIES[policy](valence, arousal)


def _off(_valence: float, _arousal: float) -> tuple[float, Influence]:
    return 0.0, Influence()


def _soothe(valence: float, arousal: float) -> tuple[float, Influence]:
    """Tense or unhappy listeners are spoken to more gently, slower, lower and softer."""
    need = min(1.0, 0.8 * max(0.0, arousal) + 0.6 * max(0.0, -valence))
    gentle = make_emotion({"gentle": 0.6, "calm": 0.4}, 0.8)
    reason = "听者紧张" if arousal > 0.2 else "听者低落"
    return need, _scaled(need, -0.15, -1.2, -2.5, gentle, f"安抚 soothe（{reason}）")


def _mirror(valence: float, arousal: float) -> tuple[float, Influence]:
    """The voice goes along with the listener: livelier with a lively one, quieter with a quiet one."""
    need = min(1.0, (valence * valence + arousal * arousal) ** 0.5)
    amounts = {
        "cheerful": max(0.0, valence) * max(0.0, 0.5 + arousal),
        "calm": max(0.0, valence) * max(0.0, 0.5 - arousal),
        "sad": max(0.0, -valence) * max(0.0, 0.5 - arousal),
        "suspense": max(0.0, -valence) * max(0.0, 0.5 + arousal),
        "excited": max(0.0, arousal) * max(0.0, 0.3 + valence),
        "gentle": max(0.0, -arousal) * 0.5,
    }
    if not any(amounts.values()):
        amounts = {"chat": 1.0}
    emotion = make_emotion(amounts, 0.8)
    moves = Influence(
        weight=LIMITS["weight"] * need,
        rate=0.12 * arousal,
        pitch_st=1.2 * arousal,
        level_db=2.0 * arousal,
        emotion=emotion,
        reason="跟随 mirror",
    )
    return need, moves


def _energize(valence: float, arousal: float) -> tuple[float, Influence]:
    """Tired or dull listeners are woken; a tense one is left alone."""
    need = min(1.0, max(0.0, -arousal) + 0.4 * max(0.0, -valence) * max(0.0, 1.0 - 3.0 * max(0.0, arousal)))
    lively = make_emotion({"cheerful": 0.6, "excited": 0.4}, 0.8)
    return need, _scaled(need, 0.12, 1.2, 2.0, lively, "提振 energize（听者困倦）")


def _scaled(need: float, rate: float, pitch_st: float, level_db: float, emotion: Emotion, reason: str) -> Influence:
    return Influence(LIMITS["weight"] * need, rate * need, pitch_st * need, level_db * need, emotion, reason)


POLICIES: dict[str, Callable[[float, float], tuple[float, Influence]]] = {
    "off": _off,
    "soothe": _soothe,
    "mirror": _mirror,
    "energize": _energize,
}
