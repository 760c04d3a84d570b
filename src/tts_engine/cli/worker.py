"""``tts-engine worker``: serves the queue of batch tasks."""

from __future__ import annotations

import json

import click

from ..errors import ConfigError
from ..settings import Settings
from .root import group


@group.command()
@click.option(
    "--processes", type=click.IntRange(1, 256), help="同时处理的任务数，每个一份模型 / tasks at once, one model each"
)
@click.option(
    "--max-tasks", type=click.IntRange(1), help="进程处理多少任务后更换 / tasks after which a process is replaced"
)
@click.option("--name", help="同一台机器上有多个时的名称 / its name among others on this machine")
@click.option(
    "--status", is_flag=True, help="只看队列、工作进程和失败任务 / show queue, workers and dead letters, and end"
)
@click.option("--forget-dead", is_flag=True, help="清空失败任务的列表 / empty the list of dead letters, and end")
@click.pass_obj
def worker(
    settings: Settings,
    /,
    processes: int | None,
    max_tasks: int | None,
    name: str | None,
    status: bool,
    forget_dead: bool,
) -> None:
    """处理批量任务队列（TTS_BROKER_URL）/ render batch tasks of a queue (TTS_BROKER_URL)."""
    if settings.broker_url is None:
        raise ConfigError(
            "请设置 TTS_BROKER_URL=redis://主机:6379/0，所有机器相同。Set TTS_BROKER_URL=redis://HOST:6379/0, the same"
            " on every machine.",
            code="broker_missing",
            setting="TTS_BROKER_URL",
        )
    if status or forget_dead:
        from ..batch.queue.watching import forget_dead_letters, look

        if forget_dead:
            click.echo(f"{forget_dead_letters(settings)} 条已删除 removed", err=True)
        click.echo(json.dumps(look(settings), ensure_ascii=False, indent=1))
        return
    from ..batch.local import default_processes
    from ..batch.queue.worker import run_worker

    raise SystemExit(run_worker(settings, processes=processes or default_processes(), max_tasks=max_tasks, name=name))
