"""Share of polyphones that are read right, on a file of sentences with one marked character each.

    python scripts/measure_readings.py FILE.tsv

Lines: sentence with the character between U+2581 marks, tab, tone-numbered pinyin (``lu:4`` or ``lü4``). Readings are
compared before tone changes. Prints errors by character and by who decided, then one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from tts_engine.text.reader import Reader

MARK = "\u2581"


def main() -> None:
    """Measures and prints."""
    reader = Reader()
    reader.base_readings("预热")
    by_source: Counter[tuple[str, bool]] = Counter()
    wrong: Counter[str] = Counter()
    characters = right = lines = 0
    started = time.process_time()
    for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
        sentence, expected = line.split("\t")
        at = sentence.index(MARK)
        text = sentence.replace(MARK, "")
        reading = reader.base_readings(text)[at]
        is_right = reading.pinyin == expected.replace("u:", "ü")
        by_source[reading.source.split(":")[0], is_right] += 1
        wrong[text[at]] += not is_right
        right += is_right
        lines += 1
        characters += len(text)
    spent = time.process_time() - started
    for source in sorted({source for source, _ in by_source}):
        good, bad = by_source[source, True], by_source[source, False]
        print(f"{source:10} {good + bad:6} decided, {good / (good + bad):.2%} right")
    print("most errors:", " ".join(f"{char}{count}" for char, count in wrong.most_common(20) if count))
    figures = {"accuracy": round(right / lines, 5), "lines": lines, "ms_per_100_characters": spent / characters * 1e5}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
