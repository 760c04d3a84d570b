"""The explanation says the same as the reading, with its reasons, and is plain data."""

import json

from tts_engine.text.frontend import FrontEnd
from tts_engine.text.lexicon import UserLexicon
from tts_engine.text.marks import Pauses
from tts_engine.text.symbols import INVENTORY

FRONT = FrontEnd(INVENTORY, lexicon=UserLexicon.from_mapping({"行家": "xing2 jia1"}))
TEXT = "你好，一共110元。银行的行家看看花儿！\n完。"


def rows_of(source):
    return [row for row in FRONT.explain(TEXT).rows if row.source == source]


def test_rows_are_the_syllables_of_the_sentences():
    said = [
        (syllable.span, syllable.reading)
        for sentence in FRONT.analyse(TEXT).sentences
        for word in sentence.words
        for syllable in word.syllables
    ]
    assert [(row.span, row.reading) for row in FRONT.explain(TEXT).rows if row.reading] == said


def test_reasons_are_given():
    assert {row.normalised_by for row in rows_of("110")} != {""}
    assert [row.change for row in rows_of("你")] == ["third"]
    assert rows_of("你")[0].base == "ni3"
    assert rows_of("一")[0].change == "yi"
    assert [row.decided_by for row in rows_of("家")] == ["lexicon:行家"]
    assert rows_of("花儿")[0].reading == "huar1"
    assert [row.change for row in rows_of("看")] == ["", "neutral"]


def test_pauses_are_explained():
    comma, end = rows_of("，")[0], rows_of("！")[0]
    assert (comma.pause_ms, comma.pause_why) == (None, "，")
    own = FrontEnd(INVENTORY, pauses=Pauses(comma=333))
    assert [row.pause_ms for row in own.explain(TEXT).rows if row.source == "，"] == [333]
    assert own.analyse(TEXT).sentences[0].breaks[0].pause_s == 0.333
    assert (end.pause_ms, end.pause_why) == (FRONT.pauses.paragraph, "paragraph")


def test_it_is_plain_data():
    data = json.loads(json.dumps(FRONT.explain(TEXT).to_dict(), ensure_ascii=False))
    assert data["text"] == TEXT
    row = data["sentences"][0]["rows"][0]
    assert TEXT[row["span"][0] : row["span"][1]] == row["source"]
    assert row["change_zh"] == "三声变调"
