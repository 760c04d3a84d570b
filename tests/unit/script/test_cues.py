"""Cues of subtitles, and what is out of place between them."""

import pytest

from tts_engine.script.cues import Cue, Stray, read_cues


def read(text: str) -> list[Cue | Stray]:
    return list(read_cues(text.split("\n")))


def test_a_cue_has_its_number_its_times_and_its_lines():
    (cue,) = read("7\n01:00:01,5 --> 1:00:02.250 align:start\n 你好 \n再见\n")
    assert cue == Cue(2, "01:00:01,5", "1:00:02.250", ("你好", "再见"), "7")
    assert (cue.begin_s, cue.end_s) == (3601.5, 3602.25)


def test_the_blank_line_between_two_cues_may_be_missing():
    first, second = read("1\n00:01.000 --> 00:02.000\n你好\n2\n00:03.000 --> 00:04.000\n再见")
    assert (first.words, second.words, second.name) == (("你好",), ("再见",), "2")


def test_a_number_that_is_spoken_stays():
    (cue,) = read("1\n00:01.000 --> 00:02.000\n110")
    assert cue.words == ("110",)


@pytest.mark.parametrize("head", ["WEBVTT\nKind: captions", "NOTE 00:01\n不读", "STYLE\n::cue { }", "REGION\nid:1"])
def test_what_is_no_cue_in_webvtt_is_passed_over(head):
    (cue,) = read(f"{head}\n\n00:01.000 --> 00:02.000\n你好")
    assert cue.words == ("你好",)


def test_what_is_out_of_place_is_told_and_the_rest_goes_on():
    first, second, cue = read("1\n 00:01 --> 00:02\n你好\n\n3\n没有时间\n\n00:01.000 --> 00:02.000\n再见")
    assert first == Stray(2, 2, "00:01 --> 00:02")
    assert second == Stray(6, 1, "没有时间")
    assert cue.words == ("再见",)
