"""The picture: whole, harmless SVG with every panel, and the report in words."""

import dataclasses
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from made_voices import syllables, wav

from tts_engine.errors import ControlError, OutputError
from tts_engine.hearing.decode import decode
from tts_engine.hearing.hear import listen
from tts_engine.hearing.plot import plot, save_plot
from tts_engine.hearing.report import report, summary


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


def test_the_report_begins_with_what_it_amounts_to(heard):
    first, second, *_ = report(heard.style).splitlines()
    assert first.startswith("说法 manner\t") and second.startswith("听起来像 sounds like\t")
    chinese, english = summary(heard.style)
    assert chinese in first and english in first and not any(character.isdigit() for character in first)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"f0_median_hz": 200.0, "neutral_hz": 160.0}, "比平常高很多"),
        ({"f0_median_hz": 150.0, "neutral_hz": 165.0}, "比平常低"),
        ({"f0_spread_st": 1.5}, "语调平"),
        ({"f0_spread_st": 5.0}, "语调起伏大"),
        ({"syllable_rate": 3.2}, "说得慢"),
        ({"syllable_rate": 7.0}, "说得快"),
        ({"pause_share": 0.3}, "停顿多"),
        ({"tilt_db": -25.0}, "声音柔暗"),
        ({"hnr_db": 4.0}, "沙哑或带气声"),
    ],
)
def test_the_summary_is_in_words(heard, changed, word):
    assert word in summary(dataclasses.replace(heard.style, **changed))[0].split("，")
