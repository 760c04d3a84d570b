"""The command group and what its commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..errors import ControlError
from ..options import KNOBS
from ..settings import Settings, load_settings

if TYPE_CHECKING:
    from ..assets import CacheHub
    from ..pipeline import Synthesizer
    from ..text.lexicon import UserLexicon


class _Group(click.Group):
    """A group that keeps the lines of examples apart: click wants the control character that raw docstrings spell."""

    group_class = type

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        cmd.help = cmd.help.replace("\\b\n", "\b\n") if cmd.help else cmd.help
        super().add_command(cmd, name)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tts-engine")
@click.pass_context
def group(context: click.Context) -> None:
    """中文语音合成：本地、离线。Local, emotion-controllable Chinese text-to-speech."""
    settings, warnings = load_settings()
    for warning in warnings:
        click.echo(f"警告 warning: {warning}", err=True)
    context.obj = settings


def knob_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with one ``--option`` for every knob of ``SynthesisOptions``."""
    return some_knobs(*KNOBS)(command)


def some_knobs(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command one ``--option`` for each of these knobs."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            command = _knob_option(name)(command)
        return command

    return decorate


def _knob_option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    knob = KNOBS[name]
    allowed = f" [{knob.minimum:.12g}..{knob.maximum:.12g} {knob.unit}]" if knob.minimum is not None else ""
    allowed = f" [{'|'.join(knob.choices)}]" if knob.choices else allowed.replace(" ]", "]")
    flag, text = "--" + name.replace("_", "-"), f"{knob.zh} / {knob.en}{allowed}"
    if knob.is_named:
        return click.option(flag, name, multiple=True, callback=_named, metavar="NAME=FILE", help=text)
    parse = number(name) if knob.minimum is not None else None
    return click.option(flag, name, default=None, type=parse, help=text)


def _named(_: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str] | None:
    """``NAME=FILE`` as often as it was given -> a mapping; None where it was not given."""
    pairs = [item.partition("=") for item in given]
    for name, equals, file in pairs:
        if not (name.strip() and equals and file.strip()):
            raise ControlError(
                f"--{parameter.name} 应为 名称=文件，收到 {name + equals + file!r}。"
                f"--{parameter.name} must be NAME=FILE, got {name + equals + file!r}.",
                option=parameter.name,
                value=name + equals + file,
                allowed="NAME=FILE",
            )
    return {name.strip(): file for name, _, file in pairs} or None


def number(name: str) -> Callable[[str], float]:
    """Parser of a number for an option; what is no number gets the same error as everywhere."""

    def parse(raw: str) -> float:
        try:
            return float(raw) if not raw.lstrip("+-").isdigit() else int(raw)
        except ValueError:
            raise ControlError(
                f"{name} 应为数，收到 {raw!r}。{name} must be a number, got {raw!r}.",
                option=name,
                value=raw,
                allowed="a number",
            ) from None

    parse.__name__ = "number"
    return parse


def open_synthesizer(settings: Settings, lexicon: UserLexicon | None = None) -> Synthesizer:
    """The loaded synthesizer, with a progress bar should the model have to be fetched first."""
    from ..api import load_synthesizer
    from ..assets.progress_bar import terminal_progress

    with terminal_progress() as progress:
        return load_synthesizer(settings, lexicon=lexicon, on_fetch=progress)


def open_hub(settings: Settings) -> CacheHub:
    """The model cache of this deployment."""
    from ..assets import CacheHub

    return CacheHub(settings.cache_hub, hub_endpoint=settings.hub_endpoint)
