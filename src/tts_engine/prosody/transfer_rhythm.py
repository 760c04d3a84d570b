"""The rhythm of a reference on another text: rate, its changes through a phrase, and the pauses.

Rates count syllables per second of speech, pauses left out. The tempo inside a phrase is replaced, not added: a
recording that slows down at its end must not slow down twice where the neutral reading already does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .elasticity import hidden_silence, stretch
from .layout import PHRASE_MARKS, find_phrases
from .matching import gap_after, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..types import FloatArray, ReferenceStyle, Sentence, Syllable
    from .layout import Curve

#: Bounds of the change of rate as a whole and of the tempo inside it, log2: what stays clear.
SLOWEST, FASTEST = -0.75, 0.55
MOST_TEMPO = 0.45

#: Syllables at which a sentence's own rate counts as much as the voice's usual one.
FEW_SYLLABLES = 1.5

#: Longest pause that is made inside a sentence, seconds.
LONGEST_PAUSE_S = 1.6

#: Bounds of the factor on the pauses between sentences.
LEAST_FACTOR, MOST_FACTOR = 0.4, 2.5

LIST_MARKS = frozenset("、")

#: Letters of the model's English vowels; a syllabic consonant bears its mark after it.
VOWELS = frozenset("aeiouæɑɒɐɔəɚɛɜɝɪʊʌᵊᵻAIOQWY")
SYLLABIC = "\u0329"


def count_syllables(sentence: Sentence) -> float:
    """Syllables of a sentence, those inside its English words counted."""
    return float(sum(_nuclei(item, sentence.phonemes) for item in _syllables(sentence)))


def phrase_lengths(sentence: Sentence) -> tuple[float, ...]:
    """Syllables of each phrase, counted likewise."""
    counts = [_nuclei(item, sentence.phonemes) for item in _syllables(sentence)]
    return tuple(float(sum(counts[slice(*phrase.syllables)])) for phrase in find_phrases(sentence))


def _syllables(sentence: Sentence) -> list[Syllable]:
    return [syllable for word in sentence.words for syllable in word.syllables]


def _nuclei(syllable: Syllable, phonemes: str) -> int:
    if syllable.language == "zh":
        return 1
    sounds = phonemes[slice(*syllable.phonemes)]
    is_vowel = [sound in VOWELS for sound in sounds]
    groups = sum(now and not before for before, now in zip([False, *is_vowel], is_vowel, strict=False))
    return max(groups + sounds.count(SYLLABIC), 1)


def follow_rate(
    predicted: FloatArray,
    sentence: Sentence,
    matched: Sequence[int],
    style: ReferenceStyle,
    strength: float,
    *,
    usual_rate: float,
    frame_s: float,
    correction: float = 1.0,
) -> FloatArray:
    """The predicted durations at the reference's rate and tempo; pads, pauses and hidden silence untouched.

    Args:
        predicted: (n_phonemes + 2,) frames of the neutral reading.
        sentence: what is spoken.
        matched: for each phrase the reference's phrase that it follows.
        style: the recording.
        strength: 0-1.
        usual_rate: syllables per second of the voice when nothing moves it.
        frame_s: seconds per frame.
        correction: seconds that were heard per second of speech that was planned; from a first drawing.

    Returns:
        (n_phonemes + 2,) float32 frames.
    """
    syllables = _syllables(sentence)
    hidden = hidden_silence(predicted, sentence.breaks)
    sounding = (predicted - hidden).astype(np.float64)
    is_spoken = np.ones(len(predicted), dtype=bool)
    is_spoken[[0, -1]] = False
    is_spoken[[item.phoneme + 1 for item in sentence.breaks]] = False
    length_s = float(sounding[is_spoken].sum()) * frame_s
    if not syllables or length_s <= 0.0 or style.syllable_rate <= 0.0:
        return predicted
    count = count_syllables(sentence)
    own_rate = count / length_s
    trust = count / (count + FEW_SYLLABLES)
    change = trust * np.log2(style.syllable_rate * correction / own_rate)
    change += (1.0 - trust) * np.log2(style.syllable_rate / usual_rate)
    change = strength * float(np.clip(change, SLOWEST, FASTEST))

    lengths = np.array([sounding[item.phonemes[0] + 1 : item.phonemes[1] + 1].sum() for item in syllables])
    tempo = np.zeros(len(predicted))
    for phrase, number in zip(find_phrases(sentence), matched, strict=True):
        inside = range(*phrase.syllables)
        wished = strength * _tempo(lengths[phrase.syllables[0] : phrase.syllables[1]], style.phrases[number].tempo)
        for index, value in zip(inside, wished, strict=True):
            begin, end = syllables[index].phonemes
            tempo[begin + 1 : end + 1] = value
    with_tempo = float((sounding * 2.0**-tempo)[is_spoken].sum()) * frame_s
    log2_rate = np.where(is_spoken, tempo + np.log2(with_tempo / length_s) + change, 0.0)
    spoken = stretch(sounding.astype(np.float32), sentence.phonemes, log2_rate.astype(np.float32), sentence.breaks)
    return np.asarray(spoken + hidden, dtype=np.float32)


def _tempo(lengths: Curve, tempo: Sequence[float]) -> Curve:
    """Log2 of the factor on each syllable's rate that replaces the phrase's own course of tempo by another."""
    if len(lengths) < 2 or lengths.min() <= 0.0:
        return np.zeros(len(lengths))
    edges = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()
    wished = np.log2(np.maximum(sample(tempo, edges[:-1], edges[1:]), 0.2))
    own = _course(-np.log2(lengths))
    change = (wished - np.average(wished, weights=lengths)) - (own - np.average(own, weights=lengths))
    return np.asarray(np.clip(change, -MOST_TEMPO, MOST_TEMPO))


def _course(values: Curve) -> Curve:
    """Values of syllables without what their sounds make of them: smoothed over their neighbours."""
    at = np.arange(len(values))
    weights = np.exp(-0.5 * ((at[:, None] - at[None, :]) / 1.2) ** 2)
    return np.asarray((weights * values).sum(axis=1) / weights.sum(axis=1))


def follow_pause(
    number: int,
    drawn_s: float,
    sentence: Sentence,
    matched: Sequence[int],
    style: ReferenceStyle,
    strength: float,
    *,
    usual_pause_s: float,
) -> float:
    """Seconds of silence at a break that has ``drawn_s`` in a neutral reading.

    The pause after a phrase is half that after the reference's phrase and half its usual one; marks that only part
    the items of a list, or nothing, grow or shrink with the usual pause. A recording without pauses says nothing.
    """
    if not style.pauses_s:
        return drawn_s
    item = sentence.breaks[number]
    usual = float(np.median(style.pauses_s))
    if item.mark in PHRASE_MARKS - LIST_MARKS:
        target = usual
        done = sum(syllable.phonemes[1] <= item.phoneme for syllable in _syllables(sentence))
        for phrase, index in zip(find_phrases(sentence), matched, strict=True):
            gap = gap_after(style, index)
            if phrase.syllables[1] == done and gap is not None:
                target = 0.5 * (gap + usual)
    else:
        target = drawn_s * float(np.clip(usual / usual_pause_s, LEAST_FACTOR, MOST_FACTOR))
    return drawn_s + strength * (min(target, LONGEST_PAUSE_S) - drawn_s)


def pause_factor(style: ReferenceStyle, usual_pause_s: float, strength: float) -> float:
    """Factor on the silence between sentences."""
    if not style.pauses_s or usual_pause_s <= 0.0:
        return 1.0
    factor = float(np.clip(np.mean(style.pauses_s) / usual_pause_s, LEAST_FACTOR, MOST_FACTOR))
    return float(factor**strength)
