"""Subtitles lose no word, keep within the line, and carry the engine's own times."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.audio.subtitles import LINE_WIDTH, lines_of, subtitles, to_json, to_lrc, to_srt, to_vtt
from tts_engine.errors import ControlError
from tts_engine.types import SentenceTiming, Span, Timing

NEWS = "清晨六点，城市还在睡梦之中，环卫工人王师傅已经推着他的小车走上了街头，开始了一天的工作。"


def sentence(text: str, begin: int = 0, begin_s: float = 0.0, rate: float = 5.0, word: int = 2) -> SentenceTiming:
    """A sentence in which every letter takes 1/rate s and punctuation none; words of ``word`` letters."""
    characters, words = [], []
    clock = begin_s
    for at, character in enumerate(text):
        if character.isalnum():
            span = Span(begin + at, begin + at + 1)
            characters.append(Timing(character, span, clock, clock + 1 / rate))
            clock += 1 / rate
    for group in range(0, len(characters), word):
        units = characters[group : group + word]
        span = Span(units[0].span.begin, units[-1].span.end)
        words.append(Timing(text[span.begin - begin : span.end - begin], span, units[0].begin_s, units[-1].end_s))
    return SentenceTiming(text, Span(begin, begin + len(text)), begin_s, clock, tuple(words), tuple(characters))


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def width(text: str) -> float:
    return sum(0.5 if character.isascii() else 1.0 for character in text)


def test_a_short_sentence_is_one_line_without_its_full_stop():
    assert to_srt([sentence("今天天气很好。")]) == "1\n00:00:00,000 --> 00:00:01,200\n今天天气很好\n"


def test_questions_keep_their_mark():
    assert "你好吗？" in to_srt([sentence("你好吗？")])


def test_a_long_sentence_is_cut_at_its_commas():
    texts = [line.text for line in lines_of(sentence(NEWS))]
    assert letters("".join(texts)) == letters(NEWS)
    assert all(width(text) <= LINE_WIDTH for text in texts)
    assert texts[0] == "清晨六点，城市还在睡梦之中"
    assert texts[-1] == "开始了一天的工作"


def test_without_punctuation_words_stay_whole():
    text = "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少白日依山尽黄河入海流"
    for line in lines_of(sentence(text)):
        assert text.index(line.text) % 2 == 0


def test_english_words_stay_whole_without_word_timings():
    text = "The quick brown fox jumps over the lazy dog and runs away"
    whole = SentenceTiming(text, Span(0, len(text)), 0.0, 6.0)
    lines = lines_of(whole)
    assert len(lines) > 1 and " ".join(line.text for line in lines) == text
    assert lines[0].end_s == pytest.approx(lines[1].begin_s, abs=0.2)


def test_two_lines_at_most_and_none_after_a_full_stop():
    texts = (NEWS * 3, "好！" + NEWS)
    for text in texts:
        for block in to_srt([sentence(text)]).strip().split("\n\n"):
            shown = block.split("\n")[2:]
            assert 1 <= len(shown) <= 2
            assert not any(line.endswith(("！", "。")) for line in shown[:-1])


def test_cues_follow_each_other_and_lie_inside_their_sentences():
    sentences = [sentence(NEWS, 0, 0.5), sentence("真的吗？是的。", len(NEWS), 20.0)]
    times = [(stamp(begin), stamp(end)) for begin, end in re.findall(r"(\S+) --> (\S+)", to_srt(sentences))]
    assert times[0][0] == pytest.approx(0.5) and times[-1][1] == pytest.approx(sentences[1].end_s, abs=1e-3)
    assert all(begin < end for begin, end in times)
    assert all(before[1] <= after[0] + 1e-3 for before, after in pairwise(times))


def stamp(clock: str) -> float:
    hours, minutes, seconds = clock.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_a_line_begins_when_its_first_character_is_heard():
    spoken = sentence(NEWS)
    heard = {timing.span.begin: timing for timing in spoken.characters}
    for line in lines_of(spoken):
        first = NEWS.index(line.text[:4])
        assert line.begin_s == pytest.approx(heard[first].begin_s)


def test_hours_and_markup():
    late = sentence("a<b&c>d", 0, 3723.5)
    assert "01:02:03.500 --> " in to_vtt([late])
    assert "a&lt;b&amp;c&gt;d" in to_vtt([late])
    assert to_vtt([late]).startswith("WEBVTT\n\n")
    assert to_lrc([late]).startswith("[62:03.50]a<b&c>d\n")


def test_lrc_marks_silences_only():
    rows = to_lrc([sentence("你好。", 0, 0.0), sentence("再见。", 3, 0.6), sentence("走了。", 6, 10.0)]).splitlines()
    assert rows == ["[00:00.00]你好", "[00:00.60]再见", "[00:01.00]", "[00:10.00]走了", "[00:10.40]"]


def test_json_has_everything():
    data = json.loads(to_json([sentence(NEWS, begin=7)]))
    (only,) = data["sentences"]
    assert only["text"] == NEWS and only["begin"] == 7
    assert "".join(word["text"][0] for word in only["characters"]) == letters(NEWS)
    assert letters("".join(word["text"] for word in only["words"])) == letters(NEWS)


def test_nothing_spoken_gives_valid_empty_files():
    assert to_srt([]) == to_lrc([]) == "" and to_vtt([]) == "WEBVTT\n"
    assert to_srt([SentenceTiming("……", Span(0, 2), 0.0, 0.0)]) == ""


def test_unknown_format():
    with pytest.raises(ControlError, match="srt, vtt, lrc, json"):
        subtitles([], "ass")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="天地玄黄宇宙abc1 ，。！？“”（）\n、", min_size=1, max_size=120), st.integers(1, 5))
def test_no_letter_is_lost_doubled_or_moved(text, word):
    lines = lines_of(sentence(text, word=word))
    assert letters("".join(line.text for line in lines)) == letters(text)
    assert all(width(letters(line.text)) <= LINE_WIDTH for line in lines)
    assert all(line.begin_s <= line.end_s for line in lines)
    assert all(before.begin_s <= after.begin_s for before, after in pairwise(lines))


def test_line_breaks_of_the_source_do_not_show():
    assert lines_of(sentence("床前明月光\n 疑是地上霜"))[0].text == "床前明月光疑是地上霜"
    assert lines_of(sentence("hello\nworld"))[0].text == "hello world"


def test_markup_is_not_shown():
    from tts_engine.types import MASK, SentenceTiming, Span, Timing

    text = MASK * 4 + "你好" + MASK * 3 + "吗？"
    characters = tuple(Timing(c, Span(i, i + 1), 0.1 * i, 0.1 * i + 0.1) for i, c in enumerate(text))
    sentence = SentenceTiming(text, Span(0, len(text)), 0.0, 1.1, characters=characters)
    for format in ("srt", "vtt", "lrc", "json"):
        written = subtitles((sentence,), format)
        assert MASK not in written
        assert "你好吗？" in written
