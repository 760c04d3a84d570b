"""The real weights perform: what an emotion promises is what is heard, and nothing of it is neutral's business."""

import numpy as np
import pytest

from tts_engine.options import SynthesisOptions

pytestmark = pytest.mark.e2e

TEXT = "会议改到了星期三下午两点。"
ENGLISH = "We will meet again in the morning, at the station."


def heard(synthesizer, emotion, intensity=1.0, text=TEXT, voice="zm_yunxi"):
    options = SynthesisOptions(voice=voice, emotion=emotion, emotion_intensity=intensity, context="off")
    return synthesizer.synthesize(text, options)


def level_db(result):
    power = np.square(result.waveform, dtype=np.float64)
    return 10 * np.log10(power[power > power.max() * 1e-4].mean())


def mean_st(result):
    f0 = np.concatenate([prosody.f0 for prosody in result.prosody])
    return float((12 * np.log2(f0[f0 > 50] / 100)).mean())


@pytest.fixture(scope="module")
def neutral(synthesizer):
    return heard(synthesizer, "neutral")


def test_no_intensity_is_the_neutral_reading_to_the_sample(synthesizer, neutral):
    np.testing.assert_array_equal(heard(synthesizer, "angry", 0.0).waveform, neutral.waveform)


def test_anger_is_higher_louder_and_not_slower(synthesizer, neutral):
    angry = heard(synthesizer, "angry")
    assert mean_st(angry) - mean_st(neutral) >= 2.0
    assert level_db(angry) - level_db(neutral) >= 3.0
    assert angry.audio_s <= 1.01 * neutral.audio_s
    assert np.abs(angry.waveform).max() < 1.0


def test_sadness_is_slower_and_softer(synthesizer, neutral):
    sad = heard(synthesizer, "悲伤")
    assert sad.audio_s >= 1.12 * neutral.audio_s
    assert level_db(sad) <= level_db(neutral) - 2.0
    assert mean_st(sad) < mean_st(neutral)


def test_half_the_intensity_lies_between(synthesizer, neutral):
    half, full = heard(synthesizer, "surprised", 0.5), heard(synthesizer, "surprised", 1.0)
    assert mean_st(neutral) + 1.0 < mean_st(half) < mean_st(full) - 1.0


def test_a_whisper_is_quieter_not_inaudible_and_heard_to_its_end(synthesizer, neutral):
    whisper = heard(synthesizer, "低语")
    assert -14.0 < level_db(whisper) - level_db(neutral) < -4.0
    tail = whisper.sentences[0].words[-1]
    inside = whisper.waveform[round(tail.begin_s * 24000) : round(tail.end_s * 24000)]
    assert len(inside) > 0.1 * 24000
    assert np.abs(inside).max() > 0.05 * np.abs(whisper.waveform).max()


def test_english_is_performed_by_the_same_renderer(synthesizer):
    calm, angry = (heard(synthesizer, name, text=ENGLISH, voice="af_heart") for name in ("neutral", "angry"))
    assert mean_st(angry) - mean_st(calm) >= 2.0
    assert level_db(angry) - level_db(calm) >= 3.0


def test_several_emotions_stay_level_where_they_meet(synthesizer):
    result = synthesizer.synthesize("[开心]今天的天气真好，[悲伤]可是他已经走了。", SynthesisOptions(voice="zm_yunxi"))
    steps = np.abs(np.diff(result.waveform))
    assert steps.max() < 0.35  # no click
