"""A job as programs use it: made of an input once, run until it is over, found again by the same input.

    outputs/batches/<name>-<id>/journal.sqlite3     what is to be done, and what became of it
    outputs/batches/<name>-<id>/audio/              finished files

The same input with the same options for the same engine is the same job: submitting it again opens it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..audio.atomic import output_error, sweep_partials
from ..errors import ControlError, JobBusyError, JobError, TextError, TTSError, unreadable
from ..identity import canonical_options, digest_of_file
from ..options import make_options
from ..pipeline import as_lexicon
from ..settings import Settings, load_settings
from .engine import facts_of, has_card, load_engine
from .inputs import kind_of, read_input
from .inputs.jsonl import read_jsonl
from .journal import FILE, Journal
from .local import default_processes, run_local
from .model import AUDIO, Counts, Entry, JobSpec, Line, State
from .planning import Engine, plan
from .progress import Pace, Progress
from .rendering import take_over

if TYPE_CHECKING:
    from ..pipeline import Synthesizer

#: Folder of the jobs below that of the results.
BATCHES = "batches"

_LOCK = ".lock"
_UNFIT = re.compile(r"[^\w-]+")
_LOOK_S = 1.0
_MOST_EARLIER = 8

Item = str | Mapping[str, Any]


class Executor(Protocol):
    """Renders everything that waits in a journal; returns when the job is over."""

    def __call__(self, journal: Journal, *, on_look: Callable[[], None]) -> None:
        """Calls ``on_look`` some times a second; what that raises stops it, and what is in hand is given back."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job on disk; holds no file open.

    Attributes:
        folder: where it lies.
        spec: what it is.
    """

    folder: Path
    spec: JobSpec

    @classmethod
    def open(cls, folder: str | Path) -> Job:
        """The job of a folder.

        Raises:
            JobError: there is none, or its journal cannot be read.
        """
        with Journal(Path(folder) / FILE) as journal:
            return cls(Path(folder), journal.spec)

    def journal(self) -> Journal:
        """The journal, open; close it when done."""
        return Journal(self.folder / FILE)

    def counts(self) -> Counts:
        """How far it is."""
        with self.journal() as journal:
            return journal.counts()

    def entries(self, state: State | None = None) -> Iterator[Entry]:
        """Every task in order, or those in one state; files of those that are done can be used at once."""
        with self.journal() as journal:
            yield from journal.entries(state)

    def files(self) -> Iterator[Path]:
        """The finished files, in order, also while it runs."""
        return (self.folder / entry.task.file for entry in self.entries("done"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the job for the body, so that nobody else runs it.

        Raises:
            JobBusyError: somebody does.
        """
        with _locked(self.folder):
            yield

    def run(
        self,
        *,
        processes: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        settings: Settings | None = None,
        load: Callable[[], Synthesizer] | None = None,
        execute: Executor | None = None,
        priority: str = "normal",
    ) -> Counts:
        """Renders everything that waits and says how far the job is then.

        In processes of this machine or, where ``settings.broker_url`` is set, on the workers of that queue.

        What a process that was killed had in hand waits again; finished files that are gone are made again; failed
        lines stay as they are until ``retry``.

        Args:
            processes: workers; None for what this machine's processors and memory allow.
            on_progress: told about once a second; what it raises stops the run and gives back what is in hand.
            settings: of the deployment; None for those of the environment.
            load: makes a worker's engine in place of the one of the settings; must be picklable.
            execute: renders what waits, in place of processes of this machine; its engine must be the planned one.
            priority: among the jobs of the queue: ``high``, ``normal`` or ``low``.

        Raises:
            JobBusyError: another process runs it.
            JobError: it was planned for another engine (``engine_changed``).
            TTSError: what ends the whole job, such as a full disk; run it again when that is mended.
        """
        if load is None and execute is None:
            settings = settings or load_settings()[0]
            self._check_engine(settings)
            if settings.broker_url is not None:
                execute = _queue(settings, processes, priority)
            load = functools.partial(load_engine, settings, 1)
            processes = processes or (1 if has_card(settings) else None)  # a card takes many sentences of one process
        if execute is None:
            assert load is not None
            execute = functools.partial(run_local, load=load, processes=processes or default_processes())
        with self.locked(), self.journal() as journal:
            journal.recover()
            journal.forget(
                entry.task.number for entry in journal.entries("done") if not (self.folder / entry.task.file).is_file()
            )
            looking = _Looking(journal, on_progress)
            try:
                execute(journal, on_look=looking.look)
            finally:
                sweep_partials(self.folder / AUDIO, older_than_s=0.0)
            looking.tell()
            return journal.counts()

    def retry(self) -> int:
        """Lets what failed or was cancelled wait again; ``run`` then renders it. The number of tasks."""
        with self.locked(), self.journal() as journal:
            return journal.retry()

    def cancel(self) -> int:
        """Cancels what is not done, also while it runs. The number of tasks."""
        with self.journal() as journal:
            return journal.cancel()

    def _check_engine(self, settings: Settings) -> None:
        now = facts_of(settings).identity
        if now != self.spec.engine:
            raise JobError(
                f"任务是为另一个引擎建立的（{self.spec.engine}），现在是 {now}。"
                "请用原来的模型和版本继续，或重新运行输入以建立新任务。"
                "The job was planned for another engine: go on with that model and version, or run the input again to"
                " make a new job.",
                code="engine_changed",
                planned=self.spec.engine,
                now=now,
            )


