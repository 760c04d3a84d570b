"""The metadata mark written into each container, at its beginning wherever the container allows it.

    WAV          RIFF chunk ``AIGC`` before the samples; also the LIST-INFO comment, which other programs show and copy
    FLAC, Ogg    Vorbis comment ``AIGC``
    MP3, AAC     ID3v2.3 frame ``TXXX`` with the description ``AIGC`` before the first frame
    MP4          freeform atom ``----:com.apple.iTunes:AIGC`` in ``moov.udta.meta.ilst``, at the end of the file

Raw PCM has no place for it. libsndfile and FFmpeg write only fields of names that they know. So a field that they
know is written with exactly as many bytes as ours needs, and is exchanged in passing: no size or offset changes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from .carrier import Rewrite
from .labelling import KEY

_FILLER = "\x7e"  # "~", which no mark and no header consists of
_MEAN = b"com.apple.iTunes"
_MP4_OVERHEAD = (12 + len(_MEAN)) + (12 + len(KEY))  # the atoms `mean` and `name` of a freeform atom


def riff_chunks(mark: str) -> bytes:
    """Chunks for a WAV file: the mark itself, and the same as its comment."""
    info = b"INFO" + _chunk(b"ICMT", mark.encode("ascii") + b"\0")
    return _chunk(KEY.encode("ascii"), mark.encode("ascii")) + _chunk(b"LIST", info)


def id3_tag(mark: str) -> bytes:
    """An ID3v2.3 tag that holds the mark."""
    body = b"\0" + KEY.encode("ascii") + b"\0" + mark.encode("ascii")  # 0: ISO 8859-1
    frame = struct.pack(">4sIH", b"TXXX", len(body), 0) + body
    size = len(frame)
    syncsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + syncsafe + frame


def id3_end(head: bytes | bytearray) -> int:
    """Where the data after an ID3v2 tag begins that stands at the beginning."""
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    has_footer = len(head) > 5 and head[5] & 0x10
    return 10 + size + (10 if has_footer else 0)


def vorbis_filler(mark: str) -> str:
    """Value of a Vorbis comment ``LICENSE`` that takes as many bytes as ``AIGC=`` and the mark."""
    return _FILLER * (len(KEY) + 1 + len(mark) - len("LICENSE="))


def in_flac(mark: str) -> Rewrite:
    """Exchanges the filler in the head of a FLAC stream."""
    field = _vorbis_field(mark)

    def rewrite(head: bytes) -> bytes | None:
        begin = _find_filler(head, len(field))
        return None if begin is None else head[:begin] + field + head[begin + len(field) :]

    return rewrite


def in_ogg(mark: str) -> Rewrite:
    """Exchanges the filler in the head of an Ogg stream and mends the checksum of its page."""
    field = _vorbis_field(mark)

    def rewrite(head: bytes) -> bytes | None:
        begin = _find_filler(head, len(field))
        if begin is None:
            return None
        for page, end in _ogg_pages(head):
            if page <= begin and begin + len(field) <= end:
                changed = bytearray(head[page:begin] + field + head[begin + len(field) : end])
                changed[22:26] = bytes(4)
                changed[22:26] = struct.pack("<I", ogg_checksum(bytes(changed)))
                return head[:page] + bytes(changed) + head[end:]
        return None

    return rewrite


def mp4_filler(mark: str) -> str:
    """Text of an MP4 comment that takes as many bytes as the freeform atom with the mark."""
    return _FILLER * (len(mark) + _MP4_OVERHEAD)


def in_mp4(file: IO[bytes], mark: str) -> None:
    """Exchanges the comment of a finished MP4 file for the freeform atom with the mark."""
    value = mark.encode("ascii")
    filler = mp4_filler(mark).encode("ascii")
    comment = _atom(b"\xa9cmt", _atom(b"data", struct.pack(">II", 1, 0) + filler))
    freeform = _atom(
        b"----",
        _atom(b"mean", bytes(4) + _MEAN)
        + _atom(b"name", bytes(4) + KEY.encode("ascii"))
        + _atom(b"data", struct.pack(">II", 1, 0) + value),
    )
    for kind, begin, end in top_atoms(file):
        if kind == b"moov":
            file.seek(begin)
            moov = file.read(end - begin)
            place = moov.find(comment)
            if place >= 0:
                file.seek(begin + place)
                file.write(freeform)
    file.seek(0, 2)


def top_atoms(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of each atom of an MP4 file, by its own sizes."""
    file.seek(0, 2)
    total, begin = file.tell(), 0
    while begin + 8 <= total:
        file.seek(begin)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:
            size = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0]
        end = begin + size if size else total
        if end < begin + 8:
            return
        yield kind, begin, min(end, total)
        begin = end


def ogg_checksum(page: bytes) -> int:
    """Checksum of an Ogg page whose own field is zero: CRC-32 of 0x04C11DB7, not reflected, without inversions.

    ``zlib`` has the reflected one with inversions; reflected bytes in and a reflected word out make them the same.
    """
    reflected = zlib.crc32(page.translate(_REFLECTED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


_REFLECTED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_pages(head: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each page that is complete."""
    begin = 0
    while head[begin : begin + 4] == b"OggS" and len(head) >= begin + 27:
        segments = head[begin + 26]
        end = begin + 27 + segments + sum(head[begin + 27 : begin + 27 + segments])
        if len(head) < max(end, begin + 27 + segments):
            return
        yield begin, end
        begin = end


def _vorbis_field(mark: str) -> bytes:
    return f"{KEY}={mark}".encode("ascii")


def _find_filler(head: bytes, length: int) -> int | None:
    """Where the whole field with the filler stands, in either spelling of libsndfile."""
    filler = _FILLER.encode("ascii") * (length - len("LICENSE="))
    for name in (b"LICENSE=", b"license="):
        begin = head.find(name + filler)
        if begin >= 0:
            return begin
    return None


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(data)) + data + b"\0" * (len(data) % 2)


def _atom(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data
