"""Files that appear whole or not at all, and failures of the file system in words.

A file is written under a hidden name in its own folder and renamed when it is complete. Names that the engine
chooses are reserved by another hidden file, which whoever created it exclusively owns until the result stands.
"""

from __future__ import annotations

import errno
import itertools
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from ..errors import OutputError
from ..options import FORMATS

PARTIAL_SUFFIX = ".part"
_COMPANIONS = (*FORMATS, "srt", "vtt", "lrc", "json")  # files that share one stem

_REASONS = {
    errno.ENOSPC: ("磁盘已满，请清理空间或换一个目录", "the disk is full: free some space or choose another folder"),
    errno.EDQUOT: ("磁盘配额已用完，请清理空间或换一个目录", "the disk quota is used up: choose another folder"),
    errno.EACCES: ("没有写入权限，请修改目录权限或换一个目录", "no permission: change it or choose another folder"),
    errno.EPERM: ("没有写入权限，请修改目录权限或换一个目录", "no permission: change it or choose another folder"),
    errno.EROFS: ("文件系统是只读的，请换一个目录", "the file system is read-only: choose another folder"),
    errno.EISDIR: ("这是一个目录，请给出文件名", "it is a folder: give a file name"),
    errno.ENOTDIR: ("路径中有一段不是目录，请检查路径", "a part of the path is not a folder: check the path"),
    errno.EEXIST: ("同名文件占用了目录的位置，请检查路径", "a file stands where a folder is needed: check the path"),
    errno.ENOENT: ("目录不存在，请先创建", "the folder does not exist: create it first"),
    errno.ENAMETOOLONG: ("文件名过长，请缩短", "the name is too long: shorten it"),
    errno.EFBIG: (
        "文件超过允许的大小，请分段合成或改用压缩格式",
        "the file is too large here: use a compressed format",
    ),
}


def output_error(path: Path, error: OSError) -> OutputError:
    """The ``OutputError`` that says why ``path`` cannot be written and what to do."""
    detail = error.strerror or str(error)
    zh, en = _REASONS.get(error.errno or 0, (f"系统报告：{detail}", f"the system says: {detail}"))
    return OutputError(f"无法写入 {path}：{zh}。Cannot write: {en}.", path=str(path), errno=error.errno)


@dataclass(slots=True)
class Partial:
    """A file to be: its final path, and the hidden file under which it is written.

    Attributes:
        path: where the finished file will stand.
        hidden: exists until ``commit`` or ``discard``.
    """

    path: Path
    hidden: Path

    def commit(self) -> None:
        """Makes the finished file appear under its name.

        Raises:
            OutputError: the file system refused.
        """
        try:
            self.hidden.replace(self.path)
        except OSError as error:
            self.discard()
            raise output_error(self.path, error) from error

    def discard(self) -> None:
        """Leaves nothing; harmless after ``commit``, since the hidden name is never given twice."""
        with suppress(OSError):
            self.hidden.unlink()


def begin_file(path: Path) -> Partial:
    """An empty hidden file beside ``path`` that is to become it; an existing file there will be replaced.

    Raises:
        OutputError: a folder or a device stands there, or its folder is missing or not writable.
    """
    try:
        with suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not S_ISREG(mode):  # renaming over /dev/null would destroy it
                raise OutputError(
                    f"无法写入 {path}：它不是普通文件。Cannot write: not a regular file; give a file name.",
                    path=str(path),
                )
        target = path.resolve()  # through a symbolic link, not over it
        hidden = target.parent / f".{secrets.token_hex(8)}{PARTIAL_SUFFIX}"
        _create(hidden)
    except OSError as error:
        raise output_error(path, error) from error
    return Partial(target, hidden)


@contextmanager
def next_output_path(
    directory: Path, suffix: str = ".wav", *, now: Callable[[], time.struct_time] = time.localtime
) -> Iterator[Path]:
    """Reserves ``YYYYMMDD_HHMMSS.wav`` in ``directory`` for the time of the ``with`` block, never the same twice.

    Calls within one second, from any thread or process, get ``..._2``, ``..._3`` and so on. The stem is free of
    other formats and of subtitles too, so that companions of one result never meet those of another. The folder is
    made where missing. The file itself is left to the caller.

    Args:
        directory: where the result will stand.
        suffix: file name suffix with its dot.
        now: clock, local time.

    Raises:
        OutputError: the folder cannot be made or written to.
    """
    try:
        path, reservation = _reserve(directory, suffix, time.strftime("%Y%m%d_%H%M%S", now()))
    except OSError as error:
        raise output_error(directory, error) from error
    try:
        yield path
    finally:
        with suppress(OSError):
            reservation.unlink()


def _reserve(directory: Path, suffix: str, stamp: str) -> tuple[Path, Path]:
    directory.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        stem = stamp if number == 1 else f"{stamp}_{number}"
        if _is_taken(directory, stem, suffix):
            continue
        reservation = directory / f".{stem}{PARTIAL_SUFFIX}"
        try:
            _create(reservation)
        except FileExistsError:
            continue
        if not _is_taken(directory, stem, suffix):
            return directory / f"{stem}{suffix}", reservation
        reservation.unlink()  # finished and released by another between the look and the creation
    raise AssertionError("counting never ends")


def write_whole(path: Path, data: bytes) -> Path:
    """Writes ``data`` so that the file appears whole or not at all; its path.

    Raises:
        OutputError: the file cannot be written.
    """
    partial = begin_file(path)
    try:
        with partial.hidden.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.commit()
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.discard()
    return partial.path


def sweep_partials(directory: Path, older_than_s: float = 24 * 3600.0) -> int:
    """Number of hidden files removed that a killed process left more than ``older_than_s`` ago."""
    removed = 0
    limit = time.time() - older_than_s
    for partial in directory.glob(f".*{PARTIAL_SUFFIX}"):
        with suppress(OSError):
            if partial.stat().st_mtime < limit:
                partial.unlink()
                removed += 1
    return removed


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))


def _is_taken(directory: Path, stem: str, suffix: str) -> bool:
    suffixes = {suffix, *(f".{companion}" for companion in _COMPANIONS)}
    return any(os.path.lexists(directory / f"{stem}{one}") for one in suffixes)
