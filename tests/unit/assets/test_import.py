"""Files brought by hand are recognised by their bytes, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_engine.assets.cache_hub import CacheHub
from tts_engine.assets.import_source import ImportSource
from tts_engine.errors import AssetDamagedError, AssetError, AssetMissingError

from .conftest import TinyModel, contents, tgz_bytes, wheel_bytes


@pytest.fixture
def lonely(tmp_path: Path, tiny: TinyModel) -> CacheHub:
    """A hub whose only source is its import folder."""
    root = tmp_path / "cache_hub"
    return CacheHub(root, sources=[ImportSource(root / "import")], manifests=[tiny.manifest])


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_archives_in_the_drop_folder_are_enough(lonely: CacheHub, tiny: TinyModel) -> None:
    put(lonely.import_dir, {**tiny.wheels, "tiny-js-3.0.0.tgz": tiny.tgz})
    assert contents(lonely.ensure(offline=True).directory) == tiny.files


def test_names_do_not_matter(lonely: CacheHub, tiny: TinyModel) -> None:
    archives = [*tiny.wheels.values(), tiny.tgz]
    put(lonely.import_dir, {f"download ({i}).bin": data for i, data in enumerate(archives)})
    assert contents(lonely.ensure().directory) == tiny.files


def test_plain_files_do_and_the_joined_network_spares_its_parts(lonely: CacheHub, tiny: TinyModel) -> None:
    put(lonely.import_dir, {f"sub/{i}": data for i, data in enumerate(tiny.files.values())})
    assert contents(lonely.ensure().directory) == tiny.files


def test_what_was_given_stays_where_it_is(lonely: CacheHub, tiny: TinyModel) -> None:
    given = {**tiny.wheels, "x.tgz": tiny.tgz}
    put(lonely.import_dir, given)
    lonely.ensure()
    assert contents(lonely.import_dir) == given


def test_an_import_in_two_steps(lonely: CacheHub, tiny: TinyModel, tmp_path: Path) -> None:
    wheels = put(tmp_path / "usb", tiny.wheels)
    report = lonely.import_files([wheels])
    assert report.files is None
    assert set(report.missing) == {path for path in tiny.files if path.startswith("voices/")}
    tgz = put(tmp_path / "other", {"v.tgz": tiny.tgz}) / "v.tgz"
    report = lonely.import_files([tgz])
    assert report.files is not None and contents(report.files.directory) == tiny.files
    assert [(r.path, r.pieces) for r in report.recognised] == [(tgz, 3)]


def test_a_damaged_file_can_be_repaired_by_import(lonely: CacheHub, tiny: TinyModel, tmp_path: Path) -> None:
    put(lonely.root / "tiny" / "1.0", {**tiny.files, "model.onnx": b"broken"})
    with pytest.raises(AssetDamagedError):
        lonely.ensure()
    given = put(tmp_path / "usb", {"m": tiny.files["model.onnx"]})
    report = lonely.import_files([given])
    assert report.files is not None and contents(report.files.directory) == tiny.files


def test_a_damaged_version_survives_a_useless_import(lonely: CacheHub, tiny: TinyModel, tmp_path: Path) -> None:
    put(lonely.root / "tiny" / "1.0", {**tiny.files, "model.onnx": b"broken"})
    with pytest.raises(AssetError) as caught:
        lonely.import_files([put(tmp_path / "usb", {"m": b"nothing"})])
    assert caught.value.code == "import_useless"


@pytest.mark.parametrize(
    "given",
    [
        {"a.whl": b"PK\x03\x04 not a zip"},
        {"a.tgz": b"\x1f\x8b half"},
        {"a.bin": b""},
        {"a.whl": wheel_bytes("other", "1", {"x": b"y"})},
        {"a.tgz": tgz_bytes({"package/voices/v0.bin": b"\x00" * 4005})},
    ],
)
def test_useless_files_are_named_with_the_reason(lonely: CacheHub, tmp_path: Path, given: dict[str, bytes]) -> None:
    with pytest.raises(AssetError) as caught:
        lonely.import_files([put(tmp_path / "usb", given)])
    assert caught.value.code == "import_useless"
    assert next(iter(given)) in caught.value.message


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_truncated_archive_gives_what_it_has_and_never_a_half_piece(
    lonely: CacheHub, tiny: TinyModel, cut: float
) -> None:
    whole = {**tiny.wheels, "v.tgz": tiny.tgz}
    put(lonely.import_dir, {**whole, "v.tgz": tiny.tgz[: int(len(tiny.tgz) * cut)]})
    with pytest.raises(AssetMissingError):
        lonely.ensure()
    staged = list((lonely.root / "staging" / "tiny@1.0").iterdir())
    assert all(path.read_bytes() == tiny.pieces[path.name] for path in staged)
    put(lonely.import_dir, whole)
    assert contents(lonely.ensure().directory) == tiny.files


def test_a_path_that_does_not_exist(lonely: CacheHub, tmp_path: Path) -> None:
    with pytest.raises(AssetMissingError) as caught:
        lonely.import_files([tmp_path / "nowhere.whl"])
    assert caught.value.code == "import_missing"


def test_an_import_into_a_whole_version_changes_nothing(lonely: CacheHub, tiny: TinyModel, tmp_path: Path) -> None:
    put(lonely.import_dir, {**tiny.wheels, "v.tgz": tiny.tgz})
    files = lonely.ensure()
    assert lonely.import_files([put(tmp_path / "usb", {"x": b"y"})]).files == files
