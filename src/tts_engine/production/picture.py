"""The timeline of a programme as a picture: who speaks when, what was rendered anew, where chapters begin.

Plain SVG without scripts, fonts or outside references. A long programme is drawn in rows of equal length.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

WIDTH, LEFT, RIGHT, LANE, GAP = 1200, 96, 16, 18, 30
#: Seconds of a row, at most so many rows: the picture of a whole book is coarse, not endless.
ROW_S, MOST_ROWS = 150.0, 16

COLOURS = ("#5c6b7f", "#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0b7285", "#a36a00", "#495057", "#6741d9")


def timeline_svg(
    spans: Iterable[tuple[float, float, str, str]],
    chapters: Sequence[tuple[float, str]],
    roles: Sequence[str],
    duration_s: float,
    title: str,
) -> str:
    """The picture.

    Args:
        spans: begin and end in seconds, role and words of each line, in order.
        chapters: begin in seconds and title of each.
        roles: from the top lane to the lowest; more than fit share the last lane's colours.
        duration_s: length of the programme.
        title: over it.
    """
    rows = max(1, min(MOST_ROWS, math.ceil(duration_s / ROW_S)))
    row_s = max(duration_s / rows, 1e-3)
    lanes = {role: number for number, role in enumerate(roles)}
    row_height = len(lanes) * LANE + GAP
    height = 40 + rows * row_height
    scale = (WIDTH - LEFT - RIGHT) / row_s
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="11" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" fill="#212529">{escape(title)}</text>',
    ]
    for row in range(rows):
        top = 36 + row * row_height
        for role, lane in lanes.items():
            y = top + lane * LANE
            body.append(
                f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{LANE - 2}" fill="#f4f5f7"/>'
                f'<text x="{LEFT - 6}" y="{y + LANE - 6}" text-anchor="end" fill="#343a40">'
                f"{escape(_short(role))}</text>"
            )
        bottom = top + len(lanes) * LANE
        step = next(s for s in (5, 10, 30, 60, 300, 600, 1800, 3600, 36000) if row_s / s <= 16 or s == 36000)
        for tick in range(math.ceil(row * row_s / step), math.floor((row + 1) * row_s / step) + 1):
            x = LEFT + (tick * step - row * row_s) * scale
            body.append(
                f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#dee2e6" stroke-width="1"/>'
                f'<text x="{x:.1f}" y="{bottom + 12}" text-anchor="middle" fill="#868e96">{_clock(tick * step)}</text>'
            )
    for begin_s, end_s, role, words in spans:
        for row in range(int(begin_s / row_s), min(rows - 1, int(end_s / row_s)) + 1):
            first, last = max(begin_s, row * row_s), min(end_s, (row + 1) * row_s)
            x = LEFT + (first - row * row_s) * scale
            y = 36 + row * row_height + lanes.get(role, 0) * LANE
            colour = COLOURS[lanes.get(role, 0) % len(COLOURS)]
            width = max(0.6, (last - first) * scale)
            body.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{LANE - 2}" fill="{colour}" rx="1.5">'
                f"<title>{escape(f'{_clock(begin_s)} {role}：{_short(words, 40)}')}</title></rect>"
            )
    for begin_s, name in chapters:
        row = min(rows - 1, int(begin_s / row_s))
        x, top = LEFT + (begin_s - row * row_s) * scale, 36 + row * row_height
        body.append(
            f'<line x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{top + len(lanes) * LANE}" stroke="#212529"/>'
            f'<text x="{x + 3:.1f}" y="{top - 2}" fill="#212529">{escape(_short(name, 24))}</text>'
        )
    return "\n".join([*body, "</svg>"]) + "\n"


def _short(text: str, most: int = 7) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
