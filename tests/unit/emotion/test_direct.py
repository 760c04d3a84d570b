"""From sentences and a request to performances: quotations, tags, streaming."""

from __future__ import annotations

from dataclasses import replace

import pytest
from emotion_sentences import read_sentences
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.emotion.direct import EmotionTag, direct
from tts_engine.emotion.parse import amounts_of, describe, parse_emotion
from tts_engine.types import Span

AUTO = parse_emotion("auto")


def perform(text, request="auto", **options):
    return [performance for _, performance in direct(read_sentences(text), parse_emotion(request), **options)]


def strongest(emotion):
    amounts = amounts_of(emotion)
    return max(amounts, key=amounts.get) if amounts and emotion.intensity > 0 else "neutral"


def test_a_label_holds_for_every_sentence():
    for performance in perform("天亮了。他怒吼道：“滚！”", "sad"):
        assert performance.emotion == parse_emotion("sad")
        assert performance.origin == "label"
        assert performance.spans == ()


def test_neutral_is_exactly_neutral_without_context():
    assert all(performance.is_neutral for performance in perform("他气坏了！她哭了。", "neutral", context=False))


def test_a_quotation_has_the_emotion_and_the_narration_tells_it():
    (performance,) = perform("他怒吼道：“滚出去！”")
    (span,) = performance.spans
    assert strongest(span.emotion) == "angry"
    assert performance.emotion.is_neutral
    assert span.phonemes == (10, 16)  # 滚出去, after four characters and two marks


def test_a_quotation_over_several_sentences_keeps_its_speaker():
    first, second, third = perform("他怒吼道：“滚出去！你听见没有？”雨停了。")
    assert strongest(first.spans[0].emotion) == "angry"
    assert strongest(second.emotion) == "angry"
    assert second.emotion.intensity > 2 * third.emotion.intensity


def test_who_spoke_may_come_after_the_quotation_in_a_text_that_is_known():
    text = "“你过来。”他怒吼道。"
    assert strongest(perform(text)[0].emotion) == "angry"
    assert perform(text, lookahead=0)[0].emotion.is_neutral


def test_speaker_is_not_taken_from_another_paragraph():
    assert perform("“你过来。”\n他怒吼道。")[0].emotion.is_neutral


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "他怒吼道：“滚！”",
                "“你来。”",
                "他轻声说。",
                "天亮了。",
                "突然，门开了！",
                "他很害怕。",
                "首先，洗手。",
                "最后，走。",
                "\n",
                "“他走了，",
                "我哭了。”",
            ]
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 1),
    st.integers(1, 12),
)
def test_what_is_not_yet_known_is_not_used(parts, lookahead, count):
    sentences = read_sentences("".join(parts))
    whole = list(direct(sentences, AUTO, lookahead=lookahead))
    known = list(direct(sentences[:count], AUTO, lookahead=lookahead))
    settled = len(known) if count >= len(sentences) else max(0, len(known) - lookahead)
    assert whole[:settled] == known[:settled]


@pytest.mark.parametrize("lookahead", [0, 1])
def test_a_stream_is_answered_as_it_comes(lookahead):
    taken = []

    def arriving():
        for sentence in read_sentences("天亮了。他笑了。“走吧。”他说。雨停了。"):
            taken.append(sentence)
            yield sentence

    for index, _ in enumerate(direct(arriving(), AUTO, lookahead=lookahead)):
        assert len(taken) <= index + 1 + lookahead
    assert len(taken) == 5


def test_a_feeling_lingers_within_its_paragraph_only():
    glad, after, next_paragraph = perform("我太高兴了！今天星期三。\n今天星期三。")
    assert strongest(after.emotion) == strongest(glad.emotion)
    assert 0 < after.emotion.intensity < 0.5 * glad.emotion.intensity
    assert after.origin == "context"
    assert next_paragraph.emotion.is_neutral


def test_markup_says_nothing_of_itself():
    (sentence,) = read_sentences("[愤怒]今天<break time='1s'/>星期三。")
    begin = sentence.span.begin
    spoken = tuple(word for word in sentence.words if sentence.source[word.span.begin - begin] in "今天星期三")
    marked = replace(sentence, words=spoken)
    ((same, performance),) = direct([marked], AUTO)
    assert same is marked
    assert performance.is_neutral
    ((_, read_aloud),) = direct([sentence], AUTO)
    assert strongest(read_aloud.emotion) == "angry"


def test_blanked_markup_does_not_hide_the_head_of_a_clause():
    (performance,) = perform("\u2060\u2060\u2060滚！", context=False)
    assert strongest(performance.emotion) == "angry"


def test_relief_lets_go_of_the_feeling_before():
    tense, relieved = perform("他听见脚步声越来越近。原来是他的猫。")
    assert strongest(tense.emotion) in ("afraid", "suspense")
    assert relieved.emotion.is_neutral


def test_only_who_spoke_stands_back_after_a_quotation():
    told = perform("“你过来。”他怒吼道。")[1]
    acted = perform("“你过来。”她哭着跑了。")[1]
    assert strongest(acted.emotion) == "sad"
    assert acted.emotion.intensity > 2 * told.emotion.intensity


def test_intensity_of_auto_scales_what_the_words_say():
    full, half, none = (perform("我太高兴了！", {"emotion": "auto", "intensity": i})[0] for i in (1.0, 0.5, 0.0))
    assert half.emotion.intensity == pytest.approx(0.5 * full.emotion.intensity)
    assert none.emotion.is_neutral


def test_tags_hold_where_they_stand():
    text = "天亮了。他出门去了。雨停了。"
    tags = [EmotionTag(Span(4, 10), parse_emotion("sad")), EmotionTag(Span(10, 12), parse_emotion("angry"))]
    first, second, third = perform(text, "neutral", tags=tags, context=False)
    assert first.is_neutral
    assert second.emotion == parse_emotion("sad")
    assert second.origin == "tag"
    assert third.emotion.is_neutral
    assert [(span.phonemes, strongest(span.emotion)) for span in third.spans] == [((0, 4), "angry")]


def test_a_tag_inside_a_quotation_cuts_it():
    text = "他怒吼道：“你们都给我滚出去！”"
    begin = text.index("给我")
    (performance,) = perform(text, tags=[EmotionTag(Span(begin, begin + 2), parse_emotion("whispering"))])
    assert [strongest(span.emotion) for span in performance.spans] == ["angry", "whispering", "angry"]
    edges = [edge for span in performance.spans for edge in span.phonemes]
    assert edges == sorted(edges)


def test_a_tag_may_hand_back_to_the_words():
    text = "他气坏了！"
    (performance,) = perform(text, "sad", tags=[EmotionTag(Span(0, len(text)), AUTO)])
    assert strongest(performance.emotion) == "angry"


def test_evidence_says_why():
    (asked,) = perform("今天星期三。", "sad")
    assert asked.evidence == (f"指定：{describe(parse_emotion('sad'))}",)
    (heard,) = perform("他气得浑身发抖。")
    assert any("气得" in reason for reason in heard.evidence)


def test_the_same_text_is_performed_the_same():
    text = "他怒吼道：“滚出去！”她哭了。\n突然，门开了！"
    assert perform(text) == perform(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='他怒吼道哭笑怕终于但是首先“”‘’"（）《》，。！？…\n ', max_size=80))
def test_spans_are_ordered_and_inside_whatever_the_text(text):
    for sentence, performance in direct(read_sentences(text), AUTO):
        edges = [edge for span in performance.spans for edge in span.phonemes]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(sentence.phonemes) for edge in edges)
