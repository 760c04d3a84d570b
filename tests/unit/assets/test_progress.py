"""What a watcher sees."""

from __future__ import annotations

import io

import pytest

from tts_engine.assets.progress import FetchProgress, Tracker
from tts_engine.assets.progress_bar import terminal_progress


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_remaining_time_follows_the_rate() -> None:
    clock, told = Clock(), list[FetchProgress]()
    tracker = Tracker(told.append, clock)
    tracker.begin("downloading", 1000)
    for step in range(1, 5):
        clock.now_s = float(step)
        tracker.settle(100)
    assert told[0].remaining_s is None
    assert told[-1].remaining_s == pytest.approx(6.0)
    assert told[-1].elapsed_s == 4.0


def test_bytes_that_were_here_before_do_not_count_as_speed() -> None:
    clock, told = Clock(), list[FetchProgress]()
    tracker = Tracker(told.append, clock)
    tracker.begin("downloading", 1000, done=900)
    clock.now_s = 10.0
    tracker.settle(50)
    assert (told[0].bytes_done, told[-1].bytes_done) == (900, 950)
    assert told[-1].remaining_s == pytest.approx(10.0)


def test_a_hint_that_was_too_bold_never_moves_the_bar_back_or_beyond_the_end() -> None:
    clock, told = Clock(), list[FetchProgress]()
    tracker = Tracker(told.append, clock)
    tracker.begin("downloading", 100)
    for hint in (80, 20, 500):
        clock.now_s += 1
        tracker.hint(hint)
    clock.now_s += 1
    tracker.settle(50)
    assert [p.bytes_done for p in told] == [0, 80, 80, 100, 100]


def test_the_callback_is_not_flooded() -> None:
    clock, told = Clock(), list[FetchProgress]()
    tracker = Tracker(told.append, clock)
    tracker.begin("downloading", 10_000)
    for _ in range(1000):
        clock.now_s += 0.001
        tracker.settle(1)
    assert len(told) <= 12


def moments() -> list[FetchProgress]:
    return [
        FetchProgress("checking", "", 0, 100, 0.0, None),
        FetchProgress("downloading", "alpha", 0, 100, 1.0, None),
        FetchProgress("downloading", "alpha", 50, 100, 2.0, 2.0),
        FetchProgress("downloading", "alpha", 60, 100, 13.0, 9.0),
        FetchProgress("done", "", 100, 100, 20.0, 0.0),
    ]


def test_a_file_gets_lines_and_not_too_many() -> None:
    out = io.StringIO()
    with terminal_progress(out) as show:
        for moment in moments():
            show(moment)
    lines = out.getvalue().splitlines()
    assert len(lines) == 4 and "\r" not in out.getvalue()
    assert "alpha" in lines[1] and "60 %" in lines[2] and "剩余约 9 s" in lines[2]


def test_a_terminal_gets_a_bar() -> None:
    out = Terminal()
    with terminal_progress(out) as show:
        for moment in moments():
            show(moment)
    assert "下载模型" in out.getvalue() and "alpha" in out.getvalue() and "60%" in out.getvalue()


def test_nothing_to_do_draws_nothing() -> None:
    out = Terminal()
    with terminal_progress(out):
        pass
    assert out.getvalue() == ""


def test_a_watcher_that_has_gone_does_not_stop_the_fetch() -> None:
    calls = []

    def gone(progress: FetchProgress) -> None:
        calls.append(progress)
        raise BrokenPipeError("nobody listens")

    tracker = Tracker(gone, Clock())
    tracker.begin("downloading", 100)
    tracker.finish()
    assert len(calls) == 1
