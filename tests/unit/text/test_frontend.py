"""The front end's laws: what it returns is consistent, complete and points back into the original."""

import json
import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import ConfigError, TextError
from tts_engine.text.characters import is_pronounceable
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.symbols import INVENTORY
from tts_engine.types import Utterance

FRONT = FrontEnd(INVENTORY)
SMALL = FrontEnd(INVENTORY, max_phonemes=64)

SNIPPETS = (
    "今天天气很好，", "我们一起去公园散步吧。", "他说：“不行！”", "银行行长在重庆长大，", "OpenAI发布了GPT",
    "(注：见下文)", "《红楼梦》", "一、二、三", "……", "——", "\n\n", " ", "iPhone", "ABC", "it's ok.", "花儿真好看？",
    "2024年5月1日", "12.5元", "110", "𠮷野家", "😀", "кот", "\u200b", "\x00", "①", "㎡", "看一看", "·", "“", "”", "了",
    "é", "3:15", "50%",
)  # fmt: skip


def check(text: str, utterance: Utterance, max_phonemes: int = 510) -> None:
    sentences = utterance.sentences
    assert "".join(sentence.source for sentence in sentences) == text
    covered = set()
    for sentence in sentences:
        assert text[sentence.span.begin : sentence.span.end] == sentence.source
        assert sentence.words
        assert 0 < len(sentence.phonemes) <= max_phonemes
        assert set(sentence.phonemes) <= INVENTORY
        end = 0
        begin = sentence.span.begin
        for word in sentence.words:
            assert word.syllables
            assert word.span.begin == word.syllables[0].span.begin
            assert word.span.end == word.syllables[-1].span.end
            for syllable in word.syllables:
                assert end <= syllable.phonemes[0] < syllable.phonemes[1] <= len(sentence.phonemes)
                assert set(sentence.phonemes[end : syllable.phonemes[0]]) <= set(' ,.!?:;—…"“”()')
                end = syllable.phonemes[1]
                assert begin <= syllable.span.begin < syllable.span.end <= sentence.span.end
                begin = syllable.span.begin
                covered.update(range(syllable.span.begin, syllable.span.end))
        for item in sentence.breaks:
            assert sentence.phonemes[item.phoneme] in ",.!?:;—…"
    named = "".join(utterance.warnings)
    for at, char in enumerate(text):
        if is_pronounceable(char) and at not in covered:
            assert char in named or f"U+{ord(char):04X}" in named or ascii(char)[1:-1] in named


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=12).map("".join))
def test_nothing_is_lost_in_mixtures_of_real_text(text):
    for front, limit in ((FRONT, 510), (SMALL, 64)):
        try:
            check(text, front.analyse(text), limit)
        except TextError as error:
            assert error.code in ("text_empty", "text_unspeakable")


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=60))
def test_any_text_gives_a_sound_result_or_a_typed_error(text):
    try:
        check(text, FRONT.analyse(text))
    except TextError as error:
        assert error.code in ("text_empty", "text_unspeakable")


def test_long_random_text_is_covered():
    rng = random.Random(7)
    text = "".join(rng.choice(SNIPPETS) for _ in range(400)) + "好"
    check(text, FRONT.analyse(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "text_empty"), ("  \n\t", "text_empty"), ("😀", "text_unspeakable"), ("。。。", "text_unspeakable")],
)
def test_nothing_to_speak_is_one_clear_error(text, code):
    with pytest.raises(TextError) as caught:
        FRONT.analyse(text)
    assert caught.value.code == code


def test_what_is_no_string_is_refused():
    with pytest.raises(TextError, match="bytes"):
        FRONT.analyse(b"abc")


@pytest.mark.parametrize("text", ["你好\x00世界", "你好\ud800世界", "\u202e你好\u202c", "\ufeff你好", "你\u200b好"])
def test_odd_characters_do_no_harm(text):
    utterance = FRONT.analyse(text)
    check(text, utterance)
    assert sum(len(word.syllables) for word in utterance.sentences[0].words) >= 2


@pytest.mark.parametrize("unit", ["好", "a", "。", "1", " ", "😀", "a b"])
def test_an_endless_text_of_one_thing_streams(unit):
    stream = FRONT.sentences("你好。" + unit * (100_000 // len(unit)))
    for _, item in zip(range(3), stream, strict=False):
        assert item.sentence.words


def test_spans_of_a_number_point_at_the_number():
    text = "一共110元。"
    syllables = [item for word in FRONT.analyse(text).sentences[0].words for item in word.syllables]
    assert {text[item.span.begin : item.span.end] for item in syllables} == {"一", "共", "110", "元"}


def test_long_sentences_are_split_and_continue():
    text = "我们" * 120 + "，" + "你们" * 100 + "。"
    utterance = FRONT.analyse(text)
    check(text, utterance)
    assert len(utterance.sentences) > 1
    assert "continues" in utterance.sentences[0].roles
    assert "continues" not in utterance.sentences[-1].roles


def test_roles_and_paragraphs():
    sentences = FRONT.analyse("你好吗？我很好。\n第二段！").sentences
    assert [sentence.paragraph for sentence in sentences] == [0, 0, 1]
    assert sentences[0].roles == {"paragraph_first", "question"}
    assert sentences[1].roles == {"paragraph_last"}
    assert sentences[2].roles == {"paragraph_first", "paragraph_last", "exclamation"}
    assert sentences[1].pause_after_s > sentences[0].pause_after_s > 0


def test_the_lexicon_is_missed_once():
    utterance = FRONT.analyse("OpenAI和Google。Hello。")
    assert len([warning for warning in utterance.warnings if "lexicon" in warning]) == 1
    assert not [warning for warning in FRONT.analyse("你好。").warnings if "lexicon" in warning]


def test_the_lexicon_is_read(tmp_path):
    (tmp_path / "us_gold.json").write_text(json.dumps({"hello": "həlˈO", "read": {"DEFAULT": "ɹˈid"}}), "utf-8")
    utterance = FrontEnd(INVENTORY, lexicon_dir=tmp_path).analyse("Hello")
    assert utterance.sentences[0].phonemes == "həlˈO"
    assert not utterance.warnings


def test_letters_are_read_one_by_one():
    words = FRONT.analyse("GPT").sentences[0].words
    assert [item.text for item in words[0].syllables] == ["G", "P", "T"]


def test_missing_symbols_are_refused():
    with pytest.raises(ConfigError, match="→"):
        FrontEnd(INVENTORY - {"→"})
    with pytest.raises(ConfigError, match="64"):
        FrontEnd(INVENTORY, max_phonemes=10)


def test_threads_share_a_fresh_front_end():
    front = FrontEnd(INVENTORY)
    results = []
    threads = [threading.Thread(target=lambda: results.append(front.analyse("银行行长说你好。"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)
