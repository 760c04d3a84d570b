"""What a request meets when others are at the engine."""

from contextlib import ExitStack

import pytest

from tts_engine.service.desk import Caller

BODY = {"model": "tts-1", "input": "好。", "response_format": "pcm"}


@pytest.fixture
def busy(app):
    """Every slot of the engine is held by others."""
    scheduler = app.state.desk.scheduler
    with ExitStack() as stack:
        for number in range(scheduler.slots):
            ticket = stack.enter_context(scheduler.admit(f"other {number}"))
            stack.enter_context(ticket.turn(1))
        yield scheduler


@pytest.mark.parametrize("prefer", ["wait=1", "respond-async, wait=1", 'WAIT = "1"; foo'])
def test_a_request_says_how_long_it_waits(busy, client, prefer):
    answer = client.post("/v1/audio/speech", json=BODY, headers={"Prefer": prefer})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_passed")
    assert int(answer.headers["retry-after"]) >= 1
    assert busy.load.waiting == 0


@pytest.mark.parametrize("prefer", ["", "await=1", "wait=x", "wait=-1", "return=minimal"])
def test_other_preferences_change_nothing(client, prefer):
    assert client.post("/v1/audio/speech", json=BODY, headers={"Prefer": prefer}).status_code == 200


def test_a_full_queue_is_told_with_when_to_come_again(app, client):
    desk = app.state.desk
    with ExitStack() as stack:
        for number in range(desk.scheduler.queue_size):
            stack.enter_context(desk.visit(Caller(f"other {number}"), characters=1))
        answer = client.post("/v1/audio/speech", json=BODY)
        assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
        assert answer.json()["error"]["code"] == "queue_full" and int(answer.headers["retry-after"]) >= 1
    assert client.post("/v1/audio/speech", json=BODY).status_code == 200


def test_going_down_is_told(app, client):
    app.state.desk.scheduler.drain()
    answer = client.post("/v1/audio/speech", json=BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "draining")
