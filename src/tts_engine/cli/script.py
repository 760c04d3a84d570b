"""``tts-engine script``: read, annotate, convert and check scripts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import OutputError
from .root import group
from .say import read_text

if TYPE_CHECKING:
    from ..script import Script
    from ..script.loading import Loaded

EXIT_WARNED = 1

_FILE = click.argument("file", type=click.Path(path_type=Path))
_OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), help="写到文件 / write to a file")
_FORMAT = click.option(
    "--from",
    "source",
    help="格式：native json brackets subtitles ssml prose / form of FILE (default: guessed and told)",
)


@group.group()
def script() -> None:
    """剧本：谁说、怎么说 / scripts: who says what, and how. FILE may be - for stdin; docs/script.md."""


@script.command()
@_FILE
@_OUTPUT
@click.option("--title", default="", help="标题 / title of the programme")
@click.option("--evidence", is_flag=True, help="写出每个判断的依据 / say why, as remarks")
@click.option("--json", "as_json", is_flag=True, help="JSON")
def annotate(file: Path, output: Path | None, title: str, evidence: bool, as_json: bool) -> None:
    """给小说、新闻等文字标注角色与情绪 / annotate plain prose with speakers and emotions, without any model."""
    from ..script.loading import load

    loaded = load(_read(file), "prose", title)
    _tell(loaded)
    _write(_printed(loaded.script, as_json, evidence), output)


@script.command()
@_FILE
@_OUTPUT
@_FORMAT
@click.option("--to", type=click.Choice(["text", "json"]), default="text", help="目标格式 / form to write")
@click.option("--evidence", is_flag=True, help="写出每个判断的依据 / say why, as remarks")
def convert(file: Path, output: Path | None, source: str | None, to: str, evidence: bool) -> None:
    """把别处的剧本、字幕、SSML 或 JSON 转成剧本 / convert scripts of other habits, subtitles, SSML or JSON."""
    from ..script.loading import load

    loaded = load(_read(file), source)
    _tell(loaded)
    _write(_printed(loaded.script, to == "json", evidence), output)


@script.command()
@_FILE
@_FORMAT
@click.option("--strict", is_flag=True, help="有提示时退出码为 1 / exit with 1 where there is a warning")
def check(file: Path, source: str | None, strict: bool) -> int:
    """检查剧本：错误带行列，并提示可能的笔误 / check a script: errors with line and column, and what may be a slip."""
    from ..script.checking import check as check_script
    from ..script.loading import load

    loaded = load(_read(file), source)
    _tell(loaded)
    warnings = check_script(loaded.script)
    for warning in warnings:
        click.echo(f"注意 warning: {warning}", err=True)
    counts = Counter(line.role for line in loaded.script.lines)
    characters = sum(len(line.text) for line in loaded.script.lines)
    click.echo(
        f"{len(loaded.script.chapters)} 章 chapters, {len(loaded.script.lines)} 句 lines, {characters} 字 characters"
    )
    for name, role in loaded.script.roles.items():
        click.echo(f"{name:<12}{counts[name]:>6}  {role.voice or ''}  {role.description}".rstrip())
    return EXIT_WARNED if strict and (warnings or loaded.warnings) else 0


@script.command()
@_FILE
@_FORMAT
def show(file: Path, source: str | None) -> None:
    """逐句显示：角色、情绪、把握与依据 / show every line with role, emotion, confidence and why."""
    from ..script.loading import load

    loaded = load(_read(file), source)
    _tell(loaded)
    number = 0
    for chapter in loaded.script.chapters:
        if chapter.title:
            click.echo(f"== {chapter.title}")
        for line in chapter.lines:
            number += 1
            how = " ".join(filter(None, (line.emotion, f"{line.intensity:g}" if line.intensity is not None else "")))
            pause = f"+{line.pause_s:g}s" if line.pause_s is not None else ""
            notes = "，".join(filter(None, (how, line.direction, pause)))
            click.echo(f"{number:>4} {line.role}{f'（{notes}）' if notes else ''}：{line.text}")
            for item in line.evidence:
                click.echo(f"       {item.what} {item.confidence:.2f} {item.rule} {item.words}".rstrip())


@script.command()
@click.option("--strict", is_flag=True, help="语言模型结构化输出用 / as structured output of language models needs it")
def schema(strict: bool) -> None:
    """剧本的 JSON Schema / the JSON schema of a script."""
    from ..script import schema as script_schema

    click.echo(json.dumps(script_schema(strict), ensure_ascii=False, indent=1))


def _read(file: Path) -> str:
    return read_text("-", None) if str(file) == "-" else read_text(None, file)


def _tell(loaded: Loaded) -> None:
    """The form that was guessed, and what could not be taken over."""
    if loaded.reason:
        click.echo(f"格式 format: {loaded.format}，{loaded.reason}", err=True)
    for warning in loaded.warnings:
        click.echo(f"注意 warning: {warning}", err=True)


def _printed(script: Script, as_json: bool, evidence: bool) -> str:
    from ..script import to_json, write

    return to_json(script) if as_json else write(script, with_evidence=evidence)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"无法写入 {output}：{error.strerror}。Cannot write {output}: {error.strerror}.", path=str(output)
        ) from error
