"""Batches end as if nothing had happened, whatever is done to them: killed at random, stopped, with real weights."""

import dataclasses
import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import killing
import tiny_engine
from tts_engine.batch import Job
from tts_engine.batch.engine import facts_of, load_engine
from tts_engine.batch.job import list_jobs
from tts_engine.settings import Settings

LINES, KILLS = 200, 30

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the workers through /proc")


@pytest.mark.timeout(1800)
def test_killed_30_times_every_line_is_there_once_and_the_same(tmp_path):
    job = killing.made(tmp_path / "killed", LINES)
    told = killing.kill_again_and_again(job, KILLS, sentence_s=0.05)
    assert sum(told.values()) == KILLS and min(told.values()) > 0
    counts = job.run(processes=2, load=functools.partial(tiny_engine.make))
    assert counts.states["done"] == counts.total == LINES
    killing.check_what_is_there(job)
    assert killing.hashes(job) == killing.undisturbed(tmp_path / "quiet", LINES)
    assert not list((job.folder / "audio").glob(".*")), "what was half-written is swept away"


@pytest.fixture
def command(cache_hub, model_files, tmp_path):
    """Runs ``tts-engine batch`` in a folder of its own."""
    environment = {**os.environ, "TTS_CACHE_HUB": str(cache_hub), "TTS_OFFLINE": "1"}

    def run(*arguments, **options):
        line = [sys.executable, "-m", "tts_engine", "batch", *map(str, arguments)]
        return subprocess.Popen(
            line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )

    return run


@pytest.mark.e2e
def test_facts_without_a_model_are_those_of_the_model(synthesizer, cache_hub, tmp_path):
    settings = Settings(cache_hub=cache_hub, offline=True, voices=tmp_path, device="cpu")
    facts = facts_of(settings)
    assert facts.identity == synthesizer.identity
    assert facts.identify("[voice:云希]你好。") == synthesizer.identify("[voice:云希]你好。")
    (tmp_path / "own.yaml").write_text("重庆: chong2 qing4\n")
    settings = dataclasses.replace(settings, lexicon=tmp_path / "own.yaml")
    assert facts_of(settings).identity == load_engine(settings, 1).identity != facts.identity


@pytest.mark.e2e
def test_a_job_that_is_terminated_and_killed_goes_on_with_real_weights(command, tmp_path):
    rows = [{"text": f"第{n}条。你好。", "id": f"n{n}"} for n in range(1, 6)] + [{"text": "好。", "voice": "nobody"}]
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    run = command("run", "lines.jsonl", "-p", "1")
    job = _wait_for(tmp_path, lambda job: job.counts().states["done"])
    second = command("resume", "lines.jsonl", "-p", "1")
    _, said = second.communicate()
    assert second.returncode == 75 and "job_running" in said
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate()
    assert run.returncode == 143 and "resume" in said and job.counts().states["running"] == 0
    killed = command("resume", "lines.jsonl", "-p", "1", start_new_session=True)
    _wait_for(tmp_path, lambda job: job.counts().states["running"])
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    last = command("resume", "lines.jsonl", "-p", "1", "--json")
    told, said = last.communicate()
    assert last.returncode == 65 and "lines_failed" in said  # the unknown voice, known from the beginning
    facts = json.loads(told)
    assert (
        facts["states"]["done"] == 5 and facts["states"]["failed"] == 1 and "第 6 行" in facts["errors"][0]["message"]
    )
    killing.check_what_is_there(job)
    exported = command("export", "lines.jsonl", "-o", "out", "--partial")
    assert exported.wait() == 0 and len(list((tmp_path / "out").glob("n*.wav"))) == 5
    exported.communicate()


def _wait_for(folder: Path, happened) -> Job:
    end = time.monotonic() + 200
    while time.monotonic() < end:
        for job in list_jobs(folder / "outputs" / "batches"):
            if happened(job):
                return job
        time.sleep(0.1)
    raise AssertionError("it did not happen")
