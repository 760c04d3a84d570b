"""Several processes with the real weights: nodes that share voices and readings, a worker that is killed."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from server_process import ask, free_port, wait_until

from tts_engine.acoustic.voices import VoiceStore
from tts_engine.own_voices.library import VoiceLibrary

pytestmark = pytest.mark.e2e

TTS = [sys.executable, "-c", "from tts_engine.cli import main; main()"]


@pytest.fixture
def environ(cache_hub, model_files, tmp_path):
    """The environment that all processes of a deployment share."""
    return {
        **os.environ, "TTS_CACHE_HUB": str(cache_hub.absolute()), "TTS_OFFLINE": "1", "TTS_THREADS": "1",
        "TTS_VOICES": str(tmp_path / "voices"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip


def ask_for(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def speech(port, text, voice="zf_xiaoxiao"):
    status, sound = ask_for(port, "/v1/audio/speech", {"input": text, "voice": voice, "response_format": "pcm"})
    assert status == 200, sound
    return np.frombuffer(sound, "<i2")


def add_voice(folder, model_files, name):
    """What any node writes when somebody makes a voice there; measured values are not what this is about."""
    workshop = SimpleNamespace(
        voices=VoiceStore(model_files.voices_dir),
        measure=lambda _style: SimpleNamespace(lufs=-21.0, pitch_hz=(261.0, 165.0, 317.0)),
        model="kokoro-82m@1.0-int8",
    )
    VoiceLibrary(folder, workshop=lambda: workshop).mix(name, "zf_xiaoxiao:0.5+zf_xiaoyi:0.5")


def test_a_voice_and_a_reading_of_one_node_are_the_others_at_once(environ, model_files, tmp_path):
    readings = tmp_path / "readings.yaml"
    readings.write_text("GPT: 机器\n")
    ports, processes = (free_port(), free_port()), []
    try:
        for port in ports:
            folder = tmp_path / str(port)
            folder.mkdir()
            with (folder / "log").open("w") as log:
                command = [*TTS, "serve", "--port", str(port)]
                own = {**environ, "TTS_LEXICON": str(readings)}
                processes.append(subprocess.Popen(command, cwd=folder, env=own, stderr=log))
        for port in ports:
            wait_until(lambda port=port: f":{port}" in (tmp_path / str(port) / "log").read_text(), 120)
            wait_until(lambda port=port: ask(port)["ready"], 120)
        one, two = ports
        status, said = ask_for(two, "/v1/audio/speech", {"input": "你好。", "voice": "own:新声音"})
        assert status == 400 and json.loads(said)["error"]["code"] == "voice_unknown"
        add_voice(tmp_path / "voices", model_files, "新声音")
        np.testing.assert_array_equal(speech(two, "你好。", "own:新声音"), speech(one, "你好。", "own:新声音"))
        before = speech(two, "我用GPT。")
        draft = readings.with_suffix(".draft")
        draft.write_text("GPT: 语言模型\n")
        draft.replace(readings)
        after = [speech(port, "我用GPT。") for port in ports]
        np.testing.assert_array_equal(after[0], after[1])
        assert len(after[0]) > len(before)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


@pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not here: apt install redis-server; TTS_TEST_APT=1 lets run_tests.sh do it",
)
def test_a_killed_worker_with_real_weights_changes_no_sample(environ, tmp_path):
    pytest.importorskip("celery", reason="the extra [queue] is not installed")
    from queue_parts import RedisServer

    lines = tmp_path / "lines.jsonl"
    texts = ("今天的风有点大。", "我们改天再去吧！", "好的，路上小心。", "到了给我打电话。")
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

    def run(name, environ):
        command = [*TTS, "batch", "run", str(lines), "--output", str(tmp_path / name), "-q", "--json"]
        return subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, text=True)

    def sounds(name):
        return {file.name: file.read_bytes() for file in sorted((tmp_path / name).rglob("*.wav"))}

    def start():
        with (tmp_path / f"worker-{time.monotonic_ns()}.log").open("w") as log:
            command = [*TTS, "worker", "--processes", "1"]
            return subprocess.Popen(command, env=queued, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)

    redis = RedisServer(tmp_path / "redis").start()
    queued = {**environ, "TTS_BROKER_URL": redis.url, "TTS_VISIBILITY_TIMEOUT_S": "5"}
    worker = start()
    try:
        running = run("queued", queued)
        wait_until(lambda: len(sounds("queued")) == 1, 90)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        worker = start()
        said, _ = running.communicate(timeout=150)
        assert running.returncode == 0
        assert json.loads(said)["states"]["done"] == len(texts)
        alone = run("alone", environ)
        alone.communicate(timeout=120)
        assert alone.returncode == 0
        assert sounds("queued") == sounds("alone") and len(sounds("alone")) == len(texts)
    finally:
        worker.terminate()
        worker.wait(60)
        redis.close()
