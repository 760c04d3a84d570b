"""Listeners in real time."""

from __future__ import annotations

import time

import pytest
from benchmarks.listeners import Ear, Heard, in_process, listen


class Chunk:
    waveform, sample_rate = [0.0] * 100, 200


class Instant:
    together = 1

    def stream(self, _text, _options, turn):
        for _ in range(3):
            with turn(1):
                yield Chunk()


def test_they_take_what_they_need_ahead_of_their_ear():
    began = time.perf_counter()
    heard = listen(in_process(Instant(), None), ["一。", "二。"], streams=2, seconds=0.3)
    assert heard.is_good(1.0) and len(heard.first_s) == 2
    assert time.perf_counter() - began < 5


def test_a_piece_that_comes_too_late_is_a_silence():
    def late(_number, _text):
        yield 0.05
        time.sleep(0.3)
        yield 5.0

    heard = listen(late, ["一。"], streams=1, seconds=0.2)
    (silence,) = heard.stopped_s
    assert silence >= 0.2 and not heard.is_good(1.0)


def test_what_fails_is_told():
    def broken(_number, _text):
        raise OSError("no line")
        yield

    heard = listen(broken, ["一。"], streams=2, seconds=0.1)
    assert len(heard.failed) == 2 and not heard.is_good(1.0)


def test_the_spread_is_the_least_by_the_most():
    assert Heard([Ear(audio_s=2.0), Ear(audio_s=4.0)]).spread == pytest.approx(0.5)


def test_listeners_who_hear_silence_or_wait_are_no_good_streams():
    def heard(first_s, stopped_s=(), failed=()):
        return Heard([Ear(list(first_s), list(stopped_s))], list(failed))

    assert heard([0.1] * 19 + [9.0]).is_good(9.0) and heard([0.1] * 20).is_good(0.2)
    assert not heard([0.1] * 18 + [9.0] * 2).is_good(0.2)
    assert not heard([0.1], [0.01]).is_good(0.2) and not heard([0.1], (), ["boom"]).is_good(0.2)
