"""A voice from recordings on the real weights: similar, at the speaker's pitch, and an ordinary voice afterwards."""

import io

import numpy as np
import pytest
import soundfile

from tts_engine.acoustic.voices import VoiceStore
from tts_engine.options import SynthesisOptions
from tts_engine.own_voices.encoder import load_encoder
from tts_engine.own_voices.library import VoiceLibrary
from tts_engine.own_voices.report import report
from tts_engine.own_voices.shelf import Shelf
from tts_engine.own_voices.workshop import Workshop
from tts_engine.pipeline import Synthesizer

pytestmark = pytest.mark.e2e

CONSENT = "合成的说话人，同意用于测试 / a synthetic speaker, for tests"
TEXT = "列车即将进站，请站在黄线以内排队等候。"


@pytest.fixture(scope="module")
def made(synthesizer, model_files, tmp_path_factory):
    """A library with a voice made from what a pack says that the encoder was not trained on."""
    directory = tmp_path_factory.mktemp("voices")
    store = VoiceStore(model_files.voices_dir, Shelf(directory))
    workshop = Workshop(synthesizer._engine, store, "kokoro-82m@1.0-int8")
    library = VoiceLibrary(directory, workshop=lambda: workshop)
    target = load_encoder().held_out[0]
    result = synthesizer.synthesize(TEXT * 2, SynthesisOptions(voice=target, context="off"))
    file = io.BytesIO()
    soundfile.write(file, result.waveform, result.sample_rate, format="WAV")
    record = library.create("测试", [("a.wav", file.getvalue())], consent=CONSENT)
    speaking = Synthesizer.from_parts(synthesizer._engine, store, synthesizer._front_end)
    return record, store, speaking


def test_it_is_closer_than_the_nearest_pack_to_the_ears_of_the_engine(made):
    record, _, _ = made
    figures = record.current.figures
    assert figures["own_after"] > figures["own_before"]
    # a speaker recogniser, where one is installed, may find the fit no closer: then the report says that
    assert any("similar voice" in line or "no closer" in line for line in report(record))


def test_it_speaks_at_the_speakers_pitch(made):
    record, _, _ = made
    median = record.current.pitch_hz[0]
    assert abs(12 * np.log2(median / record.current.figures["speaker_median_hz"])) < 2.0


def test_it_is_said_mixed_and_felt(made):
    record, _, speaking = made
    for voice, emotion in (("own:测试", "neutral"), ("测试:0.6+zf_xiaoxiao:0.4", "开心")):
        result = speaking.synthesize(TEXT, SynthesisOptions(voice=voice, emotion=emotion))
        assert result.audio_s > 2.0 and not result.warnings
        level = 20 * np.log10(np.sqrt(np.mean(np.square(result.waveform))))
        assert -32 < level < -14
    assert record.current.consent.statement == CONSENT
