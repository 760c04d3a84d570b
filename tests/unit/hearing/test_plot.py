"""The picture: whole, harmless SVG with every panel, and the report in words."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from made_voices import syllables, wav

from tts_engine.errors import ControlError, OutputError
from tts_engine.hearing.decode import decode
from tts_engine.hearing.hear import listen
from tts_engine.hearing.plot import plot, save_plot
from tts_engine.hearing.report import report


@pytest.fixture(scope="module")
def heard():
    return listen(decode(wav(syllables(12, every=4, gap_s=0.5, noise_db=45.0))))


def test_the_picture_is_well_formed_and_has_six_panels(heard):
    root = ElementTree.fromstring(plot(heard))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == space + "svg" and len(root.findall(space + "g")) == 6
    assert not list(root.iter(space + "script")) and "href" not in plot(heard)
    for line in root.iter(space + "polyline"):
        places = np.array([pair.split(",") for pair in line.get("points").split()], float)
        assert np.isfinite(places).all() and places[:, 1].min() >= -0.1 and places[:, 1].max() <= 120.1


def test_a_long_recording_makes_no_long_picture():
    heard = listen(decode(wav(np.tile(syllables(16, noise_db=45.0), 6))))
    assert heard.recording.duration_s > 20 and len(plot(heard)) < 300_000


def test_it_is_written_as_svg_only(heard, tmp_path):
    assert save_plot(heard, tmp_path / "heard.svg").read_text("utf-8") == plot(heard)
    with pytest.raises(ControlError, match="svg"):
        save_plot(heard, tmp_path / "heard.png")
    with pytest.raises(OutputError):
        save_plot(heard, tmp_path / "missing" / "heard.svg")


def test_the_report_names_every_figure(heard):
    text = report(heard.style, lambda name: f"<{name}>")
    assert f"{heard.style.f0_median_hz:.0f} Hz" in text and "音节" in text
    assert all(f"<{name}>" in text for name, _ in heard.style.sounds_like)
    assert len([line for line in text.splitlines() if line.startswith("  ")]) == len(heard.style.phrases)
