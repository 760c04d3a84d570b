"""Where syllables, phrases and stressed words of a sentence lie on the time axis of its curves."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..types import Prosody, Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import IntArray

    #: Values over the time axis of the curves, or over samples: float64 inside, float32 where they leave.
    Curve = NDArray[np.float64]

#: Length of one value of the F0, energy and level curves, seconds (types.Prosody).
CURVE_S = 0.0125

#: Marks at which a new phrase begins; a list mark or a quotation mark does not start one.
PHRASE_MARKS = frozenset(",;:.!?—…，；：。！？、")

TONES = frozenset("12345")

#: Below this the F0 curve of the model only passes between voiced and unvoiced, Hz.
VOICED_HZ = 50.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Syllables between two pauses.

    Attributes:
        syllables: first index and the one after the last.
        is_last: whether it ends the sentence.
    """

    syllables: tuple[int, int]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A sentence on the time axis of its curves.

    Attributes:
        count: number of curve values.
        spans: (n_syllables, 2) begin and end of each syllable, curve values.
        tones: tone digit of each syllable, empty for what is not Mandarin.
        phrases: in order, never empty ones.
        words: (begin, end) syllable index of each word.
    """

    count: int
    spans: IntArray
    tones: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    words: tuple[tuple[int, int], ...]

    def phrase_span(self, phrase: Phrase) -> tuple[int, int]:
        """First curve value of a phrase and the one after its last."""
        begin, end = phrase.syllables
        return int(self.spans[begin, 0]), int(self.spans[end - 1, 1])


def lay_out(sentence: Sentence, prosody: Prosody) -> Layout:
    """The layout of a sentence spoken with these curves.

    The model hides the silence after a phrase in the length of its last sounds; the last syllable of each phrase
    therefore ends where its voice does.
    """
    edges = 2 * np.concatenate([[0], np.cumsum(prosody.durations)])
    syllables = [syllable for word in sentence.words for syllable in word.syllables]
    spans = np.array(
        [(edges[item.phonemes[0] + 1], edges[item.phonemes[1] + 1]) for item in syllables], dtype=np.int64
    ).reshape(-1, 2)
    phrases = find_phrases(sentence)
    for phrase in phrases:
        last = phrase.syllables[1] - 1
        voiced = np.flatnonzero(prosody.f0[spans[last, 0] : spans[last, 1]] > VOICED_HZ)
        if len(voiced):
            spans[last, 1] = spans[last, 0] + voiced[-1] + 1
    counts = np.cumsum([0, *(len(word.syllables) for word in sentence.words)])
    return Layout(
        count=int(edges[-1]),
        spans=spans,
        tones=tuple(
            item.reading[-1] if item.language == "zh" and item.reading[-1:] in TONES else "" for item in syllables
        ),
        phrases=phrases,
        words=tuple((int(a), int(b)) for a, b in itertools.pairwise(counts)),
    )


def find_phrases(sentence: Sentence) -> tuple[Phrase, ...]:
    """The phrases of a sentence, cut at its breaks."""
    ends = [syllable.phonemes[1] for word in sentence.words for syllable in word.syllables]
    cuts = sorted({sum(end <= item.phoneme for end in ends) for item in sentence.breaks if item.mark in PHRASE_MARKS})
    bounds = [0, *(cut for cut in cuts if 0 < cut < len(ends)), len(ends)]
    pairs = [(a, b) for a, b in itertools.pairwise(bounds) if b > a]
    return tuple(Phrase(pair, index == len(pairs) - 1) for index, pair in enumerate(pairs))


def spread(track: Curve, durations: IntArray) -> Curve:
    """A value per token as a curve, (n_phonemes + 2,) -> (2 * sum(durations),), stepped."""
    return np.repeat(track, 2 * durations)


def smooth(curve: Curve, width_s: float) -> Curve:
    """A curve blurred by a Gaussian of that standard deviation, its ends held."""
    sigma = width_s / CURVE_S
    reach = int(np.ceil(3 * sigma))
    if reach == 0 or len(curve) == 0 or not np.ptp(curve):
        return curve
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(curve, reach, mode="edge"), kernel / kernel.sum(), mode="valid")


def hat(count: int, begin: float, end: float, glide_s: float) -> Curve:
    """1 between two curve values, 0 away from them, with raised-cosine flanks of ``glide_s`` outside."""
    glide = max(glide_s / CURVE_S, 1e-6)
    at = np.arange(count) + 0.5
    outside = np.maximum(np.maximum(begin - at, at - end), 0.0) / glide
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(outside, 1.0)))


def ramp(count: int, begin: float, end: float) -> Curve:
    """0 before, 1 after, a smooth step between two curve values."""
    at = np.clip((np.arange(count) + 0.5 - begin) / max(end - begin, 1e-6), 0.0, 1.0)
    return np.asarray(at * at * (3.0 - 2.0 * at))
