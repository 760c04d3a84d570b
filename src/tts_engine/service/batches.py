"""Batch jobs of the page: rendered by the server's own engine, one after the other, behind whoever waits for an answer.

The jobs are those of ``tts-engine batch``: one that is begun here can be continued there, and the other way round. A
server that goes down gives back what it has in hand; nothing is lost but the sentence that was being rendered.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..batch.job import BATCHES, Job, find_job, list_jobs, submit
from ..batch.journal import Journal
from ..batch.model import Counts
from ..batch.worker import Orders, work
from ..errors import ControlError, JobError, SynthesisError, TTSError
from ..options import KNOBS, SynthesisOptions
from ..settings import Settings

if TYPE_CHECKING:
    from ..batch.progress import Progress
    from ..pipeline import Lexicon, Synthesizer
    from ..speaking import Hold
    from .desk import Desk
    from .engine import EngineHolder

logger = logging.getLogger(__name__)

#: Whose turns the sentences of batches are: all of them share what one client gets.
CLIENT = "batches"

#: What a job can be had as.
FORMS = ("zip", "wav", "mp3", "m4a", "srt", "csv")


@dataclass(frozen=True, slots=True)
class Standing:
    """One job as people see it.

    Attributes:
        job: the job.
        counts: how far it is.
        is_active: it runs here or is the next to.
        remaining_s: until it is over, where its pace is known.
        error: why the last run of it here ended early.
    """

    job: Job
    counts: Counts
    is_active: bool
    remaining_s: float | None
    error: TTSError | None

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return self.job.folder.name


class Batches:
    """The jobs of one server. Safe to use from any number of threads.

    Args:
        settings: folders.
        engine: renders.
        desk: gives the turns.
    """

    def __init__(self, settings: Settings, engine: EngineHolder, desk: Desk) -> None:
        self._root = settings.outputs / BATCHES
        self._settings = settings
        self._engine = engine
        self._desk = desk
        self._lock = threading.Lock()
        self._stops: dict[str, threading.Event] = {}
        self._progress: dict[str, Progress] = {}
        self._errors: dict[str, TTSError] = {}
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(
        self,
        file: Path,
        options: dict[str, Any],
        *,
        by_line: bool = False,
        warn: Callable[[str], None] = lambda _: None,
    ) -> str:
        """Makes a job of a file and begins to render it; its name.

        Raises:
            TTSError: what ``batch.submit`` raises, or why the engine could not be loaded.
        """
        job = submit(
            file,
            name=file.stem,
            output=self._root,
            by_line=by_line,
            settings=self._settings,
            engine=_WithoutPaths(self._engine.obtain()),
            warn=warn,
            **options,
        )
        self.start(job.folder.name)
        return job.folder.name

    def start(self, name: str) -> None:
        """Renders what waits of a job, after the jobs that were begun before; harmless where it runs already.

        Raises:
            JobError: there is no such job.
        """
        job = self._find(name)
        with self._lock:
            if job.folder.name in self._stops:
                return
            self._stops[job.folder.name] = threading.Event()
            self._errors.pop(job.folder.name, None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run_all, name="batches", daemon=True)
                self._thread.start()
        self._queue.put(job.folder.name)

    def stop(self, name: str) -> None:
        """Lets a job rest after the sentence in hand; ``start`` goes on with it."""
        with self._lock:
            if name in self._stops:
                self._stops[name].set()

    def cancel(self, name: str) -> None:
        """Cancels what is not done, also while it runs; finished files stay.

        Raises:
            JobError: there is no such job.
        """
        self.stop(name)
        self._find(name).cancel()

    def retry(self, name: str) -> None:
        """Renders again what failed or was cancelled.

        Raises:
            JobError: there is no such job; JobBusyError: it runs.
        """
        self._find(name).retry()
        self.start(name)

    def close(self) -> None:
        """Lets every job rest: the server goes down."""
        with self._lock:
            for stop in self._stops.values():
                stop.set()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs here or waits to."""
        return bool(self._stops)

    def jobs(self, limit: int | None = None) -> list[Standing]:
        """The newest jobs that can be read, the newest first; ``limit`` None for every one."""
        found = sorted(list_jobs(self._root), key=lambda job: -job.spec.created_s)[:limit]
        standings = []
        for job in found:
            name = job.folder.name
            with suppress(TTSError):  # one that is being removed
                progress = self._progress.get(name)
                standings.append(
                    Standing(
                        job,
                        job.counts(),
                        name in self._stops,
                        progress.remaining_s if progress is not None and name in self._stops else None,
                        self._errors.get(name),
                    )
                )
        return standings

    def export(self, name: str, form: str, folder: Path) -> Path:
        """What is finished of a job, as a file of ``folder`` in one of ``FORMS``.

        Raises:
            JobError: there is no such job; ControlError: no such form.
            FeatureMissingError: the form needs an extra.
        """
        from ..batch.export import export

        if form not in FORMS:
            raise ControlError(
                f"导出格式应为 {'、'.join(FORMS)} 之一，收到 {form!r}。A job is exported as one of {', '.join(FORMS)}.",
                code="export_unknown",
                value=form,
                allowed=list(FORMS),
            )
        job = self._find(name)
        path = folder / f"{secrets.token_hex(8)}.{form}"
        folder.mkdir(parents=True, exist_ok=True)
        return export(job, path, is_partial=True, labelling=self._settings.labelling)

    def _find(self, name: str) -> Job:
        return find_job(Path(name).name, self._root)

    def _run_all(self) -> None:
        while True:
            name = self._queue.get()
            try:
                self._run(self._find(name), self._stops[name])
            except TTSError as error:
                self._errors[name] = error
            except Exception as error:
                logger.exception("a batch job failed")
                self._errors[name] = SynthesisError(f"批量任务出错：{error!r}。The batch job failed: {error!r}.")
            finally:
                with self._lock:
                    self._progress.pop(name, None)
                    del self._stops[name]

    def _run(self, job: Job, stop: threading.Event) -> None:
        def execute(journal: Journal, *, on_look: Callable[[], None]) -> None:
            worker = f"server-{secrets.token_hex(6)}"
            synthesizer = self._engine.obtain()
            self._check_engine(job, synthesizer)

            mine = self._desk.patiently(CLIENT, stop)

            def turn(size: int) -> AbstractContextManager[Hold | None]:
                on_look()
                return mine(size)

            try:
                work(Orders(worker, journal.path, lambda: synthesizer), journal, stop, turn)
            finally:
                journal.release(worker)

        before, began_s = job.counts(), time.monotonic()
        try:
            job.run(on_progress=lambda progress: self._progress.update({job.folder.name: progress}), execute=execute)
        finally:
            after = job.counts()
            self._desk.metrics.count_speech(
                "batch",
                "done" if after.is_over else "cancelled",
                audio_s=max(0.0, after.audio_s - before.audio_s),  # files that were gone may not be back yet
                seconds=time.monotonic() - began_s,
                characters=max(0, after.characters_done - before.characters_done),
            )

    def _check_engine(self, job: Job, synthesizer: Synthesizer) -> None:
        """Asked before any line is: with another engine every line would fail."""
        if job.spec.engine != synthesizer.identity:
            raise JobError(
                f"任务 {job.folder.name} 是为另一个引擎建立的，请重新提交文件。"
                f"The job {job.folder.name} was planned for another engine: submit its file again.",
                code="engine_changed",
                planned=job.spec.engine,
                now=synthesizer.identity,
            )


class _WithoutPaths:
    """An engine for lines that came over the network: whose files of this machine are not theirs to name."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self._synthesizer = synthesizer
        self.identity = synthesizer.identity

    def identify(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Lexicon | None = None) -> str:
        """As ``Synthesizer.identify``.

        Raises:
            ControlError: the options name a recording.
        """
        for name, knob in KNOBS.items():
            if knob.is_recording and options is not None and getattr(options, name) is not None:
                raise ControlError(
                    f"网页提交的任务不能用 {name} 指定服务器上的文件，请用命令行 tts-engine batch run。"
                    f"A job of the page may not name files of the server in {name}: use tts-engine batch run.",
                    code="path_forbidden",
                    option=name,
                )
        return self._synthesizer.identify(text, options, lexicon=lexicon)
