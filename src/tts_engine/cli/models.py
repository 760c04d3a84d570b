"""``tts-engine models``: what is in the cache, fetching, checking, switching."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import AssetDamagedError
from ..settings import Settings
from .root import group, open_hub


@group.group()
def models() -> None:
    """管理模型 / manage the models in cache_hub."""


@models.command("list")
@click.pass_obj
def list_models(settings: Settings, /) -> None:
    """列出模型与版本 / list models and versions."""
    for row in open_hub(settings).list_versions():
        mark = "*" if row.is_active else " "
        licence = row.manifest.licence
        click.echo(f"{mark} {row.manifest.spec:<24} {row.state:<11}{row.bytes_on_disk / 1e6:7.0f} MB  {licence}")


@models.command()
@click.argument("model", required=False)
@click.pass_obj
def fetch(settings: Settings, /, model: str | None) -> None:
    """下载并校验模型，只下载一次 / fetch a model once; what is here already is checked and repaired."""
    from ..assets.progress_bar import terminal_progress

    hub, wanted = open_hub(settings), model or settings.model
    with terminal_progress() as progress:
        if settings.offline:
            files = hub.ensure(wanted, progress=progress, offline=True)
        else:
            files = hub.fetch(wanted, progress=progress)
    click.echo(files.directory)


@models.command()
@click.argument("model", required=False)
@click.pass_obj
def verify(settings: Settings, /, model: str | None) -> None:
    """校验每个文件 / check every file against its pinned SHA-256; changes nothing."""
    from ..assets.progress_bar import terminal_progress

    with terminal_progress() as progress:
        report = open_hub(settings).verify(model or settings.model, progress=progress)
    if not report.is_sound:
        spec = report.manifest.spec
        raise AssetDamagedError(
            f"{spec} 损坏 {len(report.damaged)} 个、缺失 {len(report.missing)} 个文件，请运行 tts-engine models fetch。"
            f"{spec} has damaged files ({', '.join(report.damaged) or 'none'}) and missing files"
            f" ({', '.join(report.missing) or 'none'}); repair with: tts-engine models fetch {spec}.",
            damaged=report.damaged,
            missing=report.missing,
        )
    click.echo(f"完好 ok: {report.manifest.spec}, {len(report.sound)} files")


@models.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="模型 / model")
@click.pass_obj
def import_files(settings: Settings, /, files: tuple[Path, ...], model: str | None) -> None:
    """导入手工拷贝的文件 / import files copied by hand: wheels, tarballs, folders, the files themselves."""
    report = open_hub(settings).import_files(files, model or settings.model)
    if report.files is None:
        click.echo(f"还缺 still missing: {', '.join(report.missing)}", err=True)
    else:
        click.echo(report.files.directory)


@models.command("keep-voices")
@click.argument("voices", nargs=-1, required=True)
@click.option("--model", help="模型 / model")
@click.pass_obj
def keep_voices(settings: Settings, /, voices: tuple[str, ...], model: str | None) -> None:
    """只留这些音色，删去其余 / delete every other voice to save disk space; fetch brings them back."""
    hub = open_hub(settings)
    freed = hub.keep_voices(voices, model or settings.model)
    click.echo(f"{' '.join(voices)}: {freed / 1e6:.1f} MB")


@models.command()
@click.argument("model")
@click.pass_obj
def use(settings: Settings, /, model: str) -> None:
    """切换版本 / switch to an installed version, NAME@VERSION."""
    click.echo(open_hub(settings).use(model).directory)


@models.command()
@click.argument("model")
@click.option("--force", is_flag=True, help="即使正在使用 / even if it is the one in use")
@click.pass_obj
def remove(settings: Settings, /, model: str, force: bool) -> None:
    """删除一个版本 / delete one version, NAME@VERSION, from the cache."""
    freed = open_hub(settings).remove(model, force=force)
    click.echo(f"{model}: {freed / 1e6:.0f} MB")
