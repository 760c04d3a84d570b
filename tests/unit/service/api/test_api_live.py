"""Answers that grow: who goes away stops the work, what breaks off is not taken for whole, texts are not mixed."""

import json
import threading
import time

import anyio
import pytest
from fake_synthesizer import to_pcm16, tone_of


class Caller:
    """One request as the server sees it, without a socket; goes away when told to."""

    def __init__(self, app, body, path="/v1/audio/speech"):
        self.app, self.body, self.path = app, json.dumps(body).encode(), path
        self.sent = []
        self.body_size = 0

    async def call(self, leave_after=None, leave_s=None):
        left = anyio.Event()
        has_asked = False

        async def receive():
            nonlocal has_asked
            if not has_asked:
                has_asked = True
                return {"type": "http.request", "body": self.body, "more_body": False}
            if leave_s is not None:
                await anyio.sleep(leave_s)
            else:
                await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            self.sent.append(message)
            self.body_size += len(message.get("body", b""))
            if leave_after is not None and len(self.blocks) >= leave_after:
                left.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
        }
        await self.app(scope, receive, send)

    @property
    def blocks(self):
        return [message["body"] for message in self.sent if message.get("body")]

    @property
    def is_complete(self):
        return any(message.get("more_body") is False for message in self.sent if message["type"].endswith("body"))


LONG = "".join(f"{number}。" for number in range(30))


@pytest.mark.parametrize("fields", [{}, {"stream_format": "sse"}])
def test_work_stops_within_a_sentence_of_the_client_leaving(app, engine, fields):
    engine.sentence_s = 0.02
    caller = Caller(app, {"input": LONG, "response_format": "pcm", **fields})
    anyio.run(caller.call, 3)
    assert 3 <= len(engine.rendered) <= 5  # one was in the making, one may have begun as the news came
    assert not caller.is_complete


@pytest.mark.parametrize("fields", [{"timestamps": "word"}, {"response_format": "flac"}])
def test_work_stops_before_the_answer_has_begun_too(app, engine, fields):
    engine.sentence_s = 0.02
    caller = Caller(app, {"input": LONG, "response_format": "wav", **fields})
    anyio.run(lambda: caller.call(leave_s=0.1))
    assert 1 <= len(engine.rendered) < 15


def test_a_batch_stops_too(app, engine):
    engine.sentence_s = 0.02
    caller = Caller(
        app, {"items": ["甲。乙。丙。", *"一二三四五六七八"], "response_format": "pcm"}, "/v1/audio/speech/batch"
    )
    anyio.run(caller.call, 1)
    assert len(engine.rendered) <= 6


def test_a_failure_later_ends_the_connection_without_the_last_chunk(app, engine):
    engine.fails_at = "5。"
    caller = Caller(app, {"input": LONG, "response_format": "pcm"})
    anyio.run(caller.call)
    assert len(caller.blocks) == 5
    assert not caller.is_complete


def test_sound_leaves_while_the_rest_is_being_made(app, engine):
    engine.sentence_s = 0.05
    caller = Caller(app, {"input": LONG[:30], "response_format": "wav"})
    arrivals = []

    async def watch():
        async with anyio.create_task_group() as group:
            group.start_soon(caller.call)
            while not caller.is_complete:
                arrivals.append((len(engine.rendered), len(caller.blocks)))
                await anyio.sleep(0.01)

    anyio.run(watch)
    assert any(blocks >= 2 and rendered < 10 for rendered, blocks in arrivals)


def test_many_at_once_get_their_own_words(client, engine):
    engine.sentence_s = 0.002
    texts = [f"第{number}段。{number}号。尾{number}。" for number in range(24)]
    got = {}

    def ask(text):
        body = {"input": text, "response_format": "pcm"}
        got[text] = client.post("/v1/audio/speech", json=body).content

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text in texts:
        parts = [part + "。" for part in text.split("。")[:-1]]
        assert got[text] == b"".join(to_pcm16(tone_of(part)) for part in parts)


def test_a_model_that_never_comes_does_not_hold_a_client_that_left(build_app):
    loading = threading.Event()
    app = build_app(lambda _progress: loading.wait(20))
    began = time.monotonic()
    caller = Caller(app, {"input": "你好。"})
    try:
        anyio.run(lambda: caller.call(leave_s=0.05))
    finally:
        loading.set()
    assert time.monotonic() - began < 5
    assert not caller.blocks
