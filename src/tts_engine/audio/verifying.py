"""The metadata mark read out of a file that anybody may have made: small reads, no trust in sizes, no audio decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..errors import AudioError
from .labelling import FIELDS, KEY, parse_mark
from .marking import id3_end, top_atoms

_MOST = 1 << 22  # bytes of metadata that are looked at
_COMMENTS = ("COMMENT", "DESCRIPTION", "COMM", "ICMT", "\xa9cmt")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file says about how it was made.

    Attributes:
        container: what the file is by its own bytes: ``wav``, ``flac``, ``ogg``, ``mp3``, ``aac``, ``mp4``; empty where
            it is none of them.
        state: ``ours`` (a mark in the form that we write), ``foreign`` (a mark of another program), ``damaged``
            (something under the name of a mark that cannot be read), ``several`` (marks that contradict each other) or
            ``none``.
        fields: of the mark, empty without one.
        place: where it was found, as in ``TXXX:AIGC``.
    """

    container: str
    state: str
    fields: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether the file says that it was made by AI."""
        return self.state in ("ours", "foreign")


def verify_file(path: Path) -> Verdict:
    """What the file says.

    Raises:
        AudioError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return verify(file)
    except OSError as error:
        raise AudioError(
            f"无法读取 {path}：{error.strerror}。Cannot read {path}: {error.strerror}.",
            code="file_unreadable",
            path=str(path),
        ) from error


def verify(file: IO[bytes]) -> Verdict:
    """What an open file says, from its beginning; never raises for what is in it."""
    container = _container_of(file)
    fields = list(_READERS[container](file)) if container else []
    marks = [(name, value) for name, value in fields if KEY in name.upper()]
    if not marks:  # a comment is where the mark survives other programs
        comments = [(name, value) for name, value in fields if name.upper() in _COMMENTS or name in _COMMENTS]
        marks = [(name, value) for name, value in comments if KEY in value and parse_mark(value) is not None]
    parsed = [(name, parse_mark(value)) for name, value in marks]
    readable = [(name, values) for name, values in parsed if values is not None]
    if not marks:
        return Verdict(container, "none")
    if not readable:
        return Verdict(container, "damaged", place=marks[0][0])
    place, values = readable[0]
    if any(other != values for _, other in readable[1:]):
        return Verdict(container, "several", values, place)
    return Verdict(container, "ours" if _is_ours(values) else "foreign", values, place)


def _is_ours(values: Mapping[str, str]) -> bool:
    """Whether the mark has the very form that we write; nothing secret proves it, see docs/labelling.md."""
    produce_id = values.get("ProduceID", "")
    is_our_id = len(produce_id) == 32 and set(produce_id) <= set("0123456789abcdef")
    return tuple(values) == FIELDS and values["Label"] == "1" and is_our_id


def _container_of(file: IO[bytes]) -> str:
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return "wav"
    if head[:4] in (b"fLaC", b"OggS"):
        return {b"fLaC": "flac", b"OggS": "ogg"}[head[:4]]
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:3] == b"ID3":
        file.seek(id3_end(head))
        head = file.read(2)
        if head[:1] != b"\xff":
            return "mp3"
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return ""


