"""Audio files written block by block in flat memory, complete or not there at all."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from ..errors import OutputError
from .atomic import begin_file, next_output_path, output_error
from .encoding import BLOCK, Encoder
from .formats import audio_format
from .labelling import parse_mark
from .loudness import LoudnessMeter, gain_to_target
from .verifying import verify

if TYPE_CHECKING:
    from ..types import FloatArray

__all__ = ["AudioWriter", "next_output_path", "open_output"]


@contextmanager
def open_output(path: str | Path | None, *, directory: str | Path, format: str) -> Iterator[Path]:
    """The path to write to: the caller's, or a reserved ``YYYYMMDD_HHMMSS`` name in ``directory``.

    Raises:
        OutputError: the folder cannot be made or written to.
        ControlError: no such format.
        FeatureMissingError: the installed libsndfile lacks the format.
    """
    suffix = audio_format(format).suffix
    if path is not None:
        yield Path(path)
        return
    with next_output_path(Path(directory), suffix) as reserved:
        yield reserved


class AudioWriter:
    """Context manager that takes float32 blocks and leaves one whole file, or none after any error or Ctrl+C.

    Memory does not grow with the length. With a loudness target the samples wait in a nameless temporary file
    beside the result until their loudness is known, and are encoded at the end.

    Args:
        path: where the file will stand; an existing file is replaced.
        sample_rate: samples per second.
        format: one of ``options.FORMATS``.
        loudness_lufs: integrated loudness that the file is brought to, or None to leave the level alone.
        mark: text of the metadata mark (``Labelling.new_mark``), or None for none.

    Attributes:
        path: where the file stands after the ``with`` block.
        gain_db: gain that the loudness target asked for, 0 without one; known after the block.

    Raises:
        OutputError: the file cannot be written here (folder, permission, space, not a plain file), or its mark cannot
            be read back: a file that hides what it is does not appear.
        FeatureMissingError: the installed libsndfile lacks the format.
        ControlError: no such format.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        format: str = "wav",
        *,
        loudness_lufs: float | None = None,
        mark: str | None = None,
    ) -> None:
        self._partial = begin_file(path)
        self.path = path
        self.sample_rate = sample_rate
        self.gain_db = 0.0
        self._target_lufs = loudness_lufs
        self._mark = mark
        self._warnings: list[str] = []
        self._file: IO[bytes] | None = None
        self._spool: IO[bytes] | None = None
        self._encoder: Encoder | None = None
        self._received = 0
        try:
            self._file = self._partial.hidden.open("r+b")
            self._encoder = Encoder(self._file, sample_rate, audio_format(format), mark=mark)
            if loudness_lufs is not None:
                self._meter = LoudnessMeter(sample_rate)
                self._spool = tempfile.TemporaryFile(dir=self.path.parent)  # noqa: SIM115 - closed by _abandon
        except OSError as error:
            self._abandon()
            raise output_error(self.path, error) from error
        except BaseException:
            self._abandon()
            raise

    def __enter__(self) -> AudioWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            self._finish()
        except OSError as failure:
            raise output_error(self.path, failure) from failure
        finally:
            self._abandon()

    def write(self, block: FloatArray) -> None:
        """Appends (samples,) float32.

        Raises:
            OutputError: the file cannot grow.
            AudioError: the samples are not finite or not one channel.
        """
        try:
            if self._spool is not None:
                self._meter.add(block)
                self._spool.write(block.astype("<f4", copy=False).tobytes())
            else:
                self._open_encoder.write(block)
        except OSError as error:
            raise output_error(self.path, error) from error
        self._received += len(block)

    @property
    def audio_s(self) -> float:
        """Length of what was written so far, seconds."""
        return self._received / self.sample_rate

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a listener could hear of the writing; complete after the ``with`` block."""
        encoder = self._encoder
        if encoder is None or not encoder.limited_samples:
            return tuple(self._warnings)
        over_db = 20 * math.log10(encoder.peak)
        return (
            *self._warnings,
            f"有 {encoder.limited_samples} 个采样过响（峰值 {over_db:+.1f} dBFS），已做软限幅；请降低音量。"
            f"{encoder.limited_samples} samples were too loud and were limited: lower the volume.",
        )

    @property
    def _open_encoder(self) -> Encoder:
        if self._encoder is None or self._file is None:
            raise ValueError("AudioWriter is closed")
        return self._encoder

    def _finish(self) -> None:
        encoder = self._open_encoder
        assert self._file is not None
        if self._spool is not None:
            self._encode_spooled(encoder, self._spool)
        encoder.close()
        self._read_mark_back(self._file)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        self._partial.commit()

    def _read_mark_back(self, file: IO[bytes]) -> None:
        if self._mark is None:
            return
        found = verify(file)
        if found.state != "ours" or found.fields != parse_mark(self._mark):
            raise OutputError(
                f"写入 {self.path} 的生成合成标识无法读回（{found.state}），未保存文件。"
                "请更新 soundfile，或换一种格式。"
                f"The mark written into {self.path} does not read back ({found.state}); no file was kept."
                " Update soundfile, or choose another format.",
                code="mark_unreadable",
                path=str(self.path),
            )

    def _encode_spooled(self, encoder: Encoder, spool: IO[bytes]) -> None:
        import numpy as np

        assert self._target_lufs is not None
        gain, warning = gain_to_target(self._meter.integrated_lufs(), self._meter.peak, self._target_lufs)
        self.gain_db = 20 * math.log10(gain)
        if warning is not None:
            self._warnings.append(warning)
        factor = np.float32(gain)
        spool.seek(0)
        while data := spool.read(4 * BLOCK):
            encoder.write(np.frombuffer(data, dtype="<f4") * factor)

    def _abandon(self) -> None:
        if self._file is not None:
            if self._encoder is not None:
                self._encoder.abandon()
            self._file.close()
            self._file = None
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        self._partial.discard()
