import threading
import time

import pytest

from tts_engine.ahead import TOGETHER, render_ahead


class Work:
    """Records what is in the making together."""

    def __init__(self, slow=0.02):
        self.slow, self.running, self.most, self.done = slow, [], [], []
        self.lock = threading.Lock()

    def __call__(self, number, item):
        yield self.make(number, item)

    def make(self, number, item):
        with self.lock:
            self.running.append(item)
            self.most.append(tuple(self.running))
        time.sleep(self.slow)
        with self.lock:
            self.running.remove(item)
            self.done.append(item)
        return number, item


def first_only():
    asked = []
    return lambda item: not asked.append(item) and len(asked) == 1


def ahead(items, work, size=int, **more):
    return render_ahead(iter(items), work, size=size, **{"is_urgent": first_only(), "is_last": lambda _: True, **more})


def run(items, work, **more):
    return list(ahead(items, work, **more))


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_results_come_in_order(at_once):
    items = [5, 40, 3, 60, 7, 8, 9]
    assert run(items, Work(), at_once=at_once) == [(item, (n, item)) for n, item in enumerate(items)]


def test_the_first_is_made_alone_and_later_ones_together():
    work = Work()
    run([1, 2, 3, 4, 5], work)
    assert work.most[0] == (1,)
    assert all(1 not in together for together in work.most[1:])
    assert max(map(len, work.most)) == 2


def test_long_ones_are_made_alone():
    work = Work()
    run([1, TOGETHER, TOGETHER, 2 * TOGETHER], work)
    assert max(map(len, work.most)) == 1


def test_an_engine_that_takes_more_gets_more():
    work = Work()
    run([1, *[TOGETHER] * 5], work, at_once=4, together=4 * TOGETHER)
    assert max(map(len, work.most)) == 4


def test_no_more_is_taken_than_needed():
    taken = []
    source = (taken.append(n) or n for n in range(100))
    stream = ahead(source, Work(), size=lambda item: 1)
    next(stream)
    assert len(taken) <= 3
    next(stream)
    assert len(taken) <= 6
    stream.close()


def test_an_error_in_reading_comes_after_what_was_read_before():
    def broken():
        yield 1
        yield 2
        raise OSError("the end is missing")

    stream = ahead(broken(), Work())
    assert [next(stream), next(stream)] == [(1, (0, 1)), (2, (1, 2))]
    with pytest.raises(OSError, match="the end is missing"):
        next(stream)


def test_stopping_ends_the_work():
    work = Work(slow=0.05)
    stream = ahead(range(1, 50), work, size=lambda item: 1)
    next(stream)
    next(stream)
    stream.close()
    done = len(work.done)
    time.sleep(0.2)
    assert len(work.done) == done <= 4


def test_an_error_reaches_the_caller():
    def fail(number, item):
        if number == 2:
            raise KeyboardInterrupt
        yield item

    stream = ahead([1, 2, 3, 4], fail)
    assert [next(stream), next(stream)] == [(1, 1), (2, 2)]
    with pytest.raises(KeyboardInterrupt):
        next(stream)


def test_a_result_does_not_wait_for_the_reading_of_what_comes_later():
    read = []

    def slowly():
        for item in range(1, 9):
            read.append(item)
            yield item
            time.sleep(0.1)

    stream = ahead(slowly(), Work(slow=0.01), size=lambda item: 1, at_once=8, is_urgent=lambda item: False)
    assert next(stream) == (1, (0, 1))
    assert len(read) < 5


def test_nothing_gives_nothing():
    assert run([], Work()) == []


def parts_of(made, gates):
    """Two parts of each item, each made once its gate is open."""

    def parts(number, item):
        for part in "ab":
            assert gates[item, part].wait(5)
            made.append((item, part))
            yield part

    return parts


def test_urgent_ones_are_made_alone_and_handed_on_part_by_part():
    made, gates = [], {(item, part): threading.Event() for item in range(1, 6) for part in "ab"}
    stream = ahead([1, 2, 3, 4, 5], parts_of(made, gates), is_urgent=lambda item: item in (1, 2, 4), is_last="b".__eq__)
    gates[1, "a"].set()
    assert next(stream) == (1, "a") and made == [(1, "a")]
    for gate in gates.values():
        gate.set()
    assert list(stream) == [(1, "b"), *((item, part) for item in (2, 3, 4, 5) for part in "ab")]
    assert [one for one in made if one[0] in (1, 2)] == made[:4] == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert made.index((4, "a")) > made.index((3, "b"))


def test_what_comes_next_is_made_while_somebody_listens():
    made, gates = [], {(item, part): threading.Event() for item in (1, 2) for part in "ab"}
    for gate in gates.values():
        gate.set()
    stream = ahead([1, 2], parts_of(made, gates), is_last="b".__eq__)
    assert next(stream) == (1, "a")
    assert eventually(lambda: (1, "b") in made)
    assert next(stream) == (1, "b")
    assert eventually(lambda: (2, "a") in made)
    stream.close()


def eventually(is_so, within_s=5.0):
    until = time.monotonic() + within_s
    while not is_so() and time.monotonic() < until:
        time.sleep(0.005)
    return is_so()
