"""What ``tts-engine doctor`` tells about the device and the precision."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from tts_engine.acoustic import device
from tts_engine.acoustic.precision import Precision
from tts_engine.settings import Settings


@pytest.mark.parametrize(
    ("asked", "told"),
    [("cpu", "cpu (asked for)"), ("auto", "cpu (auto: 没有找到 NVIDIA 显卡驱动"), ("cuda", "没有找到 NVIDIA 显卡驱动")],
)
def test_it_says_which_device_and_why(monkeypatch, tmp_path, asked, told):
    from tts_engine.cli.root import group

    monkeypatch.setattr(device, "has_driver", lambda: False)
    environment = {"TTS_DEVICE": asked, "TTS_CACHE_HUB": str(tmp_path), "TTS_OFFLINE": "1"}
    result = CliRunner().invoke(group, ["doctor", "--no-self-test"], env=environment)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("device")]
    assert line.split(maxsplit=1)[1].startswith(told)


def test_it_says_which_precision_and_why(monkeypatch, tmp_path):
    from tts_engine.cli import doctor
    from tts_engine.cli.root import group

    files = SimpleNamespace(derived_dir=tmp_path / "derived")
    monkeypatch.setattr(doctor, "open_hub", lambda settings: SimpleNamespace(ensure=lambda model, offline: files))
    asked = {}

    def choose(name, **named):
        asked.update(named, name=name)
        return Precision("int8", "auto: float32 99 ms, int8 60 ms, agreement 31 dB")

    monkeypatch.setattr(doctor, "choose_precision", choose)
    told = doctor._precision(Settings(cache_hub=tmp_path))
    assert told == "int8 (auto: float32 99 ms, int8 60 ms, agreement 31 dB)"
    assert asked == {"name": "auto", "folder": files.derived_dir, "decoder": None}
    monkeypatch.undo()
    result = CliRunner().invoke(
        group, ["doctor", "--no-self-test"], env={"TTS_CACHE_HUB": str(tmp_path), "TTS_OFFLINE": "1"}
    )
    (line,) = [line for line in result.output.splitlines() if line.startswith("precision")]
    assert "models fetch" in line or "not" in line  # no model here: said, not fetched