def _wav(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    for kind, data in _riff(file, 12):
        if kind == b"AIGC":
            yield KEY, _text(data)
        elif kind == b"LIST" and data[:4] == b"INFO":
            yield from ((_text(one), _text(value)) for one, value in _riff_in(data[4:]))


def _riff(file: IO[bytes], begin: int) -> Iterator[tuple[bytes, bytes]]:
    """Chunks with what they hold; samples are passed over."""
    while True:
        file.seek(begin)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, size = struct.unpack("<4sI", head)
        yield kind, b"" if kind == b"data" or size > _MOST else file.read(size)
        begin += 8 + size + size % 2


def _riff_in(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    begin = 0
    while begin + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, begin)
        yield kind, data[begin + 8 : begin + 8 + size]
        begin += 8 + size + size % 2


def _flac(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    file.seek(4)
    while len(head := file.read(4)) == 4:
        size = int.from_bytes(head[1:], "big")
        data = file.read(size)
        if head[0] & 0x7F == 4:
            yield from _vorbis_comments(data)
        if head[0] & 0x80:
            return


def _ogg(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """The second packet of the stream, whatever pages it is spread over."""
    file.seek(0)
    packets: list[bytes] = []
    packet = b""
    while len(packets) < 2 and len(head := file.read(27)) == 27 and head[:4] == b"OggS":
        for length in file.read(head[26]):
            packet += file.read(length)
            if length < 255:
                packets.append(packet)
                packet = b""
        if len(packet) > _MOST:
            return
    for one in packets[1:2]:
        for begin in (b"\x03vorbis", b"OpusTags"):
            if one.startswith(begin):
                yield from _vorbis_comments(one[len(begin) :])


def _vorbis_comments(data: bytes) -> Iterator[tuple[str, str]]:
    def take(begin: int) -> tuple[bytes, int]:
        (length,) = struct.unpack_from("<I", data, begin)
        return data[begin + 4 : begin + 4 + length], begin + 4 + length

    try:
        _, begin = take(0)
        (count,) = struct.unpack_from("<I", data, begin)
        begin += 4
        for _ in range(count):
            one, begin = take(begin)
            name, _, value = _text(one).partition("=")
            yield name, value
    except struct.error:
        return  # cut off or lying about its lengths: what was read stands


def _id3(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3":
        return
    is_24 = head[3] >= 4
    data = file.read(min(id3_end(head) - 10, _MOST))
    begin = 0
    while begin + 10 <= len(data) and data[begin : begin + 1].isalnum():
        kind, size = data[begin : begin + 4], _syncsafe(data[begin + 4 : begin + 8])
        if not is_24:
            size = int.from_bytes(data[begin + 4 : begin + 8], "big")
        body = data[begin + 10 : begin + 10 + size]
        if kind in (b"TXXX", b"COMM") and body:
            name, value = _described(body, skip=3 if kind == b"COMM" else 0)
            yield name if kind == b"TXXX" else "COMM", value
        begin += 10 + size


def _described(body: bytes, *, skip: int) -> tuple[str, str]:
    """Description and text of an ID3v2 frame that has both."""
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(body[0], "latin-1")
    name, _, value = body[1 + skip :].decode(encoding, errors="replace").partition("\0")
    return name.lstrip("\ufeff"), value.lstrip("\ufeff").rstrip("\0")


def _syncsafe(data: bytes) -> int:
    size = 0
    for byte in data:
        size = size << 7 | byte & 0x7F
    return size


def _mp4(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    for kind, begin, end in top_atoms(file):
        if kind == b"moov" and end - begin <= 64 * _MOST:
            file.seek(begin + 8)
            yield from _mp4_fields(file.read(end - begin - 8))


def _mp4_fields(data: bytes) -> Iterator[tuple[str, str]]:
    for kind, body in _atoms(data):
        if kind in (b"udta", b"ilst"):
            yield from _mp4_fields(body)
        elif kind == b"meta":
            yield from _mp4_fields(body[4:])
        elif kind == b"\xa9cmt":
            yield "\xa9cmt", "".join(_text(value[8:]) for inner, value in _atoms(body) if inner == b"data")
        elif kind == b"----":
            inner = dict(_atoms(body))
            yield _text(inner.get(b"name", b"")[4:]), _text(inner.get(b"data", b"")[8:])


def _atoms(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    begin = 0
    while begin + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, begin)
        if size < 8:
            return
        yield kind, data[begin + 8 : begin + size]
        begin += size


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace").rstrip("\0")


_READERS = {"wav": _wav, "flac": _flac, "ogg": _ogg, "mp3": _id3, "aac": _id3, "mp4": _mp4}
