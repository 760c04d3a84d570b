"""The real weights through Python: what is asked for is what is heard."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from tts_engine.errors import ControlError, TextError
from tts_engine.options import SynthesisOptions

pytestmark = pytest.mark.e2e

SHORT = "今天天气很好。"


def median_f0(waveform, rate=24000, low=60.0, high=500.0):
    """Median f0 of the voiced 40 ms frames by autocorrelation, Hz."""
    size, found = round(0.04 * rate), []
    for begin in range(0, len(waveform) - 2 * size, size // 2):
        frame = waveform[begin : begin + 2 * size].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < 0.02:
            continue
        scores = correlate(frame, frame, "full")[len(frame) - 1 :]
        lags = slice(round(rate / high), round(rate / low))
        best = int(np.argmax(scores[lags])) + lags.start
        if scores[best] > 0.5 * scores[0]:
            found.append(rate / best)
    return float(np.median(found))


@pytest.fixture(scope="module")
def plain(synthesizer):
    return synthesizer.synthesize(SHORT)


def test_it_speaks(plain):
    assert 0.8 < plain.audio_s < 3.0
    assert np.abs(plain.waveform).max() > 0.05
    assert plain.warnings == ()
    assert "".join(c.text for c in plain.sentences[0].characters) == SHORT


def test_same_request_same_samples(synthesizer, plain):
    np.testing.assert_array_equal(synthesizer.synthesize(SHORT).waveform, plain.waveform)


@pytest.mark.parametrize("semitones", [-4.0, 4.0])
def test_pitch_is_rendered(synthesizer, plain, semitones):
    moved = synthesizer.synthesize(SHORT, SynthesisOptions(pitch_shift_st=semitones))
    heard = 12 * np.log2(median_f0(moved.waveform) / median_f0(plain.waveform))
    assert heard == pytest.approx(semitones, abs=1.0)


def test_speed_is_rendered(synthesizer, plain):
    fast = synthesizer.synthesize(SHORT, SynthesisOptions(speed=1.3))

    def spoken(result):
        return result.sentences[0].words[-1].end_s - result.sentences[0].words[0].begin_s

    assert spoken(plain) / spoken(fast) == pytest.approx(1.3, rel=0.08)


def test_every_mandarin_voice_and_a_mix_speak_at_one_level(synthesizer):
    from tts_engine.audio.loudness import measure_loudness

    mandarin = [info for info in synthesizer.voices() if info.language.startswith("zh")]
    assert len(mandarin) == 8
    assert all(info.zh for info in mandarin)
    text = "清晨的阳光洒在湖面上，几只白鹭从芦苇丛中飞起，朝着远处的山岭飞去了。"  # a few words alone vary by 4 dB
    for voice in [info.name for info in mandarin] + ["zf_xiaoxiao:0.7+zf_xiaoyi:0.3"]:
        result = synthesizer.synthesize(text, SynthesisOptions(voice=voice))
        assert measure_loudness(result.waveform, result.sample_rate) == pytest.approx(-20.0, abs=3.0), voice


def test_unknown_voice_lists_near_ones(synthesizer):
    with pytest.raises(ControlError, match="zf_xiaoxiao"):
        synthesizer.synthesize(SHORT, SynthesisOptions(voice="xiaoxiao_zf"))


@pytest.mark.parametrize("text", ["", "   \n", "\u0000", "🙂🙂", "……", "\u202e"])
def test_nothing_to_say_is_one_clear_error(synthesizer, text):
    with pytest.raises(TextError):
        synthesizer.synthesize(text)


def test_odd_characters_are_named_not_spoken(synthesizer):
    result = synthesizer.synthesize("你好\u0000🙂世界。")
    assert result.audio_s > 0.5
    assert "".join(c.text for s in result.sentences for c in s.characters).startswith("你好")


def test_a_million_characters_begin_at_once_and_can_be_stopped(synthesizer):
    stream = synthesizer.stream(SHORT * (1_000_000 // len(SHORT)))
    chunk = next(stream)
    stream.close()
    assert chunk.sentence.source == SHORT
    assert chunk.progress < 1e-4


def test_one_line_api_as_in_the_readme(tmp_path, cache_hub, model_files):
    code = (
        "from tts_engine import synthesize\n"
        "print(synthesize(text='欢迎收听今日新闻', emotion='neutral', ref_audio=None))"
    )
    environ = {**os.environ, "TTS_CACHE_HUB": str(cache_hub), "TTS_OFFLINE": "1"}
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    ).stdout
    (written,) = (tmp_path / "outputs").iterdir()
    assert out.strip() == f"outputs/{written.name}"
    waveform, rate = soundfile.read(written)
    assert rate == 24000
    assert len(waveform) > rate
