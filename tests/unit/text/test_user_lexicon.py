"""A user's own readings: formats, errors with line numbers, effect, and that they stay where they belong."""

import pytest

from tts_engine.errors import ConfigError
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.lexicon import UserLexicon
from tts_engine.text.symbols import INVENTORY

YAML = """
# 地名
重庆: zhong4 qing4
"GPT-4": 杰皮提四
Qwen: /kwˈɛn/   # phonemes
"""


def readings(front, text, lexicon=None):
    words = [word for sentence in front.analyse(text, lexicon).sentences for word in sentence.words]
    return [syllable.reading for word in words for syllable in word.syllables]


def test_yaml_and_csv_say_the_same():
    csv = "word,reading\n重庆,zhong4 qing4\nGPT-4,杰皮提四\n# note\nQwen,/kwˈɛn/\n"
    assert UserLexicon.from_text(YAML).entries == UserLexicon.from_text(csv, is_csv=True).entries


def test_entries_are_read_so():
    front = FrontEnd(INVENTORY, lexicon=UserLexicon.from_text(YAML))
    assert readings(front, "在重庆。") == ["zai4", "zhong4", "qing4"]
    assert readings(front, "GPT-4") == ["jie2", "pi2", "ti2", "si4"]
    assert readings(front, "Qwen很好") == ["kwˈɛn", "hen2", "hao3"]


def test_spans_stay_on_the_original():
    front = FrontEnd(INVENTORY, lexicon=UserLexicon.from_text(YAML))
    text = "用GPT-4和Qwen吧"
    words = front.analyse(text).sentences[0].words
    found = {text[item.span.begin : item.span.end] for word in words for item in word.syllables}
    assert found == {"用", "GPT-4", "和", "Qwen", "吧"}


def test_a_request_goes_before_the_instance_and_leaves_no_trace():
    front = FrontEnd(INVENTORY, lexicon=UserLexicon.from_mapping({"重庆": "zhong4 qing4"}))
    own = UserLexicon.from_mapping({"重庆": "chong2 qing5"})
    assert readings(front, "重庆", own) == ["chong2", "qing5"]
    assert readings(front, "重庆") == ["zhong4", "qing4"]
    assert readings(FrontEnd(INVENTORY), "重庆") == ["chong2", "qing4"]


def test_tones_change_around_pinned_readings():
    front = FrontEnd(INVENTORY, lexicon=UserLexicon.from_mapping({"米": "mi3"}))
    assert readings(front, "买米") == ["mai2", "mi3"]


def test_latin_words_are_found_as_a_whole():
    front = FrontEnd(INVENTORY, lexicon=UserLexicon.from_mapping({"AI": "爱"}))
    assert readings(front, "AI") == ["ai4"]
    assert "ai4" not in readings(front, "PAID")


@pytest.mark.parametrize(
    "line",
    ["重庆: chong2", "重庆: chong2 qing9x1", "Qwen: /kw!/", "没有冒号", "重庆:", "abc: chong2 qing4 a1", "好: haoo3"],
)
def test_errors_name_the_line(line):
    with pytest.raises(ConfigError, match="3"):
        UserLexicon.from_text("# one\n你好: ni3 hao3\n" + line)


def test_a_word_twice_is_an_error():
    with pytest.raises(ConfigError, match="重庆"):
        UserLexicon.from_text("重庆: chong2 qing4\n重庆: zhong4 qing4")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="lexicon"):
        UserLexicon.from_file(tmp_path / "none.yaml")
    path = tmp_path / "own.csv"
    path.write_text("重庆,zhong4 qing4\n", "utf-8")
    assert UserLexicon.from_file(path).entries["重庆"].pinyin == ("zhong4", "qing4")
