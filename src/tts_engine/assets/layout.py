"""Where everything lies below the cache's root.

cache_hub/
current.json                  which model and version are active
<name>/<version>/...          a whole version, with its manifest and receipt
staging/<name>@<version>/     verified pieces on their way; survives a kill
derived/<name>/<version>/     what a runtime converted; safe to delete
locks/<name>@<version>.lock   one fetch at a time across processes; the system frees it when a process dies
import/                       files copied by hand, looked at first
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .manifest import ModelManifest
from .staging import Staging

_RESERVED = {"staging", "derived", "locks", "import"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one cache.

    Attributes:
        root: the cache's folder, absolute; it need not exist.
    """

    root: Path

    @property
    def current_file(self) -> Path:
        """The record of the active version."""
        return self.root / "current.json"

    @property
    def import_dir(self) -> Path:
        """Where files copied by hand are looked for."""
        return self.root / "import"

    def directory(self, manifest: ModelManifest) -> Path:
        """The folder of a version."""
        return self.root / manifest.name / manifest.version

    def derived_dir(self, manifest: ModelManifest) -> Path:
        """The folder for what is converted from a version."""
        return self.root / "derived" / manifest.name / manifest.version

    def staging(self, spec: str) -> Staging:
        """The staging folder of ``name@version``."""
        return Staging(self.root / "staging" / spec)

    def lock_file(self, spec: str) -> Path:
        """The lock of ``name@version``."""
        return self.root / "locks" / f"{spec}.lock"

    def installed(self) -> dict[str, Path]:
        """The version folders that are there, by ``name@version``, whole or not."""
        if not self.root.is_dir():
            return {}
        return {
            f"{name.name}@{version.name}": version
            for name in sorted(self.root.iterdir())
            if name.is_dir() and name.name not in _RESERVED
            for version in sorted(name.iterdir())
            if version.is_dir()
        }
