"""``tts-engine stats``: what programmes cost and bring, from the ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import click

from ..errors import NotFoundError, near_matches
from ..settings import Settings
from .root import group

if TYPE_CHECKING:
    from ..ledger.stats import Figures, Stats

_HEAD = (
    "名称 name", "风格 style", "token 入 in", "出 out", "金额 cost", "原文 source", "成文 text", "倍 growth",
    "分钟 min", "token/分 per min", "渲染 render s", "rtf",
)  # fmt: skip


@group.command()
@click.option("--programme", help="只看这个节目 / one programme")
@click.option("--prices", type=click.Path(path_type=Path), help="价格表 / price table (TTS_PRICES, data/prices.json)")
@click.option("--plot", "picture", type=click.Path(path_type=Path), help="画成 SVG / draw as SVG")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def stats(
    settings: Settings, /, programme: str | None, prices: Path | None, picture: Path | None, as_json: bool
) -> None:
    """账本：token、金额、字数、分钟、渲染时间 / the ledger of the outputs folder, by programme and style."""
    from ..api import load_prices_of
    from ..ledger import Ledger
    from ..ledger.plot import save_plot
    from ..ledger.stats import add_up

    ledger = Ledger(settings.outputs)
    table = load_prices_of(replace(settings, prices=prices) if prices else settings)
    writings, renderings = ledger.writings(), ledger.renderings()
    if programme is not None:
        names = {line.programme for line in writings} | {line.programme for line in renderings}
        if programme not in names:
            near = ", ".join(near_matches(programme, names)) or ", ".join(sorted(names)[:5]) or "空 empty"
            raise NotFoundError(
                f"账本里没有节目 {programme!r}；有：{near}。The ledger has no programme {programme!r}; it has: {near}.",
                code="programme_unknown",
                value=programme,
            )
        writings = tuple(line for line in writings if line.programme == programme)
        renderings = tuple(line for line in renderings if line.programme == programme)
    found = add_up(writings, renderings, table)
    if picture is not None:
        click.echo(save_plot(found, picture), err=True)
    if as_json:
        click.echo(json.dumps(plain(found), ensure_ascii=False))
    elif picture is None or found.programmes:
        _table(found)


def plain(found: Stats) -> dict[str, Any]:
    """The figures as plain data, the derived ones too."""

    def row(figures: Figures) -> dict[str, Any]:
        derived = {name: getattr(figures, name) for name in ("tokens", "minutes", "tokens_per_minute", "growth", "rtf")}
        return {**asdict(figures), **derived}

    return {
        "programmes": [row(one) for one in found.programmes],
        "styles": [row(one) for one in found.styles],
        "total": row(found.total),
    }


def _table(found: Stats) -> None:
    if not found.programmes:
        click.echo("账本是空的。The ledger is empty.", err=True)
        return
    cells = [_HEAD, *map(_cells, found.programmes), (), *map(_cells, found.styles), (), _cells(found.total)]
    widths = [max(_width(row[column]) for row in cells if row) for column in range(len(_HEAD))]
    for row in cells:
        click.echo("  ".join(_padded(cell, widths[column], column) for column, cell in enumerate(row)))
    if found.total.is_estimated:
        click.echo("~ 服务器没有报数，按字数估计 the server did not count: estimated", err=True)
    if found.total.unpriced:
        models = ", ".join(found.total.unpriced)
        click.echo(
            f"没有价格的模型，金额不含它们 no price, not in the cost: {models}（TTS_PRICES, docs/writing.md）", err=True
        )


def _cells(row: Figures) -> Sequence[str]:
    about = "~" if row.is_estimated else ""
    money = " + ".join(f"{amount:.4f} {currency}" for currency, amount in row.cost.items())
    per_minute = row.tokens_per_minute
    name = row.name if row.style != row.name else f"[{row.name}] ×{row.programmes}"
    return (
        name,
        row.style if row.style != row.name else "",
        f"{about}{row.prompt_tokens}",
        f"{about}{row.completion_tokens}",
        (money or "-") + (" + ?" if row.unpriced else ""),
        str(row.characters_in or "-"),
        str(row.characters_out or "-"),
        f"{row.growth:.1f}" if row.growth is not None else "-",
        f"{row.minutes:.1f}",
        f"{per_minute:.0f}" if per_minute is not None else "-",
        f"{row.render_s:.0f}",
        f"{row.rtf:.2f}" if row.rtf is not None else "-",
    )


def _padded(cell: str, width: int, column: int) -> str:
    space = " " * (width - _width(cell))
    return cell + space if column < 2 else space + cell


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
