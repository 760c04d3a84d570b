"""Loudness against an independent implementation, and laws of the gain."""

import numpy as np
import pyloudnorm
import pytest

from tts_engine.audio.encoding import encode
from tts_engine.audio.join import fade_edges, trim_silence, with_pause
from tts_engine.audio.levels import KNEE, soft_ceiling
from tts_engine.audio.loudness import LoudnessMeter, gain_to_target, measure_loudness


def programme(rate: int, seed: int = 0) -> np.ndarray:
    """Noise of changing colour and level with silences, so that both gates matter."""
    rng = np.random.default_rng(seed)
    parts = []
    for level in (0.3, 0.0, 0.1, 0.002, 0.5, 0.00001):
        noise = rng.standard_normal(int(1.3 * rate))
        parts.append(level * np.convolve(noise, np.full(rng.integers(1, 6), 0.3), "same"))
    return np.concatenate(parts).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 44100, 48000])
def test_agrees_with_pyloudnorm(rate):
    wave = programme(rate)
    peer = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(wave)
    assert measure_loudness(wave, rate) == pytest.approx(peer, abs=0.01)


def test_agrees_with_the_default_filter_of_pyloudnorm_at_our_rate():
    wave = programme(24000)
    assert measure_loudness(wave, 24000) == pytest.approx(pyloudnorm.Meter(24000).integrated_loudness(wave), abs=0.1)


def test_reference_tone_of_the_standard():
    # 997 Hz at 0 dBFS on one channel reads -3.01 LKFS
    wave = np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000).astype(np.float32)
    assert measure_loudness(wave, 48000) == pytest.approx(-3.01, abs=0.02)


def test_blocks_and_the_whole_agree():
    wave = programme(24000)
    meter = LoudnessMeter(24000)
    rng = np.random.default_rng(1)
    begin = 0
    while begin < len(wave):
        end = begin + int(rng.integers(0, 5000))
        meter.add(wave[begin:end])
        begin = end
    whole = LoudnessMeter(24000)
    whole.add(wave)
    assert meter.integrated_lufs() == pytest.approx(whole.integrated_lufs(), abs=1e-9)
    assert meter.peak == pytest.approx(whole.peak, abs=1e-9)


def test_gain_moves_loudness_one_to_one():
    wave = programme(24000)
    assert measure_loudness(wave * 0.5, 24000) == pytest.approx(measure_loudness(wave, 24000) - 6.02, abs=0.05)


def test_true_peak_sees_between_the_samples():
    # a quarter of the sample rate, sampled 45 degrees off its crests: samples at -3 dB, crests at 0 dB
    wave = np.sin(np.pi / 2 * np.arange(2400) + np.pi / 4).astype(np.float32)
    wave *= np.hanning(len(wave)).astype(np.float32) ** 0.2
    meter = LoudnessMeter(24000)
    meter.add(wave)
    assert meter.peak == pytest.approx(1, abs=0.03)
    assert 20 * np.log10(np.abs(wave).max()) < -2.9


def test_silence_and_short_audio():
    assert measure_loudness(np.zeros(24000, dtype=np.float32), 24000) == -np.inf
    assert LoudnessMeter(24000).integrated_lufs() == -np.inf
    assert LoudnessMeter(24000).peak == 0
    long = programme(24000)[:24000]
    assert measure_loudness(long[:4800], 24000) == pytest.approx(measure_loudness(long, 24000), abs=2)


def test_target_within_and_beyond_the_ceiling():
    assert gain_to_target(-20, 0.1, -16) == (pytest.approx(10 ** (4 / 20)), None)
    gain, warning = gain_to_target(-20, 10 ** (-3 / 20), -16)
    assert gain == pytest.approx(10 ** (2 / 20))
    assert "-18.0 LUFS" in warning
    assert gain_to_target(-10, 1.2, -16) == (pytest.approx(10 ** (-6 / 20)), None)
    gain, warning = gain_to_target(-np.inf, 0.0, -16)
    assert gain == 1 and "silent" in warning


def test_trimming_keeps_all_that_is_heard():
    rng = np.random.default_rng(0)
    quiet, speech = 1e-4 * rng.standard_normal(12000), 0.3 * rng.standard_normal(24000)
    wave = np.concatenate([quiet, speech, quiet]).astype(np.float32)
    begin, end = trim_silence(wave, 24000)
    assert 12000 - 1000 <= begin <= 12000 - 480 and 36000 + 480 <= end <= 36000 + 1000
    assert trim_silence(wave[12000:36000], 24000) == (0, 24000)
    for silent in (np.zeros(5000, dtype=np.float32), wave[:0], wave[:3]):
        assert trim_silence(silent, 24000) == (0, len(silent))


def test_soft_ceiling_is_monotonic_odd_and_bounded():
    wave = np.linspace(-4, 4, 10001, dtype=np.float32)
    level = soft_ceiling(wave)
    assert np.all(np.diff(level.waveform) >= 0)
    assert np.all(np.abs(level.waveform) < 1)
    assert np.allclose(level.waveform, -level.waveform[::-1])
    inside = np.abs(wave) <= KNEE
    assert np.array_equal(level.waveform[inside], wave[inside])
    assert level.limited_samples == int((~inside).sum())
    assert level.peak == 4


def test_joins_have_no_step():
    wave = np.full(2400, 0.8, dtype=np.float32)
    joined = with_pause(wave, 0.1, 24000)
    assert len(joined) == 2400 + 2400
    assert joined[0] == 0 and joined[2399] == 0 and not joined[2400:].any()
    assert np.abs(np.diff(joined)).max() < 0.02
    assert np.array_equal(joined[200:2200], wave[200:2200])
    assert len(fade_edges(wave[:3], 24000)) == 3
    assert len(fade_edges(wave[:0], 24000)) == 0
    assert wave.min() == wave.max()  # the input was not touched


@pytest.mark.parametrize(
    ("format", "magic"),
    [("wav", b"RIFF"), ("flac", b"fLaC"), ("ogg", b"OggS"), ("opus", b"OggS"), ("mp3", b"\xff"), ("aac", b"\xff")],
)
def test_encode_in_memory(format, magic):
    assert encode(programme(24000), 24000, format).startswith(magic)


def test_every_format_of_the_options_can_be_written():
    from tts_engine.audio.formats import AUDIO_FORMATS
    from tts_engine.options import FORMATS

    assert tuple(AUDIO_FORMATS) == FORMATS
