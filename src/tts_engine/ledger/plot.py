"""The ledger as a picture (SVG): what a finished minute costs in tokens, how texts grow, how both go together.

Drawn like the pictures of recordings (``hearing.plot``): plain SVG without scripts, fonts or outside references.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..svg import check_svg, write_svg
from .stats import Figures, Stats

WIDTH, PANEL, BAR, LEFT, RIGHT, TOP, GAP = 960, 260, 26, 210, 110, 56, 64
COLOURS = ("#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5", "#0b7285", "#c92a2a", "#5c940d", "#495057")


def plot(stats: Stats) -> str:
    """The picture as one SVG element; says so where there is nothing to draw."""
    finished = [row for row in stats.styles if row.tokens_per_minute is not None]
    grown = [row for row in stats.styles if row.growth is not None]
    colours = {row.name: COLOURS[number % len(COLOURS)] for number, row in enumerate(stats.styles)}
    body: list[str] = []
    at = TOP
    per_minute = [(row, row.tokens_per_minute or 0.0, f"{row.tokens_per_minute:,.0f}") for row in finished]
    at = _bars(body, at, "每成品分钟的 token / tokens per finished minute", per_minute, colours)
    growth = [(row, row.growth or 0.0, f"× {row.growth:.1f}") for row in grown]
    at = _bars(body, at, "成文字数 / 原文字数 characters written per character of the source", growth, colours)
    at = _points(body, at, [row for row in stats.programmes if row.audio_s > 0], colours)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at}" width="{WIDTH}" height="{at}"'
            ' font-family="sans-serif" font-size="12" role="img">',
            "<title>账本 / the ledger</title>",
            f'<rect width="{WIDTH}" height="{at}" fill="#ffffff"/>',
            _text(16, 26, _headline(stats), "#111", size=14),
            *body,
            "</svg>",
        ]
    )


def save_plot(stats: Stats, path: Path) -> Path:
    """Writes the picture and returns its path.

    Raises:
        ControlError: the path does not end in ``.svg``.
        OutputError: it cannot be written there.
    """
    check_svg(path)
    return write_svg(plot(stats), path)


def _headline(stats: Stats) -> str:
    total = stats.total
    return (
        f"{total.programmes} 个节目 programmes, {total.minutes:.1f} 分钟成品 finished minutes, {total.tokens:,} token"
        f"{'（部分为估计 partly estimated）' if total.is_estimated else ''}"
    )


def _bars(
    body: list[str], at: int, title: str, rows: Sequence[tuple[Figures, float, str]], colours: dict[str, str]
) -> int:
    """One bar for each style; the height after them."""
    body.append(_text(16, at, title, "#333", size=13))
    at += 14
    if not rows:
        body.append(_text(LEFT, at + 14, "还没有数据 nothing yet", "#888"))
    most = max((value for _, value, _ in rows), default=0.0) or 1.0
    for row, value, label in rows:
        wide = (WIDTH - LEFT - RIGHT) * value / most
        body.append(_text(LEFT - 8, at + 17, f"{row.name} ({row.programmes})", "#333", anchor="end"))
        body.append(f'<rect x="{LEFT}" y="{at + 4}" width="{wide:.1f}" height="{BAR - 8}" fill="{colours[row.name]}"/>')
        body.append(_text(LEFT + wide + 6, at + 17, label, "#333"))
        at += BAR
    return at + GAP - BAR + (0 if rows else BAR)


def _points(body: list[str], at: int, rows: Sequence[Figures], colours: dict[str, str]) -> int:
    """Every programme with finished audio: its minutes and its tokens."""
    title = "每个节目：成品分钟与 token / each programme: finished minutes and tokens"
    body.append(_text(16, at, title, "#333", size=13))
    top, wide = at + 14, WIDTH - LEFT - RIGHT
    most_x = max((row.minutes for row in rows), default=0.0) or 1.0
    most_y = max((row.tokens for row in rows), default=0) or 1
    body.append(f'<rect x="{LEFT}" y="{top}" width="{wide}" height="{PANEL}" fill="none" stroke="#bbb"/>')
    for value in _ticks(most_x):
        x = LEFT + wide * value / most_x
        body.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + PANEL}" stroke="#eee"/>')
        body.append(_text(x, top + PANEL + 16, f"{value:g} min", "#666", anchor="middle"))
    for value in _ticks(most_y):
        y = top + PANEL * (1.0 - value / most_y)
        body.append(f'<line x1="{LEFT}" x2="{LEFT + wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>')
        body.append(_text(LEFT - 8, y + 4, f"{value:,.0f}", "#666", anchor="end"))
    for row in rows:
        x, y = LEFT + wide * row.minutes / most_x, top + PANEL * (1.0 - row.tokens / most_y)
        tip = escape(f"{row.name} ({row.style}): {row.minutes:.1f} min, {row.tokens:,} token")
        colour = colours.get(row.style, "#495057")
        body.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" opacity="0.8"><title>{tip}</title></circle>'
        )
    return top + PANEL + 34


def _ticks(most: float) -> list[float]:
    """Round numbers up to ``most``, at most about six."""
    step = 10.0 ** math.floor(math.log10(most))
    step = next(step * factor for factor in (0.2, 0.5, 1.0, 2.0) if most / (step * factor) <= 6)
    return [step * number for number in range(1, int(most / step + 1e-9) + 1)]


def _text(x: float, y: float, words: str, colour: str, *, anchor: str = "start", size: int = 12) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-size="{size}">{escape(words)}</text>'
