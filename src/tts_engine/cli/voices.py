"""``tts-engine voices``."""

from __future__ import annotations

import json

import click

from ..settings import Settings
from .root import group, open_hub


@group.command()
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def voices(settings: Settings, /, as_json: bool) -> None:
    """列出声音，自己的也在内 / list the voices, one's own too."""
    from ..acoustic.voices import VoiceStore
    from ..own_voices.shelf import Shelf

    folder = open_hub(settings).ensure(settings.model, offline=settings.offline).voices_dir
    store = VoiceStore(folder, Shelf(settings.voices))
    infos = sorted((store.info(name) for name in store.names()), key=lambda info: (info.language != "zh", info.name))
    if as_json:
        rows = [{"name": i.name, "zh": i.zh, "en": i.en, "language": i.language, "gender": i.gender} for i in infos]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for info in infos:
        click.echo(f"{info.name:<16}{info.language:<6}{info.gender:<8}{info.zh}  {info.en}")
