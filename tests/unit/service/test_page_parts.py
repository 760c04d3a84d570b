"""The pieces of the page that need no browser."""

import html
import re

import pytest

from tts_engine.errors import AssetError
from tts_engine.options import NEUTRAL
from tts_engine.own_voices.record import Consent, VoiceRecord, VoiceVersion
from tts_engine.service.engine import EngineHolder
from tts_engine.service.history import Entry
from tts_engine.service.page.live_tab import live_html
from tts_engine.service.page.pictures import bars_svg, pitch_svg
from tts_engine.service.page.player import result_html
from tts_engine.service.page.reference_part import heard_html, shown_reference
from tts_engine.service.page.speak_tab import NAMES, asked, shown
from tts_engine.service.page.system_tab import import_html
from tts_engine.service.page.voices_tab import record_html
from tts_engine.service.studio import Studio, options_of
from tts_engine.settings import Settings
from tts_engine.types import SentenceTiming, Span, Timing

DEFAULTS = ("zf_xiaoxiao", NEUTRAL, 0.8, 1.0, True, 0.0, 1.0, 0.0, 0, 0)
PHRASE = {
    "begin_s": 0.0, "end_s": 2.0, "melody_st": [0.0] * 32, "level_db": [0.0] * 32, "tempo": [1.0] * 32, "syllables": 9.0
}  # fmt: skip
REFERENCE = {
    "digest": "made", "duration_s": 2.0, "speech_s": 2.0, "f0_median_hz": 120.0, "f0_low_hz": 90.0, "f0_high_hz": 260.0,
    "f0_spread_st": 4.0, "neutral_hz": 140.0, "syllable_rate": 3.0, "pause_share": 0.0, "pauses_s": [],
    "phrases": [PHRASE],
    "level_spread_db": 10.0, "tilt_db": -15.0, "hnr_db": 15.0, "jitter": 0.01, "shimmer": 0.05,
    "formants_hz": [500.0, 1500.0, 2500.0, 3500.0], "vocal_tract_cm": 15.0, "spectrum_db": [0.0] * 40,
}  # fmt: skip
NO_REFERENCE = (None, None, None, 1.0, ["melody"], None)


def test_the_sliders_replace_the_menu_only_once_one_is_moved():
    options = asked(NAMES, (*DEFAULTS, *[0.0] * 8, *NO_REFERENCE))
    assert options["emotion"] == NEUTRAL and options["emotion_intensity"] == 0.8
    options = asked(NAMES, (*DEFAULTS, 0.0, 0.5, *[0.0] * 6, *NO_REFERENCE))
    assert options["emotion"] == [0.0, 0.5, *[0.0] * 6] and options["emotion_intensity"] is None
    assert options_of(options).emotion == options["emotion"]


def test_what_was_heard_is_told_in_words_before_its_figures():
    style = {
        **REFERENCE,
        "sounds_like": [["sad", 0.6], ["afraid", 0.2]],
        "warnings": ["好像有几个人。Several <people>."],
    }
    shown = heard_html("<svg></svg>", style, "说法 manner\tx\n听起来像\ty\n音高 pitch\t120 Hz")
    words = ("说得", "悲伤 0.6，恐惧 0.2", "sad 0.6, afraid 0.2", "好像有几个人", "<svg>", "120 Hz")
    places = [shown.index(word) for word in words]
    assert places == sorted(places) and "<people>" not in shown


def test_a_card_of_a_voice_says_first_how_similar_it_is_and_who_consented():
    consent = Consent("本人同意 <b>", "2026-01-01", ("0" * 64,))
    figures = {"speaker_before": 0.6, "speaker_after": 0.7, "speaker_ceiling": 0.9}
    version = VoiceVersion("0" * 12, "2026-01-01", "1", "m", "fast", -20.0, (200.0, 150.0, 280.0), figures=figures,
                           consent=consent, notes=("听起来不是同一个人。",))  # fmt: skip
    card = record_html(VoiceRecord("xiaowang", "小王", "female", (version,)))
    told, _, details = card.partition("<details>")
    for words in ("小王", "33%", "听起来不是同一个人", "本人同意 &lt;b&gt;"):
        assert words in told
    assert "0.60 → " in details and "0.60" not in told


def test_no_loudness_is_none_and_the_switch_is_a_choice():
    options = asked(NAMES, (*DEFAULTS, *[0.0] * 8, *NO_REFERENCE))
    assert options["loudness_lufs"] is None and options["context"] == "on"
    assert "ref_audio" not in options


