"""Small pictures as SVG, drawn on the server and coloured by the page's own style: pitch curves and bars."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...types import SentenceTiming

WIDTH, HEIGHT = 960, 150
_LOW_HZ, _HIGH_HZ = 60.0, 600.0


def pitch_svg(
    sentences: Sequence[SentenceTiming],
    pitch: Sequence[Sequence[int]],
    title: str,
    reference: Mapping[str, Any] | None = None,
) -> str:
    """The pitch of a result over time on a logarithmic axis, with its sentences as bands.

    Args:
        sentences: when each is heard.
        pitch: per sentence, Hz at equal steps from its begin to its end, 0 = unvoiced.
        title: read out by screen readers.
        reference: a ``ReferenceStyle`` as plain data, whose melody is drawn beside, over the same width and around the
            middle of the result's own pitch.
    """
    if not sentences or not any(any(curve) for curve in pitch):
        return ""
    end_s = max(sentences[-1].end_s, 0.1)
    voiced = [value for curve in pitch for value in curve if value]
    low, high = max(_LOW_HZ, min(voiced) / 1.1), min(_HIGH_HZ, max(voiced) * 1.1)
    bands, lines = [], []
    for number, (sentence, curve) in enumerate(zip(sentences, pitch, strict=False)):
        left, right = (WIDTH * moment / end_s for moment in (sentence.begin_s, sentence.end_s))
        kind = "tts-band" if number % 2 else "tts-band tts-odd"
        bands.append(f'<rect class="{kind}" x="{left:.1f}" y="0" width="{right - left:.1f}" height="{HEIGHT}"/>')
        lines += _strokes(curve, left, right, low, high)
    if reference is not None:
        middle = sorted(voiced)[len(voiced) // 2]
        lines += [_melody(phrase, reference["duration_s"], middle, low, high) for phrase in reference["phrases"]]
    marks = "".join(
        f'<text class="tts-axis" x="4" y="{_y(hertz, low, high):.0f}">{hertz} Hz</text>'
        f'<line class="tts-grid" x1="0" x2="{WIDTH}" y1="{_y(hertz, low, high):.0f}" y2="{_y(hertz, low, high):.0f}"/>'
        for hertz in (75, 100, 150, 200, 300, 400)
        if low < hertz < high
    )
    return (
        f'<svg class="tts-pitch" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(title)}">{"".join(bands)}{marks}{"".join(lines)}</svg>'
    )


def bars_svg(values: Sequence[float], labels: Sequence[str], title: str) -> str:
    """One bar for each value, from 0 up; a label shows when the pointer rests on a bar."""
    if not values:
        return ""
    top = max(*values, 1e-9)
    step = WIDTH / len(values)
    bars = "".join(
        f'<rect class="tts-bar" x="{index * step + 2:.1f}" y="{HEIGHT * (1 - value / top):.1f}" '
        f'width="{max(step - 4, 1):.1f}" height="{HEIGHT * value / top:.1f}"><title>{html.escape(label)}</title></rect>'
        for index, (value, label) in enumerate(zip(values, labels, strict=True))
    )
    axis = f'<text class="tts-axis" x="4" y="14">{top:.2f}</text>'
    return (
        f'<svg class="tts-pitch" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(title)}">{bars}{axis}</svg>'
    )


def _strokes(curve: Sequence[int], left: float, right: float, low: float, high: float) -> list[str]:
    """The voiced runs of a curve as polylines."""
    strokes: list[str] = []
    run: list[str] = []
    step = (right - left) / max(len(curve), 1)
    for index, hertz in enumerate([*curve, 0]):
        if hertz:
            run.append(f"{left + step * index:.1f},{_y(hertz, low, high):.1f}")
        elif run:
            strokes.append(f'<polyline class="tts-curve" points="{" ".join(run)}"/>')
            run = []
    return strokes


def _melody(phrase: Mapping[str, Any], duration_s: float, middle_hz: float, low: float, high: float) -> str:
    """The slow melody of one phrase of a reference as a dashed line."""
    steps = phrase["melody_st"]
    left, right = (WIDTH * phrase[name] / duration_s for name in ("begin_s", "end_s"))
    points = " ".join(
        f"{left + (right - left) * index / (len(steps) - 1):.1f},{_y(middle_hz * 2 ** (step / 12), low, high):.1f}"
        for index, step in enumerate(steps)
    )
    return f'<polyline class="tts-curve tts-reference" points="{points}"/>'


def _y(hertz: float, low: float, high: float) -> float:
    share = math.log(min(max(hertz, low), high) / low) / math.log(high / low)
    return 8 + (HEIGHT - 16) * (1 - share)
