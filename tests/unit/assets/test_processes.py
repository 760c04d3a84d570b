"""Several processes, killed processes, interrupted processes: run for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tts_engine.assets.cache_hub import CacheHub
from tts_engine.assets.child import run_client

from .conftest import FakeSource, TinyModel, contents

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals")

# A process that fetches from a folder of pieces, slowly, and tells which it brought.
FETCHER = """
import sys, time
from pathlib import Path
from tts_engine.assets.cache_hub import CacheHub
from tts_engine.assets.manifest import parse_manifest
root, pieces, manifest, pause = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])

class Slow:
    label, needs_network = "slow", True
    def fetch(self, job):
        for sha256, piece in job.missing().items():
            data = (pieces / sha256).read_bytes()
            def chunks():
                yield data[:100]
                print(sha256, flush=True)
                time.sleep(pause)
                yield data[100:]
            job.deliver(piece, chunks(), "slow")

manifest = parse_manifest(Path(manifest).read_text(encoding="utf-8"))
CacheHub(root, sources=[Slow()], manifests=[manifest]).ensure()
print("done", flush=True)
"""


@pytest.fixture
def fetcher(tmp_path: Path, tiny: TinyModel) -> list[str]:
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    for sha256, data in tiny.pieces.items():
        (pieces / sha256).write_bytes(data)
    manifest = tmp_path / "tiny.json"
    manifest.write_text(json.dumps(tiny.manifest_data), encoding="utf-8")
    return [sys.executable, "-c", FETCHER, str(tmp_path / "hub"), str(pieces), str(manifest)]


def start(fetcher: list[str], pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen([*fetcher, str(pause)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_fetch_once_between_them(fetcher: list[str], tmp_path: Path, tiny: TinyModel) -> None:
    both = [start(fetcher, 0.05), start(fetcher, 0.05)]
    outputs = [process.communicate(timeout=60)[0].split() for process in both]
    assert [output[-1] for output in outputs] == ["done", "done"]
    fetched = [word for output in outputs for word in output if word != "done"]
    assert sorted(fetched) == sorted(tiny.pieces)
    assert contents(tmp_path / "hub" / "tiny" / "1.0") == tiny.files


@posix
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_after_a_kill_in_the_middle_the_next_run_continues(
    fetcher: list[str], tmp_path: Path, tiny: TinyModel, how: signal.Signals
) -> None:
    process = start(fetcher, 0.1)
    assert process.stdout is not None
    begun = [process.stdout.readline().strip() for _ in range(3)]
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode != 0
    hub = tmp_path / "hub"
    assert not (hub / "tiny").exists()
    if how == signal.SIGINT:
        assert not list((hub / "staging" / "tiny@1.0").glob("*.tmp"))
    source = FakeSource(tiny.pieces)
    files = CacheHub(hub, sources=[source], manifests=[tiny.manifest]).ensure()
    assert contents(files.directory) == tiny.files
    assert set(source.sent) == set(tiny.pieces) - set(begun[:2])
    assert list((hub / "staging").iterdir()) == []


@posix
def test_a_client_and_its_children_end_with_the_call(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/grandchild; echo ready; wait"

    def interrupt(line: str) -> bool:
        raise KeyboardInterrupt

    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_client(["/bin/sh", "-c", script], cwd=tmp_path, on_line=interrupt, on_beat=lambda: None)
    assert time.monotonic() - began_s < 5
    grandchild = int((tmp_path / "grandchild").read_text())
    for _ in range(100):
        if not _runs(grandchild):
            break
        time.sleep(0.02)
    assert not _runs(grandchild)


def test_a_client_that_says_nothing_still_beats(tmp_path: Path) -> None:
    beats: list[float] = []
    finished = run_client(
        [sys.executable, "-c", "import time; time.sleep(0.7); print('end'); raise SystemExit(3)"],
        cwd=tmp_path,
        on_line=lambda line: False,
        on_beat=lambda: beats.append(time.monotonic()),
    )
    assert finished.code == 3 and finished.tail == ("end",)
    assert beats


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
