"""Which server runs from this folder: recorded in ``.run/server.json``, and proved before anything is stopped.

A record alone proves nothing: process numbers are used again. So it also holds the moment at which the process was
born, as the system tells it; only a living process with the same number *and* birth is the one that wrote the record.
Names are never compared. A record that proves nothing is stale and is written over.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import ConfigError

logger = logging.getLogger(__name__)

SERVICE = "tts-engine"
RECORD = "server.json"
_STOP_WAIT_S = 10.0
_KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Instance:
    """One running server.

    Attributes:
        pid: its process.
        birth: when that process was born, as ``process_birth`` tells it.
        token: random name of this run; the server answers it on ``/health``.
        host: address it is bound to.
        port: port it is bound to.
    """

    pid: int
    birth: str
    token: str
    host: str
    port: int


def this_instance(host: str, port: int) -> Instance:
    """The record of the process that asks."""
    birth = process_birth(os.getpid())
    if birth is None:
        raise ConfigError("无法读取本进程的信息。Cannot read this process's own entry in the process table.")
    return Instance(os.getpid(), birth, uuid.uuid4().hex, host, port)


def process_birth(pid: int) -> str | None:
    """What tells this process from every other that had or will have its number; None for a dead one."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # the name before ")" may hold anything
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    found = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    state, _, birth = found.stdout.strip().partition(" ")
    return None if found.returncode or state.startswith("Z") else birth.strip()


def write_record(directory: Path, instance: Instance) -> None:
    """Records a server as the one of this folder."""
    record = directory / RECORD
    draft = record.with_suffix(f".{instance.pid}")
    draft.write_text(json.dumps(asdict(instance)), encoding="utf-8")
    draft.replace(record)


def remove_record(directory: Path, instance: Instance) -> None:
    """Removes the record, unless another server has taken it over meanwhile."""
    if read_record(directory) == instance:
        (directory / RECORD).unlink(missing_ok=True)


def read_record(directory: Path) -> Instance | None:
    """The record of this folder; None where there is none or it is not a record."""
    try:
        values = json.loads((directory / RECORD).read_text(encoding="utf-8"))
        instance = Instance(**values)
    except (OSError, ValueError, TypeError):
        return None
    plain = all(isinstance(value, str) for value in (instance.birth, instance.token, instance.host))
    return instance if plain and type(instance.pid) is int and instance.pid > 1 else None


def is_alive(instance: Instance) -> bool:
    """Whether the very process of the record lives."""
    return instance.pid != os.getpid() and process_birth(instance.pid) == instance.birth


def stop(instance: Instance, wait_s: float = _STOP_WAIT_S) -> None:
    """Asks a living server of ours to stop, waits, and then makes it.

    Raises:
        ConfigError: it belongs to another user, or does not go away.
    """
    for number, patience_s in ((signal.SIGTERM, wait_s), (signal.SIGKILL, _KILL_WAIT_S)):
        if not is_alive(instance):
            return
        try:
            os.kill(instance.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise ConfigError(
                f"本目录已有一个由其他用户启动的服务（进程 {instance.pid}），无权停止它。"
                f"A server of another user runs from this folder (process {instance.pid}); ask that user to stop it.",
                code="instance_foreign",
                pid=instance.pid,
            ) from error
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not is_alive(instance):
                return
            time.sleep(0.05)
        logger.warning("process %d did not stop within %g s", instance.pid, patience_s)
    if is_alive(instance):
        raise ConfigError(
            f"无法停止本目录正在运行的服务（进程 {instance.pid}），请手动结束它。"
            f"Process {instance.pid}, the server of this folder, does not stop: end it by hand.",
            code="instance_stuck",
            pid=instance.pid,
        )


def bind(host: str, port: int) -> socket.socket | None:
    """A listening socket, or None where somebody else has the port.

    Connections wait in it until the server takes them, so the address answers from now on.

    Raises:
        OSError: the address does not exist on this machine, or the port is not allowed.
    """
    import errno

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return listener


def who_is_there(host: str, port: int) -> str | None:
    """Version of the tts-engine of another folder that answers on a port; None for a stranger."""
    address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, ValueError), opener.open(f"http://{address}:{port}/health", timeout=1.5) as answer:
        values = json.loads(answer.read(10_000))
        if isinstance(values, dict) and values.get("service") == SERVICE:
            return str(values.get("version"))
    return None
