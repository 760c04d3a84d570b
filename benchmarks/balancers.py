"""The real nginx or HAProxy with the file of ``deploy/``, as a process of one's own between free ports.

Only the ports in the file are changed, so what is tried is what is given to people.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
PROXIES = ("nginx", "haproxy")
_PATH = "/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program_of(name: str) -> str | None:
    """The path of a program; None where it is not installed."""
    return shutil.which(name, path=_PATH)


def configuration(name: str, port: int, nodes: Sequence[int], folder: Path) -> str:
    """The file of ``deploy/`` for other ports, whole.

    Args:
        name: one of ``PROXIES``.
        port: that the proxy listens at.
        nodes: ports of the two servers.
        folder: that nginx keeps its files in.
    """
    text = (DEPLOY / ("nginx.conf" if name == "nginx" else "haproxy.cfg")).read_text(encoding="utf-8")
    text, listens = re.subn(r"(listen|bind :)(\s*)8080", rf"\g<1>\g<2>{port}", text)
    if name == "nginx":
        text = text.replace(f"listen {port}", f"listen 127.0.0.1:{port}")
    else:
        text = text.replace(f"bind :{port}", f"bind 127.0.0.1:{port}")
    for written, real in zip((7861, 7862), nodes, strict=True):
        text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
    assert listens == 1
    if name == "haproxy":
        return text
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in _TEMPORARY)
    head = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2;\n"
    return f"{head}events {{}}\nhttp {{ access_log off;\n{temporary}{text}\n}}\n"


@contextmanager
def balancer(name: str, nodes: Sequence[int], folder: Path) -> Iterator[int]:
    """A running proxy before two servers; its port.

    Raises:
        FileNotFoundError: the program is not installed.
        RuntimeError: it did not start.
    """
    program = program_of(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file = folder / f"{name}.conf"
    file.write_text(configuration(name, port, nodes, folder), encoding="utf-8")
    command = [program, "-c", str(file), "-p", str(folder)] if name == "nginx" else [program, "-db", "-f", str(file)]
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(port, process, folder / f"{name}.log")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # it waits for connections that are still open
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"it did not start:\n{log.read_text()}")
