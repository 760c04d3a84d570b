"""A lexicon that changes while it is used."""

import os

import pytest

from tts_engine.acoustic.config import default_symbols
from tts_engine.errors import ConfigError
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.lexicon_file import LexiconFile


def put(file, text):
    """As one writes a file that others read: whole, under another name, then renamed."""
    draft = file.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "readings.yaml"
    put(path, "GPT: 机器\n")
    return path


def spoken(front_end, text="我用GPT。"):
    utterance = front_end.analyse(text)
    return utterance.sentences[0].spoken, utterance.warnings


def test_what_is_written_now_is_read_now(file):
    front_end = FrontEnd(default_symbols(), lexicon=LexiconFile(file))
    assert "机器" in spoken(front_end)[0]
    put(file, "GPT: 模型\n别: 的\n")
    assert "模型" in spoken(front_end)[0]
    assert set(front_end.lexicon.entries) == {"GPT", "别"}


def test_the_same_file_is_not_read_twice(file, monkeypatch):
    lexicon = LexiconFile(file)
    first = lexicon.now()[0]
    os.utime(file)  # another time, the same content: read again, harmless
    assert lexicon.now()[0] == first
    again = lexicon.now()[0]
    assert lexicon.now()[0] is again


def test_a_spoilt_file_keeps_the_old_readings_and_says_so(file):
    front_end = FrontEnd(default_symbols(), lexicon=LexiconFile(file))
    put(file, "no reading here\n")
    words, warnings = spoken(front_end)
    assert "机器" in words
    assert any("readings.yaml" in warning and "old readings are kept" in warning for warning in warnings)
    file.unlink()
    assert "机器" in spoken(front_end)[0]
    put(file, "GPT: 模型\n")
    words, warnings = spoken(front_end)
    assert "模型" in words and not any("old readings" in warning for warning in warnings)


def test_a_spoilt_file_is_refused_in_the_beginning(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        LexiconFile(tmp_path / "gone.yaml")
