"""The pronunciation lexicon of English: two JSON files that come with the acoustic model.

``us_gold.json`` (checked by people) goes before ``us_silver.json`` (made by machine). An entry is a string of
phonemes, or one per part of speech, of which ``DEFAULT`` is read. Source of the files: misaki, Apache-2.0.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from ...memory import give_back_memory
from ..word_table import WordTable

FILES = ("us_gold.json", "us_silver.json")


class Lexicon:
    """Word -> phonemes; loads its files on first use, once.

    Args:
        directory: folder with the files of ``FILES``; None or missing files give an empty lexicon.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._loaded: tuple[WordTable, ...] | None = None

    @property
    def tables(self) -> tuple[WordTable, ...]:
        """Entries of the files that there are, the surer first."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = tuple(
                        _read(self._directory / name)
                        for name in FILES
                        if self._directory is not None and (self._directory / name).is_file()
                    )
                    give_back_memory()
        return self._loaded

    def exact(self, word: str) -> str | None:
        """Phonemes of a word as it is written, capitals and all; None where it is not listed so."""
        return self._first((word,))

    def get(self, word: str) -> str | None:
        """Phonemes of a word as written, else in its usual case; None where it is not listed."""
        return self._first((word, word.lower(), word.capitalize()))

    def _first(self, forms: tuple[str, ...]) -> str | None:
        """Phonemes of the first form that a file lists."""
        found = [table.look_up(forms) for table in self.tables]
        return next((entry for entries in zip(*found, strict=True) for entry in entries if entry is not None), None)


def _read(path: Path) -> WordTable:
    listed = json.loads(path.read_text("utf-8")).items()
    phonemes = ((word, value if isinstance(value, str) else value.get("DEFAULT")) for word, value in listed)
    return WordTable.of((word, said) for word, said in phonemes if said)
