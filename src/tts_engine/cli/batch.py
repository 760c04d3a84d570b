"""``tts-engine batch``: jobs of many texts that survive anything."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import JobError, TTSError
from ..options import make_options
from ..settings import Settings
from .root import group, knob_options, number

if TYPE_CHECKING:
    from ..batch.job import Job
    from ..batch.model import Counts, Entry
    from ..batch.pricing import Price

EXIT_TERMINATED = 143

_SHOWN = 10

_folder = click.option(
    "--output",
    "output",
    type=click.Path(path_type=Path),
    help="任务目录 / folder of the jobs (default: outputs/batches)",
)
_processes = click.option(
    "-p", "--processes", type=click.IntRange(1, 256), help="进程数 / workers (default: by processors and memory)"
)
_priority = click.option(
    "--priority",
    type=click.Choice(["high", "normal", "low"]),
    default="normal",
    help="在队列中的优先级（TTS_BROKER_URL）/ among the jobs of a queue",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 / print as JSON")
_quiet = click.option("-q", "--quiet", is_flag=True, help="不显示进度 / no progress")


def _goes_on(command: Callable[..., None]) -> Callable[..., None]:
    """A command that runs a job which is there already: its argument, and the options of a run."""
    for option in (click.pass_obj, _quiet, _as_json, _priority, _processes, _folder, click.argument("job")):
        command = option(command)
    return command


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM)."""


@group.group()
def batch() -> None:
    r"""批量合成：断电也不丢 / many texts as one job, whatever happens.

    \b
    tts-engine batch run lines.jsonl --voice zm_yunxi
    tts-engine batch run novel.txt --dry-run
    tts-engine batch status
    tts-engine batch export novel.txt -o novel.m4a
    """


@batch.command()
@click.argument("file", type=click.Path(path_type=Path))
@_folder
@_processes
@_priority
@click.option("--by-line", is_flag=True, help="文本每行一个文件 / of plain text, one file per line")
@click.option("--lexicon", type=click.Path(path_type=Path), help="自定读音 / own readings, YAML or CSV")
@click.option("--dry-run", is_flag=True, help="只检查与估计 / check and estimate only")
@click.option("--strict", is_flag=True, help="有一行不对就不开始 / begin nothing if a line is wrong")
@_as_json
@_quiet
@knob_options
@click.pass_obj
def run(
    settings: Settings,
    /,
    file: Path,
    output: Path | None,
    processes: int | None,
    priority: str,
    by_line: bool,
    lexicon: Path | None,
    dry_run: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **knobs: Any,
) -> None:
    """合成 FILE 的每一行，从停下处继续 / render every line of FILE, going on where it stopped.

    FILE 为 JSONL、CSV、TSV、TXT、SRT、EPUB、Markdown 或 HTML。FILE is one of these.
    """
    from ..assets.progress_bar import terminal_progress
    from ..batch.engine import facts_of
    from ..batch.inputs import read_input
    from ..batch.job import submit
    from ..batch.local import default_processes
    from ..batch.planning import plan
    from ..batch.pricing import measured_rates, price
    from ..pipeline import as_lexicon

    options = {name: value for name, value in knobs.items() if value is not None}
    make_options(**options)  # a wrong one is refused before anything is read
    with terminal_progress() as progress:
        engine = facts_of(settings, on_fetch=progress)
    if dry_run or strict:
        lines = read_input(file, by_line=by_line, warn=_warn)
        planned = plan(lines, engine, options, as_lexicon(lexicon))
        root = _root(settings, output)
        found = price(planned, measured_rates(root), processes or default_processes())
        if dry_run:
            _tell_price(found, as_json=as_json)
        if found.bad and (strict or dry_run):
            raise JobError(
                f"{found.bad} 行不能合成，见上。{found.bad} lines cannot be rendered: see above."
                if dry_run
                else f"{found.bad} 行不能合成：{found.errors[0]['message']} {found.bad} lines cannot be rendered.",
                code="lines_invalid",
                lines=found.bad,
            )
    if dry_run:
        return
    job = submit(
        file,
        output=_root(settings, output),
        lexicon=lexicon,
        by_line=by_line,
        settings=settings,
        engine=engine,
        warn=_warn,
        **options,
    )
    _run(job, settings, processes=processes, priority=priority, as_json=as_json, quiet=quiet)


