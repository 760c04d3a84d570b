"""A real Redis with AOF and workers as processes, for tests that kill them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis
from server_process import free_port, wait_until

HERE = Path(__file__).parent


class RedisServer:
    """``redis-server`` with an append-only file in a folder, at the same port each time it is started."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._answers, 20)
        return self

    def _answers(self):
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()


class Worker:
    """``fake_worker.py`` as a process in a group of its own, so that it can be killed with its children."""

    def __init__(self, folder, url, *, processes=1, sentence_s=0.02, **environ):
        folder.mkdir(parents=True, exist_ok=True)
        self.renders = folder / "renders.txt"
        self.renders.touch()
        self.log = (folder / f"worker-{time.monotonic_ns()}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "fake_worker.py"), str(processes), str(sentence_s)],
            cwd=folder,
            env={
                **os.environ, "TTS_BROKER_URL": url, "TTS_VISIBILITY_TIMEOUT_S": "4", "TTS_TEST_CLAIM_S": "2",
                "TTS_TEST_RENDERS": str(self.renders), **environ,
            },
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def said(self):
        self.log.flush()
        return Path(self.log.name).read_text()

    def wait_until_ready(self):
        wait_until(lambda: " ready." in self.said() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.said()
        return self

    def kill(self):
        """As a machine that loses its power: the worker and all its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


def render_count(worker):
    """Renderings of all workers of its folder."""
    return len(worker.renders.read_text().split())