def _queue(settings: Settings, processes: int | None, priority: str) -> Executor:
    """Runs a job on the workers of the queue of the settings."""
    if processes is not None:
        raise ControlError(
            "设置了 TTS_BROKER_URL，任务交给队列，进程数由各 tts-engine worker --processes 决定；"
            "只用本机请清空 TTS_BROKER_URL。"
            "TTS_BROKER_URL is set, so the queue does the work: each tts-engine worker has its own --processes. Clear"
            " TTS_BROKER_URL to use this machine alone.",
            option="processes",
            value=processes,
        )
    from .queue.dispatch import run_queue

    return functools.partial(run_queue, settings=settings, priority=priority)


class _Looking:
    """Tells about a run once a second."""

    def __init__(self, journal: Journal, tell: Callable[[Progress], None] | None) -> None:
        self._journal, self._tell = journal, tell
        self._pace = Pace(journal.counts())
        self._last_s = 0.0

    def look(self) -> None:
        if time.monotonic() - self._last_s >= _LOOK_S:
            self._last_s = time.monotonic()
            self.tell()

    def tell(self) -> None:
        if self._tell is not None:
            self._tell(self._pace.at(self._journal.counts()))


def submit(
    source: str | Path | Iterable[Item],
    *,
    name: str | None = None,
    output: str | Path | None = None,
    lexicon: str | Path | None = None,
    by_line: bool = False,
    settings: Settings | None = None,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Job:
    """The job for an input; made if it is not there yet. ``Job.run`` renders it.

    Args:
        source: a file (JSONL, CSV, TSV, TXT, SRT, EPUB), or texts: strings, or mappings (``text``, ``id``, options).
        name: for people; None for the name of the file.
        output: folder of the jobs; None for ``outputs/batches``.
        lexicon: file of readings for the whole job.
        by_line: of plain text, every line becomes a file instead of groups of sentences.
        settings: of the deployment; None for those of the environment.
        engine: what it is planned for; None for the engine of the settings.
        warn: told what a person should know about the input.
        options: what holds for every line that does not say otherwise; fields of ``SynthesisOptions``.

    Raises:
        ControlError: a wrong option, an input of an unknown kind, a header that names unknown columns.
        TextError: the input cannot be read or says nothing.
        OutputError: the folder cannot be written.
        JobBusyError: another process is making the same job.
    """
    settings = settings or load_settings()[0]
    root = Path(output) if output is not None else settings.outputs / BATCHES
    shared = _checked(options)
    engine = engine or facts_of(settings)
    with _input(source, root) as (file, label, folder):
        kind = kind_of(file)
        readings = Path(lexicon) if lexicon is not None else None
        known = as_lexicon(readings)
        identity = _job_identity(file, kind, by_line, shared, engine.identity, readings)
        called = _UNFIT.sub("_", name or Path(label).stem)[:60].strip("_") or "batch"
        job = root / f"{called}-{identity[:8]}"
        with _locked(job):
            if (job / FILE).is_file():
                try:
                    return Job.open(job)
                except JobError as error:
                    if error.code != "job_unknown":
                        raise
            kept = _keep(readings, job)
            spec = JobSpec(identity, called, label, engine.identity, shared, time.time(), kept)
            lines = read_jsonl(file, folder) if folder is not None else read_input(file, by_line=by_line, warn=warn)
            with Journal.create(job / FILE, spec, plan(_some(lines, label), engine, shared, known)) as journal:
                _take_over(journal, root)
            return Job.open(job)


def _take_over(journal: Journal, root: Path) -> None:
    """Copies what earlier jobs of the same source finished and sounds the same here: a mended line costs that line."""
    earlier = [job for job in list_jobs(root) if job.spec.source == journal.spec.source and job.spec != journal.spec]
    for job in sorted(earlier, key=lambda one: -one.spec.created_s)[:_MOST_EARLIER]:
        with job.journal() as other:
            for number, twin in journal.twins(other.path):
                take_over(journal.task(number), journal.folder, other.task(twin), job.folder)


def find_job(which: str, root: Path) -> Job:
    """The job that a person means: a folder, the beginning of its name or identifier, or its input file (the newest).

    Raises:
        JobError: none, or several.
    """
    given = Path(which)
    folder = given.parent if given.name == FILE else given
    if (folder / FILE).is_file():
        return Job.open(folder)
    jobs = list(list_jobs(root))
    source = str(given.resolve()) if given.exists() else which
    found = [job for job in jobs if job.spec.source == source]
    if found:
        return max(found, key=lambda job: job.spec.created_s)
    found = [job for job in jobs if job.folder.name.startswith(which) or job.spec.id.startswith(which)]
    if len(found) == 1:
        return found[0]
    names = "、".join(job.folder.name for job in (found or jobs)[:5]) or "无 none"
    reason = ("有多个任务符合", "several jobs are meant by") if found else ("没有任务", "there is no job")
    raise JobError(
        f"{reason[0]} {which!r}：{names}。用 tts-engine batch status 查看全部。"
        f"{reason[1].capitalize()} {which!r}: {names}. 'tts-engine batch status' lists them all.",
        code="job_unknown",
        value=which,
    )


def list_jobs(root: Path) -> Iterator[Job]:
    """The jobs of a folder, by name; those that cannot be read are left out."""
    for file in sorted(root.glob(f"*/{FILE}")):
        try:
            yield Job.open(file.parent)
        except TTSError:
            continue


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a job as plain data, recordings by their absolute path.

    Raises:
        ControlError: one that is not allowed, or a recording that is no file.
    """
    made = make_options(**options)
    canonical_options(made)  # recordings must be readable
    plain: dict[str, Any] = {}
    for key, value in options.items():
        if key in ("ref_audio", "ref_neutral") and value is not None:
            plain[key] = _path_of(key, value)
        elif key == "references" and value is not None:
            plain[key] = {label: _path_of(key, item) for label, item in value.items()}
        elif value is not None:
            plain[key] = list(value) if isinstance(value, tuple) else value
    return plain


def _path_of(name: str, value: Any) -> str:
    if isinstance(value, (str, Path)):
        return str(Path(value).resolve())
    raise ControlError(
        f"批量任务的 {name} 应为音频文件的路径。In a batch, {name} must be the path of an audio file.",
        option=name,
        value=type(value).__name__,
    )


@contextmanager
def _input(source: str | Path | Iterable[Item], root: Path) -> Iterator[tuple[Path, str, Path | None]]:
    """The input as a file, what it is called, and what the recordings of texts in memory are relative to."""
    if isinstance(source, (str, Path)):
        file = Path(source)
        try:
            file.open("rb").close()
        except OSError as error:
            raise unreadable(file, error) from error
        yield file, str(file.resolve()), None
        return
    with ExitStack() as stack:
        try:
            root.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=root, prefix=".input-"))
            file = Path(folder) / "texts.jsonl"
            with file.open("w", encoding="utf-8") as out:
                for item in source:
                    out.write(_json_line(item))
        except OSError as error:
            raise output_error(root, error) from error
        yield file, "texts", Path.cwd()


def _json_line(item: Item) -> str:
    data = {"text": item} if isinstance(item, str) else dict(item)
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in data.items()}
    try:
        return json.dumps(plain, ensure_ascii=False) + "\n"
    except TypeError as error:
        raise ControlError(
            f"批量条目只能有文字、数值、列表和映射（{error}），录音请给路径。"
            "Items of a batch hold text, numbers, lists and mappings only: give recordings by their path.",
            option="items",
        ) from error


def _some(lines: Iterable[Line], label: str) -> Iterator[Line]:
    """The lines, of which there must be one."""
    found = False
    for line in lines:
        found = True
        yield line
    if not found:
        raise TextError(
            f"{label} 中没有可说的内容。There is nothing to say in {label}.", code="input_empty", path=label
        )


def _job_identity(
    file: Path, kind: str, by_line: bool, options: Mapping[str, Any], engine: str, lexicon: Path | None
) -> str:
    facts = {
        "input": digest_of_file(file),
        "kind": kind,
        "by_line": by_line,
        "options": canonical_options(make_options(**options)),
        "engine": engine,
        "lexicon": None if lexicon is None else digest_of_file(lexicon),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _keep(lexicon: Path | None, folder: Path) -> str:
    """The name of a copy of the readings in the job's folder."""
    if lexicon is None:
        return ""
    kept = "lexicon" + lexicon.suffix
    try:
        shutil.copyfile(lexicon, folder / kept)
    except OSError as error:
        raise output_error(folder / kept, error) from error
    return kept


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise JobBusyError(
            f"另一个进程正在运行任务 {folder.name}。请等它结束，或先停止它；用 tts-engine batch status 查看进度。"
            f"Another process is running the job {folder.name}: wait for it or stop it first; 'tts-engine batch status'"
            " shows how far it is.",
            path=str(folder),
        ) from error
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()
