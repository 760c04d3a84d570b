"""What ``tts-engine doctor`` tells about the device."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tts_engine.acoustic import device


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
