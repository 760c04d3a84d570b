"""A picture of what was heard, as SVG text: waveform, pitch and phrase melody, level, rate, formants, spectrum.

Plain SVG without scripts, fonts or outside references: a page shows it inline, a browser opens the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..svg import check_svg, write_svg
from .frames import HOP_S, runs
from .voice import SPECTRUM_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .frames import Curve
    from .hear import Hearing

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 960, 120, 34, 62, 14, 30

#: Points drawn along the time axis: more than the width shows nobody.
MOST_POINTS = 1800

COLOURS = {
    "waveform": "#7a869a",
    "pitch": "#1f6feb",
    "melody": "#d9480f",
    "level": "#2b8a3e",
    "rate": "#9c36b5",
    "spectrum": "#1f6feb",
}
FORMANT_COLOURS = ("#c92a2a", "#e8590c", "#2b8a3e", "#1864ab")


def plot(heard: Hearing) -> str:
    """The picture as one SVG element."""
    duration = heard.recording.duration_s
    panels = [_waveform, _pitch, _level, _rate, _formants, _spectrum]
    height = TOP + len(panels) * (PANEL + GAP)
    body = []
    for number, draw in enumerate(panels):
        body.append(f'<g transform="translate({LEFT},{TOP + number * (PANEL + GAP)})">')
        body += draw(heard, duration)
        body.append("</g>")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' font-family="sans-serif" font-size="11" role="img">',
            "<title>参考录音分析 / what was heard</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>",
        ]
    )


def save_plot(heard: Hearing, path: Path) -> Path:
    """Writes the picture and returns its path.

    Raises:
        ControlError: the path does not end in ``.svg``.
        OutputError: it cannot be written there.
    """
    check_svg(path)
    return write_svg(plot(heard), path)


class _Axes:
    """The frame of one panel: from values to places."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], *, log_y: bool = False) -> None:
        self._x, self._log = x, log_y
        low, high = (math.log2(y[0]), math.log2(y[1])) if log_y else y
        self._y = (low, high if high > low else low + 1.0)

    def x(self, value: float) -> float:
        low, high = self._x
        return (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self._y
        place = math.log2(max(value, 1e-6)) if self._log else value
        return PANEL * (1.0 - (min(max(place, low), high) - low) / (high - low))

    def frame(self, title: str, ticks_x: Iterable[float], ticks_y: Iterable[float], unit: str) -> list[str]:
        wide = WIDTH - LEFT - RIGHT
        out = [f'<text x="0" y="-6" fill="#333">{escape(title)}</text>']
        for value in ticks_y:
            at = self.y(value)
            out.append(f'<line x1="0" x2="{wide}" y1="{at:.1f}" y2="{at:.1f}" stroke="#eee"/>')
            out.append(f'<text x="-6" y="{at + 4:.1f}" text-anchor="end" fill="#666">{value:g}{escape(unit)}</text>')
        for value in ticks_x:
            at = self.x(value)
            out.append(f'<text x="{at:.1f}" y="{PANEL + 13}" text-anchor="middle" fill="#666">{value:g}</text>')
        out.append(f'<rect width="{wide}" height="{PANEL}" fill="none" stroke="#bbb"/>')
        return out

    def line(self, x: Curve, y: Curve, colour: str, width: float = 1.4) -> str:
        points = " ".join(f"{self.x(float(a)):.1f},{self.y(float(b)):.1f}" for a, b in zip(x, y, strict=True))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    def dots(self, x: Curve, y: Curve, colour: str, radius: float = 1.2) -> str:
        marks = "".join(
            f'<circle cx="{self.x(float(a)):.1f}" cy="{self.y(float(b)):.1f}" r="{radius}"/>'
            for a, b in zip(x, y, strict=True)
        )
        return f'<g fill="{colour}">{marks}</g>'


def _times(heard: Hearing) -> Curve:
    return np.asarray((np.arange(len(heard.pitch.f0_hz)) + 0.5) * HOP_S, np.float64)


def _thinned(count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(np.int64))


def _seconds(duration: float) -> list[float]:
    """Round numbers of seconds, at most about ten."""
    step = next((s for s in (0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120) if duration / s <= 11), 300)
    return [step * n for n in range(int(duration / step) + 1)]


def _nice(low: float, high: float, steps: Sequence[float]) -> list[float]:
    step = next((s for s in steps if (high - low) / s <= 5), steps[-1])
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _waveform(heard: Hearing, duration: float) -> list[str]:
    samples = heard.recording.waveform
    peak = max(float(np.abs(samples).max()), 1e-3)
    axes = _Axes((0.0, duration), (-peak, peak))
    pieces = np.array_split(samples, min(WIDTH - LEFT - RIGHT, len(samples)))
    at = (np.arange(len(pieces)) + 0.5) / len(pieces) * duration
    tops, bottoms = [float(p.max()) for p in pieces], [float(p.min()) for p in pieces]
    path = " ".join(
        f"M{axes.x(t):.1f} {axes.y(a):.1f}V{axes.y(b):.1f}" for t, a, b in zip(at, tops, bottoms, strict=True)
    )
    shades = []
    for begin, end in heard.speech.stretches:
        left, right = axes.x(begin * HOP_S), axes.x(min(end * HOP_S, duration))
        shades.append(f'<rect x="{left:.1f}" width="{right - left:.1f}" height="{PANEL}" fill="#eef5ff"/>')
    title = "波形，底色为人声 / waveform, speech shaded"
    return [
        *shades,
        *axes.frame(title, _seconds(duration), (), ""),
        f'<path d="{path}" stroke="{COLOURS["waveform"]}"/>',
    ]


def _pitch(heard: Hearing, duration: float) -> list[str]:
    style, times, f0 = heard.style, _times(heard), heard.pitch.f0_hz
    low, high = 0.8 * min(style.f0_low_hz, style.neutral_hz), 1.25 * max(style.f0_high_hz, style.neutral_hz)
    axes = _Axes((0.0, duration), (low, high), log_y=True)
    ticks = [hz for hz in (60, 80, 100, 125, 150, 200, 250, 300, 400, 500, 600) if low <= hz <= high]
    title = (
        f"音高（点）、乐句旋律（线）、自然音高（虚线）/ pitch, phrase melody, neutral: {style.f0_median_hz:.0f} Hz,"
        f" neutral {style.neutral_hz:.0f} Hz"
    )
    neutral = axes.y(style.neutral_hz)
    out = axes.frame(title, _seconds(duration), ticks, "")
    out.append(
        f'<line x1="0" x2="{WIDTH - LEFT - RIGHT}" y1="{neutral:.1f}" y2="{neutral:.1f}" stroke="#999"'
        ' stroke-dasharray="4 4"/>'
    )
    voiced = np.flatnonzero(heard.pitch.voiced & heard.speech.active)
    voiced = voiced[_thinned(len(voiced))]
    out.append(axes.dots(times[voiced], f0[voiced], COLOURS["pitch"]))
    melody = style.f0_median_hz * np.exp2(heard.melody_st / 12.0)
    for begin, end in heard.speech.stretches:
        at = begin + _thinned(int(end - begin))
        out.append(axes.line(times[at], melody[at], COLOURS["melody"], 2.2))
    return out


def _level(heard: Hearing, duration: float) -> list[str]:
    level = heard.speech.level_db - heard.speech.voice_db
    axes = _Axes((0.0, duration), (-45.0, 15.0))
    at = _thinned(len(level))
    title = f"力度（dB，相对平均）/ level over the mean; SNR {heard.speech.snr_db:.0f} dB"
    return [
        *axes.frame(title, _seconds(duration), (-40, -20, 0), ""),
        axes.line(_times(heard)[at], level[at], COLOURS["level"]),
    ]


def _rate(heard: Hearing, duration: float) -> list[str]:
    top = max(8.0, float(heard.rate.max(initial=0.0)) * 1.1)
    axes = _Axes((0.0, duration), (0.0, top))
    title = f"语速（音节/秒）与音节 / syllables per second, nuclei marked; mean {heard.style.syllable_rate:.1f}"
    out = axes.frame(title, _seconds(duration), _nice(0, top, (2, 4, 8)), "")
    times = _times(heard)
    for begin, end in runs(heard.speech.active):
        at = begin + _thinned(int(end - begin))
        out.append(axes.line(times[at], heard.rate[at], COLOURS["rate"]))
    nuclei = heard.nuclei[_thinned(len(heard.nuclei))] if len(heard.nuclei) else heard.nuclei
    marks = " ".join(f"M{axes.x(float(times[n])):.1f} {PANEL}v-8" for n in nuclei)
    return [*out, f'<path d="{marks}" stroke="#333"/>'] if marks else out


def _formants(heard: Hearing, duration: float) -> list[str]:
    axes = _Axes((0.0, duration), (0.0, 5500.0))
    figures = " ".join(f"{hz:.0f}" for hz in heard.style.formants_hz)
    title = f"共振峰 / formants F1-F4: {figures} Hz; 声道 vocal tract {heard.style.vocal_tract_cm:.1f} cm"
    out = axes.frame(title, _seconds(duration), (0, 1000, 2000, 3000, 4000, 5000), "")
    if heard.formants is not None:
        times = _times(heard)[heard.formants.frames]
        for number, colour in enumerate(FORMANT_COLOURS):
            found = np.isfinite(heard.formants.hz[:, number])
            out.append(axes.dots(times[found], heard.formants.hz[found, number], colour))
    return out


def _spectrum(heard: Hearing, duration: float) -> list[str]:
    del duration
    bands = np.array(heard.style.spectrum_db)
    lowest, highest = (math.log1p(hz / 700.0) for hz in SPECTRUM_HZ)
    mels = np.linspace(lowest, highest, len(bands) + 2)[1:-1]
    axes = _Axes((lowest, highest), (float(bands.min()) - 2, float(bands.max()) + 2))
    out = axes.frame(
        "长时平均谱（Hz，dB）/ long-term average spectrum", (), _nice(bands.min(), bands.max(), (5, 10, 20)), ""
    )
    for hz in (100, 300, 500, 1000, 1500, 2000, 3000, 4000, 5000, 7000):
        at = axes.x(math.log1p(hz / 700.0))
        out.append(f'<text x="{at:.1f}" y="{PANEL + 13}" text-anchor="middle" fill="#666">{hz}</text>')
    return [*out, axes.line(mels, bands, COLOURS["spectrum"], 1.8)]
