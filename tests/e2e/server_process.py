"""Servers as processes, for tests that look at them from outside."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str = "/health") -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return json.loads(answer.read())


def wait_until(is_true: Callable[[], Any], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_true():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {timeout_s} s")


class Server:
    """One process of ``serve`` in ``folder``, with the arguments of ``fake_server.py`` and ``TTS_*`` in ``environ``."""

    def __init__(self, folder: Path, port: int, *arguments: str, **environ: str) -> None:
        self.port = port
        self.log = (folder / f"server-{time.monotonic_ns()}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "fake_server.py"), str(port), *arguments],
            cwd=folder,
            env={**os.environ, "TTS_SHUTDOWN_GRACE_S": "1", **environ},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

        wait_until(lambda: self.process.poll() is not None or f":{port}" in self.said())

    def wait_until_up(self) -> dict[str, Any]:
        return ask(self.port)  # waits in the listening socket until the page is there

    def said(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()

    def close(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.log.close()
