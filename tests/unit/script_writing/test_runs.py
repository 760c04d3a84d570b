"""Every task against a server: what it writes, and every way in which a server can fail."""

from __future__ import annotations

import json
import logging
import time

import pytest

from tts_engine.errors import ControlError, LanguageModelError, SizeError, TextError
from tts_engine.language_model.ceiling import Ceiling
from tts_engine.language_model.prices import Price
from tts_engine.script.model import NARRATOR, Role
from tts_engine.script.writing import Run, WritingOptions, run_ahead, write
from tts_engine.script.writing.checks import spoken_length
from tts_engine.script.writing.listings import _fold

SUMMARY = "一条渡船在河上走了四十年，今天是最后一班。" * 4
STORY = (
    "天刚亮，渡口就有人了。\n\n林小雨喊：“船家，等一等！”\n老周问：“姑娘，这么早去哪儿？”她喘着气，半天说不出话。\n\n"
    "小雨说：“去看我爹。”老周没有再问。\n“那就快上来吧。”\n\n船开了，河面上起了雾……"
)


def bare(text):
    return _fold(text)[0]


def test_annotation_holds_every_character_of_the_text(server):
    run = write("annotate", STORY, server.model("good"))
    assert run.is_complete and bare("".join(line.text for line in run.script.lines)) == bare(STORY)
    for line in run.script.lines:
        begin, end = line.span
        assert "".join(STORY[begin:end].split()) == line.text.replace(" ", "")
        assert line.evidence[0].what == "role" and line.evidence[0].confidence == 0.9
    said = {line.text: line.role for line in run.script.lines}
    assert said["船家，等一等！"] == "林小雨" and said["天刚亮，渡口就有人了。林小雨喊："] == NARRATOR
    assert run.characters_in == spoken_length(STORY)


def test_a_long_text_goes_in_pieces_and_people_keep_their_names(server):
    story = "\n\n".join([STORY] * 6)
    model = server.model("good")
    run = write("annotate", story, model, options=WritingOptions(piece_characters=200))
    asked = server.data(model)
    assert len(asked) > 3 and "".join(one["text"] for one in asked) == story
    assert all(asked[n]["before"] == "".join(one["text"] for one in asked[:n])[-300:] for n in range(len(asked)))
    assert {role["name"] for role in asked[-1]["cast"]} >= {NARRATOR, "林小雨", "老周"}
    assert bare("".join(line.text for line in run.script.lines)) == bare(story)
    # 小雨 was declared as another name of 林小雨: one person, one name, in every line
    assert set(run.script.roles) == {NARRATOR, "林小雨", "老周"} and "小雨" in run.script.roles["林小雨"].aliases
    assert list(run.script.roles) == list(dict.fromkeys(line.role for line in run.script.lines))


def test_known_roles_are_handed_on_to_the_next_chapter(server):
    model = server.model("good")
    first = write("dramatise", "第一章的故事，讲了很久。" * 5, model)
    second = write("dramatise", "第二章的故事，讲了很久。" * 5, model, options=WritingOptions(roles=first.roles))
    assert set(second.script.roles) == {"林小雨"}
    assert server.data(model)[1]["cast"][1]["name"] == "林小雨"


def test_dramatised_and_adapted_texts_are_no_summaries(server):
    text = "他在河边等了很久，也没有看见那条船。" * 20
    adapted = write("adapt", text, server.model("good"))
    assert adapted.characters_out >= 0.9 * adapted.characters_in
    assert set(adapted.script.roles) == {NARRATOR}
    lazy = server.model("lazy")
    run = write("adapt", text, lazy)
    assert "only" in json.loads(server.requests(lazy)[1]["messages"][-1]["content"])["error"]
    assert any("没有写全" in warning for warning in run.warnings) or run.characters_out >= 0.5 * run.characters_in


@pytest.mark.parametrize("length", [300, 1200, 4000])
@pytest.mark.parametrize("behaviour", ["good", "short", "long", "longer-ending"])
def test_the_length_is_what_was_asked_for(server, length, behaviour):
    run = write("expand", SUMMARY, server.model(behaviour), options=WritingOptions(length=length))
    assert abs(run.characters_out / length - 1) <= 0.12, run.characters_out
    assert run.is_complete and [w for w in run.warnings if "收尾" not in w] == []
    assert bool(run.warnings) == (behaviour == "long")  # which never ends within what is left
    assert set(run.script.roles) == {NARRATOR} and len(run.script.chapters) == 1


