"""``tts-engine models``: what is in the cache, fetching, checking, switching."""

from __future__ import annotations

from pathlib import Path

import click

from ..settings import Settings
from .root import group, open_hub


@group.group()
def models() -> None:
    """管理模型 / manage the models in cache_hub."""


@models.command("list")
@click.pass_obj
def list_models(settings: Settings) -> None:
    """列出模型与版本 / list models and versions."""
    for row in open_hub(settings).list():
        mark = "*" if row.is_active else " "
        click.echo(f"{mark} {row.name}@{row.version:<12} {row.state:<10} {row.size_bytes / 1e6:7.0f} MB  {row.licence}")


@models.command()
@click.argument("model", required=False)
@click.pass_obj
def fetch(settings: Settings, model: str | None) -> None:
    """下载并校验模型（只下载一次）/ fetch and verify a model, once."""
    from ..assets.progress import progress_bar

    with progress_bar() as progress:
        files = open_hub(settings).ensure(model or settings.model, progress=progress, offline=settings.offline)
    click.echo(files.directory)


@models.command()
@click.argument("model", required=False)
@click.pass_obj
def verify(settings: Settings, model: str | None) -> None:
    """校验每个文件 / check every file against its pinned hash."""
    open_hub(settings).verify(model or settings.model).raise_if_bad()
    click.echo("完好 ok")


@models.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="模型 / model")
@click.pass_obj
def import_files(settings: Settings, files: tuple[Path, ...], model: str | None) -> None:
    """导入手工拷贝的文件 / import files that were copied by hand (wheels, tgz, or the files themselves)."""
    click.echo(open_hub(settings).import_files(files, model or settings.model).directory)


@models.command()
@click.argument("model")
@click.pass_obj
def use(settings: Settings, model: str) -> None:
    """切换版本 / switch to a version, NAME@VERSION."""
    open_hub(settings).use(model)


@models.command()
@click.argument("model")
@click.option("--force", is_flag=True, help="即使正在使用 / even if it is the one in use")
@click.pass_obj
def remove(settings: Settings, model: str, force: bool) -> None:
    """删除一个版本 / delete a version from the cache."""
    open_hub(settings).remove(model, force=force)
