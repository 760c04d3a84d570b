"""Only the very process that wrote the record is ever stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tts_engine.service.instance import (
    RECORD,
    Instance,
    bind,
    is_alive,
    process_birth,
    read_record,
    remove_record,
    stop,
    this_instance,
    who_is_there,
    write_record,
)


@pytest.fixture
def child():
    started = []

    def start(code: str = "import time; print(1, flush=True); time.sleep(60)") -> Instance:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        process.stdout.readline()
        started.append(process)
        return Instance(process.pid, process_birth(process.pid), "token", "127.0.0.1", 1)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_record_round_trip(tmp_path):
    mine = this_instance("127.0.0.1", 7860)
    write_record(tmp_path, mine)
    assert read_record(tmp_path) == mine
    assert [path.name for path in tmp_path.iterdir()] == [RECORD]
    remove_record(tmp_path, mine)
    assert read_record(tmp_path) is None


def test_the_record_of_a_successor_is_left_alone(tmp_path):
    mine, other = this_instance("h", 1), this_instance("h", 1)
    write_record(tmp_path, other)
    remove_record(tmp_path, mine)
    assert read_record(tmp_path) == other


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "42", "null", '{"pid": 1}', '{"pid":"7","birth":"b","token":"t","host":"h","port":1}', "\x00"]
    + [json.dumps({"pid": pid, "birth": "b", "token": "t", "host": "h", "port": 1}) for pid in (0, -1, 1, True)],
)
def test_what_is_no_record_is_no_record(tmp_path, content):
    (tmp_path / RECORD).write_text(content)
    assert read_record(tmp_path) is None


def test_a_living_server_is_asked_first(child, tmp_path):
    code = (
        "import signal, sys, time, pathlib\n"
        f"def end(*_): pathlib.Path({str(tmp_path / 'asked')!r}).touch(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print(1, flush=True); time.sleep(60)"
    )
    instance = child(code)
    assert is_alive(instance)
    stop(instance)
    assert not is_alive(instance)
    assert (tmp_path / "asked").exists()


def test_a_deaf_server_is_stopped_all_the_same(child):
    instance = child(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    began = time.monotonic()
    stop(instance, wait_s=0.3)
    assert not is_alive(instance) and time.monotonic() - began >= 0.3


def test_another_process_with_the_same_number_is_never_touched(child):
    instance = child()
    reused = Instance(instance.pid, "born at another time", "token", "h", 1)
    assert not is_alive(reused)
    stop(reused)
    assert is_alive(instance)


def test_the_dead_are_dead(child):
    instance = child()
    os.kill(instance.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_alive(instance) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(instance)  # a zombie counts as dead
    stop(instance)


def test_this_process_never_stops_itself():
    assert not is_alive(this_instance("h", 1))


def test_a_taken_port_is_seen_and_a_stranger_is_no_instance():
    stranger = bind("127.0.0.1", 0)
    port = stranger.getsockname()[1]
    try:
        assert bind("127.0.0.1", port) is None
        assert who_is_there("127.0.0.1", port) is None
    finally:
        stranger.close()
    free = bind("127.0.0.1", port)
    assert free is not None
    free.close()


def test_an_address_that_is_not_ours_is_an_error():
    with pytest.raises(OSError):
        bind("203.0.113.7", 0)


def test_the_address_answers_before_the_server_does():
    listener = bind("127.0.0.1", 0)
    with socket.create_connection(listener.getsockname(), timeout=2):
        listener.close()
