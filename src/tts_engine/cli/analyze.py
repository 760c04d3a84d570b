"""``tts-engine analyze``: what is heard in a recording."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..settings import Settings
from .recordings import quiet_decoders
from .root import group


@group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--neutral", type=click.Path(path_type=Path), help="同一人平静说话的录音 / the same speaker, speaking neutrally"
)
@click.option("--plot", type=click.Path(path_type=Path), help="画图 / write a picture, .svg")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def analyze(settings: Settings, /, file: Path, neutral: Path | None, plot: Path | None, as_json: bool) -> None:
    """分析一段录音的说话方式 / hear how somebody speaks: pitch, rate, pauses, voice, and what it sounds like."""
    from ..emotion.vocabulary import chinese
    from ..hearing.decode import decode
    from ..hearing.hear import listen, neutral_pitch
    from ..hearing.report import report
    from ..hearing.store import to_dict
    from ..svg import check_svg

    if plot is not None:
        check_svg(plot)  # a wrong one is refused before anything is heard
    with quiet_decoders():
        neutral_hz = None if neutral is None else neutral_pitch(neutral)
        heard = listen(decode(file), neutral_hz=neutral_hz)
    click.echo(json.dumps(to_dict(heard.style), ensure_ascii=False) if as_json else report(heard.style, chinese))
    for warning in heard.style.warnings:
        click.echo(f"注意 warning: {warning}", err=True)
    if plot is not None:
        from ..hearing.plot import save_plot

        click.echo(save_plot(heard, plot), err=True)
