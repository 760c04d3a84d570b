"""Decoding: what is audio comes out as one channel, what is not is one sentence."""

import struct

import numpy as np
import pytest
from made_voices import speak, wav

from tts_engine.errors import AudioError
from tts_engine.hearing.decode import Limits, decode


@pytest.fixture(scope="module")
def vowel():
    return speak(np.full(16_000 * 2, 150.0))


def refused(source, **options):
    with pytest.raises(AudioError) as caught:
        decode(source, **options)
    message = caught.value.message
    assert "\n" not in message and any("\u4e00" <= c <= "\u9fff" for c in message) and message.isascii() is False
    return caught.value.code


@pytest.mark.parametrize(
    ("format", "subtype"), [("WAV", None), ("FLAC", None), ("MP3", None), ("OGG", "VORBIS"), ("OGG", "OPUS")]
)
def test_common_formats_decode_to_the_same_sound(vowel, format, subtype):
    heard = decode(wav(vowel, format=format, subtype=subtype))
    assert heard.sample_rate == 16_000 and abs(heard.duration_s - 2.0) < 0.08
    assert heard.waveform.dtype == np.float32 and heard.waveform.ndim == 1
    spectrum = [np.abs(np.fft.rfft(w[4000:20000])) for w in (vowel, heard.waveform)]
    assert np.corrcoef(*spectrum)[0, 1] > 0.85


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_every_rate_keeps_length_and_pitch(rate):
    tone = np.sin(2 * np.pi * 200 * np.arange(rate) / rate).astype(np.float32) * 0.5
    heard = decode(wav(tone, rate))
    assert heard.source_rate == rate and abs(len(heard.waveform) - 16_000) <= 1
    assert np.argmax(np.abs(np.fft.rfft(heard.waveform[:16_000]))) == 200


def test_path_and_bytes_are_heard_alike_whatever_the_suffix(tmp_path, vowel):
    file = tmp_path / "recording.raw"
    file.write_bytes(wav(vowel))
    assert decode(file).digest == decode(wav(vowel)).digest == decode(str(file)).digest


