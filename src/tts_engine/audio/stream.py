"""Audio that is listened to while it is made: encoded bytes as soon as there are any.

    encoder = StreamEncoder("mp3", 24000, mark=Labelling().new_mark())
    for waveform in waveforms:
        send(encoder.push(waveform))
    send(encoder.finish())

The same encoders as for files write into a buffer that is emptied at every step, so memory does not grow. What they
would go back and correct at the end (sizes, totals, checksums of the whole) stays unknown, which players take for a
live stream. Joined, the bytes decode to the samples; ``delay_samples`` says how much later, where the format has no
place to tell a player what to skip.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .encoding import Encoder
from .formats import audio_format
from .marking import id3_end

if TYPE_CHECKING:
    from types import TracebackType

    from ..types import FloatArray

#: Samples that decoders give before the first of ours: LAME's 576 and a decoder's 529; one frame of AAC.
_DELAYS = {"mp3": 576 + 529, "aac": 1024}

_BITRATES = {  # kbit/s by index, Layer III
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}


class StreamEncoder:
    """Encodes a stream of float32 blocks; may be left at any time by ``abandon`` or a ``with`` block.

    Args:
        format: one of ``formats.STREAM_FORMATS``.
        sample_rate: samples per second.
        mark: text of the metadata mark (``Labelling.new_mark``), sent at the very beginning; PCM has no place for it.

    Attributes:
        media_type: for HTTP.
        delay_samples: how many samples later than pushed everything is in what a decoder gives; 0 but for MP3 and AAC.

    Raises:
        ControlError: no such format.
        FeatureMissingError: what encodes it is not installed.
    """

    def __init__(self, format: str, sample_rate: int, *, mark: str | None = None) -> None:
        chosen = audio_format(format, is_growing=True)
        self.media_type = chosen.media_type
        self.delay_samples = _DELAYS.get(format, 0)
        self._sink = _Sink(skips_a_frame=format == "mp3", sample_rate=sample_rate)
        self._encoder = Encoder(self._sink, sample_rate, chosen, mark=mark, is_growing=True)  # type: ignore[arg-type]
        self._is_open = True

    def push(self, waveform: FloatArray) -> bytes:
        """What is ready to be sent after (samples,) float32 in [-1, 1]; may be empty.

        The header comes with the first bytes. Codecs hold back a little: 43 ms of AAC, 50 ms of MP3, 0.1 s of Opus,
        0.2 s of FLAC, up to a second of Vorbis.

        Raises:
            AudioError: not one channel of finite numbers, or the encoder failed.
        """
        if not self._is_open:
            raise ValueError("the stream is finished")
        self._encoder.write(waveform)
        return self._sink.take()

    def finish(self) -> bytes:
        """The rest of the stream.

        Raises:
            AudioError: the encoder failed.
        """
        if not self._is_open:
            raise ValueError("the stream is finished")
        self._is_open = False
        self._encoder.close()
        return self._sink.take()

    def abandon(self) -> None:
        """Frees the encoder of a stream that nobody hears any more; harmless after ``finish``."""
        if self._is_open:
            self._is_open = False
            self._encoder.abandon()

    def __enter__(self) -> StreamEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.abandon()


class _Sink:
    """A file without a past: bytes wait until they are taken, later corrections of earlier ones are dropped.

    Args:
        skips_a_frame: whether the first MP3 frame is left out: LAME keeps it for totals that a stream does not have.
        sample_rate: samples per second.
    """

    def __init__(self, *, skips_a_frame: bool, sample_rate: int) -> None:
        self._waiting = bytearray()
        self._end = 0
        self._position = 0
        self._skips_a_frame = skips_a_frame
        self._sample_rate = sample_rate

    def take(self) -> bytes:
        if self._skips_a_frame and not self._drop_first_frame():
            return b""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data

    def _drop_first_frame(self) -> bool:
        """Whether the frame is gone; it follows the tag, if there is one."""
        begin = id3_end(self._waiting) if self._waiting[:3] == b"ID3" else 0
        head = self._waiting[begin : begin + 4]
        if len(head) < 4:
            return False
        end = begin + _mp3_frame_length(head, self._sample_rate)
        if len(self._waiting) >= end:
            del self._waiting[begin:end]
            self._skips_a_frame = False
        return not self._skips_a_frame

    def write(self, data: bytes) -> int:
        if self._position == self._end:
            self._waiting += data
            self._end += len(data)
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._end}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        return b""


def _mp3_frame_length(head: bytes | bytearray, sample_rate: int) -> int:
    """Bytes of the Layer III frame that begins here."""
    is_mpeg1 = head[1] & 0x18 == 0x18
    padding = head[2] >> 1 & 1
    return (144 if is_mpeg1 else 72) * 1000 * _BITRATES[is_mpeg1][head[2] >> 4] // sample_rate + padding
