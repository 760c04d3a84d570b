"""Laws of the scheduler, with threads and a fake engine that finishes a sentence when the test's world stands still."""

import itertools
import threading
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tts_engine.errors import BusyError, DeadlineError, DrainingError
from tts_engine.service.scheduler import OLDEST_EVERY, Cancelled, Scheduler


def until(is_true, timeout_s=10.0):
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, "never true"
        time.sleep(0.0002)


class Race:
    """One slot, and requests that render sentence after sentence; each rendering ends once all others wait."""

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.order = []
        self._alive = 0

    def run(self, requests):
        """``requests``: (client, priority, sizes), asked for in this order; returns the order of the renderings."""
        plugging = self.scheduler.admit("plug")
        plug = plugging.turn(1)
        plug.__enter__()
        threads = []
        for number, (client, priority, sizes) in enumerate(requests):
            ticket = self.scheduler.admit(client, priority=priority)
            self._alive += 1
            threads.append(threading.Thread(target=self._request, args=(ticket, client, number, sizes)))
            threads[-1].start()
            until(lambda expected=number + 1: self.scheduler.load.waiting == expected)
        plug.__exit__(None, None, None)
        plugging.__exit__(None, None, None)
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        return self.order

    def _request(self, ticket, client, number, sizes):
        with ticket:
            for index, size in enumerate(sizes):
                with ticket.turn(size):
                    self.order.append((client, number, size))
                    until(lambda: self.scheduler.load.waiting == self._alive - 1)
                    if index == len(sizes) - 1:
                        self._alive -= 1


def scheduler_of(**more):
    return Scheduler(**{"slots": 1, "queue_size": 100, "together": 10_000, **more})


REQUESTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["interactive", "batch"]),
        st.lists(st.integers(1, 60), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=6,
)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(REQUESTS)
def test_every_sentence_is_rendered_in_its_order_and_nothing_is_left(requests):
    scheduler = scheduler_of()
    order = Race(scheduler).run(requests)
    for number, (_, _, sizes) in enumerate(requests):
        assert [size for _, who, size in order if who == number] == sizes
    load = scheduler.load
    assert (load.waiting, load.rendering, set(load.requests.values())) == (0, 0, {0})


@FEW
@given(REQUESTS)
def test_nobody_waits_for_longer_than_the_bound(requests):
    order = Race(scheduler_of()).run(requests)
    for number, (_, _, sizes) in enumerate(requests):
        turns = [place for place, (_, who, _) in enumerate(order) if who == number]
        gaps = [later - earlier for earlier, later in zip([-1, *turns], turns, strict=False)]
        assert len(turns) == len(sizes)
        assert max(gaps) <= OLDEST_EVERY * len(requests)


@FEW
@given(st.integers(1, 60), st.integers(1, 4))
def test_clients_get_the_same_however_many_requests_they_have(size, many):
    """Sentences of one length: they alternate, but for the turns of the oldest."""
    requests = [("greedy", "interactive", [size] * 30)] * many + [("modest", "interactive", [size] * 30)]
    order = Race(scheduler_of()).run(requests)
    given_to = Counter()
    for client, number, _ in order:
        given_to[client] += 1
        if number == many and given_to[client] == 30:
            break
        assert abs(given_to["greedy"] - given_to["modest"]) <= 2


@FEW
@given(st.lists(st.integers(1, 10), min_size=30, max_size=30), st.integers(1, 4))
def test_whoever_was_given_less_is_next(sizes, many):
    """Sentences of any length: who is behind waits for one sentence of others at most, or two with the oldest's."""
    requests = [("greedy", "interactive", sizes)] * many + [("modest", "interactive", sizes)]
    order = Race(scheduler_of()).run(requests)
    places = [place for place, (client, _, _) in enumerate(order) if client == "modest"]
    for earlier, later in itertools.pairwise(places):
        had = Counter()
        for client, _, size in order[: earlier + 1]:
            had[client] += size
        if had["modest"] <= had["greedy"]:
            oldest = any((place + 2) % OLDEST_EVERY == 0 for place in range(earlier, later + 1))  # the plug was first
            assert later - earlier - 1 <= 1 + oldest


