"""Laws of the progress line and of the estimate."""

import io

import pytest

from tts_engine.batch.model import STATES, Counts
from tts_engine.batch.progress import Pace, Progress, ProgressLine, clock


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def counts(done, attempts=1, total=100, failed=0):
    states = dict.fromkeys(STATES, 0) | {"done": done, "failed": failed, "waiting": total - done - failed}
    return Counts(states, 10 * total, 10 * done, 2.0 * done, 1.0 * done, done, attempts, 0)


def test_the_estimate_is_that_of_a_steady_pace():
    now = Clock()
    pace = Pace(counts(0, attempts=0), now)
    now.now = 30.0  # models are being loaded
    assert pace.at(counts(0, attempts=0)).remaining_s is None
    assert pace.at(counts(0, attempts=2)).elapsed_s == 0.0
    now.now = 40.0
    seen = pace.at(counts(10, attempts=12))
    assert (seen.elapsed_s, seen.remaining_s) == (10.0, pytest.approx(90.0))
    now.now = 41.0  # between two results the time left runs down
    assert pace.at(counts(10, attempts=12)).remaining_s == pytest.approx(89.0)


def test_a_resumed_job_is_estimated_by_its_own_run():
    now = Clock()
    pace = Pace(counts(50), now)
    pace.at(counts(50, attempts=52))
    now.now = 10.0
    assert pace.at(counts(60, attempts=62)).remaining_s == pytest.approx(40.0)


def test_in_place_on_a_terminal_and_rarer_and_rarer_lines_elsewhere():
    now, terminal, pipe = Clock(), Terminal(), io.StringIO()
    lines = ProgressLine(terminal, now), ProgressLine(pipe, now)
    for second in range(100):
        now.now = float(second)
        for line in lines:
            line.show(Progress(counts(second), float(second), 1.0))
    for line in lines:
        line.close(Progress(counts(100), 100.0, 0.0))
        line.close(Progress(counts(100), 100.0, 0.0))
    assert "\n" not in terminal.getvalue().rstrip("\n") and terminal.getvalue().count("\r") > 90
    assert 4 < pipe.getvalue().count("\n") < 9 and "\r" not in pipe.getvalue()
    assert pipe.getvalue().count("100/100") == 1


def test_failures_and_lengths_are_told():
    line = Progress(counts(10, failed=3), 61.0, 3700.0).line()
    assert "10/100 (10%)" in line and "failed 3" in line and "0:01:01" in line and "1:01:40" in line
    assert clock(0.4) == "0:00:00" and clock(86_399.6) == "24:00:00"
