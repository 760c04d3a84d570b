"""Words -> pinyin of each character, before tone sandhi."""

from __future__ import annotations

import threading
from collections.abc import Sequence

_lock = threading.Lock()


class Readings:
    """Reads Han words; loads its dictionaries on first use, once."""

    def __init__(self) -> None:
        self._characters: dict[int, str] | None = None

    def _load(self) -> dict[int, str]:
        if self._characters is None:
            with _lock:
                from pypinyin.constants import PINYIN_DICT

                self._characters = PINYIN_DICT
        return self._characters

    def knows(self, char: str) -> bool:
        """Whether there is any reading for a character."""
        return ord(char) in self._load()

    def read(self, words: Sequence[str]) -> list[list[str]]:
        """Tone-numbered pinyin per character of each word; every character must be known."""
        from pypinyin import Style, lazy_pinyin

        self._load()
        return [lazy_pinyin([word], style=Style.TONE3, neutral_tone_with_five=True, v_to_u=True) for word in words]
