"""Samples as an encoded file, block by block, with every failure in words."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TypeVar

from ..errors import AudioError, OutputError
from .carrier import Carrier
from .codecs import open_codec
from .formats import AudioFormat, audio_format
from .levels import soft_ceiling

if TYPE_CHECKING:
    from ..types import FloatArray

_T = TypeVar("_T")

BLOCK = 32768  # samples per call: libsndfile's Vorbis encoder keeps a whole call on its stack
_RIFF_LIMIT = 2**32 - 2**16  # bytes of samples that a WAV header can count


class Encoder:
    """Encodes float32 blocks into an open binary file.

    Args:
        file: where the bytes go.
        sample_rate: samples per second.
        chosen: the format.
        mark: text of the metadata mark, or None for none.
        is_growing: whether somebody reads the file while it is written, so that nothing can be changed afterwards.

    Attributes:
        samples: number of samples written so far.
        limited_samples: how many of them the soft ceiling changed.
        peak: greatest absolute value seen before the ceiling.
    """

    def __init__(
        self,
        file: IO[bytes],
        sample_rate: int,
        chosen: AudioFormat,
        *,
        mark: str | None = None,
        is_growing: bool = False,
    ) -> None:
        self.samples = 0
        self.limited_samples = 0
        self.peak = 0.0
        self._format = chosen
        self._is_growing = is_growing
        self._file = Carrier(file)
        self._codec = self._checked(
            lambda: open_codec(self._file, sample_rate, chosen, mark=mark, is_growing=is_growing)
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
        is_limited = self._format.container == "WAV" and not self._is_growing
        if is_limited and 2 * (self.samples + samples.size) > _RIFF_LIMIT:
            raise OutputError("WAV 文件不能超过 4 GiB，请改用 flac。A WAV file ends at 4 GiB: use flac.", format="wav")
        for begin in range(0, samples.size, BLOCK):
            level = soft_ceiling(samples[begin : begin + BLOCK])
            self._checked(lambda level=level: self._codec.write(level.waveform))  # type: ignore[misc]
            self.limited_samples += level.limited_samples
            self.peak = max(self.peak, level.peak)
        self.samples += samples.size

    def close(self) -> None:
        """Writes what the encoder still holds and the final header.

        Raises:
            AudioError: the encoder failed.
            OSError: the file underneath failed.
        """
        self._checked(self._codec.close)
        self._file.settle()
        self._file.raise_first()

    def abandon(self) -> None:
        """Frees the encoder; nothing more reaches the file."""
        self._file.closed_for_writing = True
        try:
            self._codec.close()
        except Exception:  # noqa: BLE001 - it was failing already, and what libraries raise then is their affair
            return

    def _checked(self, call: Callable[[], _T]) -> _T:
        """The call's value; what went wrong underneath comes before what the library made of it."""
        try:
            result = call()
        except Exception as error:
            self._file.raise_first()
            if isinstance(error, OSError) and not _is_ffmpeg(error):
                raise
            name = self._format.name
            raise AudioError(f"cannot encode {name}: {error or 'the encoder wrote too little'}", format=name) from error
        self._file.raise_first()
        return result


def encode(waveform: FloatArray, sample_rate: int, format: str = "wav", *, mark: str | None = None) -> bytes:
    """A whole waveform as one encoded file in memory.

    Args:
        waveform: (samples,) float32 in [-1, 1].
        sample_rate: samples per second.
        format: one of ``formats.AUDIO_FORMATS``.
        mark: text of the metadata mark, or None for none.

    Raises:
        ControlError: no such format.
        FeatureMissingError: what encodes it is not installed.
        AudioError: the samples or the encoder are at fault.
    """
    buffer = io.BytesIO()
    encoder = Encoder(buffer, sample_rate, audio_format(format), mark=mark)
    try:
        encoder.write(waveform)
        encoder.close()
    except BaseException:
        encoder.abandon()
        raise
    return buffer.getvalue()


def _is_ffmpeg(error: OSError) -> bool:
    return type(error).__module__.startswith("av.")
