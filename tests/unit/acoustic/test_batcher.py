"""Laws of dynamic batching: everybody gets his own, in time, whatever happens to others. No torch here."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.acoustic.card.batcher import Batcher, Call, Limits, choose
from tts_engine.acoustic.card.shapes import padded_length, padded_lengths

LIMITS = Limits(calls=8, lengths={"a": 1000, "b": 1000})
SOON_S = 5.0


class Device:
    """Doubles numbers; remembers its batches; can be held, and can be made to fail."""

    def __init__(self, limits: Limits = LIMITS, **options: float) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.batcher = Batcher(self.launch, limits, **{"wait_s": 0.0, **options})

    def launch(self, kind, payloads):
        self.batches.append((kind, list(payloads)))
        if -1 in payloads:
            raise RuntimeError("this one cannot be computed")

        def finish():
            assert self.gate.wait(SOON_S)
            if -2 in payloads:
                raise RuntimeError("it failed while it ran")
            return [ValueError("its result is bad") if payload == -3 else 2 * payload for payload in payloads]

        return finish

    def call(self, payload: int, kind: str = "a", length: int = 10) -> int:
        return self.batcher.call(kind, length, payload)


def wait_for(condition) -> None:
    until = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.001)


def test_everybody_gets_his_own():
    device = Device(wait_s=0.001)
    with ThreadPoolExecutor(24) as pool:
        results = list(pool.map(lambda n: device.call(n, "ab"[n % 2], 1 + n % 50), range(400)))
    assert results == [2 * n for n in range(400)]
    assert sorted(n for _, batch in device.batches for n in batch) == list(range(400))
    assert all({n % 2 for n in batch} == {"ab".index(kind)} for kind, batch in device.batches)


def test_who_comes_in_time_goes_along():
    device = Device(wait_s=0.5)
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(device.call, range(5))) == [0, 2, 4, 6, 8]
    assert [sorted(batch) for _, batch in device.batches] == [[0, 1, 2, 3, 4]]


def test_a_lonely_call_goes_at_its_deadline():
    device = Device(wait_s=0.05)
    began = time.monotonic()
    assert device.call(7) == 14
    assert 0.05 <= time.monotonic() - began < SOON_S


def test_a_full_batch_does_not_wait():
    device = Device(Limits(calls=3, lengths={"a": 1000}), wait_s=3600)
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(device.call, range(3))) == [0, 2, 4]


def test_while_the_device_is_busy_calls_gather():
    device = Device(depth=2)
    device.gate.clear()
    with ThreadPoolExecutor(10) as pool:
        busy = [pool.submit(device.call, 100)]
        wait_for(lambda: len(device.batches) == 1)
        busy.append(pool.submit(device.call, 101))
        wait_for(lambda: len(device.batches) == 2)
        later = [pool.submit(device.call, n) for n in range(5)]
        wait_for(lambda: len(device.batcher._waiting) == 5)
        assert len(device.batches) == 2
        device.gate.set()
        assert [one.result(SOON_S) for one in (*busy, *later)] == [200, 202, 0, 2, 4, 6, 8]
    assert [sorted(batch) for _, batch in device.batches] == [[100], [101], [0, 1, 2, 3, 4]]


@pytest.mark.parametrize(("bad", "error"), [(-1, "cannot be computed"), (-2, "while it ran"), (-3, "result is bad")])
def test_an_error_of_one_leaves_the_others_alone(bad, error):
    device = Device(wait_s=0.25)
    with ThreadPoolExecutor(4) as pool:
        calls = {n: pool.submit(device.call, n) for n in (1, 2, bad, 3)}
        with pytest.raises((RuntimeError, ValueError), match=error):
            calls.pop(bad).result(SOON_S)
        assert {n: one.result(SOON_S) for n, one in calls.items()} == {1: 2, 2: 4, 3: 6}
    assert sorted(device.batches[0][1]) == sorted([1, 2, 3, bad])
    assert device.call(9) == 18


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs a signal that interrupts a wait")
def test_who_is_interrupted_while_waiting_takes_his_call_back():
    class TimeUpError(Exception):
        pass

    def interrupt(_number, _frame):
        raise TimeUpError

    device = Device(wait_s=0.6)
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(TimeUpError):
            device.call(1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert device.call(2) == 4
    assert device.batches == [("a", [2])]


calls = st.lists(
    st.builds(Call, st.sampled_from("ab"), st.integers(1, 400), st.none(), st.just(0.0)), min_size=1, max_size=40
)


@given(calls, st.integers(1, 12), st.integers(1, 3000))
def test_a_batch_fits_and_begins_with_the_oldest(waiting, most, budget):
    limits = Limits(most, {"a": budget, "b": budget})
    batch, is_full = choose(waiting, limits)
    assert batch[0] is waiting[0] and len(batch) == len({id(call) for call in batch}) <= most
    assert {call.kind for call in batch} == {waiting[0].kind}
    longest = max(call.length for call in batch)
    if len(batch) > 1:
        assert longest * len(batch) <= min(budget, limits.waste * sum(call.length for call in batch))
    assert is_full == (len(batch) == most or longest * (len(batch) + 1) > budget)


@given(calls)
def test_what_failed_together_goes_alone(waiting):
    waiting[0].is_alone = True
    assert choose(waiting, LIMITS) == ([waiting[0]], True)
    waiting[0].is_alone = False
    for call in waiting[1:]:
        call.is_alone = True
    assert choose(waiting, LIMITS)[0] == [waiting[0]]


@given(st.integers(1, 100_000))
def test_buckets_hold_and_waste_little(length):
    padded = padded_length(length)
    assert length <= padded <= length * 1.125 and padded_length(padded) == padded


def test_there_are_few_buckets():
    assert len(list(padded_lengths(40, 2000))) < 50
    assert list(padded_lengths(15, 21)) == [15, 16, 18, 20, 22]
    with pytest.raises(ValueError, match="at least 1"):
        padded_length(0)
