"""References of a command: heard first, told in words, refused at once; nothing but words on the terminal."""

import io
import os

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from tts_engine.cli.recordings import hear_references, quiet_decoders
from tts_engine.cli.root import group
from tts_engine.errors import AudioError
from tts_engine.options import SynthesisOptions
from tts_engine.settings import Settings
from tts_engine.types import ReferenceStyle


def speech() -> bytes:
    """Three seconds of a buzz in syllables whose pitch glides."""
    rate = 16_000
    time = np.arange(3 * rate) / rate
    phase = 2 * np.pi * np.cumsum(150 + 40 * np.sin(2 * np.pi * 0.9 * time) + 25 * np.sin(2 * np.pi * 4 * time)) / rate
    buzz = sum(np.sin(n * phase) / n for n in range(1, 20)) * np.clip(np.sin(2 * np.pi * 2 * time) + 0.4, 0, 1)
    file = io.BytesIO()
    soundfile.write(file, 0.1 * buzz + 1e-4 * np.random.default_rng(0).normal(size=len(time)), rate, format="WAV")
    return file.getvalue()


def test_what_is_heard_is_told_and_takes_the_place_of_the_recording(capsys, tmp_path):
    file = tmp_path / "host.wav"
    file.write_bytes(speech())
    heard = hear_references(SynthesisOptions(ref_audio=file, references={"other": file}))
    assert isinstance(heard.ref_audio, ReferenceStyle) and heard.references == {"other": heard.ref_audio}
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["参考 reference ref_audio", "参考 reference other"]
    assert "语速" in told[0] or "说得" in told[0]


def test_nothing_is_heard_where_nothing_was_given(capsys):
    options = SynthesisOptions(ref_strength=0.5)
    assert hear_references(options) is options
    assert capsys.readouterr() == ("", "")


def test_a_bad_recording_is_refused_before_a_model_is_looked_for(tmp_path):
    file = tmp_path / "text.wav"
    file.write_text("这不是音频", "utf-8")
    settings = Settings(cache_hub=tmp_path / "nowhere", offline=True)
    for command in (["say", "你好", "--ref-audio", str(file)], ["explain", "你好", "--references", f"a={file}"]):
        result = CliRunner().invoke(group, command, obj=settings)
        assert isinstance(result.exception, AudioError), result.output
        assert result.exception.code == "audio_unknown"


def test_a_picture_that_cannot_be_written_is_refused_first(tmp_path):
    result = CliRunner().invoke(group, ["analyze", str(tmp_path / "no.wav"), "--plot", "a.png"], obj=Settings())
    assert ".svg" in str(result.exception)


def test_the_neutral_recording_is_named_where_it_is_the_bad_one(tmp_path):
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes(speech())
    bad.write_bytes(b"")
    result = CliRunner().invoke(group, ["analyze", str(good), "--neutral", str(bad)], obj=Settings())
    assert str(result.exception).startswith("中性录音 neutral: ")


def test_what_c_libraries_write_is_kept_off_the_terminal(capfd):
    with quiet_decoders():
        os.write(2, b"[libmpg123] error: nothing of importance\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


@pytest.mark.parametrize("name", ["ref_neutral", "ref_consent", "ref_strength", "ref_aspects"])
def test_what_stands_without_a_reference_is_told_to_have_no_effect(name):
    from tts_engine.chunking import _idle_reference

    values = {"ref_neutral": speech(), "ref_consent": "本人同意", "ref_strength": 0.4, "ref_aspects": "melody"}
    (warning,) = _idle_reference(SynthesisOptions(**{name: values[name]}))
    assert name in warning
    assert not _idle_reference(SynthesisOptions(**{name: values[name], "ref_audio": speech()}))
