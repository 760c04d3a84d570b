"""Two nodes behind the real nginx and the real HAProxy, with the files of ``deploy/``: spread, streamed, none lost."""

import http.client
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import openai
import pytest
from server_process import Server, ask, free_port, wait_until
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "examples"), str(ROOT / "tests/unit/service")]
from benchmarks.balancers import PROXIES, balancer, program_of  # noqa: E402
from fake_synthesizer import sentences_of, to_pcm16, tone_of  # noqa: E402
from patient_client import speak  # noqa: E402

pytestmark = pytest.mark.e2e

SENTENCE_S = 0.15
FORGETS_S = {"nginx": 5.5, "haproxy": 2.5}  # after so long a node that is back is used again: fail_timeout, inter
HOST = {"Host": "tts.example.org"}


class Node:
    """A server that can be killed, drained and started again at its port."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.port, self.server = folder, free_port(), None

    def start(self):
        if self.server is not None:
            self.server.close()
        self.server = Server(
            self.folder, self.port, "0", str(SENTENCE_S),
            TTS_ALLOWED_HOSTS="tts.example.org", TTS_SHUTDOWN_GRACE_S="30", TTS_SLOTS="2", TTS_OUTPUTS="outputs",
        )  # fmt: skip
        self.server.wait_until_up()
        wait_until(lambda: ask(self.port)["ready"])

    @property
    def is_running(self):
        return self.server is not None and self.server.process.poll() is None

    def served(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(r'^tts_speeches_total\{entrance="http",outcome="done"\} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nodes")
    pair = [Node(folder / "one"), Node(folder / "two")]
    yield pair
    for node in pair:
        if node.server is not None:
            node.server.close()


@pytest.fixture(params=PROXIES)
def proxy(request):
    if program_of(request.param) is None:
        pytest.skip(f"{request.param} is not here: apt install {request.param}; TTS_TEST_APT=1 lets run_tests.sh do it")
    return request.param


@pytest.fixture
def address(proxy, nodes, tmp_path):
    """Where the proxy listens; both nodes are ready behind it."""
    starts = [threading.Thread(target=node.start) for node in nodes if not node.is_running]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    with balancer(proxy, [node.port for node in nodes], tmp_path) as port:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: httpx.get(f"{address}/health/ready", headers=HOST).status_code == 200, 20)
        yield address


def body_of(text):
    return {"model": "tts-1", "voice": "zf_xiaoxiao", "input": text, "response_format": "pcm"}


def sound_of(text):
    return b"".join(to_pcm16(tone_of(sentence)) for sentence in sentences_of(text))


def test_requests_are_spread_and_sound_leaves_while_it_is_made(nodes, address):
    before = [node.served() for node in nodes]
    first_s, whole_s, threads = [], [], []

    def listen(text):
        asked_s = time.monotonic()
        with (
            httpx.Client(base_url=address, headers=HOST, timeout=60) as client,
            client.stream("POST", "/v1/audio/speech", json=body_of(text)) as answer,
        ):
            received = b""
            for part in answer.iter_raw():
                if not received:
                    first_s.append(time.monotonic() - asked_s)
                received += part
        whole_s.append(time.monotonic() - asked_s)
        assert received == sound_of(text)

    for number in range(6):
        threads.append(threading.Thread(target=listen, args=(f"第{number}段，第一句。" + "后面还有。" * 9,)))
        threads[-1].start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    spread = [node.served() - was for node, was in zip(nodes, before, strict=True)]
    assert sum(spread) == 6 and min(spread) >= 2, spread
    assert len(first_s) == 6 and max(first_s) < 0.5 * min(whole_s), (first_s, whole_s)


def test_none_is_lost_while_one_node_is_killed_and_one_is_drained(nodes, proxy, address):
    """Clients that keep the rule; whoever does not sees nothing either, but for what ran on the killed node."""
    lost, retried, mixed, answered, is_over = [], [], [], [0], threading.Event()
    killed_s = [float("inf")]
    drained = []

    def ask_again_and_again(who):
        with httpx.Client(base_url=address, headers=HOST, timeout=60) as client:
            turn = 0
            while not is_over.is_set():
                text = f"第{who}人，第{turn}次。" + "再说一句。" * (turn % 5)
                turn += 1
                try:
                    sound = speak(client, body_of(text), on_retry=lambda why: retried.append((time.monotonic(), why)))
                except httpx.HTTPError as error:
                    lost.append(repr(error))
                else:
                    answered[0] += 1
                    mixed.extend([text] if sound != sound_of(text) else [])

    clients = [threading.Thread(target=ask_again_and_again, args=(who,)) for who in range(8)]
    for client in clients:
        client.start()
    try:
        time.sleep(2)
        killed_s[0] = time.monotonic()
        nodes[0].server.process.kill()
        time.sleep(2)
        nodes[0].start()
        time.sleep(FORGETS_S[proxy])
        drain_s = time.monotonic()
        nodes[1].server.process.send_signal(signal.SIGTERM)
        drained.append(nodes[1].server.process.wait(30))
        time.sleep(1)
    finally:
        is_over.set()
        for client in clients:
            client.join()
    assert drained == [128 + signal.SIGTERM]
    assert not lost and not mixed
    assert answered[0] > 40
    at_kill = [why for at_s, why in retried if killed_s[0] - 0.5 < at_s < killed_s[0] + 3]
    at_drain = [why for at_s, why in retried if at_s >= drain_s - 0.5]
    assert len(at_kill) <= 8, at_kill  # at most what ran on the killed node, once each
    assert at_drain == []  # a drained node costs no client anything


def test_a_live_session_and_its_log_are_found_where_they_were(nodes, address):
    """The WebSocket goes through; who asks for the log afterwards comes to the node that had the session."""
    port = int(address.rpartition(":")[2])
    for _ in range(3):
        with (
            socket.create_connection(("127.0.0.1", port)) as connection,
            connect("ws://tts.example.org/v1/audio/speech/stream", sock=connection, proxy=None) as session,
        ):
            started = json.loads(session.recv(timeout=20))
            cookies = session.response.headers.get_all("Set-Cookie")
        assert started["type"] == "started"
        headers = {**HOST, **({"Cookie": cookies[0].partition(";")[0]} if cookies else {})}
        log_of = f"{address}/v1/audio/speech/sessions/{started['session']}"
        logs = [httpx.get(log_of, headers=headers) for _ in range(4)]
        assert [log.status_code for log in logs] == [200] * 4


def test_openais_own_client_keeps_the_rule(nodes, address):
    """An answer that breaks off in its middle is asked for again, at the other node."""
    client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=8, default_headers=HOST, timeout=60)
    texts = [f"第{number}段。" + "很长很长的一段话。" * 12 for number in range(4)]
    sounds = {}

    def ask_for(text):
        answer = client.audio.speech.create(model="tts-1", voice="zf_xiaoxiao", input=text, response_format="pcm")
        sounds[text] = answer.read()

    threads = [threading.Thread(target=ask_for, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    time.sleep(1.2)  # in the middle of all four
    nodes[0].server.process.kill()
    for thread in threads:
        thread.join()
    assert {text: sounds.get(text) for text in texts} == {text: sound_of(text) for text in texts}
    client.close()


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)  # the one that asks nobody how they are
def test_a_rolling_restart_loses_nothing(nodes, proxy, address, tmp_path):
    """``deploy/rolling_restart.sh`` over both, while somebody speaks all the time."""
    command = [sys.executable, str(Path(__file__).parent / "fake_server.py")]
    environ = "TTS_ALLOWED_HOSTS=tts.example.org TTS_SHUTDOWN_GRACE_S=30"
    restart = tmp_path / "restart.sh"
    pids = {node.port: (node.server.process.pid, node.folder) for node in nodes}
    lines = "".join(
        f"{port}) kill -TERM {pid}; while kill -0 {pid} 2>/dev/null; do sleep 0.1; done; cd {shlex.quote(str(folder))};"
        f" {environ} nohup {shlex.join(command)} {port} 0 {SENTENCE_S} >restarted.log 2>&1 </dev/null &"
        f" echo $! >restarted.pid;;\n"
        for port, (pid, folder) in pids.items()
    )
    restart.write_text(f"case $1 in\n{lines}esac\n")
    reapers = [threading.Thread(target=node.server.process.wait) for node in nodes]
    for reaper in reapers:
        reaper.start()  # so that a process that has ended is gone
    failed, answered, is_over = [], [], threading.Event()

    def go_on():
        with httpx.Client(base_url=address, headers=HOST, timeout=60) as client:
            while not is_over.is_set():
                sound = speak(client, body_of("一句。两句。"), on_retry=failed.append)
                answered.append(sound == sound_of("一句。两句。"))

    clients = [threading.Thread(target=go_on) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        done = subprocess.run(
            ["bash", str(ROOT / "deploy/rolling_restart.sh"), "--settle", str(FORGETS_S[proxy]),
             "--restart", f"bash {shlex.quote(str(restart))} {{}}", *map(str, pids)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        is_over.set()
        for thread in [*clients, *reapers]:
            thread.join(60)
        for node in nodes:
            number = node.folder / "restarted.pid"
            if number.exists():
                subprocess.run(["kill", number.read_text().strip()], check=False)
                number.unlink()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ready") >= 2
    assert failed == [] and len(answered) > 20 and all(answered)


def test_with_nobody_there_the_answer_says_when_to_come_again(nodes, address):
    for node in nodes:
        node.server.process.kill()
        node.server.process.wait()
    answers = [httpx.post(f"{address}/v1/audio/speech", headers=HOST, json=body_of("好。")) for _ in range(3)]
    for answer in answers:
        assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
        assert answer.json()["error"]["code"] == "no_server"


def test_a_rolling_restart_leaves_the_last_one_alone(tmp_path):
    done = subprocess.run(
        ["bash", str(ROOT / "deploy/rolling_restart.sh"), "--restart", "touch restarted", str(free_port()), "1"],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 75 and "left alone" in done.stderr
    assert not (tmp_path / "restarted").exists()
