"""A live session without a network: what goes out for what comes in, in which order, and when it goes wrong."""

from __future__ import annotations

import json
import threading
import time

import pytest
from test_pipeline import RATE, FakeEngine, FakeVoices

from tts_engine.errors import BusyError, DrainingError
from tts_engine.pipeline import Synthesizer
from tts_engine.service.live import outbox as outbox_module
from tts_engine.service.live.log import EventLog, Logs
from tts_engine.service.live.outbox import Close, Outbox
from tts_engine.service.live.session import LiveSession
from tts_engine.service.scheduler import Cancelled


class SlowEngine(FakeEngine):
    """Waits for ``gate`` in every rendering."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def render(self, encoding, prosody, timbre_style, *, seed=0):
        self.entered.set()
        assert self.gate.wait(30)
        return super().render(encoding, prosody, timbre_style, seed=seed)


class FakeVisit:
    def __init__(self):
        self.is_cancelled = False
        self.audio_s = 0.0

    def turn(self, _size, _on_wait=None):
        return self

    def note(self, audio_s):
        self.audio_s += audio_s

    def cancel(self):
        self.is_cancelled = True

    def __enter__(self):
        if self.is_cancelled:
            raise Cancelled
        return self

    def __exit__(self, *_):
        return None


class Room:
    """A session with everything that left it."""

    def __init__(self, front_end, **more):
        self.engine = SlowEngine()
        self.synthesizer = Synthesizer.from_parts(self.engine, FakeVoices(), front_end)
        self.outbox, self.items, self.visits = Outbox(), [], []
        self.refusals = []
        self.log = EventLog("s", "local")
        self.session = LiveSession(lambda: self.synthesizer, self.visit, self.log, self.outbox, **more)
        self.session.start()

    def visit(self, _characters):
        if self.refusals:
            raise self.refusals.pop(0)
        self.visits.append(FakeVisit())
        return self.visits[-1]

    def say(self, kind, **fields):
        self.session.message(json.dumps({"type": kind, **fields}))

    def collect(self):
        for item in self.outbox.take():
            self.items.append(item)
            if isinstance(item, bytes):
                self.outbox.sent(item)
        return self.items

    def wait_for(self, is_there, timeout_s=30.0):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = next((item for item in self.collect() if is_there(item)), None)
            if found is not None:
                return found
            time.sleep(0.005)
        raise AssertionError(f"not there: {[i if not isinstance(i, bytes) else len(i) for i in self.items]}")

    def event(self, kind, number=0):
        def is_it(item):
            return isinstance(item, dict) and [e for e in self.items if isinstance(e, dict) and e["type"] == kind][
                number:
            ][:1] == [item]

        return self.wait_for(is_it)

    def events(self, kind):
        return [item for item in self.collect() if isinstance(item, dict) and item["type"] == kind]

    def closed(self):
        return self.wait_for(lambda item: isinstance(item, Close))


@pytest.fixture
def room(front_end):
    room = Room(front_end)
    yield room
    room.engine.gate.set()
    room.session.close()


def test_text_in_pieces_becomes_clauses_in_order_each_before_its_audio(room):
    for char in "今天天气很好，我们去公园吧。真的吗？":
        room.say("text", text=char)
    room.say("end")
    assert room.closed() == Close(1000)
    kinds = [item["type"] if isinstance(item, dict) else type(item).__name__ for item in room.items]
    assert kinds[:2] == ["started", "ready"]
    joined = [kind for kind, before in zip(kinds, ["", *kinds], strict=False) if (kind, before) != ("bytes", "bytes")]
    assert joined[2:] == ["clause", "bytes"] * len(room.events("clause")) + ["done", "Close"]
    clauses = room.events("clause")
    assert "".join(clause["text"] for clause in clauses) == "今天天气很好，我们去公园吧。真的吗？"
    size = sum(len(item) for item in room.items if isinstance(item, bytes))
    assert size == sum(clause["bytes"] for clause in clauses)
    assert size == round(room.events("done")[0]["audio_s"] * RATE) * 2
    assert [event["seq"] for event in room.log.read()["events"]] == list(range(len(clauses) + 3))


def test_a_clause_leaves_before_the_text_is_complete(room):
    room.say("text", text="第一句话已经写完了。第")
    assert room.event("clause")["text"] == "第一句话已经写完了。"


def test_flush_speaks_what_is_there_and_says_when(room):
    room.say("text", text="没有句号")
    room.say("flush")
    room.event("flushed")
    assert [clause["text"] for clause in room.events("clause")] == ["没有句号"]


def test_when_the_writer_pauses_what_is_safe_is_spoken(front_end):
    room = Room(front_end)
    room.say("config", flush_after_s=0.1)
    room.say("text", text="好的，这个")
    assert room.event("clause")["text"] == "好的，"
    time.sleep(0.2)
    assert len(room.events("clause")) == 1
    room.session.close()


def test_barge_in_drops_what_waits_and_what_is_being_rendered(room):
    room.engine.gate.clear()
    room.say("text", text="第一句话。第二句话。第三句")
    assert room.engine.entered.wait(30)
    room.say("cancel")
    assert room.event("cancelled")["dropped_characters"] >= 3
    room.engine.gate.set()
    room.say("text", text="新的话。")
    room.say("end")
    room.closed()
    assert [clause["text"] for clause in room.events("clause")] == ["新的话。"]
    assert room.events("clause")[0]["begin_s"] < 0.1  # what nobody heard takes no time
    assert room.visits[0].is_cancelled


def test_clear_keeps_what_is_being_rendered(room):
    room.engine.gate.clear()
    room.say("text", text="第一句话。第二句话。第三句话。")
    assert room.engine.entered.wait(30)
    room.say("clear")
    room.event("cleared")
    room.engine.gate.set()
    room.say("end")
    room.closed()
    assert [clause["text"] for clause in room.events("clause")] == ["第一句话。"]


def test_the_listener_changes_what_has_not_been_rendered_yet(front_end):
    now = [0.0]
    room = Room(front_end)
    room.log._clock = lambda: room.log._began + now[0]
    room.say("config", policy="soothe", resting_heart_rate=62, max_lead_s=None)
    room.say("text", text="第一句话在这里。第")
    first = room.event("clause")
    for second in range(15):
        now[0] = float(second)
        room.session.message(json.dumps({"heart_rate": 110, "valence": -0.4}))
    room.say("text", text="二句话在这里。第三句话在这里。")
    room.say("end")
    room.closed()
    last = room.events("clause")[-1]
    assert first["listener_weight"] == 0.0 and first["emotion"] == "neutral" and first["speed"] == 1.0
    assert last["listener_weight"] > 0.2 and "gentle" in last["emotion"] and last["speed"] < 0.97
    assert [event["decision"] for event in room.events("listener") if event["decision"] != "reading"] == ["acts"]


def test_the_same_words_in_a_config_hold_from_the_next_clause(room):
    room.say("config", emotion="happy", instructions="慢一点")
    room.say("text", text="第一句话。第")
    first = room.event("clause")
    assert "happy" in first["emotion"] and first["speed"] < 1.0
    room.say("config", emotion=None, instructions=None)
    room.say("text", text="二句话。第三句话。第四句话。")
    room.say("end")
    room.closed()
    assert room.events("clause")[-1]["emotion"] == "neutral" and room.events("clause")[-1]["speed"] == 1.0


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "json_invalid"),
        ("[]", "json_invalid"),
        ("[" * 5000, "json_invalid"),
        ('{"type": "sing"}', "message_unknown"),
        ('{"type": 3}', "message_unknown"),
        ('{"type": "text", "text": 3}', "text_invalid"),
        ('{"type": "text", "txt": "x"}', "field_unknown"),
        ('{"type": "text", "text": "\\ud800"}', "text_invalid"),
        ('{"type": "state", "heart_rate": NaN}', "reading_invalid"),
        ('{"type": "state"}', "reading_invalid"),
        ('{"heart_rate": 900}', "reading_invalid"),
        ('{"type": "config", "speed": 99}', "option_invalid"),
        ('{"type": "config", "sped": 1}', "field_unknown"),
        ('{"type": "config", "emotion": "grumpyish"}', "emotion_unknown"),
        ('{"type": "config", "policy": "hypnotise"}', "option_invalid"),
        ('{"type": "config", "max_lead_s": NaN}', "option_invalid"),
        ('{"type": "config", "response_format": "m4a"}', "option_invalid"),
        ('{"type": "config", "ref_audio": "/etc/passwd"}', "field_unknown"),
        ('{"type": "log", "after": "x"}', "option_invalid"),
    ],
)
def test_a_wrong_message_is_one_error_and_the_session_goes_on(room, raw, code):
    room.session.message(raw)
    error = room.event("error")
    assert error["error"]["code"] == code and error["is_fatal"] is False
    room.say("text", text="还在。")
    room.say("end")
    assert room.closed() == Close(1000) and len(room.events("clause")) == 1


def test_a_backlog_that_is_full_refuses_the_piece_and_keeps_the_rest(front_end):
    room = Room(front_end, max_backlog=10)
    room.engine.gate.clear()
    room.say("text", text="十个字以内的一句话")
    room.say("text", text="再来两个")
    assert room.event("error")["error"]["code"] == "backlog_full"
    room.engine.gate.set()
    room.say("end")
    room.closed()
    assert "".join(clause["text"] for clause in room.events("clause")) == "十个字以内的一句话"
    room.session.close()


def test_a_full_queue_is_asked_again_and_told(room):
    room.refusals = [BusyError("full", code="queue_full", retry_after_s=0.05)]
    room.say("text", text="一句话。")
    room.say("end")
    assert room.closed() == Close(1000)
    assert room.events("warning")[0]["message"] == "full" and len(room.events("clause")) == 1


def test_a_server_that_goes_down_says_so(room):
    room.refusals = [DrainingError("going down", retry_after_s=1)]
    room.say("text", text="一句话。")
    room.say("flush")
    assert room.closed().code == 1012
    assert room.events("error")[-1]["is_fatal"] is True


def test_what_fails_unexpectedly_ends_the_session_with_an_error(room, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("boom")

    monkeypatch.setattr(room.engine, "encode", broken)
    room.say("text", text="一句话。")
    room.say("flush")
    assert room.closed().code == 1011
    assert room.events("error")[-1]["error"]["code"] == "session_failed"


def test_what_cannot_be_spoken_is_skipped(room):
    room.say("text", text="……\n☃。一句话。")
    room.say("end")
    assert room.closed() == Close(1000)
    assert "一句话。" in room.events("clause")[-1]["text"]


def test_after_the_end_nothing_is_taken(room):
    room.say("end")
    room.say("text", text="太晚了。")
    assert room.event("error")["error"]["code"] == "session_ended"


def test_a_client_that_leaves_ends_the_worker(room):
    room.engine.gate.clear()
    room.say("text", text="第一句话。第二句话。")
    assert room.engine.entered.wait(30)
    room.session.close()
    room.engine.gate.set()
    room.session._thread.join(30)
    assert not room.session._thread.is_alive() and room.engine.rendered == 1
    assert room.log.ended_at is not None


def test_rendering_stays_near_playback(front_end):
    room = Room(front_end)
    room.say("config", max_lead_s=0.5)
    room.say("text", text="这是一句不长也不短的话。" * 30)
    room.event("clause")
    time.sleep(0.3)
    ahead = room.events("clause")
    assert sum(clause["audio_s"] for clause in ahead) < 0.5 + 0.4 + 2 * ahead[0]["audio_s"]
    room.session.close()


def test_encoded_audio_is_one_stream(front_end):
    room = Room(front_end)
    room.say("config", response_format="wav")
    room.say("text", text="第一句话。第二句话。")
    room.say("end")
    room.closed()
    data = b"".join(item for item in room.items if isinstance(item, bytes))
    assert data.count(b"RIFF") == 1 and data.startswith(b"RIFF")
    samples = data[data.index(b"data") + 8 :]
    assert len(samples) == round(room.events("done")[0]["audio_s"] * RATE) * 2
    assert b"AIGC" in data[: -len(samples)]  # it says that AI made it


def test_the_format_cannot_change_under_way(room):
    room.say("text", text="一句话。")
    room.say("config", response_format="mp3")
    assert room.event("error")["error"]["code"] == "option_invalid"


def test_an_outbox_that_nobody_empties_stops_the_work(monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_WAITING_BYTES", 10)
    outbox = Outbox()
    assert outbox.put_audio(b"x" * 20, 0.05)
    assert not outbox.put_audio(b"x", 0.05)
    (frame,) = outbox.take()
    outbox.sent(frame)
    assert outbox.put_audio(b"x", 0.05)


def test_the_log_is_read_from_anywhere_by_its_owner_only():
    logs = Logs()
    log = logs.open("a", "key-1")
    for number in range(5):
        log.add("warning", message=str(number))
    assert [event["seq"] for event in log.read(after=2)["events"]] == [3, 4]
    assert log.read(after=2)["is_complete"] and log.read(after=2)["last"] == 4
    assert logs.find("a", "key-1") is log and logs.find("a", "key-2") is None and logs.find("b", "key-1") is None


def test_a_long_log_forgets_its_beginning_and_says_so(monkeypatch):
    from tts_engine.service.live import log as log_module

    monkeypatch.setattr(log_module, "MAX_EVENTS", 10)
    log = EventLog("a", "x")
    for _ in range(25):
        log.add("warning")
    assert not log.read()["is_complete"] and len(log.read()["events"]) <= 11


def test_old_logs_make_room(monkeypatch):
    from tts_engine.service.live import log as log_module

    monkeypatch.setattr(log_module, "MAX_LOGS", 2)
    logs = Logs()
    for name in "abc":
        logs.open(name, "x").end()
    logs.open("d", "x")
    assert logs.find("a", "x") is None and logs.find("d", "x") is not None
