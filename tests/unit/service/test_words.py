"""Everything that the page says exists in both languages and is used."""

import re
from pathlib import Path

import pytest

from tts_engine.service import words
from tts_engine.service.words import WORDS, both, pair, plain, translations

SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in Path(words.__file__).parent.rglob("*.py")
    if path.name != "words.py"
}
BY_NAME = ("state_", "policy_", "aspect_", "produce_")  # chosen by the value that they name
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_chinese_and_english(key):
    zh, en = WORDS[key]
    assert HAN.search(zh) and not HAN.search(en) and en.strip()
    assert re.findall(r"{[^}]*}", zh) == re.findall(r"{[^}]*}", en)


def test_every_word_is_used_and_every_used_word_exists():
    used = set()
    for source in SOURCES.values():
        used.update(re.findall(r"\b(?:word|both|plain|_slider)\((?:gr, \"\w+\", )?\"(\w+)\"", source))
    assert {key for key in used if not key.endswith("_")} <= WORDS.keys()
    text = "".join(SOURCES.values())
    assert not [key for key in WORDS if not re.search(f"[\"']{key}[\"']", text) and not key.startswith(BY_NAME)]


def test_gradio_gets_a_translation_for_every_word_in_every_locale():
    for locale, told in translations().translations_dict.items():
        assert told.keys() == WORDS.keys()
        assert bool(HAN.search(told["generate"])) == locale.startswith("zh")


def test_values_are_escaped_in_html_and_both_languages_are_there():
    shown = both("damaged", "<script>")
    assert "<script>" not in shown and 'lang="zh"' in shown and 'lang="en"' in shown
    assert plain("seconds", 3) == "3 秒 · 3 s"
    assert pair("甲", "a") == '<span lang="zh">甲</span><span lang="en">a</span>'
