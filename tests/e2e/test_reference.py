"""The real weights, spoken like a recording: another voice, far from neutral, on a tape of its own."""

import dataclasses
import io

import numpy as np
import pytest
import soundfile

from tts_engine.options import SynthesisOptions

pytestmark = pytest.mark.e2e

TEXT = "明天上午多云转晴，气温比今天高三度。"


@pytest.fixture(scope="module")
def recording(synthesizer):
    """A slow, low, narrow take of another voice, as the bytes of a file."""
    options = SynthesisOptions(
        voice="zm_yunyang", emotion="melancholic", emotion_intensity=1.0, context="off", speed=0.85
    )
    result = synthesizer.synthesize("天色慢慢暗下来，街上没有人。", options)
    file = io.BytesIO()
    soundfile.write(file, result.waveform, result.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture(scope="module")
def plain(synthesizer):
    return next(synthesizer.stream(TEXT, SynthesisOptions(context="off")))


def test_no_strength_is_the_same_samples(synthesizer, plain, recording):
    options = SynthesisOptions(context="off", ref_audio=recording, ref_strength=0.0)
    np.testing.assert_array_equal(next(synthesizer.stream(TEXT, options)).waveform, plain.waveform)


def test_a_text_follows_a_recording_without_taking_its_pitch(synthesizer, plain, recording):
    from tts_engine.hearing.hear import hear

    heard = hear(recording)
    chunk = next(synthesizer.stream(TEXT, SynthesisOptions(context="off", ref_audio=recording)))
    like, own = (12 * np.log2(p.prosody.f0[p.prosody.f0 > 50]) for p in (chunk, plain))
    wished = 12 * np.log2(heard.f0_median_hz / heard.neutral_hz)
    assert np.median(like) - np.median(own) == pytest.approx(wished, abs=1.0)  # a man's 120 Hz stay out of it
    assert like.std() == pytest.approx(heard.f0_spread_st, rel=0.35)
    assert chunk.timing.end_s > plain.timing.end_s
    assert chunk.performance.origin == "reference"
    assert any("语速" in line for line in chunk.performance.evidence)


def test_what_the_voice_cannot_follow_is_told(synthesizer, recording):
    from tts_engine.hearing.hear import hear

    high = dataclasses.replace(hear(recording), f0_median_hz=400.0, neutral_hz=150.0)
    chunk = next(synthesizer.stream("好。", SynthesisOptions(ref_audio=high)))
    assert any("was limited to" in warning for warning in chunk.warnings)