def test_a_model_that_writes_too_little_is_told(server):
    run = write("expand", SUMMARY, server.model("never"), options=WritingOptions(length=600))
    assert run.is_complete and "600" in run.warnings[0] and run.characters_out < 300


def test_an_outline_becomes_chapters_and_a_podcast_two_hosts(server):
    run = write("outline", "一、渡口\n二、船家\n三、告别", server.model("good"), options=WritingOptions(length=2700))
    assert [chapter.title for chapter in run.script.chapters] == ["第0部分", "第1部分", "第2部分"]
    assert run.script.title == "渡船"
    model = server.model("good")
    talk = write("podcast", SUMMARY, model, options=WritingOptions(length=600, hosts=("阿明", "小北"), title="夜谈"))
    assert set(talk.script.roles) == {"阿明", "小北"} and talk.script.kind == "podcast" and talk.script.title == "夜谈"
    schema = server.requests(model)[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["lines"]["items"]["properties"]["role"]["enum"] == ["阿明", "小北"]


def test_lines_come_while_the_rest_is_written(server):
    began = time.monotonic()
    run = Run("expand", SUMMARY, server.model("slow"), options=WritingOptions(length=300))
    times = [time.monotonic() - began for _ in run]
    assert times[0] < 0.3 * times[-1] and times[-1] > 0.3


@pytest.mark.parametrize(
    "behaviour",
    ["plain", "think", "old", "oldest", "newer", "wrong", "broken", "cut", "stall", "error-event", "length",
     "limited-once", "down-once", "uncounted", "altered"],
)  # fmt: skip
def test_what_can_be_mended_is_mended(server, behaviour):
    model = server.model(behaviour, timeout_s=0.6, retries=2)
    run = write("annotate", STORY, model)
    assert bare("".join(line.text for line in run.script.lines)) == bare(STORY)
    requests = server.requests(model)
    assert 1 <= len(requests) <= (6 if behaviour == "oldest" else 4)
    if behaviour in ("cut", "stall", "length", "error-event"):  # only the rest was asked for again
        first, second = server.data(model)[:2]
        assert len(second["text"]) < len(first["text"]) and first["text"].endswith(second["text"])
    if behaviour in ("uncounted", "cut", "oldest"):
        assert run.usage.is_estimated and run.usage.prompt_tokens > 100
    if behaviour == "newer":
        assert requests[-1]["max_completion_tokens"] == 4096 and "temperature" not in requests[-1]
        assert requests[-1]["response_format"]["type"] == "json_schema"
    if behaviour == "plain":
        assert run.usage.cached_tokens == 40 and run.usage.tokens == 500 and not run.usage.is_estimated


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("nonsense", "language_model_unusable"),
        ("stubborn", "language_model_unusable"),
        ("smuggle", "language_model_unusable"),
        ("dead", "language_model_unusable"),
        ("hangs", "language_model_timeout"),
        ("trickle", "language_model_timeout"),
        ("limited", "language_model_busy"),
        ("limited-long", "language_model_busy"),
        ("locked", "language_model_key"),
        ("forbidden", "language_model_key"),
        ("missing", "language_model_unknown"),
        ("refuses", "language_model_refused"),
        ("echoes", "language_model_refused"),
        ("down", "language_model_failed"),
        ("poor", "language_model_failed"),
        ("filtered", "language_model_unusable"),
    ],
)
def test_what_cannot_be_mended_is_one_clear_error_without_the_key(server, behaviour, code, caplog):
    caplog.set_level(logging.DEBUG)
    model = server.model(behaviour, timeout_s=0.4, retries=0, answer_s=0.5, attempts=2)
    run = Run("annotate", STORY, model)
    with pytest.raises(LanguageModelError) as caught:
        list(run)
    assert caught.value.code == code and not run.is_complete
    assert "secret" not in str(caught.value) + repr(caught.value.fields) + repr(model.endpoint) + caplog.text
    told = {"poor": "余额不足", "filtered": "filtered", "echoes": "context too long"}
    assert told.get(behaviour, "") in caught.value.message
    if behaviour == "limited-long":
        assert caught.value.fields["retry_after_s"] == 3600.0


