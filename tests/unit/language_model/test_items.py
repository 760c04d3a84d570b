"""Items of an answer are handed on as soon as they are complete, however the answer is cut into pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.language_model.items import ItemScanner

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
ANSWERS = st.dictionaries(st.text(), st.lists(VALUES) | st.dictionaries(st.text(), VALUES) | SCALARS, max_size=4)


def scan(text, size):
    scanner, found = ItemScanner(), []
    for begin in range(0, len(text), size):
        found += scanner.feed(text[begin : begin + size])
    scanner.end()
    return found


def expected(answer):
    return [(name, item) for name, value in answer.items() for item in (value if isinstance(value, list) else [value])]


@settings(max_examples=30, deadline=None)
@given(ANSWERS, st.integers(1, 9), st.sampled_from([None, 1]), st.sampled_from(["", "好的：\n```json\n"]))
def test_every_way_of_cutting_gives_the_items_of_the_whole(answer, size, indent, before):
    text = before + json.dumps(answer, ensure_ascii=False, indent=indent) + "\n```"
    assert scan(text, size) == expected(answer)


def test_an_item_comes_when_it_is_complete_and_not_before():
    scanner = ItemScanner()
    assert list(scanner.feed('{"lines": [{"text": "一"')) == []
    assert list(scanner.feed("}")) == [("lines", {"text": "一"})]
    assert list(scanner.feed(', {"text": "二}"}')) == [("lines", {"text": "二}"})]
    with pytest.raises(ValueError, match="breaks off"):
        scanner.end()


def test_the_thoughts_of_a_reasoning_model_are_passed_over():
    assert scan('<think>{"lines": [1]} maybe</think>{"lines": [2]}', 3) == [("lines", 2)]
    assert scan('\n<thin air {"lines": [2]}', 1) == [("lines", 2)]


@pytest.mark.parametrize(
    "text", ["", "no", '{"a": [1', '{"a": [1}}', '{"a": NaN}', '{"a" "b": 1}', "{1: 2}", "{: 1}", '{"a": [' + "[" * 99]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError):
        scan(text, 4)


def test_a_long_answer_is_scanned_in_linear_time():
    text = json.dumps({"lines": [{"text": "字" * 200}] * 2000}, ensure_ascii=False)
    assert len(scan(text, 64)) == 2000
