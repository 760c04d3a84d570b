"""``tts-engine keys``: who may use the server."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import click

from ..settings import Settings
from .root import group

if TYPE_CHECKING:
    from ..service.keys import KeyFile


@group.group()
def keys() -> None:
    """管理 API 密钥 / API keys of the server; needed as soon as it listens beyond this machine."""


@keys.command()
@click.argument("name")
@click.option("--rate", type=int, help="每分钟请求数 / requests per minute (default: TTS_REQUESTS_PER_MINUTE)")
@click.pass_obj
def create(settings: Settings, /, name: str, rate: int | None) -> None:
    """新建密钥 / make a key called NAME; it is shown once and kept nowhere."""
    key, secret = _file(settings).create(name, requests_per_minute=rate)
    click.echo(f"密钥 {key.id} 已创建，只显示这一次。Key {key.id}, shown only now:", err=True)
    click.echo(secret)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def list_keys(settings: Settings, /, as_json: bool) -> None:
    """列出密钥 / list the keys, without their secrets."""
    found = _file(settings).keys()
    if as_json:
        rows = [dataclasses.asdict(key) for key in found]
        click.echo(json.dumps([{k: v for k, v in row.items() if k not in ("salt", "digest")} for row in rows]))
        return
    for key in found:
        rate = key.requests_per_minute or settings.requests_per_minute
        state = "有效 good" if key.revoked is None else f"已撤销 revoked {key.revoked}"
        click.echo(f"{key.id}  {key.created}  {rate:>6}/min  {state}  {key.name}")


@keys.command()
@click.argument("key")
@click.pass_obj
def revoke(settings: Settings, /, key: str) -> None:
    """撤销密钥 / revoke a key by its id or name; a running server refuses it at once."""
    revoked = _file(settings).revoke(key)
    click.echo(f"已撤销 revoked: {revoked.id} ({revoked.name})")


def _file(settings: Settings) -> KeyFile:
    from ..service.keys import KeyFile

    return KeyFile(settings.data)
