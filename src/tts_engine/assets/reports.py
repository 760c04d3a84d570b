"""What the operations of the cache answer: frozen values for programs and for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .import_source import Recognised
from .manifest import ModelManifest


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A whole version on disk.

    Attributes:
        name: of the model.
        version: of the model.
        directory: the version's folder; read-only to everybody but this module.
        model_file: the network, ONNX with int8 weights.
        voices_dir: one ``<voice>.bin`` per voice.
        lexicon_dir: English pronunciations, ``us_gold.json`` and ``us_silver.json``.
        derived_dir: where a runtime may keep what it converts from these files; not created, safe to delete.
        licence: of everything in it.
        manifest: files, digests, sources.
    """

    name: str
    version: str
    directory: Path
    model_file: Path
    voices_dir: Path
    lexicon_dir: Path
    derived_dir: Path
    licence: str
    manifest: ModelManifest


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One line of ``models list``.

    Attributes:
        manifest: of the version.
        directory: where it lies or would lie.
        state: ``ready``, ``incomplete`` (a fetch was interrupted, or files changed: run fetch or verify) or ``absent``.
        is_active: whether it is what ``ensure()`` returns.
        bytes_on_disk: of the version's folder.
    """

    manifest: ModelManifest
    directory: Path
    state: str
    is_active: bool
    bytes_on_disk: int


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a full check by SHA-256 found.

    Attributes:
        manifest: of the version.
        directory: the version's folder.
        sound: paths of files that are what was pinned.
        damaged: paths of files that are something else.
        missing: paths of files that are not there.
    """

    manifest: ModelManifest
    directory: Path
    sound: tuple[str, ...]
    damaged: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every file is there and right."""
        return not self.damaged and not self.missing


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        manifest: of the version that was imported into.
        files: the version, where it is whole now; None where something is still missing.
        recognised: what each given file turned out to be.
        missing: paths of files of the model that are still missing or damaged.
    """

    manifest: ModelManifest
    files: ModelFiles | None
    recognised: tuple[Recognised, ...]
    missing: tuple[str, ...]
