"""Writes every Mandarin syllable that the pronunciation data knows, with the phonemes of the reference implementation.

Run with an interpreter that has ``misaki`` and its Mandarin needs installed:

    pip install "misaki==0.9.4" pypinyin ordered-set
    python scripts/golden_syllables.py > tests/golden/readings/syllables.tsv

The reference is what made the training text of the weights, so the table in ``text/phonemes.py`` must agree with it.
Columns: syllable with tone number (5 = neutral), phonemes. Only the ``transcription`` and tone-mark steps are used;
they are loaded without the package's other needs.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal, to_tone3


def reference() -> tuple[object, object]:
    """The reference's syllable-to-IPA function and its tone-mark function."""
    spec = importlib.util.find_spec("misaki")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("misaki is not installed: pip install misaki==0.9.4")
    folder = Path(spec.submodule_search_locations[0])
    module_spec = importlib.util.spec_from_file_location("transcription", folder / "transcription.py")
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)

    def retone(phonemes: str) -> str:  # as zh.py does after the transcription
        for mark, arrow in (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→")):
            phonemes = phonemes.replace(mark, arrow)
        return phonemes.replace("ɻ̩", "ɨ").replace("ɹ̩", "ɨ").replace("\u032f", "")

    return module.pinyin_to_ipa, retone


def main() -> None:
    """Prints the table, sorted."""
    to_ipa, retone = reference()
    syllables = {
        to_normal(reading, v_to_u=True) for readings in PINYIN_DICT.values() for reading in readings.split(",")
    }
    for syllable in sorted(syllables):
        for tone in "12345":
            try:
                parts = to_ipa(to_tone3(f"{syllable}{tone}", neutral_tone_with_five=True, v_to_u=True))[0]
            except (ValueError, IndexError, AssertionError, KeyError):
                print(f"left out: {syllable}{tone}", file=sys.stderr)
                continue
            print(f"{syllable}{tone}\t{''.join(retone(part) for part in parts)}")


if __name__ == "__main__":
    main()
