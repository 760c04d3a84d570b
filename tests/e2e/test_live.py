"""A live session on the real weights, through a server process and the sample client."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from server_process import ask, free_port, wait_until

pytestmark = pytest.mark.e2e

CLIENT = Path(__file__).parents[2] / "examples" / "live_client.py"


@pytest.fixture
def server(tmp_path, cache_hub, model_files):
    del model_files  # fetched before, so that the server finds them
    port = free_port()
    serve = f"from tts_engine.cli import main; main(['serve', '--port', '{port}'])"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", serve],
            cwd=tmp_path,
            env={**os.environ, "TTS_CACHE_HUB": str(cache_hub.resolve()), "TTS_OFFLINE": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: f":{port}" in (tmp_path / "log").read_text() or process.poll() is not None, 120)
        wait_until(lambda: ask(port)["ready"], 240)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def test_the_sample_client_hears_what_it_writes_and_a_rising_heart_is_soothed(server, tmp_path):
    heard = tmp_path / "heard.wav"
    text = "今天天气很好，我们慢慢走。好吗？"
    where = ["--url", f"ws://127.0.0.1:{server}", "-o", str(heard)]
    heart = ["--policy", "soothe", "--heart-rate", "rise"]
    command = [sys.executable, str(CLIENT), text, *where, *heart]
    said = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert said.returncode == 0, said.stderr
    assert "完成 done" in said.stdout and "好吗？" in said.stdout
    waveform, rate = soundfile.read(heard)
    assert rate == 24000 and 2.0 < len(waveform) / rate < 10.0
    assert abs(waveform).max() > 0.05
