"""``tts-engine explain``: how a text would be read, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import AssetError
from ..options import KNOBS, make_options
from ..settings import Settings
from .recordings import hear_references
from .root import group, open_hub, some_knobs
from .say import read_lexicon, read_text


@group.command()
@click.argument("text", required=False)
@click.option("-f", "--file", "source", type=click.Path(path_type=Path), help="文本文件 / read the text from a file")
@click.option("--emotion", default="auto", help="情感 / emotion (default: auto, from the words)")
@click.option("--lexicon", type=click.Path(path_type=Path), help="自定读音 / own readings, YAML or CSV")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@some_knobs("voice", *(name for name in KNOBS if name.startswith("ref")))
@click.pass_obj
def explain(
    settings: Settings,
    /,
    text: str | None,
    source: Path | None,
    emotion: str,
    lexicon: Path | None,
    as_json: bool,
    **knobs: Any,
) -> None:
    """解释怎么读、为什么 / show what each stretch is read as, by which rule, with which reading, pause and emotion."""
    from ..acoustic.config import default_symbols
    from ..emotion.vocabulary import is_emotion
    from ..explaining import explain as explain_text
    from ..referring import resolve
    from ..speaking import voice_register
    from ..text.frontend import FrontEnd

    try:
        lexicon_dir = open_hub(settings).ensure(settings.model, offline=True).lexicon_dir
    except AssetError:  # readings need no model; English is then read by rules, which the warnings say
        lexicon_dir = None
    front_end = FrontEnd(
        default_symbols(),
        lexicon_dir=lexicon_dir,
        lexicon=read_lexicon(settings.lexicon),
        is_emotion=is_emotion,
    )
    options = hear_references(make_options(**{k: v for k, v in knobs.items() if v is not None}), quiet=True)
    found = explain_text(
        front_end,
        read_text(text, source),
        emotion=emotion,
        lexicon=read_lexicon(lexicon),
        references=resolve(options, voice_register(options.voice)),
    )
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else found.to_table())
