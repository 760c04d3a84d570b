"""``tts-engine voice``: voices of one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..settings import Settings
from .root import group, open_synthesizer

if TYPE_CHECKING:
    from ..own_voices.library import VoiceLibrary, VoiceRecord

UPDATE = "为已有声音添加新版本 / add a version to a voice that is there"


@group.group()
def voice() -> None:
    """自己的声音 / voices of one's own: create, tune, mix, list, show, rename, export, import, delete."""


@voice.command()
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--consent", help="授权声明：谁同意做什么 / statement of who consents to what (required)")
@click.option("--thorough", is_flag=True, help="细致拟合，数分钟，需要 [train] / minutes, needs the extra [train]")
@click.option("--update", is_flag=True, help=UPDATE)
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def create(
    settings: Settings,
    /,
    name: str,
    files: tuple[Path, ...],
    consent: str | None,
    thorough: bool,
    update: bool,
    as_json: bool,
) -> None:
    r"""用录音创建相似的声音 / make the most similar voice from recordings of one person.

    \b
    tts-engine voice create 小王 a.wav b.mp3 --consent "本人王小明同意用这些录音制作我的声音"
    tts-engine say 你好 --voice own:小王
    """
    from ..own_voices.consent import checked_statement

    checked_statement(consent)  # before the model is loaded
    library = open_synthesizer(settings).voice_library()
    with _progress() as report:
        record = library.create(
            name,
            files,
            consent=consent,
            method="thorough" if thorough else "fast",
            update=update,
            on_progress=report,
        )
    _tell(record, as_json)


@voice.command()
@click.argument("name")
@click.argument("spec")
@click.option("--update", is_flag=True, help=UPDATE)
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def mix(settings: Settings, /, name: str, spec: str, update: bool, as_json: bool) -> None:
    r"""保存一个混合声音 / keep a mix of voices under a name.

    \b
    tts-engine voice mix 旁白 zf_xiaoxiao:0.7+zf_xiaoyi:0.3
    """
    _tell(open_synthesizer(settings).voice_library().mix(name, spec, update=update), as_json)


@voice.command()
@click.argument("name")
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--consent", help="授权声明：谁同意做什么 / statement of who consents to what (required)")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="结果文件夹 / folder of state and result")
@click.option("--steps", type=int, help="最多步数 / most steps")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.pass_obj
def tune(
    settings: Settings,
    /,
    name: str,
    corpus: Path,
    consent: str | None,
    output: Path | None,
    steps: int | None,
    device: str,
) -> None:
    r"""在语料上微调解码器，需要 [train] / fine-tune the decoder on a corpus, needs the extra [train].

    \b
    CORPUS 是一个文件夹：name.wav 旁有 name.txt。A folder with name.txt beside each name.wav.
    TTS_DECODER=voices/xiaowang/tuned/decoder.npz tts-engine say 你好 --voice own:小王
    """
    from ..own_voices.consent import checked_statement
    from ..own_voices.thorough import require_torch

    checked_statement(consent)
    require_torch(has_recogniser=True)
    library = open_synthesizer(settings).voice_library()
    with _progress() as report:
        tuned = library.tune(
            name, corpus, consent=consent, output=output, steps=steps, device=device, on_progress=report
        )
    for clip, reason in tuned.refused.items():
        click.echo(f"未采用 left out {clip}: {reason}", err=True)
    first, best = tuned.judgements[0], max(tuned.judgements, key=lambda one: one.score)
    for label, one in (("之前 before", first), ("之后 after", best)):
        similarity = "" if one.similarity is None else f", 相似度 similarity {one.similarity:.2f}"
        click.echo(
            f"{label}: mel {one.mel_distance:.3f}{similarity}, 清晰度 articulation {one.articulation:.2f}", err=True
        )
    click.echo(tuned.path)


@voice.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def list_voices(settings: Settings, /, as_json: bool) -> None:
    """列出自己的声音 / list one's own voices."""
    records = _library(settings).list()
    if as_json:
        click.echo(json.dumps([record.to_dict() for record in records], ensure_ascii=False))
        return
    for record in records:
        current = record.current
        click.echo(
            f"own:{record.id:<20}{record.name:<16}{record.gender:<8}{current.method:<10}"
            f"v{len(record.versions)}@{current.version}  {current.created}"
        )


@voice.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def show(settings: Settings, /, name: str, as_json: bool) -> None:
    """显示一个声音的来历与授权 / show where a voice comes from and who consented."""
    _tell(_library(settings).show(name), as_json)


@voice.command()
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
def rename(settings: Settings, /, name: str, new_name: str) -> None:
    """改名 / rename; the identifier stays."""
    record = _library(settings).rename(name, new_name)
    click.echo(f"own:{record.id}  {record.name}")


@voice.command()
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def export(settings: Settings, /, name: str, file: Path | None) -> None:
    """导出为一个文件，授权声明随附 / write a voice to one file, its consent with it."""
    from ..own_voices.archive import SUFFIX

    library = _library(settings)
    click.echo(library.export(name, file or Path(library.show(name).id + SUFFIX)))


@voice.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="换一个名称 / another name")
@click.pass_obj
def import_voice(settings: Settings, /, file: Path, name: str | None) -> None:
    """导入 export 写出的文件 / take in a file that export wrote."""
    record = _library(settings).import_file(file, name=name)
    click.echo(f"own:{record.id}  {record.name}")


@voice.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@click.pass_obj
def delete(settings: Settings, /, name: str, yes: bool) -> None:
    """删除一个声音及其全部版本 / delete a voice with all its versions."""
    library = _library(settings)
    record = library.show(name)
    if not yes:
        click.confirm(f"删除 delete own:{record.id} {record.name}?", abort=True, err=True)
    library.delete(name)
    click.echo(f"已删除 deleted own:{record.id}  {record.name}")


def _library(settings: Settings) -> VoiceLibrary:
    """The library for what needs no engine."""
    from ..own_voices.library import VoiceLibrary

    return VoiceLibrary(settings.voices, refused_names=settings.refused_names)


def _tell(record: VoiceRecord, as_json: bool) -> None:
    from ..own_voices.report import report

    if as_json:
        click.echo(json.dumps(record.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n".join(report(record)))


@contextmanager
def _progress() -> Iterator[Callable[[float, str], None]]:
    """A progress bar on stderr; silent in pipes."""
    if not sys.stderr.isatty():
        yield lambda share, what: None
        return
    from tqdm import tqdm

    with tqdm(total=100, unit="%", file=sys.stderr, leave=False) as bar:

        def report(share: float, what: str) -> None:
            bar.set_description(what)
            bar.update(max(0, round(100 * share) - bar.n))

        yield report
