import json

import pytest

from tts_engine.acoustic.config import default_symbols
from tts_engine.emotion.vocabulary import is_emotion
from tts_engine.errors import ControlError, TextError
from tts_engine.explaining import explain
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.lexicon import UserLexicon


@pytest.fixture(scope="module")
def front_end():
    return FrontEnd(default_symbols(), is_emotion=is_emotion)


def test_readings_emotions_and_their_evidence_stand_together(front_end):
    found = explain(front_end, "他颤抖着打开门，发现里面空无一人。[开心]太好了！").to_dict()
    first, second = found["sentences"]
    assert "afraid" in first["performance"]["emotion"]
    assert any("颤抖" in evidence for evidence in first["performance"]["evidence"])
    assert second["performance"]["origin"] == "tag"
    assert json.loads(json.dumps(found)) == found


def test_a_number_is_read_and_traced_to_its_rule(front_end):
    rows = explain(front_end, "花了3.5亿。").reading.rows
    assert [row.spoken for row in rows if row.source == "3.5"] == ["三", "点", "五"]
    assert all(row.normalised_by for row in rows if row.source == "3.5")


def test_the_table_shows_every_sentence_in_line(front_end):
    table = explain(front_end, "一心一意。不对！").to_table()
    assert "“一”变调" in table
    assert "“不”变调" in table


def test_own_readings_go_first(front_end):
    lexicon = UserLexicon.from_mapping({"重庆": "zhong4 qing4"})
    rows = explain(front_end, "重庆。", lexicon=lexicon).reading.rows
    assert [row.reading for row in rows[:2]] == ["zhong4", "qing4"]


def test_bad_requests_are_the_same_errors_as_everywhere(front_end):
    with pytest.raises(ControlError):
        explain(front_end, "好。", emotion="angri")
    with pytest.raises(TextError):
        explain(front_end, "<speak>好</speek>")
