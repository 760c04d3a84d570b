"""``tts-engine produce``: a script, or prose that is annotated first, to a finished programme in a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ControlError
from ..settings import Settings
from .root import group, number, open_synthesizer, some_knobs

if TYPE_CHECKING:
    from ..production import Production, ProductionOptions
    from ..production.rendering import Progress

FORMATS = ("wav", "flac", "m4b", "m4a", "mp3", "opus")


def production_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options that scripts and books share."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


_SHARED = (
    click.option(
        "-o", "--output", required=True, type=click.Path(path_type=Path), help="结果目录 / folder of the results"
    ),
    click.option("--format", "format", type=click.Choice(FORMATS), help="节目格式 / format of the programme"),
    click.option(
        "--loudness", default="podcast", help="LUFS / podcast -16, audiobook -19, broadcast -23, streaming -14, off"
    ),
    click.option("--peak", type=number("ceiling_dbtp"), default="-1.0", help="真峰值上限 / greatest true peak, dBTP"),
    click.option(
        "--subtitles", default="srt,vtt,json", help="字幕格式，none 不写 / formats of subtitles, none for none"
    ),
    click.option("--stems", is_flag=True, help="每个角色另存一轨 / a file for each role, music and effects"),
    click.option("--chapters", is_flag=True, help="每章另存一个文件 / a file for each chapter"),
    click.option("--cast", type=click.Path(path_type=Path), help="选角文件 / cast file (default: beside the input)"),
    click.option("--narrator", help="旁白的声音 / voice of the narrator"),
    click.option(
        "--pace", type=number("pace"), default="1.0", help="条间停顿倍数 / factor on the pauses between lines"
    ),
    click.option("--music", type=click.Path(path_type=Path), help="背景音乐 / bed of music under every chapter"),
    click.option(
        "--music-db", type=number("music_db"), default="-8.0", help="音乐相对人声 / music over the voices, dB"
    ),
    click.option(
        "--duck-db", type=number("duck_db"), default="-12.0", help="说话时再压低 / further down under speech, dB"
    ),
    click.option("--line", "lines", multiple=True, type=int, help="重录第几条 / new take of this line (repeatable)"),
    click.option("--role", "roles", multiple=True, help="重录某个角色 / new takes of this role (repeatable)"),
    click.option(
        "--chapter", "numbers", multiple=True, type=int, help="重录某一章 / new takes of this chapter (repeatable)"
    ),
    click.option("--only-changed", is_flag=True, help="不重录，只渲染改动的 / no new takes: render what changed alone"),
    click.option("--relevel", is_flag=True, help="重新测量电平 / measure every level anew"),
    click.option(
        "--check", metavar="FOLDER", help="识别模型目录，逐条听检 / weights of a recogniser that hears every line"
    ),
    click.option("--retakes", type=int, default=2, help="听错时重录次数 / new takes of lines that are heard wrongly"),
    click.option("--title", default="", help="标题 / title"),
    click.option("--author", default="", help="作者 / author"),
    click.option("--cover", type=click.Path(path_type=Path), help="封面，JPEG 或 PNG / cover, JPEG or PNG"),
    click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果 / print the result as JSON"),
    click.option("-q", "--quiet", is_flag=True, help="不显示进度 / no progress"),
    some_knobs("emotion", "emotion_reader", "speed", "pause_scale", "seed"),
)


def make_production_options(default_format: str, **given: Any) -> ProductionOptions:
    """The options of a production from those of a command.

    Raises:
        ControlError: a value that is not allowed.
    """
    from ..options import make_options
    from ..production import ProductionOptions, Selection
    from ..production.music import Ducking
    from ..production.options import parse_loudness
    from ..production.pacing import Pacing

    names = ("emotion", "emotion_reader", "speed", "pause_scale", "seed")
    base = {name: given[name] for name in names if given.get(name) is not None}
    subtitles = tuple(filter(None, (one.strip() for one in given["subtitles"].split(",") if one.strip() != "none")))
    again = Selection(frozenset(given["lines"]), frozenset(given["roles"]), frozenset(given["numbers"]))
    return ProductionOptions(
        format=given["format"] or default_format,
        loudness_lufs=parse_loudness(given["loudness"]),
        ceiling_dbtp=given["peak"],
        subtitles=subtitles,
        stems=given["stems"],
        chapters=given["chapters"],
        base=make_options(**{"emotion": "auto", **base}),
        narrator=given["narrator"],
        pacing=Pacing(scale=given["pace"]),
        ducking=Ducking(level_db=given["music_db"], under_db=given["duck_db"]),
        music=given["music"],
        again=again,
        only_changed=given["only_changed"],
        relevel=given["relevel"],
        check=given["check"],
        retakes=given["retakes"],
        title=given["title"],
        author=given["author"],
        cover_data=None if given["cover"] is None else _picture(given["cover"]),
    )


@group.command("produce")
@click.argument("script", type=click.Path(path_type=Path))
@production_options
@click.pass_obj
def produce_command(
    settings: Settings, /, script: Path, output: Path, cast: Path | None, as_json: bool, quiet: bool, **given: Any
) -> None:
    r"""把剧本或小说制作成节目 / turn SCRIPT, or prose, into a finished programme.

    已渲染的不再渲染：改一条只渲染一条，中断后再运行会接着做。What is rendered stays: a change renders what changed.

    \b
    tts-engine produce 雨夜.md -o 雨夜
    tts-engine produce 雨夜.md -o 雨夜 --format m4b --stems --music rain.mp3
    tts-engine produce 雨夜.md -o 雨夜 --line 12      另录一条 a new take of line 12
    """
    from ..ledger import Ledger
    from ..production import produce

    options = make_production_options("wav", **given)
    with progress_line(quiet) as report:
        done = produce(
            script,
            output,
            options,
            synthesizer=lambda: open_synthesizer(settings),  # what cannot be read is told before the model is loaded
            cast=cast,
            ledger=Ledger(settings.outputs),
            on_progress=report,
        )
    tell(settings, done, as_json=as_json)


@contextmanager
def progress_line(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """One line on a terminal that says how far it is; in a pipe, one line for every tenth."""
    if quiet:
        yield None
        return
    words = {"render": "渲染 rendering", "check": "听检 checking", "mix": "混音 mixing"}
    is_terminal, told = sys.stderr.isatty(), ""

    def report(progress: Progress) -> None:
        nonlocal told
        share = progress.done / max(1, progress.total)
        left = "" if progress.left_s is None else f" · 剩余 left {_clock(progress.left_s)}"
        new = f" · 新渲染 rendered {progress.rendered}" if progress.what == "render" else ""
        unit = "s" if progress.what == "mix" else "条"
        text = f"{words[progress.what]} {progress.done}/{progress.total} {unit} {share:4.0%}{new}{left}"
        if is_terminal:
            click.echo(f"\r\033[K{text}", nl=False, err=True)
        elif (step := f"{progress.what}{int(10 * share)}") != told:
            click.echo(text, err=True)
            told = step

    try:
        yield report
    finally:
        if is_terminal:
            click.echo("\r\033[K", nl=False, err=True)


def tell(settings: Settings, done: Production, *, as_json: bool, files: tuple[Path, ...] = ()) -> None:
    """What a production brought: warnings and findings to people, the programme's path to programs."""
    from ..production.checks import MEANINGS

    for warning in done.warnings:
        click.echo(f"警告 warning: {warning}", err=True)
    for finding in done.findings:
        zh, en = MEANINGS[finding.what]
        click.echo(f"检查 check: 第 {finding.line} 条{zh} {finding.detail}。Line {finding.line}: {en}.", err=True)
    if as_json:
        facts = {
            "programme": str(done.programme),
            "files": [str(path) for path in (*done.files.subtitles, *done.files.stems.values(), *files)],
            "cast": str(done.cast_file),
            "audio_s": round(done.audio_s, 3),
            "rendered": list(done.rendered),
            "reused": done.reused,
            "synthesis_s": round(done.synthesis_s, 2),
            "total_s": round(done.total_s, 2),
            "loudness_lufs": round(done.files.loudness_lufs, 2),
            "peak_dbtp": round(done.files.peak_dbtp, 2),
            "findings": [{"line": one.line, "what": one.what, "detail": one.detail} for one in done.findings],
            "warnings": list(done.warnings),
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(
        f"{_clock(done.audio_s)}，新渲染 rendered {len(done.rendered)} 条，沿用 reused {done.reused} 条，"
        f"{done.files.loudness_lufs:.1f} LUFS，{done.files.peak_dbtp:.1f} dBTP；选角 cast: {done.cast_file}",
        err=True,
    )
    for path in (done.programme, *files):
        click.echo(path)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _picture(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ControlError(
            f"无法读取封面 {path}：{error.strerror}。Cannot read the cover {path}: {error.strerror}.",
            option="cover",
            value=str(path),
        ) from error