def test_a_recording_that_was_not_heard_yet_goes_as_its_file():
    options = asked(NAMES, (*DEFAULTS, *[0.0] * 8, None, "a.wav", "b.wav", 0.5, ["melody", "rhythm"], None))
    assert (options["ref_audio"], options["ref_neutral"]) == ("a.wav", "b.wav")
    options = asked(NAMES, (*DEFAULTS, *[0.0] * 8, {"digest": "d"}, "a.wav", None, 0.5, ["melody", "rhythm"], "  "))
    assert options["ref_audio"] == {"digest": "d"} and options["ref_aspects"] == "melody,rhythm"
    assert "ref_consent" not in options and "ref_neutral" not in options
    assert shown_reference(options) == [{"digest": "d"}, 0.5, ["melody", "rhythm"], ""]


@pytest.mark.parametrize("vector", [[0.0] * 8, [0.0, 0.5, *[0.0] * 6]])
@pytest.mark.parametrize(
    "change", [{}, {"context": False, "speed": 1.2, "seed": 7, "loudness_lufs": -16, "voice": "zm_yunxi"}]
)
def test_kept_options_come_back_to_the_same_values(vector, change):
    values = {**dict(zip(NAMES, DEFAULTS, strict=True)), **change}
    options = asked(NAMES, (*values.values(), *vector, *NO_REFERENCE))
    back, sliders = shown(options)
    assert sliders == vector
    assert asked(NAMES, (*back.values(), *sliders, *NO_REFERENCE)) == options


def entry(text, words):
    timing = SentenceTiming(text, Span(0, len(text)), 0.0, 1.0, words=words)
    return Entry(
        "id",
        "2026-01-01T00:00:00.000+00:00",
        "a.wav",
        text,
        {},
        1.0,
        0.5,
        sentences=(timing,),
        pitch=((0, 200, 210, 0),),
    )


def test_every_character_is_shown_once_and_nothing_is_markup():
    text = "<b>你好</b>，世界"
    words = (Timing("你好", Span(3, 5), 0.1, 0.4), Timing("世界", Span(10, 12), 0.5, 0.9))
    shown_html = result_html(entry(text, words))
    inside = re.search(r'class="tts-words">(.*?)<button', shown_html).group(1)
    assert html.unescape(re.sub(r"<[^>]*>", "", inside)) == text
    assert re.findall(r'data-t="([\d.]+)"', shown_html) == ["0.100", "0.500"]


def test_words_that_read_one_number_are_one_place_to_click():
    words = (
        Timing("110", Span(0, 3), 0.1, 0.2),
        Timing("110", Span(0, 3), 0.2, 0.3),
        Timing("号", Span(3, 4), 0.3, 0.5),
    )
    assert result_html(entry("110号", words)).count("data-t=") == 2


def test_pictures_stay_inside_their_frame_and_nothing_gives_none():
    timing = SentenceTiming("好", Span(0, 1), 0.0, 1.0)
    picture = pitch_svg((timing,), ((0, 100, 400, 250, 0, 180),), "<title>")
    numbers = [
        float(y) for points in re.findall(r'points="([^"]*)"', picture) for y in re.findall(r",([\d.]+)", points)
    ]
    assert len(numbers) == 4 and all(0 <= y <= 150 for y in numbers)
    assert numbers[1] < numbers[2] < numbers[0]  # higher pitch stands higher
    assert "&lt;title&gt;" in picture
    assert pitch_svg((), (), "") == "" and pitch_svg((timing,), ((0, 0),), "") == "" and bars_svg((), (), "") == ""


def test_the_melody_of_a_reference_is_drawn_beside_the_pitch():
    timing = SentenceTiming("好", Span(0, 1), 0.0, 1.0)
    phrase = {"begin_s": 0.5, "end_s": 1.5, "melody_st": [0.0, 6.0, -6.0]}
    alone = pitch_svg((timing,), ((180, 220, 260),), "")
    beside = pitch_svg((timing,), ((180, 220, 260),), "", {"duration_s": 2.0, "phrases": [phrase]})
    assert "tts-reference" not in alone
    points = re.search(r'tts-reference" points="([^"]*)"', beside).group(1).split()
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points)
    assert (x0, x1, x2) == (240.0, 480.0, 720.0) and y1 < y0 < y2


def test_files_that_are_no_model_are_told(tmp_path):
    studio = Studio(Settings(cache_hub=tmp_path / "hub"), EngineHolder(lambda _progress: None), tmp_path / "shelf")
    (tmp_path / "note.txt").write_text("no model")
    with pytest.raises(AssetError, match=r"note\.txt"):
        import_html(studio, [str(tmp_path / "note.txt")])
    with pytest.raises(AssetError):
        studio.hub().use("kokoro-82m@1.0-int8")  # not fetched yet


def test_every_control_of_the_companion_has_its_label():
    page = live_html()
    for control in re.findall(r"<(?:input|select|textarea)[^>]*data-part=\"(\w+)\"", page):
        before = page[: page.index(f'data-part="{control}"')]
        assert before.rfind("<label>") > before.rfind("</label>"), control
