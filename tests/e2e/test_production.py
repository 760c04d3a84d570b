"""A programme with the real engine through the command line: several voices, resumed, changed, marked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tts_engine.audio.loudness import LoudnessMeter
from tts_engine.audio.verifying import verify_file

pytestmark = pytest.mark.e2e

COMMAND = Path(sys.executable).parent / "tts-engine"
SCRIPT = "# 雨夜\n\n旁白：雨停了。\n老周（低沉）：谁在那儿？\n小满（害怕）：是我，爷爷。\n"


@pytest.fixture
def run(tmp_path, cache_hub, model_files):
    environ = {**os.environ, "TTS_CACHE_HUB": str(cache_hub), "TTS_OFFLINE": "1"}

    def call(*arguments):
        done = subprocess.run([COMMAND, *arguments], cwd=tmp_path, env=environ, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return call


def test_a_script_becomes_a_programme_and_a_change_renders_itself_alone(run, tmp_path):
    script = tmp_path / "雨夜.md"
    script.write_text(SCRIPT, "utf-8")
    first = run("produce", "雨夜.md", "-o", "out", "--json", "-q")
    assert first["rendered"] == [1, 2, 3] and not first["findings"]
    assert first["loudness_lufs"] == pytest.approx(-16.0, abs=0.5) and first["peak_dbtp"] <= -1.0
    waveform, rate = soundfile.read(tmp_path / first["programme"], dtype="float32")
    meter = LoudnessMeter(rate)
    meter.add(waveform)
    assert meter.integrated_lufs() == pytest.approx(first["loudness_lufs"], abs=0.1)
    assert verify_file(tmp_path / first["programme"]).state == "ours"
    voices = {
        entry["voice"] for entry in json.loads((tmp_path / "雨夜.cast.json").read_text("utf-8"))["roles"].values()
    }
    assert len(voices) == 3
    script.write_text(SCRIPT.replace("谁在那儿", "你是谁"), "utf-8")
    second = run("produce", "雨夜.md", "-o", "out", "--json", "-q")
    assert second["rendered"] == [2] and second["reused"] == 2
