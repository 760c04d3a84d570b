"""References of a request: options, tags, and the sentences that follow them."""

import dataclasses
from pathlib import Path

import pytest

from tts_engine.acoustic.config import default_symbols
from tts_engine.directing import References, scenes
from tts_engine.emotion.vocabulary import is_emotion
from tts_engine.errors import AudioError, ControlError
from tts_engine.explaining import explain
from tts_engine.options import SynthesisOptions, make_options, parse_aspects
from tts_engine.prosody.register import Register
from tts_engine.referring import hear_all, resolve
from tts_engine.text.frontend import FrontEnd
from tts_engine.types import ReferencePhrase, ReferenceStyle

REGISTER = Register(median_hz=200.0, low_hz=120.0, high_hz=300.0)


def style(median_hz=150.0, warnings=()):
    phrase = ReferencePhrase(0.0, 2.0, (0.0,) * 32, (0.0,) * 32, (1.0,) * 32, 9.0)
    return ReferenceStyle(
        digest="made", duration_s=2.0, speech_s=2.0, f0_median_hz=median_hz, f0_low_hz=90.0, f0_high_hz=260.0,
        f0_spread_st=4.0, neutral_hz=140.0, syllable_rate=4.5, pause_share=0.0, pauses_s=(), phrases=(phrase,),
        level_spread_db=10.0, tilt_db=-15.0, hnr_db=15.0, jitter=0.01, shimmer=0.05,
        formants_hz=(500.0, 1500.0, 2500.0, 3500.0), vocal_tract_cm=15.0, spectrum_db=(0.0,) * 40, warnings=warnings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def front_end():
    return FrontEnd(default_symbols(), is_emotion=is_emotion)


def staged(front_end, text, emotion="neutral", **options):
    references = resolve(SynthesisOptions(**options), REGISTER)
    return list(scenes(front_end, front_end.open(text), emotion=emotion, context=False, references=references))


def test_nothing_asked_for_is_nothing(front_end):
    assert resolve(SynthesisOptions(), REGISTER) == References()
    (scene,) = staged(front_end, "你好。")
    assert scene.performance.reference is None


def test_the_reference_of_the_request_holds_for_every_sentence(front_end):
    found = staged(front_end, "你好。再见。", ref_audio=style(), ref_strength=0.6, ref_aspects="melody, rhythm")
    for scene in found:
        assert scene.performance.reference.strength == 0.6
        assert scene.performance.reference.aspects == {"melody", "rhythm"}
        assert scene.performance.origin == "reference"
        assert any("语速 4.5" in line for line in scene.performance.evidence)


def test_no_strength_is_no_reference(front_end):
    with_it, without = (staged(front_end, "你好。", **o) for o in ({"ref_audio": style(), "ref_strength": 0.0}, {}))
    assert with_it[0].performance == without[0].performance


def test_a_label_beside_a_reference_keeps_its_name(front_end):
    (scene,) = staged(front_end, "你好。", emotion="sad", ref_audio=style())
    assert scene.performance.origin == "label"
    assert scene.performance.reference is not None
    assert not scene.performance.emotion.is_neutral
    assert any("参考" in line for line in scene.performance.evidence)


def test_a_neutral_recording_sets_where_the_speaker_is_at_home():
    found = resolve(SynthesisOptions(ref_audio=style(180.0), ref_neutral=style(165.0)), REGISTER)
    assert found.whole.style.neutral_hz == 165.0
    assert found.whole.neutral.f0_median_hz == 165.0


def test_tags_choose_among_several_references(front_end):
    text = "[ref:host]大家好。[ref:friend]你好呀。[/ref]再见。"
    found = staged(front_end, text, references={"host": style(160.0), "friend": style(170.0)}, ref_audio=style(150.0))
    assert [scene.performance.reference.style.f0_median_hz for scene in found] == [160.0, 170.0, 150.0]
    assert [scene.sentence.spoken for scene in found] == ["大家好。", "你好呀。", "再见。"]


def test_a_tag_cuts_a_sentence_and_holds_to_the_end_of_the_line(front_end):
    found = staged(front_end, "他说，[ref:host]大家好。\n再见。", references={"host": style(160.0)})
    heard = [scene.performance.reference is not None for scene in found]
    assert heard == [False, True, False]


def test_an_unknown_name_is_told_and_never_spoken(front_end):
    (scene,) = staged(front_end, "[ref:nobody]你好。", references={"host": style()})
    assert scene.performance.reference is None
    assert scene.sentence.spoken == "你好。"
    assert any("nobody" in warning and "host" in warning for warning in scene.warnings)


def test_explain_says_what_is_taken_and_what_is_limited(front_end):
    options = SynthesisOptions(ref_audio=style(400.0, warnings=("有噪声。Noisy.",)), emotion="auto")
    data = explain(front_end, "你好。", references=resolve(options, REGISTER)).to_dict()
    evidence = " ".join(data["sentences"][0]["performance"]["evidence"])
    for part in ("有噪声", "音高 +18.2 st", "was limited to"):
        assert part in evidence


def test_doubts_about_a_recording_are_told_once(front_end):
    found = staged(front_end, "你好。再见。", ref_audio=style(warnings=("有噪声。Noisy.",)))
    assert [scene.warnings.count("有噪声。Noisy.") for scene in found] == [1, 0]


def test_a_bad_recording_is_named_where_there_are_several():
    for options, place in (
        ({"ref_audio": style(), "ref_neutral": b"text"}, "ref_neutral"),
        ({"references": {"host": style(), "friend": b"text"}}, "references.friend"),
        ({"ref_audio": b"text"}, "ref_audio"),
    ):
        for use in (hear_all, lambda asked: resolve(asked, REGISTER)):
            with pytest.raises(AudioError) as caught:
                use(SynthesisOptions(**options))
            assert caught.value.fields["option"] == place
            assert caught.value.message.startswith(place) == (place != "ref_audio")


def test_doubts_name_the_recording_that_they_are_about(front_end):
    doubtful = style(warnings=("有噪声。Noisy.",))
    (scene,) = staged(front_end, "[ref:host]你好。", references={"host": doubtful}, ref_neutral=doubtful)
    assert scene.warnings == ("references.host: 有噪声。Noisy.", "ref_neutral: 有噪声。Noisy.")


def test_what_it_sounds_like_is_told(front_end):
    like = dataclasses.replace(style(), sounds_like=(("sad", 0.6), ("afraid", 0.2)))
    (scene,) = staged(front_end, "你好。", ref_audio=like)
    assert "听起来像 悲伤 sad 0.6，恐惧 afraid 0.2" in scene.performance.evidence


def test_timbre_needs_consent():
    with pytest.raises(ControlError, match="ref_consent") as caught:
        SynthesisOptions(ref_audio=style(), ref_aspects="melody,timbre")
    assert caught.value.code == "consent_missing"
    options = SynthesisOptions(ref_audio=style(), ref_aspects="melody,timbre", ref_consent="李雷同意用于本播客")
    assert any("李雷" in line for line in resolve(options, REGISTER).notes[""])


@pytest.mark.parametrize("value", ["", "melodie", "melody;rhythm", "melody,,rhythm", None, 3])
def test_aspects_are_checked_by_name(value):
    with pytest.raises(ControlError, match="melody") as caught:
        make_options(ref_aspects=value)
    assert caught.value.fields["option"] == "ref_aspects"


def test_aspects_may_be_written_loosely():
    assert parse_aspects(" Melody， quality ") == {"melody", "quality"}


@pytest.mark.parametrize("name", ["ref_audio", "ref_neutral"])
@pytest.mark.parametrize("value", ["", " ", 7, ["host.wav"], {"a": "b"}])
def test_what_is_no_recording_is_refused(name, value):
    with pytest.raises(ControlError, match=name):
        make_options(**{name: value})


@pytest.mark.parametrize("value", ["host.wav", {"host": 3}, {"": "host.wav"}, {3: "host.wav"}, ["host.wav"]])
def test_references_are_names_and_recordings(value):
    with pytest.raises(ControlError, match="references"):
        make_options(references=value)


@pytest.mark.parametrize("value", ["host.wav", Path("host.wav"), b"RIFF"])
def test_paths_and_bytes_are_recordings(value):
    assert make_options(ref_audio=value).ref_audio == value


@pytest.mark.parametrize("value", [Path("no such file.wav"), b"no audio at all"])
def test_a_recording_that_cannot_be_used_is_one_audio_error(value):
    pytest.importorskip("tts_engine.hearing.hear")
    with pytest.raises(AudioError):
        resolve(SynthesisOptions(ref_audio=value), REGISTER)


BAD = (
    ("--ref-aspects", "ref_aspects", "melodie"),
    ("--ref-aspects", "ref_aspects", "melody,timbre"),
    ("--ref-audio", "ref_audio", " "),
    ("--ref-strength", "ref_strength", 1.5),
)


@pytest.mark.parametrize("command", ["say", "explain"])
@pytest.mark.parametrize(("flag", "name", "value"), BAD)
def test_the_command_line_answers_as_python_does(command, flag, name, value):
    from tts_engine.cli import main  # noqa: F401 - registers the commands
    from tts_engine.cli.root import group

    with pytest.raises(ControlError) as here:
        make_options(**{name: value})
    with pytest.raises(ControlError) as there:
        group.main([command, "你好。", flag, str(value)], standalone_mode=False)
    assert there.value.to_dict() == here.value.to_dict()


def test_names_of_references_are_written_with_an_equals_sign():
    from tts_engine.cli.root import group

    with pytest.raises(ControlError, match="NAME=FILE"):
        group.main(["say", "你好。", "--references", "host.wav"], standalone_mode=False)
