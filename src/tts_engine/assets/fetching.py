"""Makes a version whole: check, gather the missing pieces from the sources in order, install."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import AssetError
from .condition import State, agrees_with_receipt, states_of
from .guidance import Attempt, cannot_complete
from .install import StalePieceError, install, seal
from .layout import Layout
from .lock import locked
from .manifest import ModelFile, ModelManifest
from .progress import Tracker
from .sources import FetchJob, Source, SourceError
from .space import require_space, storage_error

_log = logging.getLogger(__name__)


def obtain(
    layout: Layout,
    manifest: ModelManifest,
    sources: Sequence[Source],
    tracker: Tracker,
    *,
    trust_receipt: bool,
    on_whole: Callable[[ModelManifest], None],
    offline: bool = False,
) -> None:
    """Makes the version whole, or finds that it is.

    Args:
        layout: of the cache.
        manifest: of the version.
        sources: to ask, in order.
        tracker: told about the progress.
        trust_receipt: whether a version that agrees with its receipt needs no full check.
        on_whole: called under the lock once everything stands.
        offline: leave sources alone that need the network.

    Raises:
        AssetError: as ``CacheHub.ensure``.
    """
    directory = layout.directory(manifest)
    try:
        with locked(layout.lock_file(manifest.spec), tracker):
            if trust_receipt and agrees_with_receipt(manifest, directory):
                _log.info("%s was completed by another process", manifest.spec)
            else:
                _complete(layout, manifest, sources, tracker, offline)
                on_whole(manifest)
    except OSError as error:
        # A cache that cannot be written (a read-only image, say) is still good for reading.
        if all(state == "ok" for state in check(manifest, directory, tracker).values()):
            _log.warning("%s is whole, but %s cannot be written: %s", manifest.spec, layout.root, error)
        else:
            raise storage_error(layout.root, error) from error
    tracker.finish()


def check(manifest: ModelManifest, directory: Path, tracker: Tracker) -> dict[str, State]:
    """The state of every file by its path, from its bytes."""
    if not directory.is_dir():
        return {file.path: "missing" for file in manifest.files}
    tracker.begin("checking", manifest.size)

    def count(file: ModelFile) -> None:
        tracker.settle(file.whole.size)

    return states_of(manifest, directory, count)


def _complete(
    layout: Layout, manifest: ModelManifest, sources: Sequence[Source], tracker: Tracker, offline: bool
) -> None:
    directory = layout.directory(manifest)
    states = check(manifest, directory, tracker)
    wanted = tuple(file for file in manifest.files if states[file.path] != "ok")
    if not wanted:
        seal(manifest, directory)
        return
    staging = layout.staging(manifest.spec)
    staging.directory.mkdir(parents=True, exist_ok=True)
    staging.sweep()
    job = FetchJob(manifest, wanted, staging, tracker)
    for _ in range(2):
        attempts = _gather(layout, job, sources, offline)
        if job.missing():
            raise _incomplete(layout, job, attempts, states)
        size = sum(file.whole.size for file in wanted)
        tracker.begin("installing", size, done=size)
        try:
            install(manifest, wanted, staging, directory)
        except StalePieceError as error:
            _log.warning("%s; fetching it again", error)
        else:
            return
    raise AssetError(
        f"files staged in {staging.directory} change while they are installed; check the disk.",
        code="staging_unstable",
        path=str(staging.directory),
    )


def _gather(layout: Layout, job: FetchJob, sources: Sequence[Source], offline: bool) -> list[Attempt]:
    total = sum(file.whole.size for file in job.wanted)
    job.tracker.begin("downloading", total, done=total - job.missing_bytes())
    attempts: list[Attempt] = []
    for source in sources:
        if not job.missing():
            break
        if source.needs_network and offline:
            attempts.append(Attempt(source.label, "not asked: offline mode"))
            continue
        if source.needs_network:
            require_space(layout.root, job)
        try:
            source.fetch(job)
        except SourceError as error:
            _log.info("%s could not complete %s: %s", source.label, job.manifest.spec, error)
            attempts.append(Attempt(source.label, str(error)))
    return attempts


def _incomplete(layout: Layout, job: FetchJob, attempts: list[Attempt], states: dict[str, State]) -> AssetError:
    missing = job.missing()
    lacking = [f.path for f in job.wanted if any(p.sha256 in missing for p in f.parts or (f.whole,))]
    layout.import_dir.mkdir(exist_ok=True)  # the message asks people to put files there
    return cannot_complete(
        job.manifest,
        layout.import_dir,
        attempts,
        missing=[path for path in lacking if states[path] == "missing"],
        damaged=[path for path in lacking if states[path] == "damaged"],
    )
