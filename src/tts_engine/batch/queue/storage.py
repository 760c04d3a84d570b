"""Where finished files lie so that whoever sent the work can get them: a folder, or a bucket through fsspec.

    FolderStorage   a folder that sender and workers both see (one machine, NFS); files appear by renaming
    RemoteStorage   s3://bucket/prefix and all else that fsspec opens; the account of a file is written last

In both a file counts as finished when its account is there (``rendering``).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...audio.atomic import begin_file, output_error
from ...errors import FeatureMissingError, JobError, OutputError
from ..model import Result, Task
from ..rendering import find_result
from .broker import INSTALL, need_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...settings import Settings
    from .orders import Order


class Storage(Protocol):
    """The files of one job."""

    def render(self, task: Task, render: Callable[[Path], Result]) -> Result:
        """What ``render`` makes in a folder, stored; or what was there already."""
        ...

    def fetch(self, task: Task, folder: Path) -> Result | None:
        """The finished file of a task, now in ``folder`` too and whole; None where there is none."""
        ...

    def share(self, file: Path, name: str) -> None:
        """Puts a file of the sender where workers find it under this name."""
        ...

    def open_shared(self, name: str) -> Path:
        """A shared file as a path of this machine."""
        ...

    def close(self) -> None:
        """Removes what ``open_shared`` brought here."""
        ...


class FolderStorage:
    """A job's folder that everybody sees.

    Args:
        folder: of the job, as this machine sees it.
        may_make: whether it may be made; a worker may not where it would then write to a place of its own.
    """

    def __init__(self, folder: Path, *, may_make: bool = True) -> None:
        self.folder = folder
        if may_make:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise output_error(folder, error) from error
        elif not folder.is_dir():
            raise JobError(
                f"这台机器上没有任务目录 {folder}。多台机器请把 TTS_STORAGE 设为大家都能访问的目录或 s3:// 地址。"
                f"There is no folder {folder} on this machine: with several machines set TTS_STORAGE to a folder or an"
                " s3:// address that all of them see.",
                code="storage_not_shared",
                path=str(folder),
            )

    def render(self, task: Task, render: Callable[[Path], Result]) -> Result:
        """See ``Storage``."""
        return find_result(task, self.folder) or render(self.folder)

    def fetch(self, task: Task, folder: Path) -> Result | None:
        """See ``Storage``."""
        if folder.resolve() != self.folder.resolve():
            for name in _files_of(task):
                source = self.folder / name
                if not source.is_file():
                    return None
                _take(folder / name, lambda target, source=source: shutil.copyfile(source, target))  # type: ignore[misc]
        return find_result(task, folder)

    def share(self, file: Path, name: str) -> None:
        """See ``Storage``."""
        target = self.folder / name
        if target.resolve() != file.resolve() and not target.is_file():
            _take(target, lambda hidden: shutil.copyfile(file, hidden))

    def open_shared(self, name: str) -> Path:
        """See ``Storage``."""
        return self.folder / name

    def close(self) -> None:
        """See ``Storage``."""


class RemoteStorage:
    """A job's part of a bucket.

    Args:
        url: of the job: ``s3://bucket/prefix/job``.

    Raises:
        FeatureMissingError: fsspec, or what it needs for this kind of address, is not installed.
    """

    def __init__(self, url: str) -> None:
        need_extra("fsspec")
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise FeatureMissingError(
                f"无法打开存储 {url}：{error}。请安装它需要的包（s3:// 需要 pip install s3fs）和 {INSTALL}。"
                f"The storage cannot be opened: {error}. Install what it needs (s3:// needs s3fs) and {INSTALL}",
                code="storage_unsupported",
                storage=url,
            ) from error
        self._local: tempfile.TemporaryDirectory[str] | None = None

    def render(self, task: Task, render: Callable[[Path], Result]) -> Result:
        """See ``Storage``."""
        with tempfile.TemporaryDirectory(prefix="tts-") as scratch, _told(self._root):
            found = self.fetch(task, Path(scratch))
            if found is not None:
                return found
            made = render(Path(scratch))
            for name in _files_of(task):
                self._files.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True)
                self._files.put_file(str(Path(scratch) / name), f"{self._root}/{name}")
            return made

    def fetch(self, task: Task, folder: Path) -> Result | None:
        """See ``Storage``."""
        with _told(self._root):
            for name in _files_of(task)[::-1]:  # the account first: without it there is nothing
                if not self._files.exists(f"{self._root}/{name}"):
                    return None
                _take(folder / name, lambda hidden, name=name: self._get(name, hidden))  # type: ignore[misc]
            return find_result(task, folder)

    def share(self, file: Path, name: str) -> None:
        """See ``Storage``."""
        with _told(self._root):
            if not self._files.exists(f"{self._root}/{name}"):
                self._files.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True)
                self._files.put_file(str(file), f"{self._root}/{name}")

    def open_shared(self, name: str) -> Path:
        """See ``Storage``."""
        if self._local is None:
            self._local = tempfile.TemporaryDirectory(prefix="tts-shared-")
        path = Path(self._local.name) / name
        if not path.is_file():
            with _told(self._root):
                _take(path, lambda hidden: self._get(name, hidden))
        return path

    def close(self) -> None:
        """See ``Storage``."""
        if self._local is not None:
            self._local.cleanup()
            self._local = None

    def _get(self, name: str, target: Path) -> None:
        self._files.get_file(f"{self._root}/{name}", str(target))


def storage_of(settings: Settings, job: str, folder: Path, *, is_worker: bool = False) -> Storage:
    """Where the files of a job go.

    Args:
        settings: ``storage`` names a folder or an address; None for the job's own folder.
        job: ``JobSpec.id``.
        folder: of the job, as the sender sees it.
        is_worker: whether this is not the sender.

    Raises:
        JobError: a worker does not see the folder.
        FeatureMissingError: the storage needs a package that is not installed.
    """
    if settings.storage is None:
        return FolderStorage(folder, may_make=not is_worker)
    name = job[:16]
    kind, colon, _ = settings.storage.partition("://")
    if not colon or kind in ("file", "local"):
        root = Path(settings.storage.partition("://")[2] if colon else settings.storage).expanduser()
        return FolderStorage(root / name, may_make=not is_worker)
    return RemoteStorage(f"{settings.storage.rstrip('/')}/{name}")


class WorkerStorages:
    """Where a worker stores what orders ask for; that of the last job is kept open.

    Args:
        settings: of the deployment.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last: tuple[tuple[str, str], Storage] | None = None

    def of(self, order: Order) -> Storage:
        """See ``storage_of``.

        Raises:
            JobError, FeatureMissingError: as there.
        """
        key = (order.job, order.folder)
        if self._last is None or self._last[0] != key:
            if self._last is not None:
                self._last[1].close()
                self._last = None
            self._last = key, storage_of(self._settings, order.job, Path(order.folder), is_worker=True)
        return self._last[1]


def _files_of(task: Task) -> tuple[str, str]:
    """The audio and its account, which is written last of the two."""
    return task.file, f"{task.file.rpartition('.')[0]}.json"


def _take(path: Path, fill: Callable[[Path], Any]) -> None:
    """A file that appears whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = begin_file(path)
        try:
            fill(partial.hidden)
            partial.commit()
        finally:
            partial.discard()
    except OutputError:
        raise
    except OSError as error:
        raise output_error(path, error) from error


@contextmanager
def _told(root: str) -> Iterator[None]:
    """Failures of a remote storage in words; they may pass."""
    from ...errors import TTSError

    try:
        yield
    except TTSError:
        raise
    except Exception as error:  # every kind of storage has errors of its own
        with suppress(Exception):
            error.args = tuple(str(item)[:300] for item in error.args)
        raise OutputError(
            f"存储 {root} 不可用：{error!r}。请检查地址、权限和网络。The storage {root} cannot be used: {error!r};"
            " check address, permissions and network.",
            code="storage_failed",
            path=root,
        ) from error