def test_interactive_comes_before_batch_but_batch_is_not_starved():
    requests = [("a", "batch", [10] * 12), ("a", "interactive", [10] * 20), ("b", "interactive", [10] * 20)]
    order = Race(scheduler_of()).run(requests)
    batch = [place for place, (_, who, _) in enumerate(order) if who == 0]
    busy = [place for place in batch if place < 39]
    assert 1 <= len(busy) <= 1 + 40 // OLDEST_EVERY
    assert batch[-5:] == list(range(47, 52))  # the rest once nobody else waits


def test_a_short_request_passes_a_long_one_of_the_same_client():
    order = Race(scheduler_of()).run([("a", "interactive", [50] * 30), ("a", "interactive", [5])])
    assert [who for _, who, _ in order].index(1) <= 1


def test_whoever_was_idle_gets_no_credit_for_it():
    scheduler = scheduler_of()
    Race(scheduler).run([("old", "interactive", [50] * 10)])
    order = Race(scheduler).run([("old", "interactive", [50] * 10), ("new", "interactive", [50] * 10)])
    assert abs(Counter(client for client, _, _ in order[:10])["new"] - 5) <= 2


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_no_more_at_once_than_slots_and_all_of_them_used(slots):
    scheduler = scheduler_of(slots=slots)
    together = threading.Barrier(slots)
    at_once = []

    def request(client):
        with scheduler.admit(client) as ticket, ticket.turn(10):
            together.wait(30)  # passes only when every slot is held
            at_once.append(scheduler.load.rendering)

    threads = [threading.Thread(target=request, args=(str(number),)) for number in range(8 * slots)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(at_once) == 8 * slots
    assert max(at_once) == slots


def test_large_sentences_are_not_rendered_beside_each_other():
    scheduler = scheduler_of(slots=2, together=100)
    first, second = scheduler.admit("a"), scheduler.admit("b")
    entered = threading.Event()

    def other():
        with second, second.turn(60):
            entered.set()

    with first, first.turn(60):
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.05)
        assert second.position == 0
    thread.join(5)
    assert entered.is_set()


def test_the_queue_is_bounded_and_says_when_to_come_again():
    now_s = [0.0]
    scheduler = scheduler_of(queue_size=4, per_client=3, clock=lambda: now_s[0])
    with pytest.raises(BusyError) as unmeasured:
        for _ in range(4):
            scheduler.admit("a")
    assert unmeasured.value.code == "queue_full_for_you"
    scheduler.admit("b")
    with pytest.raises(BusyError) as refused:
        scheduler.admit("c")
    assert refused.value.code == "queue_full"
    assert 1 <= refused.value.fields["retry_after_s"] <= 120
    measured = scheduler_of(queue_size=4, per_client=4, clock=lambda: now_s[0])
    for _ in range(20):
        with measured.admit("a"):
            now_s[0] += 40.0
    for _ in range(4):
        measured.admit("a")
    with pytest.raises(BusyError) as told:
        measured.admit("a")
    assert told.value.fields["retry_after_s"] == 10  # four requests of 40 s: one place every 10 s


def test_a_place_comes_back_after_failure_cancellation_and_success():
    scheduler = scheduler_of(queue_size=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), scheduler.admit("a") as ticket, ticket.turn(1):
            raise ZeroDivisionError
        with scheduler.admit("a") as ticket:
            ticket.cancel()
            with pytest.raises(Cancelled), ticket.turn(1):
                raise AssertionError
        with scheduler.admit("a") as ticket, ticket.turn(1):
            pass
    assert scheduler.load.rendering == 0


