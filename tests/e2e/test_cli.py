"""The command line as people and pipes use it."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

COMMAND = Path(sys.executable).parent / "tts-engine"
SHORT = "今天天气很好。"


@pytest.fixture
def run(tmp_path, cache_hub, model_files):
    environ = {**os.environ, "TTS_CACHE_HUB": str(cache_hub), "TTS_OFFLINE": "1"}

    def call(*arguments, **more):
        return subprocess.run(
            [COMMAND, *arguments], cwd=tmp_path, env=environ, capture_output=True, check=False, **more
        )

    call.environ, call.folder = environ, tmp_path
    return call


def test_say_writes_audio_and_subtitles(run):
    done = run("say", SHORT, "-o", "a.flac", "--subtitles", "srt", "--json")
    assert done.returncode == 0, done.stderr.decode()
    facts = json.loads(done.stdout)
    assert facts["path"] == "a.flac"
    assert (run.folder / "a.flac").read_bytes()[:4] == b"fLaC"
    assert "今天天气很好" in (run.folder / "a.srt").read_text(encoding="utf-8")


def test_say_works_in_a_pipe(run):
    done = run("say", "-", "-o", "-", input=SHORT.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout) > 24000
    with wave.open(io.BytesIO(done.stdout)) as file:
        assert file.getframerate() == 24000


def test_a_file_in_gb18030_is_read_and_told(run):
    (run.folder / "a.txt").write_bytes(SHORT.encode("gb18030"))
    done = run("say", "-f", "a.txt", "-o", "a.wav")
    assert done.returncode == 0
    assert "gb18030" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("say", SHORT, "--speed", "0"), 64, "0.25"),
        (("say", SHORT, "--speed", "nan"), 64, "speed"),
        (("say", SHORT, "--voice", "zf_xiaoxia"), 64, "zf_xiaoxiao"),
        (("say", SHORT, "--emotion", "愤努"), 64, "愤怒"),
        (("say", SHORT, "-o", "a.xyz"), 64, "flac"),
        (("say", ""), 65, "文本"),
        (("say",), 64, "TEXT"),
        (("say", "-f", "missing.txt"), 65, "missing.txt"),
        (("say", SHORT, "-o", "no/such/folder/a.wav"), 74, "no/such/folder"),
        (("models", "use", "nothing"), 69, "kokoro"),
    ],
)
def test_bad_input_is_one_line_and_a_typed_status(run, arguments, status, word):
    done = run(*arguments)
    said = done.stderr.decode()
    assert done.returncode == status, said
    assert word in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_ctrl_c_leaves_no_half_file(run):
    process = subprocess.Popen(
        [COMMAND, "say", SHORT * 200, "-o", "long.wav"], cwd=run.folder, env=run.environ, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 120
    while not any(run.folder.iterdir()) and time.monotonic() < deadline:  # the hidden partial file appears
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said.decode()
    assert list(run.folder.iterdir()) == []


def test_voices_and_doctor_tell(run):
    voices = {row["name"]: row for row in json.loads(run("voices", "--json").stdout)}
    assert voices["zf_xiaoxiao"]["zh"].startswith("晓晓")
    doctor = run("doctor")
    assert doctor.returncode == 0
    assert "rtf" in doctor.stdout.decode()
