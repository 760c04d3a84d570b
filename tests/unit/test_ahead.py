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
    return render_ahead(iter(items), work, size=size, **{"is_urgent": first_only(), **more})


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


def test_one_at_a_time_uses_the_calling_thread():
    names = set()
    run([1, 2, 3], lambda *_: iter([names.add(threading.current_thread().name)]), at_once=1)
    assert names == {threading.current_thread().name}


def test_no_more_is_taken_than_needed():
    taken = []
    source = (taken.append(n) or n for n in range(100))
    stream = ahead(source, Work(), size=lambda item: 1)
    next(stream)
    assert taken == [0]
    next(stream)
    assert len(taken) <= 5
    stream.close()


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


def test_urgent_ones_are_made_alone_and_handed_on_part_by_part():
    made = []

    def parts(number, item):
        for part in "ab":
            made.append((item, part))
            yield part

    stream = ahead([1, 2, 3, 4, 5], parts, is_urgent=lambda item: item in (1, 2, 4))
    assert next(stream) == (1, "a") and made == [(1, "a")]
    assert [next(stream) for _ in range(3)] == [(1, "b"), (2, "a"), (2, "b")]
    assert made == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert list(stream) == [(item, part) for item in (3, 4, 5) for part in "ab"]
    assert made.index((4, "a")) > made.index((3, "b"))
