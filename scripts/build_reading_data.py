"""Builds the package data of ``text/readings`` from two public packages.

    pip install --no-deps --target /tmp/reading-data g2pM==0.1.2.5 pypinyin-dict==0.9.0
    python scripts/build_reading_data.py /tmp/reading-data

Writes into ``src/tts_engine/text/data``:

- ``polyphone_model.npz``: weights, vocabulary and candidate readings of g2pM (Apache-2.0), as float16. They are copied,
  not trained here; its pickles are read by an unpickler that knows arrays and nothing else.
- ``cedict_words.txt``: readings of the words of CC-CEDICT (CC BY-SA 4.0) that have a polyphone or a neutral tone.
  A character with its first reading in pypinyin's table is written as ``.``; a line with nothing but the word has
  only those.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pypinyin.contrib.tone_convert import to_tone3

from tts_engine.text.dictionaries import first_reading

DATA = Path(__file__).parents[1] / "src" / "tts_engine" / "text" / "data"

CEDICT_NOTE = """\
# Readings of words of CC-CEDICT (https://cc-cedict.org, CC BY-SA 4.0), reduced by scripts/build_reading_data.py to
# words that have a polyphone or a neutral tone. This file keeps that licence.
"""


class ArrayUnpickler(pickle.Unpickler):
    """Reads plain containers and numpy arrays; anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """The few names that arrays need."""
        known = {"ndarray": np.ndarray, "dtype": np.dtype, "_reconstruct": _reconstruct}
        if module.split(".", maxsplit=1)[0] == "numpy" and name in known:
            return known[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")


def _reconstruct(kind: type, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    return np.ndarray.__new__(kind, shape, dtype=code)


def load(path: Path) -> Any:
    """One pickle."""
    with path.open("rb") as file:
        return ArrayUnpickler(file).load()


def spelled(reading: str) -> str:
    """Tone-numbered pinyin with ü."""
    return reading.replace("u:", "ü").replace("v", "ü")


def build_model(folder: Path) -> set[str]:
    """Writes the model; returns its polyphones."""
    weights = load(folder / "np_ckpt.pkl")
    symbols = load(folder / "char2idx.pkl")
    classes = [spelled(name) for name in load(folder / "class2idx.pkl")]
    words = load(folder / "digest_cedict.pkl")
    candidates = {char: [spelled(item) for item in items] for char, items in words.items() if len(items) > 1}
    index = {name: at for at, name in enumerate(classes)}
    lines = [
        char + " " + " ".join(str(index[item]) for item in items if item in index)
        for char, items in candidates.items()
        if sum(item in index for item in items) > 1
    ]
    arrays = {name.replace(".", "_"): array.astype(np.float16) for name, array in weights.items()}
    np.savez_compressed(
        DATA / "polyphone_model.npz",
        symbols=np.array("".join(list(symbols)[4:])),
        classes=np.array(" ".join(classes)),
        candidates=np.array("\n".join(lines)),
        **arrays,
    )
    assert list(symbols)[:4] == ["<PAD>", "<UNK>", "시", "끝"]
    return {line[0] for line in lines}


def build_words(folder: Path, polyphones: set[str]) -> None:
    """Writes the word list."""
    sys.path.insert(0, str(folder))
    lines = set()
    for part in range(4):
        module = importlib.import_module(f"pypinyin_dict.phrase_pinyin_data.cc_cedict_{part}")
        for table in [value for name, value in vars(module).items() if isinstance(value, dict) and name[0] != "_"]:
            for word, readings in table.items():
                if not 2 <= len(word) <= 8 or len(readings) != len(word):
                    continue
                spoken = [spelled(to_tone3(item[0], neutral_tone_with_five=True)) for item in readings]
                if not any(char in polyphones for char in word) and not any(item[-1] == "5" for item in spoken):
                    continue
                short = ["." if item == first_reading(char) else item for char, item in zip(word, spoken, strict=True)]
                lines.add(word if set(short) == {"."} else " ".join([word, *short]))
    (DATA / "cedict_words.txt").write_text(CEDICT_NOTE + "\n".join(sorted(lines)) + "\n", "utf-8")


if __name__ == "__main__":
    source = Path(sys.argv[1])
    build_words(source, build_model(source / "g2pM"))
