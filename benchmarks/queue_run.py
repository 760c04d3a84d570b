"""Texts through a Redis and workers of one's own, for benchmarks: started anew, ended afterwards."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def is_possible() -> bool:
    """Whether Redis is installed here."""
    return shutil.which("redis-server") is not None


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis with an append-only file; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("redis-server did not start") from None
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(url: str, count: int, folder: Path) -> Iterator[None]:
    """So many ``tts-engine worker`` with one process and one thread each."""
    environ = {**os.environ, "TTS_BROKER_URL": url, "TTS_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from tts_engine.cli import main; main()", "worker", "--processes", "1"]
    processes = []
    for number in range(count):
        with (folder / f"worker-{number}.log").open("w") as log:
            processes.append(subprocess.Popen([*command, "--name", f"w{number}"], env=environ, stdout=log, stderr=log))
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(60)


def queue(chosen: Sequence[str], folder: Path, count: int, voice: str) -> None:
    """The texts as a batch on so many workers; Redis, workers and models started anew."""
    from tts_engine.batch import submit
    from tts_engine.settings import load_settings

    with redis_server(folder / "redis") as url:
        settings = dataclasses.replace(load_settings()[0], broker_url=url)
        job = submit(list(chosen), output=folder, settings=settings, voice=voice)
        with workers(url, count, folder):
            counts = job.run(settings=settings)
    if counts.states["done"] != counts.total:
        raise RuntimeError(f"not all were done: {counts}")
