"""From a run to the one file that the engine loads, checked against what was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tts_engine.acoustic.fast.runtime import FastDecoder
from tts_engine.acoustic.fast.weights import FastWeights, load_weights, save_weights
from tts_engine.version import __version__

from .data import Prepared
from .judge import say
from .student import Student, parameters_of

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig

LICENCE = "Apache-2.0"

#: Most that the file may have to be shipped with the package.
MOST_BYTES = 20_000_000

#: Least signal-to-difference ratio of the exported file against torch: what rounding to float16 costs, and no more.
LEAST_SNR_DB = 30.0


def export(
    student: Student, path: Path, facts: Mapping[str, Any], lessons: Sequence[Prepared], model: ModelConfig
) -> float:
    """Writes the file, renders the lessons with it and with torch, and says how far apart they are at worst, dB.

    Raises:
        ValueError: too large, or not what was trained; nothing is left behind then.
    """
    full = {"licence": LICENCE, "version": __version__, **facts}
    save_weights(path, FastWeights(student.config, parameters_of(student.state_dict()), full))
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(
                f"{path.name} has {path.stat().st_size / 1e6:.1f} MB, at most {MOST_BYTES / 1e6:.0f} are shipped"
            )
        worst = min(snr_db(student, path, lesson, model) for lesson in lessons) if lessons else float("inf")
        if worst < LEAST_SNR_DB:
            raise ValueError(
                f"the exported file is {worst:.1f} dB from what was trained, at least {LEAST_SNR_DB} wanted"
            )
    except ValueError:
        path.unlink()
        raise
    return worst


def snr_db(student: Student, path: Path, lesson: Prepared, model: ModelConfig) -> float:
    """How near the file, run by ONNX Runtime, is to the student in torch."""
    expected = say(student, lesson, model, torch.device("cpu")).astype(np.float64)
    curves = lesson.lesson.curves
    decoder = FastDecoder(load_weights(path), model, threads=1)
    said = decoder.decode(curves, decoder.prepare(curves), 0, len(curves.rows))
    return float(10 * np.log10(np.sum(expected**2) / max(np.sum((said - expected) ** 2), 1e-30)))
