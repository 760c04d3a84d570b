"""Samples as bytes of one format each: RIFF by hand, the rest by libsndfile or, for AAC, by FFmpeg's libraries.

All take float32 in [-1, 1] and write to a ``Carrier``. The lossless ones quantise by one function, so that a WAV, a
FLAC and a stream of one text hold the same samples.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, cast

from .carrier import Carrier
from .formats import AudioFormat
from .marking import id3_tag, in_flac, in_mp4, in_ogg, mp4_filler, riff_chunks, vorbis_filler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..types import FloatArray

_UNKNOWN = 0xFFFFFFFF  # what ffmpeg, sox and aplay take for "until the pipe ends"
_SET_OGG_PAGE_LATENCY_MS = 0x1302  # libsndfile command
_OPUS_PAGE_MS = 100.0  # instead of 1000: a listener hears the first page
_MP3_CONSTANT = {"bitrate_mode": "CONSTANT", "compression_level": 0.6}  # 64 kbit/s at 24 kHz
_AAC_BIT_RATE = 64_000


class Codec(Protocol):
    """Encodes blocks of one audio stream."""

    def write(self, samples: FloatArray) -> None:
        """Appends (samples,) float32 in [-1, 1]."""

    def close(self) -> None:
        """Writes what is still held and the final header."""


def to_int16(waveform: FloatArray) -> NDArray[np.int16]:
    """(samples,) float32 in [-1, 1] as 16-bit samples, rounded."""
    import numpy as np

    return np.round(np.clip(waveform, -1.0, 32767 / 32768) * 32768).astype("<i2")


def open_codec(
    carrier: Carrier, sample_rate: int, chosen: AudioFormat, *, mark: str | None = None, is_growing: bool = False
) -> Codec:
    """The codec of a format, its header written.

    Args:
        carrier: where the bytes go.
        sample_rate: samples per second.
        chosen: the format.
        mark: text of the metadata mark; PCM has no place for it.
        is_growing: whether nothing that was written can be changed afterwards.
    """
    if mark is not None and chosen.name in ("mp3", "aac"):
        carrier.prefix(id3_tag(mark))
    if chosen.codec == "riff":
        return _Riff(carrier, sample_rate, riff_chunks(mark) if mark else b"", is_growing=is_growing)
    if chosen.codec == "pcm":
        return _Pcm(carrier)
    if chosen.codec == "ffmpeg":
        return _Ffmpeg(carrier, sample_rate, chosen, mark if chosen.name == "m4a" else None)
    return _Libsndfile(carrier, sample_rate, chosen, mark if chosen.name != "mp3" else None, is_growing=is_growing)


class _Pcm:
    """Little-endian 16-bit samples and nothing else."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def write(self, samples: FloatArray) -> None:
        self._carrier.write(to_int16(samples).tobytes())

    def close(self) -> None:
        pass


class _Riff(_Pcm):
    """WAV, 16 bit, one channel; the sizes in its header are unknown while it grows.

    Args:
        carrier: where the bytes go.
        sample_rate: samples per second.
        chunks: further RIFF chunks before the samples.
        is_growing: whether the header cannot be completed afterwards.
    """

    def __init__(self, carrier: Carrier, sample_rate: int, chunks: bytes, *, is_growing: bool) -> None:
        super().__init__(carrier)
        self._is_growing = is_growing
        self._sample_rate = sample_rate
        self._chunks = chunks
        self._written = 0
        carrier.write(self._header(_UNKNOWN, _UNKNOWN))

    def write(self, samples: FloatArray) -> None:
        super().write(samples)
        self._written += 2 * len(samples)

    def close(self) -> None:
        if not self._is_growing:
            self._carrier.seek(0)
            self._carrier.write(self._header(36 + len(self._chunks) + self._written, self._written))
            self._carrier.seek(0, 2)

    def _header(self, riff_size: int, data_size: int) -> bytes:
        rate = self._sample_rate
        return b"".join(
            (
                struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE"),
                struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16),
                self._chunks,
                struct.pack("<4sI", b"data", data_size),
            )
        )


class _Libsndfile:
    """FLAC, MP3, Ogg Vorbis and Opus."""

    def __init__(
        self, carrier: Carrier, sample_rate: int, chosen: AudioFormat, mark: str | None, *, is_growing: bool
    ) -> None:
        import soundfile

        extra = _MP3_CONSTANT if is_growing and chosen.name == "mp3" else {}
        self._is_lossless = chosen.is_lossless
        self._sound: Any = soundfile.SoundFile(
            carrier,
            "w",
            samplerate=sample_rate,
            channels=1,
            format=chosen.container,
            subtype=chosen.subtype,
            **extra,
        )
        if mark is not None:
            carrier.rewrite_head(in_flac(mark) if chosen.container == "FLAC" else in_ogg(mark))
            self._sound.license = vorbis_filler(mark)
        if is_growing and chosen.subtype == "OPUS":
            latency = soundfile._ffi.new("double *", _OPUS_PAGE_MS)
            soundfile._snd.sf_command(self._sound._file, _SET_OGG_PAGE_LATENCY_MS, latency, 8)

    def write(self, samples: FloatArray) -> None:
        self._sound.write(to_int16(samples) if self._is_lossless else samples)

    def close(self) -> None:
        self._sound.close()


class _Ffmpeg:
    """AAC-LC in ADTS or MP4."""

    def __init__(self, carrier: Carrier, sample_rate: int, chosen: AudioFormat, mark: str | None) -> None:
        import av

        container = cast(Any, av.open(carrier, "w", format=chosen.container))
        stream = container.add_stream(chosen.subtype, rate=sample_rate)
        stream.bit_rate = _AAC_BIT_RATE
        stream.layout = "mono"
        if mark is not None:
            container.metadata["comment"] = mp4_filler(mark)
        self._carrier, self._mark = carrier, mark
        self._container, self._stream = container, stream
        self._tick = Fraction(1, sample_rate)
        self._position = 0

    def write(self, samples: FloatArray) -> None:
        import av

        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate = self._tick.denominator
        frame.time_base = self._tick
        frame.pts = self._position
        self._position += samples.size
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        if self._mark is not None:
            in_mp4(self._carrier, self._mark)  # type: ignore[arg-type]
