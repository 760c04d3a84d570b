"""``tts-engine verify``: whether audio files say that they were made by AI, and what they say."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..audio.labelling import FIELDS
from ..audio.verifying import Verdict, verify_file
from .root import group

EXIT_FOREIGN, EXIT_UNMARKED = 1, 3

_WORDS = {
    "ours": ("由本软件标识为人工智能生成合成", "marked as made by AI, in the form that this program writes"),
    "foreign": ("由其他程序标识为人工智能生成合成", "marked as made by AI, by another program"),
    "damaged": ("标识已损坏，无法读取", "carries a mark that cannot be read"),
    "several": ("有多个互相矛盾的标识", "carries marks that contradict each other"),
    "none": ("没有标识", "carries no mark"),
}


@group.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="每个文件一行 JSON / one line of JSON for each file")
def verify(files: tuple[Path, ...], as_json: bool) -> int:
    r"""读取音频的 AI 标识 / tell whether FILES say that they were made by AI.

    WAV, FLAC, Ogg, Opus, MP3, AAC, M4A/MP4. A mark is a statement, not a proof: anybody can write or remove it.

    \b
    退出码 exit code: 0 全部由本软件标识 all marked by this program, 1 有其他程序的标识 a mark of another program,
                      3 有文件无标识或损坏 a file without a readable mark, 66 无法读取 unreadable
    """
    status = 0
    for path in files:
        verdict = verify_file(path)
        status = max(status, {"ours": 0, "foreign": EXIT_FOREIGN}.get(verdict.state, EXIT_UNMARKED))
        if as_json:
            click.echo(json.dumps(_facts(path, verdict), ensure_ascii=False))
        else:
            _tell(path, verdict)
    return status


def _facts(path: Path, verdict: Verdict) -> dict[str, object]:
    return {
        "path": str(path),
        "container": verdict.container,
        "state": verdict.state,
        "is_marked": verdict.is_marked,
        "place": verdict.place,
        "fields": dict(verdict.fields),
    }


def _tell(path: Path, verdict: Verdict) -> None:
    zh, en = _WORDS[verdict.state]
    kind = verdict.container or "不是已知的音频 no audio that is known"
    click.echo(f"{path} ({kind}): {zh}。{en[0].upper()}{en[1:]}.")
    for name in FIELDS:
        if verdict.fields.get(name):
            click.echo(f"  {name:<18}{verdict.fields[name]}")