@FEW
@given(st.lists(st.sampled_from(["cancel", "raise", "leave", "finish"]), min_size=2, max_size=12), st.integers(1, 3))
def test_no_slot_is_lost_however_requests_end(endings, slots):
    scheduler = scheduler_of(slots=slots)
    plugged = [scheduler.admit("plug") for _ in range(slots)]
    plugs = [ticket.turn(1) for ticket in plugged]
    for plug in plugs:
        plug.__enter__()
    tickets = [scheduler.admit(str(number % 3)) for number in range(len(endings))]
    ended = Counter()

    def request(ticket, ending):
        try:
            with ticket.turn(5):
                if ending == "raise":
                    raise ZeroDivisionError
            ended["rendered"] += 1
        except Cancelled:
            ended["cancelled"] += 1
        except ZeroDivisionError:
            ended["raised"] += 1
        finally:
            ticket.__exit__(None, None, None)

    threads = [threading.Thread(target=request, args=pair) for pair in zip(tickets, endings, strict=True)]
    for thread in threads:
        thread.start()
    until(lambda: scheduler.load.waiting == len(endings))
    for ticket, ending in zip(tickets, endings, strict=True):
        if ending == "cancel":
            ticket.cancel()
        elif ending == "leave":
            ticket.__exit__(None, None, None)
    for plug, ticket in zip(plugs, plugged, strict=True):
        plug.__exit__(None, None, None)
        ticket.__exit__(None, None, None)
    for thread in threads:
        thread.join(10)
    counts = Counter(endings)
    assert ended["cancelled"] == counts["cancel"] + counts["leave"]
    assert (ended["raised"], ended["rendered"]) == (counts["raise"], counts["finish"])
    assert (scheduler.load.waiting, scheduler.load.rendering) == (0, 0)
    assert scheduler.wait_idle(1.0)


def test_a_turn_that_does_not_come_in_time_is_given_up_and_nothing_is_lost():
    scheduler = scheduler_of()
    with scheduler.admit("a") as holder, holder.turn(1):
        with scheduler.admit("b", deadline_s=0.05) as late, pytest.raises(DeadlineError) as told, late.turn(1):
            raise AssertionError
        assert told.value.fields["retry_after_s"] >= 1
        assert scheduler.load.waiting == 0
    with scheduler.admit("b", deadline_s=5) as ticket, ticket.turn(1):
        assert scheduler.load.rendering == 1


def test_cancelling_wakes_whoever_waits():
    scheduler = scheduler_of()
    with scheduler.admit("a") as holder, holder.turn(1), scheduler.admit("b") as ticket:
        timer = threading.Timer(0.02, ticket.cancel)
        timer.start()
        with pytest.raises(Cancelled), ticket.turn(1):
            raise AssertionError
        timer.join()


def test_position_counts_those_who_come_first():
    scheduler = scheduler_of()
    threads = []
    with scheduler.admit("a") as holder, holder.turn(10):
        tickets = [scheduler.admit(name) for name in "bcd"]

        def wait(ticket):
            with ticket, ticket.turn(10):
                pass

        for number, ticket in enumerate(tickets):
            threads.append(threading.Thread(target=wait, args=(ticket,)))
            threads[-1].start()
            until(lambda expected=number + 1: scheduler.load.waiting == expected)
        assert [ticket.position for ticket in tickets] == [0, 1, 2]
        assert holder.position is None
    for thread in threads:
        thread.join(5)


def test_draining_refuses_the_new_and_finishes_the_old():
    scheduler = scheduler_of()
    ticket = scheduler.admit("a")
    scheduler.drain()
    with pytest.raises(DrainingError):
        scheduler.admit("b")
    assert not scheduler.wait_idle(0.01)
    with ticket, ticket.turn(1):
        pass
    assert scheduler.wait_idle(0.01)


def test_ending_all_lets_nothing_begin():
    scheduler = scheduler_of()
    with scheduler.admit("a") as ticket:
        with ticket.turn(1):
            scheduler.cancel_all()
        with pytest.raises(Cancelled), ticket.turn(1):
            raise AssertionError


def test_what_is_remembered_of_clients_stays_bounded():
    scheduler = scheduler_of()
    for number in range(300):
        with scheduler.admit(f"client {number}") as ticket, ticket.turn(7):
            pass
    assert len(scheduler._clients) <= 1


