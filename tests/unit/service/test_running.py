"""Jobs that tell their progress and can be stopped; feeds that can be heard while they grow."""

import asyncio
import io
import threading

import numpy as np
import pytest
import soundfile

from tts_engine.errors import ControlError, TextError
from tts_engine.service.feed import MOST_FEEDS, Feed, Feeds
from tts_engine.service.running import Job
from tts_engine.service.scheduler import Cancelled

SOUND = np.full(2400, 0.25, np.float32)


def hear(feed, **how):
    async def gather():
        return b"".join([piece async for piece in feed.listen(**how)])

    return asyncio.run(gather())


def test_a_late_listener_hears_everything_and_the_end():
    feed = Feed(24000)
    feed.push(SOUND)
    heard = []
    listener = threading.Thread(target=lambda: heard.append(hear(feed)))
    listener.start()
    feed.push(SOUND)
    feed.close()
    listener.join(10)
    assert heard == [hear(feed)]
    assert soundfile.info(io.BytesIO(heard[0])).duration == pytest.approx(0.2, abs=0.1)


def test_a_feed_without_news_ends_after_a_while():
    feed = Feed(24000)
    assert hear(feed, patience_s=0.01) == b"" and not feed.has_sound
    feed.close()
    feed.close()  # harmless


def test_feeds_are_bounded_and_unknown_ones_named():
    feeds = Feeds()
    for number in range(MOST_FEEDS + 5):
        feeds.open(str(number))
    with pytest.raises(ControlError, match="'0'"):
        feeds.get("0")
    assert feeds.get(str(MOST_FEEDS + 4))


def test_news_come_in_order_and_the_result_at_the_end():
    feed, steps = Feed(24000), threading.Semaphore(0)

    def act(on_progress, own_feed):
        assert own_feed is feed
        for number in range(3):
            steps.acquire(timeout=5)
            on_progress(number / 2, str(number))
        return "made"

    job = Job(act, feed)
    told = []
    for news in job.news(0.05):
        told.append(news)
        steps.release()
    assert told == sorted(told) and job.result() == "made" and feed.is_closed


def test_stopping_ends_the_action_at_its_next_step():
    steps = []
    running = threading.Event()

    def act(on_progress, _feed):
        for number in range(1000):
            running.set()
            steps.append(number)
            on_progress(0.0, "")
            threading.Event().wait(0.005)

    job = Job(act, Feed(24000))
    running.wait(5)
    job.stop()
    with pytest.raises(Cancelled):
        job.result()
    assert len(steps) < 1000
    job.stop()  # harmless


def test_whoever_leaves_stops_the_work():
    def act(on_progress, _feed):
        while True:
            on_progress(0.5, "on")
            threading.Event().wait(0.005)

    job = Job(act, Feed(24000))
    news = job.news(0.05)
    next(news)
    news.close()
    with pytest.raises(Cancelled):
        job.result()


def test_what_goes_wrong_is_raised_where_the_result_is_asked_for():
    def act(_on_progress, _feed):
        raise TextError("no")

    with pytest.raises(TextError):
        Job(act, Feed(24000)).result()
