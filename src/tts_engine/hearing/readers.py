"""Open files as blocks of samples: libsndfile for what it reads, FFmpeg (the extra ``aac``) for AAC and its kin.

FFmpeg is asked only for containers that were recognised by their first bytes, and told which one it is: it must not
guess its way into playlists that name other files.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np

from .containers import describe_unreadable, ffmpeg_format

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Frames per block, and per step towards the place where a file is damaged.
BLOCK, STEP = 65536, 1152

#: What libsndfile notes of a WAV file that holds less than its header promises, bytes.
_PROMISED = re.compile(r"data : (\d+) \(should be (\d+)\)")

#: A length in the header from which on nobody knew it when the header was written.
_UNKNOWN_LENGTH = 0x7FFFFF00


class Reader(Protocol):
    """An open recording.

    Attributes:
        rate: samples per second.
        channels: their number.
        frames: how many samples per channel the header promises; 0 where it says nothing.
    """

    rate: int
    channels: int
    frames: int

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """(frames, channels) block after block from the beginning; ends where the file is damaged."""
        ...

    def goes_on(self, frame: int) -> bool:
        """Whether there really is sound beyond a frame, as far as that can be told without decoding everything."""
        ...


def open_reader(file: IO[bytes]) -> Reader:
    """A reader for an open, seekable file.

    Raises:
        AudioError: nothing here can read it; says what it most likely is.
    """
    import soundfile

    try:
        return _LibsndfileReader(Nameless(file))
    except (soundfile.LibsndfileError, TypeError, ValueError):
        file.seek(0)
        head = file.read(4096)
    container = ffmpeg_format(head)
    if container is not None:
        try:
            import av
        except ImportError:
            raise describe_unreadable(head) from None
        try:
            return _FfmpegReader(file, container)
        except (av.FFmpegError, ValueError, IndexError):
            pass
    raise describe_unreadable(head)


class Nameless(io.RawIOBase):
    """A file without its name: libsndfile must look into it, not at its suffix."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return self._file.read(size)

    def readinto(self, buffer: Any) -> int:
        """The next bytes, into a buffer."""
        return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self._file.tell()


class _LibsndfileReader:
    """What libsndfile reads."""

    def __init__(self, file: Nameless) -> None:
        self._file = file
        with self._open() as sound:
            self.rate, self.channels, self.frames = int(sound.samplerate), int(sound.channels), int(sound.frames)
            promised = _PROMISED.search(sound.extra_info)
        if promised:
            whole, there = map(int, promised.groups())
            if 0 < there < whole < _UNKNOWN_LENGTH:
                self.frames = self.frames * whole // there

    def _open(self) -> Any:
        import soundfile

        self._file.seek(0)
        return soundfile.SoundFile(self._file)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        import soundfile

        done = 0
        for size in (BLOCK, STEP):  # a damaged block is read again in steps: what comes before the damage counts
            try:
                with self._open() as sound:
                    sound.seek(done)
                    while len(block := sound.read(size, dtype="float32", always_2d=True)):
                        done += len(block)
                        yield block
                return
            except (soundfile.LibsndfileError, ValueError):
                continue

    def goes_on(self, frame: int) -> bool:
        import soundfile

        try:
            with self._open() as sound:
                sound.seek(frame)
                return len(sound.read(BLOCK, dtype="float32", always_2d=True)) > 1
        except (soundfile.LibsndfileError, ValueError):
            return False


class _FfmpegReader:
    """What FFmpeg reads: the first audio stream of a container."""

    def __init__(self, file: IO[bytes], container: str) -> None:
        self._file, self._format = file, container
        with self._open() as opened:
            stream = opened.streams.audio[0]
            self.rate, self.channels = int(stream.rate), int(stream.channels)
            seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            self.frames = int(seconds * self.rate)

    def _open(self) -> Any:
        import av

        self._file.seek(0)
        return av.open(Nameless(self._file), mode="r", format=self._format)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        import av

        with self._open() as opened:
            converter = av.AudioResampler(format="fltp", rate=self.rate)
            try:
                for frame in opened.decode(audio=0):
                    for piece in converter.resample(frame):
                        block = piece.to_ndarray().T
                        if block.shape[1] == self.channels:
                            yield np.asarray(block, np.float32)
            except av.FFmpegError:  # damaged from here on: what came before counts
                return

    def goes_on(self, frame: int) -> bool:
        del frame  # known only by decoding, which stops at the limit anyway
        return False
