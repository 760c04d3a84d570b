"""The model loads behind the page, is waited for, and gets a second chance."""

import threading
import time

import pytest
from fake_synthesizer import FakeSynthesizer

from tts_engine.assets import FetchProgress
from tts_engine.errors import OUTCOMES, AssetMissingError, SynthesisError
from tts_engine.service import wording
from tts_engine.service.engine import EngineHolder, EngineState


def test_who_needs_the_engine_waits_and_hears_why():
    gate = threading.Event()
    fetched = FetchProgress("downloading", "part-1", 30_000_000, 120_000_000, 3.0, 90.0)

    def load(progress):
        progress(fetched)
        gate.wait(5)
        return engine

    engine = FakeSynthesizer()
    holder = EngineHolder(load)
    heard = []

    def on_wait(state):
        heard.append(state)
        gate.set()

    assert holder.obtain(on_wait, interval_s=0.01) is engine
    assert heard[0].phase == "fetching" and heard[0].fetch == fetched
    assert "30 / 120 MB" in wording.waiting(heard[0]) and "2 分钟" in wording.waiting(heard[0])
    assert holder.state.phase == "ready" and holder.synthesizer is engine


def test_it_is_loaded_once_for_many():
    calls = []

    def load(_progress):
        calls.append(1)
        time.sleep(0.05)
        return FakeSynthesizer()

    holder = EngineHolder(load)
    got = []
    threads = [threading.Thread(target=lambda: got.append(holder.obtain(interval_s=0.01))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and len(set(map(id, got))) == 1


def test_a_failure_is_told_and_the_next_click_tries_again():
    attempts = []

    def load(_progress):
        attempts.append(1)
        if len(attempts) < 3:
            raise AssetMissingError("no model: copy it to cache_hub/import")
        return FakeSynthesizer()

    holder = EngineHolder(load)
    for _ in range(2):
        with pytest.raises(AssetMissingError, match="copy it"):
            holder.obtain(interval_s=0.01)
        assert holder.state.phase == "failed"
        assert "copy it" in wording.status_html(holder.state)
    assert holder.obtain(interval_s=0.01) is holder.synthesizer
    assert len(attempts) == 3


def test_a_surprise_while_loading_becomes_an_error_of_ours():
    def load(_progress):
        raise ZeroDivisionError("boom")

    with pytest.raises(SynthesisError, match="boom"):
        EngineHolder(load).obtain(interval_s=0.01)


def test_waiting_can_be_given_up():
    holder = EngineHolder(lambda _progress: time.sleep(2))
    with pytest.raises(KeyError):
        holder.obtain(lambda _state: {}["stop"], interval_s=0.01)


def test_every_kind_of_error_has_a_headline_in_both_languages():
    assert set(wording.HEADLINES) == set(OUTCOMES)
    assert all(" · " in line for line in wording.HEADLINES.values())


def test_nothing_from_outside_becomes_markup():
    failed = EngineState("failed", error=AssetMissingError("<script>alert(1)</script>\nsecond line"))
    shown = wording.status_html(failed) + wording.warnings_html(["<b>x"])
    assert "<script>" not in shown and "<b>x" not in shown
    assert "<br>second line" in shown


def test_who_wants_to_know_hears_of_the_engine_once_whenever_it_asks():
    gate, engine, early, late = threading.Event(), FakeSynthesizer(), [], []

    def load(_progress):
        gate.wait(5)
        return engine

    holder = EngineHolder(load)
    holder.when_ready(early.append)
    holder.start()
    assert early == []
    gate.set()
    holder.obtain(interval_s=0.01)
    until = time.monotonic() + 5
    while not early and time.monotonic() < until:
        time.sleep(0.001)
    holder.when_ready(late.append)
    assert early == late == [engine]
