"""A benchmark that was stopped goes on with what it had, and only with that."""

import numpy as np
import pytest
from benchmarks.acoustics import NAMES, Measures
from benchmarks.emotion import changes, is_monotone, tone_errors
from benchmarks.emotion_readings import Reading
from benchmarks.notebook import Notebook, code, digest


def test_records_survive_a_restart_and_a_killed_writer(tmp_path):
    file = tmp_path / "notes" / "book.jsonl"
    book = Notebook(file)
    assert book.put("a", {"pitch": [1.0, 2.0]}) == {"pitch": [1.0, 2.0]}
    book.put("b", "听到的")
    with file.open("a", encoding="utf-8") as half:
        half.write('\n{"key": "c", "value": {"pi')
    again = Notebook(file)
    assert again.get("a") == {"pitch": [1.0, 2.0]}
    assert again.get("b") == "听到的"
    assert "c" not in again


def test_what_is_written_after_a_killed_writer_is_read(tmp_path):
    file = tmp_path / "book.jsonl"
    file.write_text('{"key": "c", "value": {"pi', encoding="utf-8")
    Notebook(file).put("d", 1)
    assert Notebook(file).get("d") == 1


def test_digests_tell_contents_and_their_borders_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", b"c") == digest("ab", "c")
    assert code() != code(("acoustic",))
    assert code() == code()


def reading(label, intensity=1.0, voice="v", sentence=0, **measures):
    numbers = dict.fromkeys(NAMES, 1.0) | measures
    contours = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]) - 3.5
    if label == "turned":
        contours = -contours
    return Reading(label, intensity, voice, sentence, Measures(**numbers), contours, {})


def test_changes_are_against_the_same_voice_and_sentence():
    readings = [
        reading("neutral", 0.0, "v", pitch_st=10.0),
        reading("neutral", 0.0, "w", pitch_st=2.0),
        reading("angry", 1.0, "v", pitch_st=13.0),
        reading("angry", 1.0, "w", pitch_st=7.0, rate=2.0),
    ]
    found = changes(readings)["angry", 1.0]
    assert found["pitch_st"][0] == pytest.approx(4.0)
    assert found["rate"][0] == pytest.approx(1.5)


def test_a_tone_that_is_turned_round_is_an_error_and_one_that_is_wider_is_none():
    readings = [reading("neutral", 0.0), reading("turned"), reading("wide")]
    assert tone_errors(readings) == {("turned", 1.0): 1.0, ("wide", 1.0): 0.0}


def test_monotone_means_never_back_by_more_than_the_slack():
    assert is_monotone([0.0, 1.0, 2.0, 3.0], slack=0.1)
    assert is_monotone([0.0, -1.0, -0.95, -3.0], slack=0.1)
    assert not is_monotone([0.0, 2.0, 1.0, 3.0], slack=0.1)