def test_a_password_in_the_address_is_not_shown():
    from tts_engine.language_model.client import Endpoint, LanguageModel

    model = LanguageModel(Endpoint("http://me:secret@127.0.0.1:9/v1?key=secret", "x", retries=0))
    with pytest.raises(LanguageModelError) as caught:
        write("annotate", STORY, model)
    assert "127.0.0.1:9/v1" in caught.value.message and "secret" not in caught.value.message + repr(model.endpoint)


def test_nobody_there_is_told_and_nothing_is_lost(server, tmp_path):
    from tts_engine.language_model.client import Endpoint, LanguageModel

    run = Run("annotate", STORY, LanguageModel(Endpoint("http://127.0.0.1:9/v1", "x", retries=0)))
    with pytest.raises(LanguageModelError, match="没有回答") as caught:
        list(run)
    assert caught.value.code == "language_model_unreachable" and run.script.lines == ()


def test_the_ceiling_stops_before_it_is_passed_and_keeps_what_is_finished(server):
    model = server.model("good", ceiling=Ceiling(tokens=7500))
    run = Run("adapt", "他在河边等了很久，也没有看见那条船。" * 600, model)
    with pytest.raises(LanguageModelError) as caught:
        list(run)
    assert caught.value.code == "language_model_ceiling"
    assert 0 < run.usage.tokens <= 7500 and run.script.lines and not run.is_complete
    assert len(server.requests(model)) == run.usage.requests  # the one too many was never sent


def test_a_ceiling_on_money_needs_a_price(server):
    with pytest.raises(Exception, match="价格"):
        Ceiling(cost=1.0)
    model = server.model("good", ceiling=Ceiling(cost=0.0001, price=Price(2.0, 8.0)))
    with pytest.raises(LanguageModelError, match="CNY") as caught:
        write("adapt", STORY, model)
    assert caught.value.code == "language_model_ceiling" and server.requests(model) == []


def test_the_model_writes_on_while_the_reader_is_slow(server):
    source = iter(range(100))
    taken = run_ahead(source)
    assert next(taken) == 0
    for _ in range(200):
        if next(iter([source.__length_hint__()])) == 0:
            break
        time.sleep(0.005)
    assert source.__length_hint__() == 0 and list(taken) == list(range(1, 100))

    def fails():
        yield 1
        raise LanguageModelError("x")

    reader = run_ahead(fails())
    assert next(reader) == 1
    with pytest.raises(LanguageModelError):
        next(reader)


def test_who_stops_in_the_middle_stops_the_source():
    closed = []

    def source():
        try:
            for number in range(10**9):
                yield number
                time.sleep(0.001)
        finally:
            closed.append(True)

    reader = run_ahead(source())
    next(reader)
    reader.close()
    for _ in range(400):
        if closed:
            break
        time.sleep(0.005)
    assert closed == [True]


@pytest.mark.parametrize(
    ("task", "text", "options", "error"),
    [
        ("expnad", "x", {}, ControlError),
        ("expand", " \n", {}, TextError),
        ("expand", "字" * 20_000, {}, SizeError),
        ("expand", "字", {"length": 5}, ControlError),
        ("expand", "字", {"length": True}, ControlError),
        ("expand", "字", {"title": "[开心]"}, ControlError),
        ("podcast", "字", {"hosts": ("甲", "甲")}, ControlError),
        ("podcast", "字", {"hosts": ("甲", "../乙")}, ControlError),
        ("annotate", "字", {"piece_characters": 1}, ControlError),
        ("annotate", "字", {"wishes": "长" * 2000}, ControlError),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(server, task, text, options, error):
    model = server.model("good")
    with pytest.raises(error) as caught:
        Run(task, text, model, options=WritingOptions(**options))
    assert caught.value.message and server.requests(model) == []


def test_roles_that_are_known_are_not_lost_by_a_new_one_of_the_same_name(server):
    options = WritingOptions(roles=(Role("老周", voice="zm_yunxi", description="船家"),))
    run = write("annotate", STORY, server.model("good"), options=options)
    assert run.script.roles["老周"].voice == "zm_yunxi" and run.script.roles["老周"].description == "船家"
