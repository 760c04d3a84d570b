"""What goes wrong around a server, and that it leaves one clear error and a server that goes on."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from server_process import Server, ask, free_port, wait_until

from tts_engine.service.keys import KeyFile

pytestmark = pytest.mark.e2e

SECRET_TEXT = "天机不可泄露"


def started(folder, *arguments, **environ):
    server = Server(folder, free_port(), *arguments, **environ)
    server.wait_until_up()
    wait_until(lambda: ask(server.port)["ready"])
    return server


@pytest.fixture
def start(tmp_path):
    servers = []

    def start_one(*arguments, **environ):
        servers.append(started(tmp_path, *arguments, **environ))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Two slots, short sentences, and a wall clock that jumps by years all the time."""
    server = started(
        tmp_path_factory.mktemp("server"), "0", "0.02", TTS_SLOTS="2", TTS_TEST_CLOCK_JUMPS="1", TTS_DEADLINE_S="60"
    )
    yield server
    assert server.close() == 128 + signal.SIGTERM


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server that asks for keys and cannot write files of more than 60 kB; the folder, the server and a key."""
    folder = tmp_path_factory.mktemp("guarded")
    _, secret = KeyFile(folder / "data").create("phone")
    server = started(folder, TTS_REQUIRE_KEYS="1", TTS_TEST_LARGEST_FILE="60000")
    yield folder, server, {"Authorization": f"Bearer {secret}"}
    server.close()


def speak(server, text, headers=None, **fields):
    """Status, body and headers of one request for speech; None as status where the answer breaks off."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps({"model": "tts-1", "voice": "zf_xiaoxiao", "input": text, "response_format": "pcm", **fields})
    try:
        connection.request("POST", "/v1/audio/speech", body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    except (http.client.IncompleteRead, ConnectionError, http.client.RemoteDisconnected):
        return None, b"", {}
    finally:
        connection.close()


def measured(server, series, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics", headers=headers or {})
    text = connection.getresponse().read().decode()
    connection.close()
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def works(server):
    status, body, _ = speak(server, "好。")
    return status == 200 and len(body) == 2 * 4800


def test_a_client_that_goes_leaves_no_work_behind(server):
    body = json.dumps({"model": "tts-1", "input": "好。" * 250, "response_format": "pcm"}).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        received = 0
        while received < 20_000:
            received += len(client.recv(4096))
        assert measured(server, 'tts_queue_depth{what="interactive"}') == 1
    wait_until(lambda: measured(server, 'tts_queue_depth{what="interactive"}') == 0, 5)
    assert measured(server, 'tts_speeches_total{entrance="http",outcome="cancelled"}') == 1
    assert measured(server, 'tts_audio_seconds_total{entrance="http"}') < 0.5 * 250 * 0.2
    assert works(server)


def test_sigterm_under_load_finishes_what_runs_and_refuses_what_comes(start, tmp_path):
    server = start("0", "0.1", TTS_SHUTDOWN_GRACE_S="40", TTS_SLOTS="2")
    results = []
    threads = [threading.Thread(target=lambda n=n: results.append(speak(server, f"第{n}段。" * 30))) for n in range(6)]
    for thread in threads:
        thread.start()
    wait_until(lambda: measured(server, 'tts_queue_depth{what="interactive"}') == 6)
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: ask_quietly(server)["state"] == "draining")
    status, body, headers = speak(server, "太晚了。")
    assert (status, json.loads(body)["error"]["code"]) == (503, "draining")
    assert int(headers["retry-after"]) >= 1
    for thread in threads:
        thread.join(60)
    assert [status for status, _, _ in results] == [200] * 6
    assert all(len(body) == 30 * 2 * 4800 for _, body, _ in results)
    assert server.process.wait(10) == 128 + signal.SIGTERM
    assert "Traceback" not in server.said()


def ask_quietly(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/health")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_a_second_signal_does_not_wait(start):
    server = start("0", "0.2", TTS_SHUTDOWN_GRACE_S="60")
    thread = threading.Thread(target=speak, args=(server, "好。" * 200))
    thread.start()
    wait_until(lambda: measured(server, 'tts_queue_depth{what="rendering"}') >= 1)
    began_s = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: ask_quietly(server)["state"] == "draining")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 128 + signal.SIGTERM
    assert time.monotonic() - began_s < 10
    thread.join(10)
    assert "Traceback" not in server.said()


def test_a_server_goes_while_its_model_is_still_loading(tmp_path):
    server = Server(tmp_path, free_port(), "120")
    server.wait_until_up()
    results = []
    thread = threading.Thread(target=lambda: results.append(speak(server, "好。")))
    thread.start()
    wait_until(lambda: measured(server, 'tts_queue_depth{what="interactive"}') == 1)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 128 + signal.SIGTERM
    thread.join(10)
    ((status, body, _),) = results
    assert status is None or (status, json.loads(body)["error"]["code"]) == (503, "draining")
    server.close()


def test_a_full_disk_is_said_and_leaves_no_half_file(guarded):
    folder, server, bearer = guarded
    client = Client(f"http://127.0.0.1:{server.port}", headers=bearer, verbose=False, analytics_enabled=False)
    with pytest.raises(AppError, match="无法写入"):
        client.predict("好。" * 100, api_name="/synthesize")
    assert list((folder / "outputs").iterdir()) == []
    assert measured(server, 'tts_errors_total{code="output_failed"}', bearer) == 1
    client.predict("好。", api_name="/synthesize")
    assert len(list((folder / "outputs").glob("*.wav"))) == 1
    client.close()


def test_a_worker_that_raises_costs_its_own_request_only(server):
    for _ in range(3):  # more often than there are slots
        status, body, _ = speak(server, "爆炸。")
        assert status == 500
        error = json.loads(body)["error"]
        assert error["code"] == "internal_error" and "爆炸" not in error["message"]
    assert measured(server, 'tts_queue_depth{what="rendering"}') == 0
    assert measured(server, 'tts_queue_depth{what="interactive"}') == 0
    assert works(server)


def test_a_jumping_clock_changes_nothing(server):
    results = []
    threads = [threading.Thread(target=lambda: results.append(speak(server, "好。" * 10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [status for status, _, _ in results] == [200] * 4
    assert measured(server, 'tts_queue_wait_seconds_sum{priority="interactive"}') < 60
    assert 0 < measured(server, 'tts_ttfa_seconds_sum{entrance="http"}') < 60


def test_requests_at_the_same_time_are_not_mixed(server):
    texts = [f"第{number}个。又是{number}。" for number in range(16)]
    alone = [speak(server, text)[1] for text in texts]
    together = {}

    def ask_for(number):
        together[number] = speak(server, texts[number])[1]

    threads = [threading.Thread(target=ask_for, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, sound in enumerate(alone):
        np.testing.assert_array_equal(np.frombuffer(together[number], "<i2"), np.frombuffer(sound, "<i2"))


def test_neither_text_nor_key_is_in_the_log(guarded):
    _, server, bearer = guarded
    secret = bearer["Authorization"].split()[1]
    assert speak(server, f"{SECRET_TEXT}。", bearer)[0] == 200
    assert speak(server, f"{SECRET_TEXT}爆炸。", bearer)[0] == 500
    assert speak(server, SECRET_TEXT * 200, bearer)[0] == 400
    assert speak(server, SECRET_TEXT, bearer, emotion=SECRET_TEXT)[0] == 400
    assert speak(server, SECRET_TEXT, {"Authorization": f"Bearer {secret[:-1]}x"})[0] == 401
    assert speak(server, SECRET_TEXT)[0] == 401
    client = Client(f"http://127.0.0.1:{server.port}", headers=bearer, verbose=False, analytics_enabled=False)
    client.predict(f"{SECRET_TEXT}。", api_name="/synthesize")
    with pytest.raises(AppError):
        client.predict(f"{SECRET_TEXT}爆炸。", api_name="/synthesize")
    client.close()
    said = server.said()
    assert "RuntimeError" in said  # failures are told
    assert SECRET_TEXT not in said
    assert secret not in said and secret.split("_", 2)[2][:12] not in said


def test_a_server_for_others_does_not_start_without_keys(tmp_path):
    command = [Path(sys.executable).parent / "tts-engine", "serve", "--host", "0.0.0.0", "--port", str(free_port())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "tts-engine keys create" in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_model_is_named_and_replaced_without_a_restart(tmp_path, model_files):
    """The real command on a cache whose network was overwritten; then the good file is put back."""
    hub = tmp_path / "cache_hub"
    folder = hub / model_files.directory.relative_to(model_files.directory.parent.parent)
    shutil.copytree(model_files.directory, folder, copy_function=_link)
    model = folder / model_files.model_file.relative_to(model_files.directory)
    model.unlink()
    model.write_bytes(b"not a model" * 1000)
    port = free_port()
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "tts-engine", "serve", "--port", str(port)],
            cwd=tmp_path,
            env={**os.environ, "TTS_CACHE_HUB": str(hub), "TTS_OFFLINE": "1"},
            stderr=log,
        )
        try:
            server = type("Running", (), {"port": port})()
            wait_until(lambda: ":" + str(port) in (tmp_path / "server.log").read_text())
            wait_until(lambda: ask(port)["state"] == "failed")
            assert ask(port)["error"]["code"] == "asset_damaged"
            status, body, _ = speak(server, "你好。")
            assert status == 503 and model.name in json.loads(body)["error"]["message"]
            model.unlink()
            _link(model_files.model_file, model)
            status, body, _ = speak(server, "你好。")
            assert status == 200 and len(body) > 20_000
        finally:
            process.terminate()
            process.wait(30)


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
