"""The examples of the documentation are read, mean what they show, and round-trip."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tts_engine.emotion.parse import parse_emotion
from tts_engine.script import check, from_json, load, read, to_json, write

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples" / "scripts").glob("*.md"))
DOCS = (ROOT / "docs" / "script.md").read_text(encoding="utf-8")


def test_there_is_one_of_each_kind() -> None:
    kinds = {read(path.read_text(encoding="utf-8")).kind for path in EXAMPLES}
    assert kinds == {"news", "story", "drama", "lesson", "podcast", "companion"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_read_and_round_trips(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    script = read(text)
    assert load(text).format == "native"
    assert check(script) == ()
    assert read(write(script)) == script
    assert from_json(to_json(script)) == script
    assert script.title
    assert set(script.roles) >= {line.role for line in script.lines}
    for line in script.lines:
        if line.emotion:
            parse_emotion(line.emotion, line.intensity)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_documentation_shows_the_examples_as_they_are(path: Path) -> None:
    shown = re.findall(r"```text\n(.*?)```", DOCS, re.DOTALL)
    assert path.read_text(encoding="utf-8") in shown


def test_the_lengthy_story_keeps_its_sounds_and_silences() -> None:
    script = read((ROOT / "examples" / "scripts" / "story.md").read_text(encoding="utf-8"))
    assert any("骨碌碌" in line.text for line in script.lines)
    assert [line.pause_s for line in script.lines if line.pause_s is not None] == [0.5, -0.2, 1.5]
