import wave

import numpy as np
import pytest

from tts_engine.audio.stream import to_pcm16, wav_stream_header


def test_samples_survive_within_half_a_step():
    waveform = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    back = np.frombuffer(to_pcm16(waveform), "<i2") / 32768
    assert np.abs(back - waveform).max() <= 1 / 32768


@pytest.mark.parametrize(("sample", "expected"), [(1.5, 32767), (1.0, 32767), (-1.0, -32768), (-3.0, -32768), (0.0, 0)])
def test_nothing_wraps(sample, expected):
    assert np.frombuffer(to_pcm16(np.array([sample], np.float32)), "<i2").tolist() == [expected]


def test_header_is_read_by_others(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav_stream_header(24000) + to_pcm16(np.zeros(100, np.float32)))
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