@batch.command()
@click.argument("job", required=False)
@_folder
@_as_json
@click.pass_obj
def status(settings: Settings, /, job: str | None, output: Path | None, as_json: bool) -> None:
    """任务进度 / how far JOB is (its folder, name, id or input file); without it, all jobs."""
    from ..batch.job import find_job, list_jobs

    root = _root(settings, output)
    if job is not None:
        found = find_job(job, root)
        _tell(found, as_json=as_json)
        return
    jobs = list(list_jobs(root))
    if as_json:
        click.echo(json.dumps([_facts(one, one.counts()) for one in jobs], ensure_ascii=False))
        return
    for one in jobs:
        click.echo(f"{one.folder.name}  {_summary(one.counts())}")
    if not jobs:
        click.echo(f"{root} 中没有任务。No jobs in {root}.", err=True)


@batch.command()
@_goes_on
def resume(settings: Settings, /, job: str, output: Path | None, **how: Any) -> None:
    """继续未完成的任务 / go on with JOB where it stopped."""
    _run(_find(settings, job, output), settings, **how)


@batch.command()
@_goes_on
def retry(settings: Settings, /, job: str, output: Path | None, **how: Any) -> None:
    """重做失败或取消的部分 / render again what failed or was cancelled in JOB."""
    found = _find(settings, job, output)
    count = found.retry()
    click.echo(f"{count} 项重新等待。{count} wait again.", err=True)
    _run(found, settings, **how)


@batch.command()
@click.argument("job")
@_folder
@click.pass_obj
def cancel(settings: Settings, /, job: str, output: Path | None) -> None:
    """取消未完成的部分 / cancel what is not done of JOB, also while it runs; finished files stay."""
    found = _find(settings, job, output)
    count = found.cancel()
    if settings.broker_url is not None:
        from ..batch.queue.watching import cancel_job

        cancel_job(settings, found.spec.id)
    click.echo(f"已取消 {count} 项，可用 retry 恢复。{count} cancelled; 'retry' brings them back.", err=True)


@batch.command("export")
@click.argument("job")
@click.option(
    "-o",
    "--to",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="目录、zip、音频、字幕或清单 / folder, .zip, audio, .srt .vtt .lrc, .jsonl or .csv",
)
@click.option("--partial", "is_partial", is_flag=True, help="只导出已完成的 / leave out what is not done")
@click.option("--loudness-lufs", type=number("loudness_lufs"), help="拼接文件的响度 / loudness of a joined file, LUFS")
@_folder
@click.pass_obj
def export_job(
    settings: Settings,
    /,
    job: str,
    path: Path,
    is_partial: bool,
    loudness_lufs: float | None,
    output: Path | None,
) -> None:
    """导出 JOB 的结果 / write what is finished of JOB under its names, or joined into one file."""
    from ..batch.export import export

    make_options(loudness_lufs=loudness_lufs)
    found = _find(settings, job, output)
    labelling = settings.labelling
    click.echo(export(found, path, is_partial=is_partial, labelling=labelling, loudness_lufs=loudness_lufs))


def _root(settings: Settings, output: Path | None) -> Path:
    from ..batch.job import BATCHES

    return output or settings.outputs / BATCHES


def _find(settings: Settings, job: str, output: Path | None) -> Job:
    from ..batch.job import find_job

    return find_job(job, _root(settings, output))


