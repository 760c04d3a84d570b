"""Audio files with a title, a cover and chapter marks: M4B and M4A, MP3 (ID3v2 CHAP), Opus (CHAPTERxxx comments).

FFmpeg's libraries write them (the extra ``aac``); every file carries the mark of synthetic audio, which is read back
before the file appears. WAV and FLAC have no chapters: ``open_writer`` gives the plain writer for them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from ..audio.atomic import begin_file, output_error
from ..audio.files import AudioWriter
from ..audio.formats import AAC_INSTALL
from ..audio.labelling import parse_mark
from ..audio.levels import soft_ceiling
from ..audio.marking import in_mp4, mp4_filler
from ..audio.verifying import verify_file
from ..errors import AudioError, ControlError, FeatureMissingError, OutputError

if TYPE_CHECKING:
    from ..types import FloatArray

#: What a programme can be; the second four can have chapters.
FORMATS = ("wav", "flac", "m4b", "m4a", "mp3", "opus")
CHAPTERED = {"m4b": ("mp4", "aac"), "m4a": ("mp4", "aac"), "mp3": ("mp3", "libmp3lame"), "opus": ("ogg", "libopus")}
_BRANDS = {"m4b": "M4B ", "m4a": "M4A "}
_BIT_RATES = {"m4b": 64_000, "m4a": 64_000, "mp3": 64_000, "opus": 40_000}


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself.

    Attributes:
        title: of the programme.
        author: empty where unknown.
        narrator: who reads it.
        chapters: begin in seconds and title of each, in order.
        duration_s: length of the whole, which ends the last chapter.
        cover: a JPEG or PNG picture, None for none.
        language: BCP 47 tag.
    """

    title: str = ""
    author: str = ""
    narrator: str = ""
    chapters: tuple[tuple[float, str], ...] = ()
    duration_s: float = 0.0
    cover: bytes | None = None
    language: str = "zh-CN"


class Writer(Protocol):
    """Takes blocks and leaves one whole file, or none."""

    def __enter__(self) -> Writer: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def write(self, block: FloatArray) -> None:
        """Appends (samples,) float32."""


def check_format(format: str) -> None:
    """Accepts one of ``FORMATS`` that can be written here.

    Raises:
        ControlError: no such format.
        FeatureMissingError: what writes it is not installed.
    """
    if format not in FORMATS:
        raise ControlError(
            f"format 应为 {'、'.join(FORMATS)}，收到 {format!r}。"
            f"format must be one of {', '.join(FORMATS)}, got {format!r}.",
            option="format",
            value=format,
            allowed=", ".join(FORMATS),
        )
    if format in _BRANDS and not can_tag():
        raise FeatureMissingError(
            f"{format} 需要扩展 [aac]：{AAC_INSTALL}，或改用 mp3、opus、flac。"
            f"{format} needs the extra [aac]: {AAC_INSTALL}, or choose mp3, opus or flac.",
            code="aac_missing",
            format=format,
            install=AAC_INSTALL,
        )


def can_tag() -> bool:
    """Whether what writes chapters is installed."""
    import importlib.util

    return importlib.util.find_spec("av") is not None


def open_writer(path: Path, sample_rate: int, format: str, *, mark: str | None, tags: Tags) -> tuple[Writer, str]:
    """A writer for a file, and a warning where it cannot say all that it should.

    Raises:
        ControlError, FeatureMissingError: as ``check_format``.
        OutputError: the file cannot be written.
    """
    check_format(format)
    if format in CHAPTERED and can_tag():
        return TaggedWriter(path, sample_rate, format, mark=mark, tags=tags), _about_cover(format, tags)
    warning = ""
    if format in CHAPTERED and len(tags.chapters) > 1:
        warning = (
            f"没有扩展 [aac]，{format} 文件里没有章节和封面：{AAC_INSTALL}。"
            f"Without the extra [aac] the {format} file has no chapter marks and no cover: {AAC_INSTALL}."
        )
    return AudioWriter(path, sample_rate, format, mark=mark), warning


def _about_cover(format: str, tags: Tags) -> str:
    """A warning where a cover cannot be put into the file."""
    import av

    if tags.cover is None or (format != "opus" and hasattr(av.container.OutputContainer, "add_mux_stream")):
        return ""
    if format == "opus":
        return "opus 文件里不放封面。An opus file gets no cover."
    return (
        "已安装的 PyAV 太旧，文件里没有封面：pip install -U av。The installed PyAV is too old for a cover: update av."
    )


