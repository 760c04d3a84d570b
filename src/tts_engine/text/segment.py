"""Han characters -> words: the most probable path through a dictionary of word counts.

The counts are those of ``jieba``'s dictionary file. It is read directly: importing the package would compile regexes,
write caches into a shared temporary folder and log to stderr. Source: the unigram model of jieba (DAG and dynamic
programming); differs in that unknown names are found by rules (``names``) instead of a hidden Markov model.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from ..errors import ConfigError

#: Longest word looked for.
MAX_WORD = 8


class Segmenter:
    """Splits runs of Han characters into words; loads its dictionary on first use, once.

    Args:
        extra: words that are always kept together where they fit, for example of a user's lexicon.
    """

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = frozenset(word for word in extra if len(word) > 1)
        self._lock = threading.Lock()
        self._cost: dict[str, float] = {}

    @property
    def costs(self) -> dict[str, float]:
        """Word -> negative log probability."""
        if not self._cost:
            with self._lock:
                if not self._cost:
                    self._cost = _load(self._extra)
        return self._cost

    def is_word(self, text: str) -> bool:
        """Whether the dictionary lists this word."""
        return text in self.costs

    def split(self, run: str) -> list[str]:
        """Words of a run of Han characters, in order; joined they are the run again."""
        costs = self.costs
        unknown = costs[""]
        length = len(run)
        best = [0.0] * (length + 1)
        step = [1] * length
        for at in range(length - 1, -1, -1):
            least, width = costs.get(run[at], unknown) + best[at + 1], 1
            for size in range(2, min(MAX_WORD, length - at) + 1):
                cost = costs.get(run[at : at + size])
                if cost is not None and cost + best[at + size] < least:
                    least, width = cost + best[at + size], size
            best[at], step[at] = least, width
        words = []
        at = 0
        while at < length:
            words.append(run[at : at + step[at]])
            at += step[at]
        return words


def _load(extra: frozenset[str]) -> dict[str, float]:
    """Costs of all words of the dictionary, and of the empty string: that of an unknown character."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ConfigError("the package jieba is not installed; run: pip install jieba", package="jieba")
    fields = (Path(spec.origin).parent / "dict.txt").read_text("utf-8").split()
    counts = [int(count) for count in fields[1::3]]
    total = math.log(sum(counts))
    log = math.log
    costs = {word: total - log(count or 1) for word, count in zip(fields[0::3], counts, strict=True)}
    costs[""] = total
    costs.update(dict.fromkeys(extra, 0.0))
    return costs
