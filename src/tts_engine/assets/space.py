"""Whether the disk has room for a fetch, and what to tell the user when it has not."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from ..errors import AssetError
from .sources import FetchJob

_MARGIN = 16_000_000
_FULL = {errno.ENOSPC, errno.EDQUOT}


def require_space(root: Path, job: FetchJob) -> None:
    """Accepts the disk or raises before anything is fetched.

    Counted are the missing pieces, the files that are joined from parts beside them, the largest archive on its way
    and a margin.

    Raises:
        AssetError: code ``disk_full``, with ``needed_bytes`` and ``free_bytes``.
    """
    missing = job.missing()
    joined = sum(file.whole.size for file in job.wanted if file.parts)
    archives = [p.archive.size for p in job.manifest.packages if any(s in missing for s in p.members.values())]
    needed = sum(piece.size for piece in missing.values()) + joined + max(archives, default=0) + _MARGIN
    free = shutil.disk_usage(root).free
    if free < needed:
        raise disk_full(root, needed, free)


def disk_full(root: Path, needed: int | None, free: int) -> AssetError:
    """The error for a disk without room; ``needed`` is None where a write failed although there seemed to be some."""
    wanted_zh = f"需要约 {needed / 1e6:.0f} MB，" if needed is not None else ""
    wanted_en = f"about {needed / 1e6:.0f} MB needed, " if needed is not None else ""
    return AssetError(
        f"磁盘空间不足：{root} 所在磁盘{wanted_zh}可用 {free / 1e6:.0f} MB。请清理空间，或把模型目录改到别的磁盘。 "
        f"The disk of {root} is full: {wanted_en}{free / 1e6:.0f} MB free. "
        "Free some space, or put the model folder on another disk. What was fetched is kept.",
        code="disk_full",
        needed_bytes=needed,
        free_bytes=free,
        path=str(root),
    )


def storage_error(root: Path, error: OSError) -> AssetError:
    """What an ``OSError`` while writing the cache means to the user."""
    if error.errno in _FULL:
        return disk_full(root, None, shutil.disk_usage(_existing(root)).free)
    return AssetError(
        f"无法写入模型目录 {root}：{error}。请检查权限，或换一个可写的目录。 "
        f"Cannot write the model folder {root}: {error}. Check its permissions, or choose another folder.",
        code="cache_unwritable",
        path=str(root),
        reason=str(error),
    )


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
