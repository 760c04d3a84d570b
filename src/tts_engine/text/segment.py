"""Han characters -> words: the most probable path through a dictionary of word counts.

The counts are those of ``jieba``'s dictionary file. It is read directly: importing the package would compile regexes,
write caches into a shared temporary folder and log to stderr. Source: the unigram model of jieba (DAG and dynamic
programming); differs in that unknown names are found by rules (``names``) instead of a hidden Markov model.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..memory import give_back_memory
from .word_table import package_file, places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Longest word looked for.
MAX_WORD = 8


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Words and what they cost, as arrays: 14 MB where a ``dict`` takes 77.

    Attributes:
        words: (n,) in order, at most ``MAX_WORD`` characters each.
        costs: (n,) negative log probability of each.
        unknown: that of an unknown character.
        kept: words that cost nothing: they are kept together wherever they fit.
    """

    words: NDArray[np.str_]
    costs: NDArray[np.float64]
    unknown: float
    kept: frozenset[str]

    def look_up(self, texts: Sequence[str]) -> list[float | None]:
        """Costs of texts of at most ``MAX_WORD`` characters; None where one is no word."""
        at = places_of(self.words, texts)
        return [
            0.0 if text in self.kept else cost if place >= 0 else None
            for text, cost, place in zip(texts, self.costs[at].tolist(), at.tolist(), strict=True)
        ]


class Segmenter:
    """Splits runs of Han characters into words; loads its dictionary on first use, once.

    Args:
        extra: words that are always kept together where they fit, for example of a user's lexicon.
    """

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = frozenset(word for word in extra if len(word) > 1)
        self._lock = threading.Lock()
        self._loaded: Dictionary | None = None

    @property
    def dictionary(self) -> Dictionary:
        """The words."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = _load(self._extra)
                    give_back_memory()
        return self._loaded

    def is_word(self, text: str) -> bool:
        """Whether the dictionary lists this word; longer ones than ``MAX_WORD`` are none."""
        return 0 < len(text) <= MAX_WORD and self.dictionary.look_up([text])[0] is not None

    def split(self, run: str) -> list[str]:
        """Words of a run of Han characters, in order; joined they are the run again."""
        dictionary = self.dictionary
        length = len(run)
        places = [(at, size) for at in range(length) for size in range(1, min(MAX_WORD, length - at) + 1)]
        known = dictionary.look_up([run[at : at + size] for at, size in places])
        costs = dict(zip(places, known, strict=True))
        best = [0.0] * (length + 1)
        step = [1] * length
        for at in range(length - 1, -1, -1):
            alone = costs[at, 1]
            least, width = (dictionary.unknown if alone is None else alone) + best[at + 1], 1
            for size in range(2, min(MAX_WORD, length - at) + 1):
                cost = costs[at, size]
                if cost is not None and cost + best[at + size] < least:
                    least, width = cost + best[at + size], size
            best[at], step[at] = least, width
        words = []
        at = 0
        while at < length:
            words.append(run[at : at + step[at]])
            at += step[at]
        return words


def _load(kept: frozenset[str]) -> Dictionary:
    """The words of the dictionary file: a line each, ``word count class``."""
    text = package_file("jieba", "dict.txt").read_text("utf-8")
    points = np.frombuffer((text.rstrip("\n") + "\n").encode("utf-32-le"), np.uint32)
    del text
    ends = np.flatnonzero(points == ord("\n"))
    begins = np.concatenate([[0], ends[:-1] + 1])
    spaces = np.flatnonzero(points == ord(" "))
    first = np.searchsorted(spaces, begins)  # the space behind the word; the next one is behind the count
    lengths = spaces[first] - begins
    counts = np.zeros(len(begins))
    digits = spaces[first + 1] - spaces[first] - 1
    for place in range(digits.max()):
        value = points[np.minimum(spaces[first] + 1 + place, len(points) - 1)].astype(np.float64) - ord("0")
        counts = np.where(place < digits, 10 * counts + value, counts)
    is_short = lengths <= MAX_WORD
    begins, lengths = begins[is_short], lengths[is_short]
    words = np.zeros((len(begins), MAX_WORD), np.uint32)
    for place in range(MAX_WORD):
        words[:, place] = np.where(place < lengths, points[begins + np.minimum(place, lengths)], 0)
    del points, spaces, ends, begins, lengths, digits, first  # sorting takes as much again
    order = np.lexsort(words.T[::-1])
    total = np.log(counts.sum())
    costs = total - np.log(np.maximum(counts[is_short], 1))
    ordered = np.ascontiguousarray(words[order]).view(f"U{MAX_WORD}")[:, 0]
    return Dictionary(ordered, costs[order], float(total), kept)