def test_digest_follows_the_samples(vowel):
    whole = (vowel * 30_000).astype(np.int16)
    assert decode(wav(whole)).digest == decode(wav(whole, format="FLAC")).digest
    assert decode(wav(whole)).digest != decode(wav(whole // 2)).digest


def test_stereo_is_averaged_and_opposite_channels_do_not_cancel(vowel):
    same = decode(wav(np.stack([vowel, vowel], axis=1)))
    assert np.allclose(same.waveform, decode(wav(vowel)).waveform, atol=1e-4) and not same.warnings
    opposite = decode(wav(np.stack([vowel, -vowel], axis=1)))
    assert np.abs(opposite.waveform).max() > 0.4 and opposite.warnings
    one_sided = decode(wav(np.stack([vowel, 0 * vowel], axis=1)))
    assert np.abs(one_sided.waveform).max() > 0.2


def test_of_seven_point_one_the_channel_with_speech_is_heard(vowel):
    hum = 0.9 * np.sin(2 * np.pi * 40 * np.arange(len(vowel)) / 16_000)
    channels = np.zeros((len(vowel), 8))
    channels[:, 2], channels[:, 3], channels[:, 0] = vowel, hum, 0.1 * vowel
    heard = decode(wav(channels))
    assert np.allclose(heard.waveform, vowel - vowel.mean(), atol=1e-3)
    assert heard.source_channels == 8 and len(heard.warnings) == 1 and "3" in heard.warnings[0]


def test_limits_are_the_callers(vowel):
    data = wav(vowel)
    assert refused(data, limits=Limits(bytes=1000)) == "audio_too_large"
    assert refused(data, limits=Limits(duration_s=1.0)) == "audio_too_long"
    assert refused(wav(np.stack([vowel] * 3, axis=1)), limits=Limits(channels=2)) == "audio_channels"
    assert decode(data, limits=Limits(bytes=len(data), duration_s=2.0)).duration_s == 2.0


def test_an_hour_is_refused_without_decoding_it():
    data = wav(np.zeros(8000 * 3600, np.int16), 8000, format="FLAC")  # a bomb: a few hundred kB
    assert len(data) < 2**20
    assert refused(data) == "audio_too_long"


def test_what_is_no_audio_is_said_to_be_what_it_is(tmp_path):
    text = tmp_path / "voice.mp3"
    text.write_text("这不是声音，只是改了名字的文本。" * 50, "utf-8")
    assert refused(text) == "audio_unknown"
    with pytest.raises(AudioError, match="文本"):
        decode(text)
    assert refused(b"%PDF-1.7 ....") == "audio_unknown"
    assert refused(b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00") == "audio_format"
    with pytest.raises(AudioError, match="ffmpeg"):
        decode(b"\x1a\x45\xdf\xa3" + bytes(100))
    assert refused(np.random.default_rng(0).bytes(5000)) == "audio_unknown"
    assert refused(b"RIFF\x00\x00\x00\x00WAVEjunk") == "audio_damaged"
    assert refused(b"") == "audio_empty"
    assert refused(wav(np.zeros(0, np.float32))) == "audio_empty"
    assert refused(tmp_path / "nothing.wav") == "audio_missing"
    assert refused(tmp_path) == "audio_missing"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(vowel, bad):
    broken = vowel.copy()
    broken[1234] = bad
    assert refused(wav(broken, subtype="FLOAT")) == "audio_not_finite"
    assert refused(wav(np.stack([vowel, broken], axis=1), subtype="FLOAT")) == "audio_not_finite"
    huge = vowel.astype(np.float64)
    huge[77] = 1e300
    assert refused(wav(huge, subtype="DOUBLE")) == "audio_not_finite"


def test_floats_beyond_full_scale_are_brought_back(vowel):
    assert np.abs(decode(wav(vowel * 40_000, subtype="FLOAT")).waveform).max() <= 1.0


@pytest.mark.parametrize("format", ["MP3", "FLAC", "WAV", "OGG"])
def test_a_file_that_breaks_off_is_used_as_far_as_it_goes_and_never_crashes(format):
    data = wav(speak(np.full(16_000 * 6, 150.0)), format=format)
    for share in (0.6, 0.3):
        try:
            heard = decode(data[: int(share * len(data))])
        except AudioError as error:
            assert error.code in ("audio_damaged", "audio_empty")
        else:
            assert 0.5 * share * 6 < heard.duration_s < 1.3 * share * 6
    assert refused(data[:20]) in ("audio_damaged", "audio_unknown")


def test_what_a_wav_file_lacks_at_its_end_is_told():
    data = wav(speak(np.full(16_000 * 6, 150.0)))
    heard = decode(data[: len(data) // 2])
    assert "6.0" in heard.warnings[0] and "3.0" in heard.warnings[0]
    assert not decode(data).warnings


def test_an_mp3_is_used_up_to_the_place_where_it_is_damaged():
    data = wav(speak(np.full(16_000 * 6, 150.0)), format="MP3")
    cut = len(data) // 3
    rubbish = np.random.default_rng(0).bytes(5000)
    heard = decode(data[:cut] + rubbish + data[cut + len(rubbish) :])
    assert 1.0 < heard.duration_s < 6.2
    assert heard.duration_s > 5.5 or heard.warnings  # where the decoder finds its way again, nothing is missing


def test_an_offset_is_taken_out(vowel):
    there = decode(wav(0.4 * vowel))
    with_offset = decode(wav(0.4 * vowel + 0.3))
    assert abs(with_offset.waveform.mean()) < 1e-4
    assert np.allclose(with_offset.waveform, there.waveform, atol=2e-3)


def test_a_header_that_lies_about_its_length_is_not_believed(vowel):
    data = bytearray(wav(vowel))
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", 0xFFFFFFF0)
    data[4:8] = struct.pack("<I", 0xFFFFFFF0)
    assert abs(decode(bytes(data)).duration_s - 2.0) < 0.01


def test_rates_that_no_speech_has_are_refused(vowel):
    assert refused(wav(vowel, 4000)) == "audio_rate"
    assert refused(wav(vowel, 400_000)) == "audio_rate"


def test_flat_tops_are_seen(vowel):
    clipped = np.clip(vowel * 6, -0.8, 0.8)
    assert decode(wav(clipped)).clipped_share > 0.01
    assert decode(wav(vowel)).clipped_share < 0.0005


def encoded(waveform, container, codec):
    import io

    av = pytest.importorskip("av", reason="needs the extra aac")
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(waveform[None, :].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        for piece in av.AudioResampler(format=stream.format.name, layout="mono", rate=48_000).resample(frame):
            fifo = av.AudioFifo()
            fifo.write(piece)
            while block := fifo.read(stream.codec_context.frame_size or 960, partial=True):
                for packet in stream.encode(block):
                    output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize(("container", "codec"), [("ipod", "aac"), ("adts", "aac"), ("webm", "libopus")])
def test_what_phones_and_browsers_record_is_read_with_the_extra(vowel, container, codec):
    heard = decode(encoded(vowel, container, codec))
    assert abs(heard.duration_s - 2.0) < 0.1
    spectrum = np.abs(np.fft.rfft(heard.waveform[8000:24_000]))
    assert np.argmax(spectrum[100:250]) + 100 == pytest.approx(150, abs=2)


def test_without_the_extra_the_answer_says_how_to_convert_or_install(vowel, monkeypatch):
    data = encoded(vowel, "ipod", "aac")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(AudioError, match=r"ffmpeg.*tts-engine") as caught:
        decode(data)
    assert caught.value.code == "audio_format"


def test_limits_hold_for_them_too(vowel):
    assert refused(encoded(vowel, "ipod", "aac"), limits=Limits(duration_s=1.0)) == "audio_too_long"


def test_a_playlist_is_never_followed():
    assert refused(b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n") == "audio_unknown"
