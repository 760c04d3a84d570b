"""What is measured about a text, and how the server goes down."""

import re
import threading
import time
from contextlib import ExitStack

import pytest

from tts_engine.errors import BusyError, SynthesisError
from tts_engine.service.desk import Caller, Desk, default_slots
from tts_engine.service.metrics import Metrics
from tts_engine.service.scheduler import Cancelled, Scheduler
from tts_engine.service.shutdown import Shutdown
from tts_engine.settings import Settings


@pytest.fixture
def desk():
    return Desk(Settings(slots=1, queue_size=2))


def value(desk, line):
    found = re.search(rf"^{re.escape(line)} (\S+)$", desk.metrics.text().decode(), re.M)
    return float(found[1]) if found else 0.0


def test_a_finished_text_is_measured(desk):
    with desk.visit(Caller(entrance="live"), characters=12) as visit:
        with visit.turn(3):
            visit.note(1.5)
        visit.note(0.5)
    assert value(desk, 'tts_audio_seconds_total{entrance="live"}') == 2.0
    assert value(desk, 'tts_characters_total{entrance="live"}') == 12.0
    assert value(desk, 'tts_ttfa_seconds_count{entrance="live"}') == 1.0
    assert value(desk, 'tts_rtf_count{entrance="live"}') == 1.0
    assert value(desk, 'tts_speeches_total{entrance="live",outcome="done"}') == 1.0
    assert value(desk, 'tts_queue_wait_seconds_count{priority="interactive"}') == 1.0


@pytest.mark.parametrize(("failure", "outcome"), [(SynthesisError("x"), "failed"), (Cancelled(), "cancelled")])
def test_an_unfinished_text_is_told_apart(desk, failure, outcome):
    with pytest.raises(type(failure)), desk.visit(Caller(), characters=1):
        raise failure
    assert value(desk, f'tts_speeches_total{{entrance="http",outcome="{outcome}"}}') == 1.0
    assert value(desk, 'tts_errors_total{code="synthesis_failed"}') == (outcome == "failed")
    assert value(desk, 'tts_characters_total{entrance="http"}') == 0.0


def test_the_queue_is_seen_while_it_is_there(desk):
    with desk.visit(Caller(), characters=1) as visit, visit.turn(1), desk.visit(Caller(priority="batch"), characters=1):
        assert value(desk, 'tts_queue_depth{what="interactive"}') == 1.0
        assert value(desk, 'tts_queue_depth{what="batch"}') == 1.0
        assert value(desk, 'tts_queue_depth{what="rendering"}') == 1.0
        with pytest.raises(BusyError):
            desk.visit(Caller("other"), characters=1)
    assert value(desk, 'tts_queue_depth{what="interactive"}') == 0.0
    assert value(desk, 'tts_errors_total{code="queue_full"}') == 1.0


def test_no_one_can_make_the_series_grow():
    metrics = Metrics()
    for number in range(500):
        metrics.count_error(SynthesisError("x", code=f"code{number}"))
    assert len(re.findall(rb'tts_errors_total\{code="', metrics.text())) <= 101


def test_one_error_counts_once():
    metrics, error = Metrics(), SynthesisError("x")
    metrics.count_error(error)
    metrics.count_error(error)
    assert b'tts_errors_total{code="synthesis_failed"} 1.0' in metrics.text()


def test_slots_follow_the_processors(monkeypatch):
    import os

    for processors, slots in ((1, 1), (2, 2), (8, 2), (16, 4), (64, 16)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, n=processors: set(range(n)), raising=False)
        assert default_slots() == slots


def test_an_engine_that_computes_many_together_gets_as_many_turns():
    free, said = Desk(Settings(queue_size=100)), Desk(Settings(slots=3))
    for desk in (free, said):
        desk.make_room(1)
        desk.make_room(32)
    assert (free.scheduler.slots, said.scheduler.slots) == (32, 3)
    with ExitStack() as held:
        for number in range(32):
            ticket = held.enter_context(free.scheduler.admit(f"client {number}"))
            held.enter_context(ticket.turn(100))
        assert free.scheduler.load.rendering == 32


def test_who_waits_goes_on_when_there_is_more_room():
    desk = Desk(Settings(queue_size=10))
    desk.scheduler = Scheduler(slots=1, queue_size=10)
    with desk.scheduler.admit("a") as first, desk.scheduler.admit("b") as second, first.turn(10):
        waiting = threading.Thread(target=lambda: second.turn(10).__enter__())
        waiting.start()
        while not desk.scheduler.load.waiting:
            time.sleep(0.001)
        desk.make_room(2)
        waiting.join(5)
        assert not waiting.is_alive()


class Going:
    def __init__(self, desk, grace_s):
        self.ended, self.given_up, self.said, self.now = threading.Event(), [], [], threading.Event()
        self.shutdown = Shutdown(
            desk.scheduler, grace_s, on_give_up=lambda: self.given_up.append(True), say=self.said.append
        )

    def signal(self):
        self.shutdown.on_signal(self.ended.set, self.now.set)


def test_an_idle_server_goes_at_once_and_silently(desk):
    going = Going(desk, 30)
    going.signal()
    assert going.ended.wait(2) and not going.given_up and not going.said


def test_what_runs_comes_to_its_end(desk):
    going = Going(desk, 30)
    with desk.visit(Caller(), characters=1) as visit:
        going.signal()
        assert not going.ended.wait(0.1)
        with pytest.raises(BusyError):
            desk.visit(Caller(), characters=1)
        with visit.turn(1):
            pass
    assert going.ended.wait(2) and not going.given_up and going.said


def test_what_does_not_end_is_given_up_after_the_grace(desk):
    going = Going(desk, 0.05)
    began_s = time.monotonic()
    with desk.visit(Caller(), characters=1) as visit:
        going.signal()
        while not visit.is_cancelled:
            assert time.monotonic() - began_s < 5
            time.sleep(0.005)
        with pytest.raises(Cancelled), visit.turn(1):
            raise AssertionError
    assert going.ended.wait(2) and going.given_up


def test_the_second_signal_ends_it_now(desk):
    going = Going(desk, 30)
    with desk.visit(Caller(), characters=1):
        going.signal()
        going.signal()
        assert going.now.wait(1) and going.given_up


def test_open_live_sessions_are_seen(desk):
    from tts_engine.service.live.endpoint import Sessions

    sessions = Sessions(Settings(), None, desk)
    sessions._open["one"] = "local"
    assert value(desk, "tts_live_sessions") == 1.0
    sessions.release("one")
    assert value(desk, "tts_live_sessions") == 0.0
