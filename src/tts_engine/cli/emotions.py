"""``tts-engine emotions``: the vocabulary, and how each name sounds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..options import SynthesisOptions
from ..settings import Settings
from .root import group, open_synthesizer

#: What to do with the list, below it.
HINT = """
用法 use: tts-engine say --emotion 悲伤 --emotion-intensity 0.6 "…"    混合 a blend: --emotion "悲伤 0.6 + 愤怒 0.3"
文中 in the text: [开心]……    由文字决定 from the words: --emotion auto
试听 hear them: tts-engine emotions --samples FOLDER"""

SAMPLE = "你怎么现在才回来，我等了你一整天。"


@group.command()
@click.option("--samples", type=click.Path(path_type=Path), help="写示例音频的文件夹 / folder for a sample of each")
@click.option("--voice", default=SynthesisOptions().voice, help="声音 / voice of the samples")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def emotions(settings: Settings, /, samples: Path | None, voice: str, as_json: bool) -> None:
    """列出情感词汇 / list the emotions: name, Chinese label, other names that are understood."""
    from ..emotion.vocabulary import LABELS

    if as_json:
        rows = [{"name": label.name, "zh": label.zh, "aliases": label.aliases} for label in LABELS]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for label in LABELS:
            click.echo(f"{label.name:<14}{label.zh}\t{' '.join(label.aliases)}")
        click.echo(HINT, err=True)
    if samples is not None:
        samples.mkdir(parents=True, exist_ok=True)
        synthesizer = open_synthesizer(settings)
        for label in LABELS:
            options = SynthesisOptions(voice=voice, emotion=label.name, context="off")
            result = synthesizer.synthesize_to_file(SAMPLE, options, path=samples / f"{label.name}.wav")
            click.echo(result.path, err=True)
