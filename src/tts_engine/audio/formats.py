"""The audio formats that can be written, and samples as encoded bytes, block by block.

Everything goes through libsndfile. Its virtual files report a failed write only as "short", and an exception in
them is printed and lost; ``Encoder`` keeps the first failure and raises it where the caller can see it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from ..errors import AudioError, ControlError, FeatureMissingError, OutputError
from .levels import soft_ceiling

if TYPE_CHECKING:
    from ..types import FloatArray

_T = TypeVar("_T")

BLOCK = 32768  # samples per call: libsndfile's Vorbis encoder keeps a whole call on its stack
_RIFF_LIMIT = 2**32 - 2**16  # bytes of samples that a WAV header can count


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One way to store audio.

    Attributes:
        name: as in ``SynthesisOptions.format``.
        suffix: file name suffix with its dot.
        media_type: for HTTP.
        container: libsndfile's major format.
        subtype: libsndfile's encoding.
    """

    name: str
    suffix: str
    media_type: str
    container: str
    subtype: str


AUDIO_FORMATS: dict[str, AudioFormat] = {
    one.name: one
    for one in (
        AudioFormat("wav", ".wav", "audio/wav", "WAV", "PCM_16"),
        AudioFormat("flac", ".flac", "audio/flac", "FLAC", "PCM_16"),
        AudioFormat("mp3", ".mp3", "audio/mpeg", "MP3", "MPEG_LAYER_III"),
        AudioFormat("ogg", ".ogg", "audio/ogg", "OGG", "VORBIS"),
        AudioFormat("opus", ".opus", "audio/ogg; codecs=opus", "OGG", "OPUS"),
    )
}


def audio_format(name: str) -> AudioFormat:
    """The format of that name, certain to be available.

    Raises:
        ControlError: no such format.
        FeatureMissingError: the installed libsndfile cannot write it.
    """
    known = ", ".join(AUDIO_FORMATS)
    chosen = AUDIO_FORMATS.get(name)
    if chosen is None:
        raise ControlError(f"format must be one of {known}, got {name!r}", option="format", value=name)
    import soundfile

    if not soundfile.check_format(chosen.container, chosen.subtype):
        raise FeatureMissingError(
            f"已安装的 libsndfile {soundfile.__libsndfile_version__} 不能写 {name}，请升级 soundfile 或改用 wav、flac。"
            f"The installed libsndfile cannot write {name}: upgrade soundfile, or choose wav or flac.",
            format=name,
            libsndfile=soundfile.__libsndfile_version__,
        )
    return chosen


class Encoder:
    """Encodes float32 blocks into an open binary file.

    Attributes:
        samples: number of samples written so far.
        limited_samples: how many of them the soft ceiling changed.
        peak: greatest absolute value seen before the ceiling.
    """

    def __init__(self, file: IO[bytes], sample_rate: int, chosen: AudioFormat) -> None:
        import soundfile

        self.samples = 0
        self.limited_samples = 0
        self.peak = 0.0
        self._format = chosen
        self._file = _KeptErrors(file)
        self._sound: Any = self._checked(
            lambda: soundfile.SoundFile(
                self._file,
                "w",
                samplerate=sample_rate,
                channels=1,
                format=chosen.container,
                subtype=chosen.subtype,
            )
        )

    def write(self, block: FloatArray) -> None:
        """Appends (samples,) float32; what exceeds full scale is bent, never wrapped.

        Raises:
            AudioError: not one channel of finite numbers, or the encoder failed.
            OutputError: a WAV file would pass its limit of 4 GiB.
            OSError: the file underneath failed.
        """
        import numpy as np

        samples = np.asarray(block, dtype=np.float32)
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise AudioError(
                f"audio must be one channel of finite samples, got shape {samples.shape}"
                + ("" if samples.ndim != 1 else " with NaN or infinity in it; this is a fault of the engine")
            )
        if self._format.container == "WAV" and 2 * (self.samples + samples.size) > _RIFF_LIMIT:
            raise OutputError("WAV 文件不能超过 4 GiB，请改用 flac。A WAV file ends at 4 GiB: use flac.", format="wav")
        for begin in range(0, samples.size, BLOCK):
            level = soft_ceiling(samples[begin : begin + BLOCK])
            self._checked(lambda level=level: self._sound.write(level.waveform))  # type: ignore[misc]
            self.limited_samples += level.limited_samples
            self.peak = max(self.peak, level.peak)
        self.samples += samples.size

    def close(self) -> None:
        """Writes what the encoder still holds and the final header.

        Raises:
            AudioError: the encoder failed.
            OSError: the file underneath failed.
        """
        self._checked(self._sound.close)

    def abandon(self) -> None:
        """Frees the encoder; nothing more reaches the file."""
        self._file.closed_for_writing = True
        import soundfile

        try:
            self._sound.close()
        except (soundfile.SoundFileError, AssertionError, RuntimeError):
            return  # it was failing already

    def _checked(self, call: Callable[[], _T]) -> _T:
        import soundfile

        try:
            result = call()
        except (soundfile.SoundFileError, AssertionError) as error:
            self._file.raise_first()
            name = self._format.name
            raise AudioError(f"cannot encode {name}: {error or 'the encoder wrote too little'}", format=name) from error
        self._file.raise_first()
        return result


def encode(waveform: FloatArray, sample_rate: int, format: str = "wav") -> bytes:
    """A whole waveform as one encoded file in memory.

    Args:
        waveform: (samples,) float32 in [-1, 1].
        sample_rate: samples per second.
        format: one of ``AUDIO_FORMATS``.

    Raises:
        ControlError: no such format.
        FeatureMissingError: the installed libsndfile cannot write it.
        AudioError: the samples or the encoder are at fault.
    """
    buffer = io.BytesIO()
    encoder = Encoder(buffer, sample_rate, audio_format(format))
    try:
        encoder.write(waveform)
        encoder.close()
    except BaseException:
        encoder.abandon()
        raise
    return buffer.getvalue()


class _KeptErrors:
    """File for libsndfile's callbacks that remembers the first exception, Ctrl+C included."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._first: BaseException | None = None
        self.closed_for_writing = False

    def raise_first(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            raise first

    def write(self, data: bytes) -> int:
        if self.closed_for_writing or self._first is not None:
            return 0
        return self._kept(lambda: self._file.write(data), 0)

    def read(self, size: int = -1) -> bytes:
        return self._kept(lambda: self._file.read(size), b"")

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._kept(lambda: self._file.seek(offset, whence), -1)

    def tell(self) -> int:
        return self._kept(self._file.tell, -1)

    def _kept(self, call: Callable[[], _T], failed: _T) -> _T:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001 - raised again by raise_first, outside the C library
            if self._first is None:
                self._first = error
            return failed
