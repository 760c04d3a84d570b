"""The voices on disk as the engine reads them: always what stands there now, whoever wrote it.

    voices/<id>/voice.json             names, versions, consent
    voices/<id>/style-<version>.npy    (510, 256) float32, named by its own SHA-256

A file is written whole under another name and renamed, so a reader in another process sees the old voice or the new
one. Nothing is locked for reading; what was read is kept until the file changes.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ..acoustic.voices import GENDERS, OWN, ROWS, WIDTH, OwnVoice, VoiceInfo
from ..errors import AssetDamagedError, AssetMissingError, TTSError
from .names import same_name
from .record import ID, VoiceRecord, record_from

if TYPE_CHECKING:
    from ..types import FloatArray

_log = logging.getLogger(__name__)
LARGEST_RECORD = 4_000_000
_KEPT = 16  # styles in memory, 0.5 MB each


class Shelf:
    """The own voices of one folder, for reading; the folder need not exist. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self._lock = Lock()
        self._records: dict[Path, tuple[tuple[int, int, int], VoiceRecord]] = {}
        self._styles: dict[tuple[str, str], FloatArray] = {}

    def records(self) -> tuple[VoiceRecord, ...]:
        """Every voice, by identifier; one that cannot be read is left out and logged."""
        found = []
        for file in sorted(self.directory.glob("*/voice.json")):
            if not ID.fullmatch(file.parent.name):
                continue
            try:
                found.append(self._record(file))
            except AssetMissingError:
                continue  # deleted meanwhile
            except TTSError as error:
                _log.warning("%s", error.message)
        return tuple(found)

    def record(self, name: str) -> VoiceRecord | None:
        """The voice of this identifier or display name; None where there is none.

        Raises:
            AssetDamagedError: it is there and cannot be read.
        """
        if ID.fullmatch(name):
            file = self.directory / name / "voice.json"
            if file.is_file():
                return self._record(file)
        wanted = same_name(name)
        return next((record for record in self.records() if same_name(record.name) == wanted), None)

    def style(self, record: VoiceRecord, version: str) -> FloatArray:
        """(510, 256) float32 of a version.

        Raises:
            AssetDamagedError: missing, or not what its name says.
        """
        with self._lock:
            if (record.id, version) in self._styles:
                return self._styles[record.id, version]
        file = self.directory / record.id / style_name(version)
        try:
            data = file.read_bytes()
        except OSError as error:
            raise _damaged(file, error.strerror or str(error)) from error
        style = style_of(data, str(file), version)
        with self._lock:
            self._styles[record.id, version] = style
            while len(self._styles) > _KEPT:
                self._styles.pop(next(iter(self._styles)))
        return style

    def infos(self) -> tuple[VoiceInfo, ...]:
        """What every voice is called and speaks."""
        return tuple(_info(record) for record in self.records())

    def names(self) -> tuple[str, ...]:
        """Identifiers and display names."""
        return tuple(dict.fromkeys(name for record in self.records() for name in (record.name, record.id)))

    def find(self, name: str) -> OwnVoice | None:
        """The voice of this identifier or display name, ``@<version>`` behind it for another version than the last."""
        stem, at, wanted = name.partition("@")
        record = self.record(stem)
        if record is None:
            return None
        versions = {item.version: item for item in record.versions}
        version = versions.get(wanted) if at else record.current
        if version is None:
            return None
        style = self.style(record, version.version)
        return OwnVoice(_info(record), version.version, style, version.lufs, version.pitch_hz)

    def _record(self, file: Path) -> VoiceRecord:
        try:
            status = file.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            with self._lock:
                known = self._records.get(file)
            if known is not None and known[0] == mark:
                return known[1]
            if status.st_size > LARGEST_RECORD:
                raise _damaged(file, "too large")
            data = json.loads(file.read_bytes())
        except FileNotFoundError as error:
            raise AssetMissingError(f"没有声音文件 {file}。No such voice: {file}.", path=str(file)) from error
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(file, str(error)) from error
        record = record_from(data, str(file))
        if record.id != file.parent.name:
            raise _damaged(file, f"belongs to {record.id!r}")
        with self._lock:
            self._records[file] = (mark, record)
        return record


def style_name(version: str) -> str:
    """File name of a version's style."""
    return f"style-{version}.npy"


def version_of(style: FloatArray) -> str:
    """First 12 hex digits of the SHA-256 of the numbers."""
    return hashlib.sha256(np.ascontiguousarray(style, "<f4").tobytes()).hexdigest()[:12]


def style_bytes(style: FloatArray) -> bytes:
    """The content of a style file."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(style, "<f4"), allow_pickle=False)
    return buffer.getvalue()


def style_of(data: bytes, where: str, version: str) -> FloatArray:
    """The style of a file's content.

    Raises:
        AssetDamagedError: another shape or type, values that are not finite, or not the numbers of this version.
    """
    try:
        style = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise _damaged(Path(where), str(error)) from error
    if not isinstance(style, np.ndarray) or style.shape != (ROWS, WIDTH) or style.dtype != np.dtype("<f4"):
        raise _damaged(Path(where), f"not {ROWS} x {WIDTH} float32 numbers")
    if not np.isfinite(style).all():
        raise _damaged(Path(where), "values that are not finite")
    if version_of(style) != version:
        raise _damaged(Path(where), "content differs from its version")
    style.setflags(write=False)
    return style


def _info(record: VoiceRecord) -> VoiceInfo:
    gender, gender_zh = GENDERS.get(record.gender[:1], ("unknown", "性别未知"))
    return VoiceInfo(
        name=OWN + record.id,
        zh=f"{record.name}（自己的声音，{gender_zh}）",
        en=f"{record.id} (own voice, {gender})",
        language="zh",
        gender=gender,
        is_own=True,
    )


def _damaged(file: Path, reason: str) -> AssetDamagedError:
    return AssetDamagedError(
        f"声音文件 {file} 损坏（{reason}），请重新导入或删除该声音。The voice file {file} is damaged ({reason}):"
        " import the voice again or delete it.",
        code="voice_damaged",
        path=str(file),
    )