class TaggedWriter:
    """Context manager that takes float32 blocks and leaves one file with chapters, or none.

    Args:
        path: where the file will stand; an existing file is replaced.
        sample_rate: samples per second.
        format: a key of ``CHAPTERED``.
        mark: text of the metadata mark, None for none.
        tags: what the file says of itself.

    Raises:
        OutputError: the file cannot be written, or its mark does not read back.
    """

    def __init__(self, path: Path, sample_rate: int, format: str, *, mark: str | None, tags: Tags) -> None:
        import av

        self._partial = begin_file(path)
        self._mark, self._format, self._tick = mark, format, Fraction(1, sample_rate)
        self._position = 0
        self.path = path
        container, codec = CHAPTERED[format]
        options = {"brand": _BRANDS[format]} if format in _BRANDS else {}
        try:
            self._container: Any = av.open(str(self._partial.hidden), "w", format=container, options=options)
            stream: Any = self._container.add_stream(codec, rate=sample_rate)
            self._stream: Any = stream
            stream.bit_rate, stream.layout = _BIT_RATES[format], "mono"
            self._describe(tags)
        except OSError as error:
            self._partial.discard()
            raise output_error(path, error) from error
        except BaseException:
            self._partial.discard()
            raise

    def _describe(self, tags: Tags) -> None:
        values = {"title": tags.title, "album": tags.title, "artist": tags.author, "album_artist": tags.author}
        values |= {"composer": tags.narrator, "genre": "Audiobook" if self._format == "m4b" else ""}
        values["language"] = tags.language
        if self._mark is not None:
            is_mp4 = self._format in _BRANDS
            values |= {"comment": mp4_filler(self._mark)} if is_mp4 else {"AIGC": self._mark}
        self._container.metadata.update({name: value for name, value in values.items() if value})
        ends = [*(begin for begin, _ in tags.chapters[1:]), tags.duration_s]
        self._container.set_chapters(
            [
                {
                    "id": number,
                    "start": round(1000 * begin),
                    "end": max(round(1000 * end), round(1000 * begin) + 1),
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title or f"{number}"},
                }
                for number, ((begin, title), end) in enumerate(zip(tags.chapters, ends, strict=True), 1)
            ]
            if tags.chapters
            else []
        )
        size = None if tags.cover is None or self._format == "opus" else picture_size(tags.cover)
        if size is not None and tags.cover is not None and hasattr(self._container, "add_mux_stream"):
            self._add_cover(tags.cover, *size)

    def _add_cover(self, cover: bytes, kind: str, width: int, height: int) -> None:
        import av

        picture = self._container.add_mux_stream(kind, width=width, height=height)
        picture.disposition = av.stream.Disposition.attached_pic
        self._container.start_encoding()
        packet = av.Packet(cover)
        packet.stream, packet.time_base = picture, Fraction(1, 90_000)
        packet.pts = packet.dts = 0
        self._container.mux(packet)

    def __enter__(self) -> TaggedWriter:
        return self

    def write(self, block: FloatArray) -> None:
        """Appends (samples,) float32; what exceeds full scale is bent, never wrapped.

        Raises:
            OutputError: the file cannot grow.
        """
        import av
        import numpy as np

        samples = np.ascontiguousarray(soft_ceiling(np.asarray(block, np.float32)).waveform)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._tick.denominator, self._tick, self._position
        self._position += samples.size
        self._checked(lambda: self._container.mux(self._stream.encode(frame)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._checked(self._finish)
        finally:
            self._container.close()
            self._partial.discard()

    def _finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        hidden = self._partial.hidden
        if self._mark is not None:
            if self._format in _BRANDS:
                with hidden.open("r+b") as file:
                    in_mp4(file, self._mark)
            found = verify_file(hidden)
            if found.state != "ours" or found.fields != parse_mark(self._mark):
                raise OutputError(
                    f"写入 {self.path} 的生成合成标识无法读回（{found.state}），未保存文件。"
                    f"The mark written into {self.path} does not read back ({found.state}); no file was kept.",
                    code="mark_unreadable",
                    path=str(self.path),
                )
        self._partial.commit()

    def _checked(self, call: Any) -> None:
        """The call; what the libraries raise becomes an error of ours."""
        try:
            call()
        except OSError as error:
            if error.errno in (28, 122):
                raise output_error(self.path, error) from error
            raise AudioError(f"cannot encode {self._format}: {error}", format=self._format) from error
        except ValueError as error:
            raise AudioError(f"cannot encode {self._format}: {error}", format=self._format) from error


def picture_size(data: bytes) -> tuple[str, int, int] | None:
    """Codec, width and height of a JPEG or PNG picture, None for anything else; nothing is decoded."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "png", width, height
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return "mjpeg", width, height
        at += 2 + size
    return None
