"""Rate with the elasticity of speech sounds: vowels stretch, stops hardly do.

A slow speaker holds vowels; a stop released twice as slowly is no longer the same sound. Each phoneme symbol has an
elasticity: the exponent with which it follows the rate. The spoken part as a whole follows the rate exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..types import Break

if TYPE_CHECKING:
    from ..types import FloatArray

STOPS = "pbtdkɡgqʔ"
AFFRICATES = "ʨꭧʦʤʧʣʥ"
FRICATIVES = "fvszʃʒɕʂʑxçhθð"
SONORANTS = "mnŋɲlɻɹrwjɥɾ"

#: Exponents; everything that is not listed (vowels, tone arrows, length marks) is a vowel.
ELASTICITY = {
    **dict.fromkeys(STOPS, 0.3),
    **dict.fromkeys(AFFRICATES, 0.4),
    "ʰ": 0.4,
    **dict.fromkeys(FRICATIVES, 0.65),
    **dict.fromkeys(SONORANTS, 0.8),
}
VOWEL = 1.0

#: What is left of a sound at the most extreme rates, as a factor on its elastic length.
LEAST = 0.2

#: Longest part of a token that counts as speech, frames; the model hides silence at phrase ends behind it.
LONGEST_SOUND_FRAMES = 7.0


def hidden_silence(predicted: FloatArray, breaks: Sequence[Break] = ()) -> FloatArray:
    """Frames of each token that are silence though they belong to a sound: (n_phonemes + 2,) float32.

    Args:
        predicted: (n_phonemes + 2,) frames of a neutral reading, pads included.
        breaks: their tokens are pauses, which count as nothing here.
    """
    hidden = np.maximum(predicted - LONGEST_SOUND_FRAMES, 0.0)
    hidden[[0, -1]] = 0.0
    hidden[[item.phoneme + 1 for item in breaks]] = 0.0
    if len(predicted) > 2:
        hidden[-2] = max(hidden[-2], predicted[-2] - 1.0)  # the final mark is silence
    return np.asarray(hidden, dtype=np.float32)


def elasticities(phonemes: str) -> FloatArray:
    """(n_phonemes + 2,) float32 exponents per token, 0 for the boundary pads."""
    inner = [ELASTICITY.get(symbol, VOWEL) for symbol in phonemes]
    return np.array([0.0, *inner, 0.0], dtype=np.float32)


def stretch(durations: FloatArray, phonemes: str, log2_rate: FloatArray, breaks: Sequence[Break] = ()) -> FloatArray:
    """Durations at another rate; pads and pauses untouched.

    Args:
        durations: (n_phonemes + 2,) frames, pads included.
        phonemes: the tokens between the pads.
        log2_rate: (n_phonemes + 2,) log2 of the rate wished at each token, 0 = as it is.
        breaks: their tokens are pauses.

    Returns:
        (n_phonemes + 2,) float32 frames, whose spoken part is as long as if each token had followed its rate.
    """
    if not np.any(log2_rate):
        return durations
    exponents = elasticities(phonemes).astype(np.float64)
    exponents[[item.phoneme + 1 for item in breaks]] = 0.0
    lengths = durations.astype(np.float64)
    wished = float((lengths * 2.0**-log2_rate)[exponents > 0].sum())
    elastic = lengths * 2.0 ** (-exponents * log2_rate)
    give = exponents * elastic
    if give.sum() <= 0.0:
        return durations
    missing = wished - float(elastic[exponents > 0].sum())  # what the stiff sounds left over: the elastic ones take it
    return np.asarray(elastic * np.maximum(1.0 + missing * exponents / give.sum(), LEAST), dtype=np.float32)
