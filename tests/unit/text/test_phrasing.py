"""Breathing: only long stretches, only between words, never inside a number, nothing lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.text.frontend import FrontEnd
from tts_engine.text.phrasing import MAX_BREATH, MIN_PART, breathe
from tts_engine.text.symbols import INVENTORY
from tts_engine.text.units import MarkUnit, WordUnit

FRONT = FrontEnd(INVENTORY)
LONG = "随着城市轨道交通网络的不断完善越来越多的市民选择乘坐地铁出行并且在换乘站附近的商圈购物用餐"
WORDS = ("城市", "网络", "的", "市民", "选择", "并且", "在", "商圈", "购物", "了", "2024年", "OpenAI")


def units_of(text):
    return [unit for item in FRONT.sentences(text) for unit in item.units]


def test_a_long_stretch_is_breathed_where_a_phrase_opens():
    breaks = FRONT.analyse(LONG).sentences[0].breaks
    assert breaks
    assert all(item.mark == "" and item.pause_s == FRONT.pauses.breath / 1000 for item in breaks)


def test_short_sentences_are_left_alone():
    assert not FRONT.analyse("今天天气很好我们一起去公园散步吧。").sentences[0].breaks


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=60))
def test_breathing_adds_marks_between_words_and_nothing_else(words):
    units = units_of("".join(words))
    plain = [unit for unit in units if not (isinstance(unit, MarkUnit) and not unit.mark)]
    breathed = breathe(plain)
    assert [unit for unit in breathed if isinstance(unit, WordUnit)] == [u for u in plain if isinstance(u, WordUnit)]
    run = 0
    for unit in breathed:
        if isinstance(unit, MarkUnit):
            assert run >= MIN_PART
            run = 0
        else:
            run += len(unit.syllables)
    assert MAX_BREATH > MIN_PART
