"""A voice as one file that travels: a zip with ``voice.json`` and the style of each version, consent included.

Opening one trusts nothing: only the names expected are read, each up to its size limit, and every value is checked;
nothing is ever extracted to a path that the file names.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssetDamagedError, ControlError
from .record import VoiceRecord, record_from
from .shelf import LARGEST_RECORD, style_bytes, style_name, style_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..types import FloatArray

LARGEST_STYLE = 600_000
LARGEST_ARCHIVE = 100_000_000
MOST_VERSIONS = 100
SUFFIX = ".ttsvoice"


def pack(record: VoiceRecord, styles: Mapping[str, FloatArray]) -> bytes:
    """The archive of a voice; the same voice gives the same bytes."""
    buffer = io.BytesIO()
    description = json.dumps(record.to_dict(), ensure_ascii=False, indent=1)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            ("voice.json", description.encode()),
            *((style_name(version), style_bytes(style)) for version, style in styles.items()),
        ):
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(data: bytes, where: str) -> tuple[VoiceRecord, dict[str, FloatArray]]:
    """The voice of an archive, with the style of every version.

    Raises:
        ControlError: not such an archive, too large, or with a value that is not allowed.
    """
    if len(data) > LARGEST_ARCHIVE:
        raise refused(where, f"larger than {LARGEST_ARCHIVE // 1_000_000} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            record = record_from(json.loads(_member(archive, "voice.json", LARGEST_RECORD, where)), where)
            if len(record.versions) > MOST_VERSIONS:
                raise refused(where, f"more than {MOST_VERSIONS} versions")
            styles = {
                item.version: style_of(
                    _member(archive, style_name(item.version), LARGEST_STYLE, where), where, item.version
                )
                for item in record.versions
            }
    except AssetDamagedError as error:
        raise refused(where, error.message) from error
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise refused(where, str(error)) from error
    return record, styles


def read_archive(path: Path) -> bytes:
    """The bytes of an archive file, at most one more than is allowed.

    Raises:
        ControlError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        raise refused(str(path), error.strerror or str(error)) from error


def _member(archive: zipfile.ZipFile, name: str, limit: int, where: str) -> bytes:
    try:
        with archive.open(name) as member:
            data = member.read(limit + 1)
    except KeyError as error:
        raise refused(where, f"{name} is missing") from error
    if len(data) > limit:
        raise refused(where, f"{name} is larger than {limit} bytes")
    return data


def refused(where: str, reason: str) -> ControlError:
    """The error for a file that is no voice."""
    return ControlError(
        f"{where} 不能作为声音导入（{reason}）：应为 tts-engine voice export 写出的 {SUFFIX} 文件。"
        f"{where} cannot be imported ({reason}): give a {SUFFIX} file that tts-engine voice export wrote.",
        code="voice_archive_invalid",
        path=where,
    )
