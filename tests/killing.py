"""Runs a job again and again, kills it without warning at random moments, and looks at what is left."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import tiny_engine
from tts_engine.batch import Job, submit
from tts_engine.errors import JobError

HERE = str(Path(__file__).parent)

#: Runs the job of a folder with two workers that need some time for each line.
RUN = (
    "import sys, functools; sys.path.insert(0, sys.argv[2]); import tiny_engine; from tts_engine.batch import Job;"
    "Job.open(sys.argv[1]).run(processes=2, load=functools.partial(tiny_engine.make, float(sys.argv[3])))"
)


def texts(count: int) -> list[str]:
    return [f"第{n}行，春眠不觉晓。处处闻啼鸟。" for n in range(1, count + 1)]


def made(folder: Path, count: int) -> Job:
    return submit(texts(count), output=folder, engine=tiny_engine.make())


def hashes(job: Job) -> dict[str, str]:
    """Every file that can be seen in the job's folder, by name."""
    files = [file for file in (job.folder / "audio").iterdir() if not file.name.startswith(".")]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def undisturbed(folder: Path, count: int) -> dict[str, str]:
    job = made(folder, count)
    job.run(processes=2, load=functools.partial(tiny_engine.make))
    return hashes(job)


def kill_again_and_again(job: Job, kills: int, sentence_s: float, seed: int = 1) -> dict[str, int]:
    """Kills the run, one of its workers, or all of them, ``kills`` times; how often each."""
    chance, told = random.Random(seed), {"run": 0, "worker": 0, "all": 0}
    process = _start(job, sentence_s)
    while sum(told.values()) < kills:
        _wait_for_work(job, process, chance.randrange(0, 8))
        time.sleep(chance.uniform(0.0, 2.5 * sentence_s))
        what = chance.choice(["run", "all", "all", "worker"])
        workers = _children(process.pid)
        if process.poll() is not None or (what == "worker" and not workers):
            process.wait()
            assert not job.counts().is_over, "too quick to be killed so often: give it more lines"
            process = _start(job, sentence_s)
            continue
        if what == "worker":
            os.kill(chance.choice(workers), signal.SIGKILL)
        elif what == "run":
            os.kill(process.pid, signal.SIGKILL)
        else:
            os.killpg(process.pid, signal.SIGKILL)
        told[what] += 1
        check_what_is_there(job)
        if what != "worker":
            process.wait()
            process = _start(job, sentence_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return told


def check_what_is_there(job: Job) -> None:
    """Everything that can be seen is whole: no file without its account, none that differs from it."""
    for file in (job.folder / "audio").glob("[!.]*.wav"):
        account = json.loads(file.with_suffix(".json").read_bytes())
        assert account["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def _start(job: Job, sentence_s: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, str(job.folder), HERE, str(sentence_s)]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


def _wait_for_work(job: Job, process: subprocess.Popen[bytes], more: int) -> None:
    """Until so many more lines were begun, or the run is over."""
    before = _attempts(job)
    end = time.monotonic() + 240
    while process.poll() is None and _attempts(job) <= before + more:
        assert time.monotonic() < end, "nothing happens"
        time.sleep(0.01)


def _attempts(job: Job) -> int:
    try:
        return job.counts().attempts
    except JobError:
        return 0


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
