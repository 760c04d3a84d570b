"""The pronunciation lexicon of English: two JSON files that come with the acoustic model.

``us_gold.json`` (checked by people) goes before ``us_silver.json`` (made by machine). An entry is a string of
phonemes, or one per part of speech, of which ``DEFAULT`` is read. Source of the files: misaki, Apache-2.0.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

logger = logging.getLogger(__name__)

FILES = ("us_gold.json", "us_silver.json")


class Lexicon:
    """Word -> phonemes; loads its files on first use, once.

    Args:
        directory: folder with the files of ``FILES``; None or missing files give an empty lexicon.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._entries: dict[str, str] | None = None

    @property
    def entries(self) -> dict[str, str]:
        """All entries; empty where there is no lexicon."""
        if self._entries is None:
            with self._lock:
                if self._entries is None:
                    self._entries = self._load()
        return self._entries

    def _load(self) -> dict[str, str]:
        entries: dict[str, str] = {}
        for name in reversed(FILES):
            path = self._directory / name if self._directory else None
            if path is None or not path.is_file():
                continue
            for word, value in json.loads(path.read_text("utf-8")).items():
                phonemes = value if isinstance(value, str) else value.get("DEFAULT")
                if phonemes:
                    entries[word] = phonemes
        logger.debug("english lexicon: %d entries", len(entries))
        return entries

    def exact(self, word: str) -> str | None:
        """Phonemes of a word as it is written, capitals and all; None where it is not listed so."""
        return self.entries.get(word)

    def get(self, word: str) -> str | None:
        """Phonemes of a word as written, else in its usual case; None where it is not listed."""
        entries = self.entries
        for form in (word, word.lower(), word.capitalize()):
            if form in entries:
                return entries[form]
        return None
