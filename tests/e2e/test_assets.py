"""The real model, as pinned, and used without network once it is here."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tts_engine.assets import CacheHub, ModelFiles

pytestmark = pytest.mark.e2e


def test_every_file_is_what_was_pinned(cache_hub: Path, model_files: ModelFiles) -> None:
    report = CacheHub(cache_hub).verify(model_files.manifest.spec)
    assert report.is_sound
    assert len(report.sound) == 57


def test_ensure_needs_neither_network_nor_subprocess_and_no_time(
    cache_hub: Path, model_files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something reached for the network or a subprocess")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    began_s = time.perf_counter()
    assert CacheHub(cache_hub).ensure(offline=True) == model_files
    assert time.perf_counter() - began_s < 0.5


def test_the_files_are_of_the_form_that_their_readers_expect(model_files: ModelFiles) -> None:
    assert len(list(model_files.voices_dir.glob("*.bin"))) == 54
    gold = json.loads((model_files.lexicon_dir / "us_gold.json").read_text(encoding="utf-8"))
    assert "hello" in gold


def test_a_lost_voice_is_brought_back_from_a_copy_by_hand(model_files: ModelFiles, tmp_path: Path) -> None:
    """A second cache beside the real one, filled through its import folder and nothing else."""
    hub = CacheHub(tmp_path / "cache_hub")
    report = hub.import_files([model_files.directory])
    assert report.files is not None
    (report.files.voices_dir / "zf_xiaoxiao.bin").write_bytes(b"half")
    assert hub.verify().damaged == ("voices/zf_xiaoxiao.bin",)
    voice = model_files.voices_dir / "zf_xiaoxiao.bin"
    assert hub.import_files([voice]).files is not None
    assert hub.verify().is_sound
