"""What a watermark in the samples would cost and survive: resemble-perth on speech of this engine.

    PYTHONPATH=<folder with resemble-perth and librosa> python -m benchmarks.watermark speech/*.wav

Needs torch and, outside the project's own dependencies, ``pip install resemble-perth librosa``. The decision that these
figures led to is docs/decisions/0005-no-watermark.md. Speech without a watermark goes through the same changes, since a
detector is worth as much as it stays silent there.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 24000


def through(waveform: np.ndarray, container: str, subtype: str, **options: Any) -> np.ndarray:
    """The waveform after a codec."""
    file = io.BytesIO()
    soundfile.write(file, waveform, RATE, format=container, subtype=subtype, **options)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def resampled(waveform: np.ndarray, rate: int) -> np.ndarray:
    """The waveform after a stay at another rate."""
    return resample_poly(resample_poly(waveform, rate, RATE), RATE, rate).astype(np.float32)


def noisy(waveform: np.ndarray, snr_db: float) -> np.ndarray:
    """The waveform under white noise."""
    noise = np.random.default_rng(0).standard_normal(len(waveform))
    return (waveform + noise * np.std(waveform) * 10 ** (-snr_db / 20)).astype(np.float32)


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "unchanged": lambda waveform: waveform,
    "16 bit": lambda waveform: np.round(waveform * 32767).astype(np.float32) / 32767,
    "MP3 64 kbit/s": lambda w: through(w, "MP3", "MPEG_LAYER_III", bitrate_mode="CONSTANT", compression_level=0.6),
    "MP3 32 kbit/s": lambda w: through(w, "MP3", "MPEG_LAYER_III", bitrate_mode="CONSTANT", compression_level=0.85),
    "Opus": lambda w: through(w, "OGG", "OPUS"),
    "Vorbis": lambda w: through(w, "OGG", "VORBIS"),
    "16 kHz and back": lambda waveform: resampled(waveform, 16000),
    "8 kHz and back": lambda waveform: resampled(waveform, 8000),
    "middle 2 s": lambda waveform: waveform[len(waveform) // 2 - RATE : len(waveform) // 2 + RATE],
    "middle 0.7 s": lambda waveform: waveform[len(waveform) // 2 - 8400 : len(waveform) // 2 + 8400],
    "-20 dB": lambda waveform: waveform * np.float32(0.1),
    "noise 20 dB": lambda waveform: noisy(waveform, 20),
    "noise 10 dB": lambda waveform: noisy(waveform, 10),
    "5 % faster": lambda waveform: resample_poly(waveform, 20, 21).astype(np.float32),
}


def main(paths: list[str]) -> None:
    """Prints the table and, last, one line of JSON."""
    import perth
    import torch

    torch.set_num_threads(1)
    started = time.perf_counter()
    marker = perth.PerthImplicitWatermarker()
    load_s = time.perf_counter() - started
    speech = [soundfile.read(path, dtype="float32")[0] for path in paths]
    marker.apply_watermark(speech[0], RATE)  # warm-up
    started = time.perf_counter()
    marked = [marker.apply_watermark(waveform, RATE).astype(np.float32) for waveform in speech]
    rtf = (time.perf_counter() - started) / (sum(map(len, speech)) / RATE)
    snrs = []
    for before, after in zip(speech, marked, strict=True):
        length = min(len(before), len(after))
        difference = after[:length] - before[:length]
        snrs.append(10 * np.log10(np.mean(before**2) / np.mean(difference**2)))
    print(f"load {load_s:.1f} s, rtf of marking {rtf:.3f}, difference {np.mean(snrs):.1f} dB under the speech")
    rows: dict[str, tuple[float, float, float]] = {}
    for name, change in CHANGES.items():
        hits = [float(np.mean(marker.get_watermark(change(w), RATE, round=False))) for w in marked]
        clean = [float(np.mean(marker.get_watermark(change(w), RATE, round=False))) for w in speech]
        found = np.mean([score > 0.5 for score in hits])
        false = np.mean([score > 0.5 for score in clean])
        rows[name] = (float(found), float(false), float(np.min(hits)))
        print(
            f"{name:<18} found {found:4.0%}   false {false:4.0%}   lowest score {np.min(hits):.2f}"
            f"   highest without {np.max(clean):.2f}",
            flush=True,
        )
    folder = Path("marked")
    folder.mkdir(exist_ok=True)
    for path, waveform in zip(paths, marked, strict=True):
        soundfile.write(folder / Path(path).name, waveform, RATE)
    print(json.dumps({"load_s": load_s, "rtf": rtf, "snr_db": float(np.mean(snrs)), "changes": rows}))


if __name__ == "__main__":
    main(sys.argv[1:])
