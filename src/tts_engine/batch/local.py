"""The executor that needs no server: worker processes on this machine, each with a model and one thread.

Workers take their tasks from the journal themselves; this module starts them, replaces those that die, and stops them.
Ending this process in any way, or any worker, loses at most the sentences of the tasks in hand.
"""

from __future__ import annotations

import json
import os
import pickle
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SynthesisError
from .journal import Journal
from .worker import EXIT_FATAL, MOST_TRIES, Orders, error_from

if TYPE_CHECKING:
    from ..pipeline import Synthesizer

#: Seconds that a worker gets to give its task back before it is killed.
GRACE_S = 20.0

_LOOK_S = 0.1
_FAILED_STARTS = 3
#: Memory of one worker with the default model, and what is left to everything else, bytes (docs/batch.md).
WORKER_BYTES = 900 << 20


@dataclass(slots=True)
class _Worker:
    name: str
    process: subprocess.Popen[bytes]


def default_processes() -> int:
    """Workers that this machine has processors and memory for; at least one."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(processors, _free_bytes() // WORKER_BYTES))


def run_local(
    journal: Journal,
    load: Callable[[], Synthesizer],
    *,
    processes: int,
    on_look: Callable[[], None] = lambda: None,
) -> None:
    """Renders everything that waits; returns when the job is over.

    Args:
        journal: of the job; whoever calls holds its lock.
        load: makes the synthesizer of a worker; must be picklable.
        processes: number of workers.
        on_look: called about ten times a second; what it raises stops the job.

    Raises:
        TTSError: what ends the whole job, such as a full disk; everything in hand was given back.
        KeyboardInterrupt: likewise.
    """
    left = journal.counts().states["waiting"]
    workers: list[_Worker] = []
    failed_starts = 0
    try:
        workers += [_start(journal, load) for _ in range(min(processes, left))]
        while workers:
            time.sleep(_LOOK_S)
            on_look()
            for worker in [one for one in workers if one.process.poll() is not None]:
                workers.remove(worker)
                if _died(journal, worker):
                    failed_starts = 0 if _blame(journal, worker) else failed_starts + 1
                    if failed_starts >= _FAILED_STARTS:
                        raise SynthesisError(
                            f"工作进程 {_FAILED_STARTS} 次未能启动（退出码 {worker.process.returncode}），"
                            "请查看上面的输出。"
                            f"Workers ended {_FAILED_STARTS} times before they did anything: see their output above.",
                            code="worker_died",
                        )
                    if not journal.is_over():
                        workers.append(_start(journal, load))
    finally:
        _stop(journal, workers)


def _start(journal: Journal, load: Callable[[], Synthesizer]) -> _Worker:
    name = f"local-{secrets.token_hex(6)}"
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tts_engine.batch.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it died at once: the loop finds out
        process.stdin.write(pickle.dumps(Orders(name, journal.path, load)))
        process.stdin.flush()
    return _Worker(name, process)


def _died(journal: Journal, worker: _Worker) -> bool:
    """Whether a worker that has ended did so unasked.

    Raises:
        TTSError: it told what ends the whole job.
    """
    assert worker.process.stdin is not None
    assert worker.process.stdout is not None
    with worker.process.stdout as stdout, suppress(BrokenPipeError):
        told = stdout.read()
        worker.process.stdin.close()
    if worker.process.returncode == EXIT_FATAL and told:
        journal.release(worker.name)
        raise error_from(json.loads(told))
    return worker.process.returncode != 0


def _blame(journal: Journal, worker: _Worker) -> bool:
    """Writes down the task that a worker died of; False where it had none."""
    held = journal.held_by(worker.name)
    for number in held:
        error = SynthesisError(
            f"工作进程在合成这一行时退出（{worker.process.returncode}），可能内存不足。"
            f"The worker process died over this line (status {worker.process.returncode}); memory may be short.",
            code="worker_died",
            status=worker.process.returncode,
        )
        is_last = journal.failures(number) + 1 >= MOST_TRIES
        journal.fail(number, worker.name, error.to_dict(), again_in_s=None if is_last else 0.0)
    return bool(held)


def _stop(journal: Journal, workers: list[_Worker]) -> None:
    """Lets every worker give back what it has, and kills those that do not."""
    for worker in workers:
        assert worker.process.stdin is not None
        with suppress(OSError):
            worker.process.stdin.close()
    end = time.monotonic() + GRACE_S
    for worker in workers:
        try:
            worker.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        except BaseException:  # a second Ctrl+C: at once
            for one in workers:
                one.process.kill()
                one.process.wait()
            raise
        finally:
            if worker.process.poll() is not None and worker.process.stdout is not None:
                worker.process.stdout.close()
            journal.release(worker.name)


def _free_bytes() -> int:
    """Memory that can be had without swapping; half of all where the system says no more."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
