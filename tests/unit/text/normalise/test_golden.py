"""Golden pairs ``输入 => 期望``: plain text files that a linguist can extend, one per family of rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_engine.text.normalise import normalise

FOLDER = Path(__file__).parents[3] / "golden" / "normalise"
PAIRS = [
    pytest.param(*(part.strip() for part in line.split(" => ", 1)), id=f"{file.stem}:{number}")
    for file in sorted(FOLDER.glob("*.txt"))
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    if line.strip() and not line.startswith("#")
]


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) >= 300


@pytest.mark.parametrize(("written", "expected"), PAIRS)
def test_reads_as_expected(written: str, expected: str) -> None:
    result = normalise(written)
    assert result.spoken == expected
    assert len(result.spans) == len(result.spoken)
