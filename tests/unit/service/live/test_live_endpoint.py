"""The WebSocket: messages, audio, close codes, limits; through the application's own test client."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from test_pipeline import FakeEngine, FakeVoices

from tts_engine.pipeline import Synthesizer
from tts_engine.service.desk import Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.service.live.endpoint import PATH, Sessions, add_to
from tts_engine.service.live.protocol import MAX_MESSAGE_BYTES
from tts_engine.settings import Settings


def make(front_end, **limits):
    synthesizer = Synthesizer.from_parts(FakeEngine(), FakeVoices(), front_end)
    app, settings = FastAPI(), Settings()
    app.state.desk = Desk(settings)
    add_to(app.router, Sessions(settings, EngineHolder(lambda _: synthesizer), app.state.desk, **limits))
    return TestClient(app)


@pytest.fixture
def client(front_end):
    with make(front_end) as client:
        yield client


def read(socket):
    """Everything until the server closes: events, audio, close code."""
    events, audio = [], b""
    while True:
        message = socket.receive()
        if message["type"] == "websocket.close":
            return events, audio, message["code"]
        if message.get("bytes") is not None:
            audio += message["bytes"]
        else:
            events.append(json.loads(message["text"]))


def test_a_session_from_beginning_to_end_and_its_log(client):
    with client.websocket_connect(PATH) as socket:
        socket.send_json({"type": "config", "emotion": "温柔"})
        for piece in ("你好", "。今天", "天气不错。"):
            socket.send_json({"type": "text", "text": piece})
        socket.send_json({"type": "end"})
        events, audio, code = read(socket)
    assert code == 1000 and len(audio) == sum(event.get("bytes", 0) for event in events)
    kinds = [event["type"] for event in events]
    assert kinds == ["started", "configured", "ready", "clause", "clause", "done"] or kinds.count("clause") == 2
    log = client.get(events[-1]["log"]).json()
    assert log["events"] == events and log["is_over"]
    assert client.get(events[-1]["log"], params={"after": log["last"]}).json()["events"] == []
    assert client.get("/v1/audio/speech/sessions/nobody").status_code == 404


def test_the_client_for_pages_is_a_module_that_knows_this_address(client):
    answer = client.get("/v1/audio/speech/live.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert PATH in answer.text and "export class LiveSpeech" in answer.text


def test_too_long_a_message_and_binary_frames_end_it(client):
    with client.websocket_connect(PATH) as socket:
        socket.send_text("x" * (MAX_MESSAGE_BYTES + 1))
        events, _, code = read(socket)
    assert code == 1009 and events[-1]["error"]["code"] == "message_too_long"
    with client.websocket_connect(PATH) as socket:
        socket.send_bytes(b"RIFF")
        events, _, code = read(socket)
    assert code == 1003 and events[-1]["is_fatal"]


def test_an_idle_session_is_closed(front_end):
    with make(front_end, idle_s=0.1) as client, client.websocket_connect(PATH) as socket:
        events, _, code = read(socket)
    assert code == 4408 and events[-1]["error"]["code"] == "session_idle"


def test_too_many_sessions_are_refused_and_places_come_back(front_end):
    with make(front_end, most=2) as client:
        with client.websocket_connect(PATH) as first:
            assert first.receive_json()["type"] == "started"
            with client.websocket_connect(PATH) as second:
                events, _, code = read(second)
            assert code == 1013 and events[0]["error"]["code"] == "sessions_full"
        with client.websocket_connect(PATH) as third:
            assert third.receive_json()["type"] == "started"


def test_a_client_that_goes_leaves_nothing_behind(client):
    with client.websocket_connect(PATH) as socket:
        socket.send_json({"type": "text", "text": "一句话。两句话。"})
        socket.receive_json()
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/v1/audio/nowhere"):
        pass
