"""A version with some of its voices: whole for itself, complete again when asked."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tts_engine.assets.cache_hub import CacheHub
from tts_engine.errors import AssetError, AssetMissingError

from .conftest import FakeSource, TinyModel, contents


def kept(tiny: TinyModel, *voices: str) -> dict[str, bytes]:
    gone = {f"voices/{voice}.bin" for voice in tiny.voices if voice not in voices}
    return {path: data for path, data in tiny.files.items() if path not in gone}


def test_what_is_left_is_whole_and_nothing_is_fetched(hub: CacheHub, tiny: TinyModel, source: FakeSource) -> None:
    directory = hub.ensure().directory
    freed = hub.keep_voices(["v1"])
    assert freed == len(tiny.voices["v0"]) + len(tiny.voices["v2"])
    source.data = {}
    assert contents(hub.ensure(offline=True).directory) == contents(directory) == kept(tiny, "v1")
    assert hub.verify().is_sound
    assert hub.list_versions()[0].state == "ready"


def test_fetch_brings_all_back(hub: CacheHub, tiny: TinyModel) -> None:
    hub.ensure()
    hub.keep_voices(["v1"])
    assert contents(hub.fetch().directory) == tiny.files
    assert hub.keep_voices(["v0", "v1", "v2"]) == 0


def test_fewer_may_be_kept_later_and_not_others(hub: CacheHub, tiny: TinyModel) -> None:
    directory = hub.ensure().directory
    hub.keep_voices(["v0", "v1"])
    with pytest.raises(AssetMissingError, match="models fetch"):
        hub.keep_voices(["v1", "v2"])
    hub.keep_voices(["v1"])
    assert contents(directory) == kept(tiny, "v1")


def test_damage_is_still_found_and_repaired(hub: CacheHub, tiny: TinyModel) -> None:
    directory = hub.ensure().directory
    hub.keep_voices(["v1"])
    (directory / "voices" / "v1.bin").write_bytes(b"damaged")
    assert hub.verify().damaged == ("voices/v1.bin",)
    (directory / "model.onnx").unlink()
    assert hub.verify().missing == ("model.onnx",)
    assert contents(hub.ensure().directory) == tiny.files


@pytest.mark.parametrize("voices", [[], ["v1", "v9"], ["gold"], ["../model"]])
def test_voices_that_there_are_not_cost_nothing(hub: CacheHub, tiny: TinyModel, voices: list[str]) -> None:
    directory = hub.ensure().directory
    with pytest.raises(AssetError, match="v0, v1, v2") as caught:
        hub.keep_voices(voices)
    assert caught.value.code == "voice_unknown"
    assert contents(directory) == tiny.files


def test_a_version_that_is_not_here_is_fetched_first(hub: CacheHub) -> None:
    with pytest.raises(AssetMissingError, match="models fetch"):
        hub.keep_voices(["v1"])
    assert not hub.list_versions()[0].directory.exists()


def test_the_command_says_what_became_free(hub: CacheHub, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from tts_engine.cli import models
    from tts_engine.settings import Settings

    monkeypatch.setattr(models, "open_hub", lambda settings: hub)
    directory = hub.ensure().directory
    result = CliRunner().invoke(models.models, ["keep-voices", "v0", "v2"], obj=Settings())
    assert (result.exit_code, result.output) == (0, "v0 v2: 0.0 MB\n")
    assert contents(directory) == kept(tiny, "v0", "v2")
