"""Traditional characters as simplified ones, for the reading; the source keeps what was written.

The tables are OpenCC's (package ``opencc-python-reimplemented``, Apache-2.0: data files, no compiler). Its
conversion is one character for one character, which a test pins; a text without traditional characters never
loads it beyond the set of characters that it would change.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

_LOCK = Lock()
# OpenCC leaves 著 alone; outside these words a traditional text writes the particle 着 with it.
_ZHU = re.compile("(?<![ 　名原編编專专論论巨土卓昭拙合顯显譯译遺遗新所])著(?![作名稱称者述書书錄录論论有])")


@lru_cache(maxsize=1)
def _tables() -> tuple[re.Pattern[str], Any]:
    opencc: Any = import_module("opencc")  # it has no type information

    folder = Path(opencc.__file__).parent / "dictionary"
    changed: set[str] = set()
    for line in (folder / "TSCharacters.txt").read_text(encoding="utf-8").splitlines():
        old, _, new = line.partition("\t")
        if len(old) == 1 and new and old not in new.split(" "):
            changed.add(old)
    return re.compile(f"[{''.join(sorted(changed))}]"), opencc.OpenCC("t2s")


def to_simplified(text: str) -> str:
    """The text in simplified characters, of the same length; the very same object where nothing is traditional."""
    if text.isascii():
        return text
    with _LOCK:
        pattern, converter = _tables()
    if not pattern.search(text):
        return text
    with _LOCK:  # the converter keeps state between calls
        converted = str(converter.convert(_ZHU.sub("着", text)))
    return converted if len(converted) == len(text) else text
