"""``tts-engine write``: scripts by a language model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from ..errors import ControlError, TTSError
from ..settings import Settings
from .root import group
from .say import read_text

if TYPE_CHECKING:
    from ..script.model import Line, Role
    from ..script.writing import Run, WritingOptions

_FILE = click.Path(path_type=Path)

#: Longest silence of the model that is waited for, seconds; a local model thinks long before the first word.
SILENCE_S = 120.0

#: Where answers are kept, in the outputs folder; those of each server by themselves, for names of models repeat.
CACHE = ".language_model"

_SHARED = (
    click.option(
        "-o", "--output", type=_FILE, help="剧本文件，.json 或文字 / script file, .json or text (default: stdout)"
    ),
    click.option(
        "--stream", is_flag=True, help="写完一行就输出一行 JSON / print every line as JSON when it is complete"
    ),
    click.option("--title", default="", help="节目名 / title"),
    click.option("--wishes", default="", help="听众或风格的要求 / wishes on audience or style"),
    click.option(
        "--token-limit", type=click.IntRange(1), help="token 上限，到了就停 / stop before so many tokens are passed"
    ),
    click.option("--budget", type=click.FloatRange(0), help="金额上限，按价格表 / stop before so much money is passed"),
    click.option(
        "--cache", type=_FILE, help="保存回答的目录 / folder of kept answers (default: outputs/.language_model)"
    ),
    click.option("--no-cache", is_flag=True, help="不保存也不用已有的回答 / neither keep nor use answers"),
    click.option("--replay", type=_FILE, help="只用这个目录里录下的回答，不联网 / answer from this recording alone"),
    click.option("--prompts", type=_FILE, help="自己的提示词目录 / folder with prompts of one's own (TTS_PROMPTS)"),
    click.option("--programme", default="", help="账本里的节目名 / name in the ledger (default: the title)"),
    click.option(
        "--timeout", type=click.FloatRange(0.1), default=SILENCE_S, show_default=True, help="最长等待，秒 / s"
    ),
)
_COMPOSED = (
    click.option("--length", type=int, help="字数 / characters to write"),
    click.option("--minutes", type=float, help="分钟数，代替 --length / minutes instead of --length"),
)
_WORKED = (click.option("--piece", type=int, help="一次处理多少字 / characters asked about at once"),)
_ROLES = (click.option("--cast", type=_FILE, help="已有剧本，沿用其中的人物 / a script whose roles go on"),)
_HOSTS = (click.option("--hosts", help="两位主持人，逗号分隔 / names of the two hosts, comma between"),)


@dataclass(frozen=True, slots=True)
class _How:
    """The options that all tasks share, as they were given."""

    output: Path | None
    stream: bool
    title: str
    wishes: str
    token_limit: int | None
    budget: float | None
    cache: Path | None
    no_cache: bool
    replay: Path | None
    prompts: Path | None
    programme: str
    timeout: float


@group.group()
def write() -> None:
    r"""用语言模型写剧本 / scripts by a language model (TTS_LLM_BASE_URL, TTS_LLM_MODEL, TTS_LLM_API_KEY).

    \b
    tts-engine write expand summary.txt --minutes 10 -o story.txt
    tts-engine write dramatise novel.txt -o drama.json --budget 2
    tts-engine write annotate chapter.txt --replay recorded/
    """


def _task(name: str, text: str, *options: Callable[[Any], Any]) -> None:
    def command(settings: Settings, /, file: str, **given: Any) -> None:
        _write(settings, name, file, given)

    command.__doc__ = text
    for option in reversed((*options, *_SHARED)):
        command = option(command)
    write.command(name)(click.argument("file")(click.pass_obj(command)))


_task("expand", "把摘要写成完整讲述 / a full narration from the summary in FILE (- for stdin).", *_COMPOSED)
_task("outline", "按提纲写全文 / the full text of the outline in FILE.", *_COMPOSED)
_task("podcast", "写成两人对谈 / a conversation of two hosts about FILE.", *_COMPOSED, *_HOSTS)
_task("adapt", "改写成适合听的稿子 / FILE said anew for the ear.", *_WORKED)
_task("dramatise", "改编成多角色剧本 / a radio play of FILE.", *_WORKED, *_ROLES)
_task("annotate", "给原文分角色、标情绪，文字不变 / who says what in FILE, and how; its words stay.", *_WORKED, *_ROLES)


@write.command("prompts")
@click.argument("folder", type=_FILE)
def copy(folder: Path) -> None:
    """把提示词复制出来修改 / write the packaged prompts into FOLDER, to be edited; existing files stay."""
    from ..script.writing import copy_prompts

    for path in copy_prompts(folder):
        click.echo(path)


def _write(settings: Settings, task: str, file: str, given: dict[str, Any]) -> None:
    from ..script.writing import Run, run_ahead

    how = _How(**{name: given.pop(name) for name in _How.__dataclass_fields__})
    text = read_text("-", None) if file == "-" else read_text(None, Path(file))
    options = _options(how, given)
    run = _open_run(settings, task, text, how, options, default=Path(file).stem if file != "-" else task, kind=Run)
    try:
        for line in run_ahead(run):
            if how.stream:
                click.echo(json.dumps(_plain(line), ensure_ascii=False))
    except (TTSError, KeyboardInterrupt):
        if run.script.lines:
            click.echo("没有写完，已写完的部分保留。Not finished; what is finished is kept.", err=True)
            _save(run, how)
        raise
    finally:
        _tell(run)
    _save(run, how)


def _options(how: _How, given: dict[str, Any]) -> WritingOptions:
    from ..script.writing import CHARACTERS_PER_MINUTE, WritingOptions

    values: dict[str, Any] = {"title": how.title, "wishes": how.wishes}
    length, minutes = given.get("length"), given.get("minutes")
    if length is not None and minutes is not None:
        raise ControlError(
            "--length 与 --minutes 只能选一个。--length and --minutes exclude each other: give one.",
            option="minutes",
            value=str(minutes),
        )
    if minutes is not None:
        length = round(minutes * CHARACTERS_PER_MINUTE)
    if length is not None:
        values["length"] = length
    if given.get("piece") is not None:
        values["piece_characters"] = given["piece"]
    if given.get("hosts") is not None:
        hosts = tuple(name.strip() for name in given["hosts"].replace("，", ",").split(","))
        values["hosts"] = hosts
    if given.get("cast") is not None:
        values["roles"] = _roles(given["cast"])
    return WritingOptions(**values)


def _roles(path: Path) -> tuple[Role, ...]:
    from ..script import from_json, read

    text = read_text(None, path)
    script = from_json(text) if path.suffix.lower() == ".json" else read(text)
    return tuple(script.roles.values())


def _open_run(
    settings: Settings, task: str, text: str, how: _How, options: WritingOptions, *, default: str, kind: type[Run]
) -> Run:
    from ..api import load_language_model, load_prices_of
    from ..language_model.ceiling import Ceiling
    from ..language_model.store import Store
    from ..ledger import Ledger
    from ..script.writing import Prompts

    given = [name for name in ("cache", "no_cache", "replay") if getattr(how, name)]
    if len(given) > 1:
        raise ControlError(
            "--cache、--no-cache、--replay 只能选一个。--cache, --no-cache and --replay exclude each other: give one.",
            option=given[1],
            value=given[0],
        )
    server = re.sub(r"[^\w.-]", "_", urlsplit(settings.llm_base_url or "").netloc.rpartition("@")[2])
    store: Store | None = Store(how.cache or settings.outputs / CACHE / server)
    if how.no_cache:
        store = None
    if how.replay:
        store = Store(how.replay, is_replay=True)
    prices = load_prices_of(settings)
    price = prices.find(settings.llm_model or "")
    model = load_language_model(
        settings,
        store=store,
        ceiling=Ceiling(how.token_limit, how.budget, price),
        timeout_s=how.timeout,
    )
    return kind(
        task,
        text,
        model,
        options=options,
        prompts=Prompts(how.prompts or settings.prompts),
        ledger=Ledger(settings.outputs),
        prices=prices,
        programme=how.programme,
        fallback=how.output.stem if how.output else default,
    )


def _save(run: Run, how: _How) -> None:
    from ..audio.atomic import write_whole
    from ..script import to_json
    from ..script import write as to_text

    is_json = how.output is not None and how.output.suffix.lower() == ".json"
    text = to_json(run.script) if is_json else to_text(run.script)
    if how.output is not None:
        click.echo(write_whole(how.output, text.encode()), err=True)
    elif not how.stream:
        click.echo(text, nl=False)


def _tell(run: Run) -> None:
    """What came of it, for a person."""
    for warning in run.warnings:
        click.echo(f"警告 warning: {warning}", err=True)
    used = run.usage
    about = "约 about " if used.is_estimated else ""
    money = f"; {run.cost[0]:.4f} {run.cost[1]}" if run.cost is not None else ""
    click.echo(
        f"{run.characters_in} → {run.characters_out} 字 characters; {about}{used.prompt_tokens} + "
        f"{used.completion_tokens} token ({used.cached_tokens} cached){money}; {used.requests} 次请求 requests, "
        f"{used.cached} 次用已有回答 kept answers; {used.seconds:.1f} s",
        err=True,
    )


def _plain(line: Line) -> dict[str, Any]:
    """The fields of a line that say something."""
    fields = ("role", "text", "emotion", "intensity", "direction", "pause_s", "span")
    return {name: getattr(line, name) for name in fields if getattr(line, name) is not None}
