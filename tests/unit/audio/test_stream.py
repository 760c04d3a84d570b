"""Streams: what is pushed comes back, while it grows, in flat memory, whatever the blocks were."""

import io
import subprocess
import sys
import tracemalloc
import wave

import numpy as np
import pytest
import soundfile

from tts_engine.audio.codecs import to_int16
from tts_engine.audio.encoding import encode
from tts_engine.audio.formats import STREAM_FORMATS
from tts_engine.audio.stream import StreamEncoder
from tts_engine.errors import AudioError, ControlError, FeatureMissingError

av = pytest.importorskip("av", reason="AAC and the independent decoder need PyAV: pip install av")

RATE = 24000
LOSSLESS = [name for name, one in STREAM_FORMATS.items() if one.is_lossless]
LOSSY = [name for name, one in STREAM_FORMATS.items() if not one.is_lossless]
FRAME = {"mp3": 576, "ogg": 0, "opus": 0, "aac": 1024}


def speech_like(seconds: float = 3.0, seed: int = 0) -> np.ndarray:
    """Noise in a vowel's band, in syllables: wide enough to be found again to the sample."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    noise = np.convolve(rng.standard_normal(count + 32), np.hanning(33) / 16, "valid")[:count]
    syllables = np.clip(np.sin(2 * np.pi * 4 * np.arange(count) / RATE), 0, 1)
    return (0.15 * noise * syllables).astype(np.float32)


def stream(format: str, waveform: np.ndarray, block: int = 6000) -> list[bytes]:
    encoder = StreamEncoder(format, RATE)
    pieces = [encoder.push(waveform[begin : begin + block]) for begin in range(0, len(waveform), block)]
    return [*pieces, encoder.finish()]


def decode(data: bytes, format: str) -> np.ndarray:
    """(samples,) float32 at 24 kHz by FFmpeg, which wrote none of these but AAC."""
    if format == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / 32768
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames]).astype(np.float32)


def lag(heard: np.ndarray, sent: np.ndarray) -> int:
    """By how many samples what was heard comes late."""
    middle = sent[6000:20000]
    return int(np.argmax(np.correlate(heard[: 22000 + 3000], middle, "valid"))) - 6000


@pytest.mark.parametrize("format", LOSSLESS)
@pytest.mark.parametrize("block", [1, 4097, 200_000])
def test_lossless_streams_hold_the_very_samples(format, block):
    sent = speech_like(0.2 if block == 1 else 3.0)
    heard = decode(b"".join(stream(format, sent, block)), format)
    assert np.array_equal(np.round(heard * 32768).astype(np.int16), to_int16(sent))


@pytest.mark.parametrize("format", LOSSY)
def test_lossy_streams_are_aligned_and_as_long(format):
    sent = speech_like()
    encoder = StreamEncoder(format, RATE)
    heard = decode(encoder.push(sent) + encoder.finish(), format)
    assert lag(heard, sent) == encoder.delay_samples
    late = encoder.delay_samples
    assert 0 <= len(heard) - late - len(sent) <= 2 * FRAME[format]
    error = heard[late : late + len(sent)] - sent
    assert 10 * np.log10(np.mean(sent**2) / np.mean(error**2)) > 8  # it is that very sound


@pytest.mark.parametrize("format", [name for name in STREAM_FORMATS if name not in ("pcm", "mp3", "aac")])
def test_a_stream_and_a_file_sound_the_same(format):
    sent = speech_like()
    streamed, whole = b"".join(stream(format, sent)), encode(sent, RATE, format)
    difference = np.abs(decode(streamed, format) - decode(whole, format))
    assert difference.max() < (1e-3 if format == "ogg" else 1e-9)  # Vorbis extrapolates from the end of each call


@pytest.mark.parametrize("format", STREAM_FORMATS)
def test_it_can_be_heard_before_it_ends(format):
    sent = speech_like(6.0)
    pieces = stream(format, sent, 12000)
    unfinished = b"".join(pieces[:-4])
    heard = decode(unfinished, format)
    held_back = 1.5 * RATE if format == "ogg" else 0.3 * RATE
    assert len(heard) >= len(sent) - 3 * 12000 - held_back
    assert sum(map(len, pieces[:4])) > 0


def test_the_first_sound_of_opus_leaves_within_a_fifth_of_a_second():
    encoder = StreamEncoder("opus", RATE)
    first = encoder.push(speech_like(0.2))
    assert first.count(b"OggS") >= 3  # two headers and sound
    encoder.abandon()


def test_mp3_begins_with_sound_and_not_with_an_empty_frame():
    data = b"".join(stream("mp3", speech_like(1.0)))
    assert data[0] == 0xFF and any(data[4:100])


@pytest.mark.parametrize("format", STREAM_FORMATS)
def test_memory_does_not_grow_with_the_length(format):
    block = speech_like(1.0)
    encoder = StreamEncoder(format, RATE)
    tracemalloc.start()
    for _ in range(3):
        encoder.push(block)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(7):
        encoder.push(block)
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    encoder.finish()
    assert growth < 10_000  # kept bytes would be 50,000 of MP3 and more of everything else


@pytest.mark.parametrize("format", STREAM_FORMATS)
def test_an_empty_stream_and_an_abandoned_one(format):
    encoder = StreamEncoder(format, RATE)
    encoder.finish()
    with pytest.raises(ValueError, match="finished"):
        encoder.push(speech_like(0.1))
    with StreamEncoder(format, RATE) as left:
        left.push(speech_like(0.1))
    left.abandon()
    with pytest.raises(ValueError, match="finished"):
        left.finish()


@pytest.mark.parametrize("format", STREAM_FORMATS)
def test_the_media_type_is_that_of_the_format(format):
    assert StreamEncoder(format, RATE).media_type.startswith("audio/")


def test_faults_are_said():
    with pytest.raises(ControlError, match="wav, flac, mp3, ogg, opus, aac, pcm") as caught:
        StreamEncoder("m4a", RATE)
    assert caught.value.fields["option"] == "format"
    with pytest.raises(AudioError):
        StreamEncoder("wav", RATE).push(np.array([0, np.nan], np.float32))


def test_aac_without_its_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FeatureMissingError, match=r"pip install 'tts-engine\[aac\]'"):
        StreamEncoder("aac", RATE)


@pytest.mark.parametrize(("sample", "expected"), [(1.5, 32767), (1.0, 32767), (-1.0, -32768), (-3.0, -32768), (0.0, 0)])
def test_nothing_wraps(sample, expected):
    assert to_int16(np.array([sample], np.float32)).tolist() == [expected]


def test_a_wav_stream_is_read_by_others(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"".join(stream("wav", np.zeros(100, np.float32))))
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
    heard, rate = soundfile.read(path)
    assert (len(heard), rate) == (100, RATE)


def test_importing_streams_pulls_in_nothing_heavy():
    code = "import sys, tts_engine.audio.stream; print([m for m in ('av', 'soundfile', 'numpy') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
