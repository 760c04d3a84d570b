"""Pictures of a run as SVG: its curves, and teacher and student side by side as spectrograms."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tts_engine.own_voices.tuning import SpectralLoss
from tts_engine.svg import write_svg

if TYPE_CHECKING:
    from tts_engine.types import FloatArray

WIDTH, PANEL, LEFT, TOP, GAP = 900, 150, 70, 40, 40
COLOURS = ("#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5")

#: Curves that are drawn: title, kind of line, columns.
PANELS = (
    ("loss / 训练损失", "train", ("spectral", "phase", "features")),
    ("log-mel to the teacher, dB / 与教师的对数梅尔差", "valid", ("log_mel_db",)),
    ("F0 and voicing, % / 基频与清浊差", "valid", ("f0_percent", "voicing_percent")),
)

#: Darkest and lightest level of a spectrogram, nepers of mel power.
FLOOR, CEILING = -11.0, 5.0


def draw_curves(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """The curves over steps."""
    body: list[str] = []
    last = max((row["step"] for row in rows), default=0) or 1
    for number, (title, kind, columns) in enumerate(PANELS):
        top = TOP + number * (PANEL + GAP)
        points = {
            name: [
                (row["step"], row[name]) for row in rows if row["kind"] == kind and row.get(name) == row.get(name, 0)
            ]
            for name in columns
        }
        values = [value for line in points.values() for _, value in line]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        span = (high - low) or 1.0
        body.append(f'<text x="{LEFT}" y="{top - 8}">{escape(title)}</text>')
        body.append(
            f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - 20}" height="{PANEL}" fill="none" stroke="#ccc"/>'
        )
        body += [
            f'<text x="{LEFT - 6}" y="{y}" text-anchor="end">{value:.3g}</text>'
            for value, y in ((high, top + 12), (low, top + PANEL))
        ]
        for colour, (name, line) in zip(COLOURS, points.items(), strict=False):
            drawn = " ".join(
                f"{LEFT + (WIDTH - LEFT - 20) * step / last:.1f},{top + PANEL * (1 - (value - low) / span):.1f}"
                for step, value in line
            )
            body.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
            place = WIDTH - 30, top + 16 * (1 + list(points).index(name))
            body.append(f'<text x="{place[0]}" y="{place[1]}" text-anchor="end" fill="{colour}">{name}</text>')
    height = TOP + len(PANELS) * (PANEL + GAP)
    return _write(body, f"{int(last)} steps", height, path)


def draw_spectrograms(pairs: Sequence[tuple[str, FloatArray, FloatArray]], sample_rate: int, path: Path) -> Path:
    """Each pair side by side: title, teacher, student."""
    mel = SpectralLoss(sample_rate)
    body: list[str] = []
    half = (WIDTH - 30) // 2
    for number, (title, target, said) in enumerate(pairs):
        top = TOP + number * (PANEL + GAP)
        for place, (name, waveform) in enumerate((("teacher 教师", target), ("student 学生", said))):
            levels = mel.log_mel(torch.from_numpy(np.ascontiguousarray(waveform))).numpy()
            grey = np.clip((levels - FLOOR) / (CEILING - FLOOR), 0, 1)
            data = base64.b64encode(_png((255 * (1 - grey[::-1])).astype(np.uint8))).decode()
            x = 10 + place * (half + 10)
            body.append(f'<text x="{x}" y="{top - 8}">{name}: {escape(title)}</text>')
            body.append(
                f'<image x="{x}" y="{top}" width="{half}" height="{PANEL}" preserveAspectRatio="none"'
                f' href="data:image/png;base64,{data}"/>'
            )
    return _write(body, "teacher and student", TOP + len(pairs) * (PANEL + GAP), path)


def _png(grey: np.ndarray) -> bytes:
    """(rows, columns) uint8 as a PNG."""
    rows, columns = grey.shape
    raw = b"".join(b"\0" + row.tobytes() for row in grey)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _write(body: Sequence[str], title: str, height: int, path: Path) -> Path:
    picture = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *body,
        "</svg>",
    ]
    return write_svg("\n".join(picture), path)
