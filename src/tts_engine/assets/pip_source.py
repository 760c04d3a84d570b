"""PyPI packages through the pip of this Python.

pip knows the user's mirrors, proxies and certificates, so no address of a registry stands in this package. Archives
are pinned by hash for pip and every member is pinned for us. Only wheels are taken, and nothing of them is run.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .archives import deliver_members
from .registry import bytes_brought, needed_packages, only_archive, run_registry_client
from .sources import FetchJob, SourceError


class PipSource:
    """PyPI packages through ``pip download``."""

    label = "pip"
    needs_network = True

    def fetch(self, job: FetchJob) -> None:
        """Delivers the pieces of the PyPI packages, one package after another, so that a kill loses one at most."""
        for package in needed_packages(job, "pypi"):
            folder = job.scratch("pip")
            try:
                archive = pip_download(
                    job,
                    folder,
                    f"{package.name}=={package.version}",
                    hashes=[package.archive.sha256],
                    share=bytes_brought(job, package),
                    python=package.python,
                )
                deliver_members(job, archive, package.members)
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def pip_download(
    job: FetchJob, folder: Path, requirement: str, *, hashes: Sequence[str], share: int, python: str | None = None
) -> Path:
    """The wheel that pip downloaded into ``folder``.

    Args:
        job: whose tracker hears about the progress.
        folder: empty, receives the wheel.
        requirement: ``name==version``.
        hashes: SHA-256 of the wheels that are accepted, one per platform.
        share: bytes of the model that the whole wheel stands for.
        python: version of Python to ask for, where the package excludes newer ones.

    Raises:
        SourceError: pip is missing or failed; the reason is pip's own.
    """
    name = requirement.partition("==")[0]
    if importlib.util.find_spec("pip") is None:
        raise SourceError("pip is not installed in this Python; run: python -m ensurepip")
    job.tracker.item(name)
    requirements = folder / "requirements.txt"
    requirements.write_text(" ".join([requirement, *(f"--hash=sha256:{h}" for h in hashes)]) + "\n", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--progress-bar=raw"),
        *("--disable-pip-version-check", "--no-input", "--dest", str(folder), "--requirement", str(requirements)),
        *(("--python-version", python) if python else ()),
    ]

    def on_line(line: str) -> bool:
        # "Progress 262144 of 61123607": the machine-readable bar of pip 24.1 and later.
        words = line.split()
        if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
            job.tracker.hint(share * int(words[1]) // max(int(words[3]), 1))
            return True
        return False

    run_registry_client(command, cwd=folder, what=f"pip download {name}", on_line=on_line, on_beat=job.tracker.beat)
    return only_archive(folder, "*.whl", name)