def _run(job: Job, settings: Settings, *, processes: int | None, priority: str, as_json: bool, quiet: bool) -> None:
    """Runs a job, shows how far it is, and says what became of it.

    Raises:
        JobError: lines failed (``lines_failed``).
    """
    from ..batch.progress import Progress, ProgressLine

    line = ProgressLine(sys.stderr)
    last: list[Progress] = []

    def show(progress: Progress) -> None:
        last[:] = [progress]
        if not quiet:
            line.show(progress)

    try:
        with _ended_by_signals():
            job.run(processes=processes, on_progress=show, settings=settings, priority=priority)
    except KeyboardInterrupt as interrupt:
        line.close(None)
        counts = job.counts()
        click.echo(
            f"已停止，还有 {counts.total - counts.states['done']} 项。Stopped; what was in hand is given back."
            f"\n继续 go on: tts-engine batch resume {job.folder}",
            err=True,
        )
        if isinstance(interrupt, Terminated):
            sys.exit(EXIT_TERMINATED)
        raise
    except TTSError:
        line.close(None)
        raise
    line.close(last[0] if last and not quiet else None)
    _tell(job, as_json=as_json)
    counts = job.counts()
    if counts.states["failed"]:
        raise JobError(
            f"{counts.states['failed']} 项失败，其余 {counts.states['done']} 项完成。改好后用 tts-engine batch retry"
            f" {job.folder}。{counts.states['failed']} failed, {counts.states['done']} are done: mend them and retry.",
            code="lines_failed",
            failed=counts.states["failed"],
        )


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends the body as Ctrl+C does."""

    def end(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(job: Job, *, as_json: bool) -> None:
    counts = job.counts()
    if as_json:
        click.echo(json.dumps(_facts(job, counts), ensure_ascii=False))
        return
    click.echo(_summary(counts), err=True)
    for entry in _first(job.entries("failed"), _SHOWN):
        click.echo(f"错误 error [{entry.error['code']}]: {entry.error['message']}", err=True)  # type: ignore[index]
    if counts.states["failed"] > _SHOWN:
        click.echo(
            f"… 共 {counts.states['failed']} 项 in all: tts-engine batch export {job.folder} -o list.csv", err=True
        )
    click.echo(job.folder)


def _summary(counts: Counts) -> str:
    from ..batch.progress import clock

    names = {"waiting": "等待", "running": "进行", "done": "完成", "failed": "失败", "cancelled": "取消"}
    states = "，".join(f"{names[state]} {state} {count}" for state, count in counts.states.items() if count)
    told = f"；有警告 with warnings {counts.warnings}" if counts.warnings else ""
    return f"{states}；音频 audio {clock(counts.audio_s)}{told}"


def _facts(job: Job, counts: Counts) -> dict[str, Any]:
    failed = [entry.error for entry in _first(job.entries("failed"), _SHOWN)]
    return {
        "folder": str(job.folder),
        "id": job.spec.id,
        "name": job.spec.name,
        "source": job.spec.source,
        "engine": job.spec.engine,
        **dataclasses.asdict(counts),
        "expected_audio_s": counts.expected_audio_s,
        "errors": failed,
    }


def _first(entries: Iterator[Entry], count: int) -> Iterator[Entry]:
    import itertools

    return itertools.islice(entries, count)


def _tell_price(found: Price, *, as_json: bool) -> None:
    from ..batch.progress import clock

    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
        return
    for error in found.errors:
        click.echo(f"错误 error [{error['code']}]: {error['message']}", err=True)
    basis = ("按本机以往任务", "as earlier jobs here") if found.rates.is_measured else ("按通常值", "usual values")
    click.echo(
        f"{found.lines} 行 lines，{found.tasks} 个文件 files，{found.characters} 字 characters，有误 bad {found.bad}\n"
        f"音频约 audio {clock(found.audio_s)}，{found.processes} 进程约需 time {clock(found.work_s)}"
        f"（{basis[0]} {basis[1]}）"
    )


def _warn(message: str) -> None:
    click.echo(f"警告 warning: {message}", err=True)
