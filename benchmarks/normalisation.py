"""How many readings of a written-out test suite come out as expected: ours beside ``wetext`` alone, each suite apart.

    python -m benchmarks.normalisation SUITE [SUITE ...] [--failures]

A suite is a ``.tsv`` (rule, input, expected) or a ``.csv`` with a header (input, expected). Both sides are compared
after NFKC and without punctuation and space; letters keep their case. The column ``transcript`` repeats ours with
the options for transcripts (no hesitations, no erhua), which some suites expect throughout.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from tts_engine.text.normalise import NormaliseOptions, normalise

_SILENT_SYMBOLS = frozenset("+=<>~^|$`")
_TRANSCRIPT = NormaliseOptions(drop_fillers=True, drop_erhua=True)
_REPEATS = 3


def bare(text: str) -> str:
    """The text without punctuation, space and control characters."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKC", text)
        if unicodedata.category(char)[0] not in "PZC" and char not in _SILENT_SYMBOLS
    )


def read_suite(path: Path) -> list[tuple[str, str]]:
    """Pairs of input and expected reading.

    Raises:
        SystemExit: the file has neither form.
    """
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".tsv":
        rows = [line.split("\t") for line in text.splitlines() if line.strip()]
        return [(row[-2], row[-1]) for row in rows if len(row) >= 3]
    if path.suffix == ".csv":
        return [(row[0], row[1]) for row in list(csv.reader(text.splitlines()))[1:] if len(row) >= 2]
    raise SystemExit(f"{path}: a suite is a .tsv (rule, input, expected) or a .csv (input, expected)")


def score(pairs: Sequence[tuple[str, str]], read: Callable[[str], str]) -> tuple[int, list[tuple[str, str, str]]]:
    """How many pairs agree, and input, expected and reading of those that do not."""
    wrong = []
    for written, expected in pairs:
        got = read(written)
        if bare(got) != bare(expected):
            wrong.append((written, expected, got))
    return len(pairs) - len(wrong), wrong


def milliseconds(texts: Sequence[str], read: Callable[[str], str]) -> float:
    """Best of a few runs over the texts, one by one, in milliseconds per 1,000 characters."""
    best = float("inf")
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        for text in texts:
            read(text)
        best = min(best, time.perf_counter() - begin)
    return best * 1e6 / sum(map(len, texts))


def main() -> None:
    """Prints the table and, as the last line, one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="+", type=Path)
    parser.add_argument("--failures", action="store_true", help="print what differs")
    arguments = parser.parse_args()

    import wetext  # a peer: slow to import, so only when the arguments are sound

    peer = wetext.Normalizer(lang="zh", operator="tn")
    readers: dict[str, Callable[[str], str]] = {
        "ours": lambda text: normalise(text).spoken,
        "transcript": lambda text: normalise(text, _TRANSCRIPT).spoken,
        "wetext": peer.normalize,
    }
    results = []
    sample: list[str] = []
    print(f"{'suite':52s} {'pairs':>5s} " + " ".join(f"{name:>16s}" for name in readers))
    for path in arguments.suites:
        pairs = read_suite(path)
        row: dict[str, object] = {"suite": path.name, "pairs": len(pairs)}
        cells = []
        for name, read in readers.items():
            right, wrong = score(pairs, read)
            row[name] = right
            cells.append(f"{right:5d} ({right / len(pairs):6.1%})")
            if arguments.failures and name == "ours":
                failures = wrong
        print(f"{path.name:52s} {len(pairs):5d} " + " ".join(f"{cell:>16s}" for cell in cells))
        if arguments.failures:
            for written, expected, got in failures:
                print(f"    {written}\n      expected {expected}\n      got      {got}")
        results.append(row)
        sample += [written for written, _ in pairs]
    speed = {name: round(milliseconds(sample, readers[name]), 2) for name in ("ours", "wetext")}
    print(
        "ms per 1,000 characters, inputs one by one: " + ", ".join(f"{name} {value}" for name, value in speed.items())
    )
    print(json.dumps({"benchmark": "normalisation", "suites": results, "ms_per_1000": speed}, ensure_ascii=False))


if __name__ == "__main__":
    main()
