"""Words and what is said of them, as arrays: a tenth of the memory of a ``dict`` of strings, found by bisection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WordTable:
    """Words with an entry each.

    Attributes:
        words: (n,) in UTF-8, in order.
        edges: (n + 1,) where each entry begins and ends in ``entries``.
        entries: UTF-8, one after the other.
    """

    words: NDArray[np.bytes_]
    edges: NDArray[np.int32]
    entries: bytes

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> WordTable:
        """The table of words and entries; of a word that comes twice the last."""
        listed = dict(pairs)
        words = sorted(listed)
        entries = [listed[word].encode() for word in words]
        edges = np.cumsum([0, *map(len, entries)], dtype=np.int32)
        return cls(np.array([word.encode() for word in words], np.bytes_), edges, b"".join(entries))

    def look_up(self, texts: Sequence[str]) -> list[str | None]:
        """Entries of texts; None where one is no word."""
        return [
            None if at < 0 else self.entries[self.edges[at] : self.edges[at + 1]].decode()
            for at in places_of(self.words, [text.encode() for text in texts]).tolist()
        ]


def places_of(words: NDArray[Any], texts: Sequence[str] | Sequence[bytes]) -> NDArray[np.int64]:
    """Where each text stands among words in order; -1 where it does not."""
    if not len(words):
        return np.full(len(texts), -1)
    asked = np.array(texts, words.dtype)
    at = np.minimum(np.searchsorted(words, asked), len(words) - 1)
    longest = words.dtype.itemsize // np.dtype(f"{words.dtype.kind}1").itemsize
    is_whole = np.array([len(text) <= longest for text in texts], np.bool_)
    return np.where((words[at] == asked) & is_whole, at, -1)


def package_file(package: str, name: str) -> Path:
    """A data file of a package that is not imported: importing these builds tables of tens of megabytes.

    Raises:
        ConfigError: the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(f"the package {package} is not installed; run: pip install {package}", package=package)
    return Path(spec.origin).parent / name