def test_waits_are_reported_by_class():
    waits = []
    scheduler = scheduler_of(on_wait=lambda seconds, priority: waits.append((seconds >= 0, priority)))
    with scheduler.admit("a", priority="batch") as ticket, ticket.turn(1):
        pass
    assert waits == [(True, "batch")]


class Windows:
    """One slot on a clock of ours; every window of a rendering is a second of it, and half a second of audio."""

    def __init__(self):
        self.now_s = 0.0
        self.order = []
        self.scheduler = scheduler_of(clock=lambda: self.now_s)
        self._threads = []
        self._tickets = []

    def rich(self):
        """A request whose listener has enough for a while."""
        ticket = self.scheduler.admit("me")
        with ticket.turn(1) as hold:
            hold.made(8.0)
        return ticket

    def begin(self, name, ticket, windows, *, waiting=0, before=lambda number: None):
        """Renders so many windows in one turn, in a thread; returns once it holds the slot or so many turns wait."""

        def render():
            with ticket.turn(10) as hold:
                for number in range(windows):
                    if number:
                        hold.give_way()
                    before(number)
                    self.order.append(name)
                    self.now_s += 1.0
                    hold.made(0.5)

        self._tickets.append(ticket)
        self._threads.append(threading.Thread(target=render))
        self._threads[-1].start()
        if waiting:
            until(lambda: self.scheduler.load.waiting == waiting)

    def finish(self):
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        for ticket in self._tickets:
            ticket.__exit__(None, None, None)
        load = self.scheduler.load
        assert (load.waiting, load.rendering) == (0, 0)
        return "".join(self.order)


def test_a_sentence_gives_way_to_the_stream_that_has_less_ahead():
    world = Windows()
    first = world.rich()

    def newcomer(number):
        if number == 1:
            world.begin("b", world.scheduler.admit("me"), 3, waiting=1)

    world.begin("a", first, 6, before=newcomer)
    assert world.finish() == "aabbbaaaa"


def test_a_sentence_goes_on_while_those_who_wait_have_more_ahead():
    world = Windows()
    rich = world.rich()

    def other(number):
        if number == 1:
            world.begin("b", rich, 2, waiting=1)

    world.begin("a", world.scheduler.admit("me"), 3, before=other)
    assert world.finish() == "aaabb"


def test_work_that_can_wait_gives_way_inside_a_sentence():
    world = Windows()

    def somebody(number):
        if number == 1:
            world.begin("b", world.scheduler.admit("me"), 2, waiting=1)

    world.begin("a", world.scheduler.admit("work", priority="batch"), 4, before=somebody)
    assert world.finish() == "aabbaa"


def test_a_cancelled_sentence_ends_where_it_could_give_way():
    scheduler = scheduler_of()
    with scheduler.admit("a") as ticket, pytest.raises(Cancelled), ticket.turn(5) as hold:
        ticket.cancel()
        hold.give_way()
    assert scheduler.load.rendering == 0


def test_whoever_gave_way_and_is_cancelled_leaves_no_slot_taken():
    world = Windows()
    ended = []
    poor, rich = world.scheduler.admit("me"), world.rich()

    def render():
        try:
            with rich, rich.turn(10) as hold:
                world.begin("b", poor, 1, waiting=1, before=lambda _: rich.cancel())
                hold.give_way()
        except Cancelled:
            ended.append("rich")

    thread = threading.Thread(target=render)
    thread.start()
    thread.join(10)
    assert world.finish() == "b" and ended == ["rich"]


def test_a_sentence_that_gave_way_comes_before_the_next_one_of_its_text():
    world = Windows()
    text = world.rich()

    def newcomer(number):
        if number == 1:
            world.begin("2", text, 2, waiting=1)
            world.begin("b", world.scheduler.admit("me"), 2, waiting=2)

    world.begin("1", text, 3, before=newcomer)
    assert world.finish() == "11bb122"
