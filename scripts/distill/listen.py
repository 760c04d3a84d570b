"""A finished decoder against the full one on lessons that it was not taught: the table that decides.

Log-mel and F0 against the teacher's own waveform, DistillMOS and pinyin errors of both by the listeners of
``benchmarks``, similarity of the speaker between the two; a listener that is not installed is left out and said so.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tts_engine.acoustic.fast.runtime import FastDecoder
from tts_engine.acoustic.fast.weights import load_weights
from tts_engine.own_voices.similarity import has_speaker_measure

from .judge import compare
from .lessons import Lesson

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray

#: What must hold for the fast decoder to become the default, from issue 11: figure, limit, and which way is good.
MUST = (
    ("distillmos_difference", -0.15, "at least"),
    ("error_points", 1.0, "at most"),
    ("f0_percent", 2.0, "at most"),
    ("speaker_similarity", 0.9, "at least"),
)

_MARKUP = re.compile(r"\{[^}]*\}|#\d+$")


def say_all(file: Path, lessons: Sequence[Lesson], model: ModelConfig, threads: int) -> list[FloatArray]:
    """What the file makes of the lessons, by ONNX Runtime as the engine runs it."""
    decoder = FastDecoder(load_weights(file), model, threads=threads)
    return [
        decoder.decode(lesson.curves, decoder.prepare(lesson.curves), 0, len(lesson.curves.rows)) for lesson in lessons
    ]


def measure(
    said: Sequence[FloatArray], lessons: Sequence[Lesson], model: ModelConfig, *, threads: int, listeners: bool = True
) -> dict[str, Any]:
    """All figures of one split; what could not be measured is in ``left_out``."""
    targets = [np.asarray(lesson.waveform) for lesson in lessons]
    nearness = compare(list(zip(said, targets, strict=True)), model.sample_rate)
    figures: dict[str, Any] = {"lessons": len(lessons), **nearness.row()}
    left_out: list[str] = []
    if not listeners:
        return {**figures, "left_out": ["distillmos", "errors", "speaker_similarity"]}
    if has_speaker_measure():
        from tts_engine.own_voices.speaker import load_recogniser

        recogniser = load_recogniser()
        figures["speaker_similarity"] = float(
            np.mean(
                [
                    float(
                        recogniser.embed(torch.from_numpy(one.copy()), model.sample_rate)
                        @ recogniser.embed(torch.from_numpy(other.copy()), model.sample_rate)
                    )
                    for one, other in zip(said, targets, strict=True)
                ]
            )
        )
    else:
        left_out.append("speaker_similarity")
    from benchmarks import probes

    clips = [[probes.prepare(wave, model.sample_rate) for wave in pair] for pair in zip(said, targets, strict=True)]
    if importlib.util.find_spec("distillmos"):
        opinion = probes.DistillMos(threads)
        ours, theirs = (np.mean([opinion.rate(pair[i]) for pair in clips]) for i in (0, 1))
        figures |= {"distillmos": float(ours), "distillmos_teacher": float(theirs)}
        figures["distillmos_difference"] = float(ours - theirs)
    else:
        left_out.append("distillmos")
    if importlib.util.find_spec("faster_whisper") and importlib.util.find_spec("wetext"):
        figures |= _errors(clips, lessons, probes.Recogniser(threads))
    else:
        left_out.append("errors")
    return {**figures, "left_out": left_out}


def _errors(clips: Sequence[Sequence[Any]], lessons: Sequence[Lesson], recogniser: Any) -> dict[str, float]:
    """Toneless pinyin errors per hundred syllables of both, over Mandarin sentences; drills are no language to hear."""
    from benchmarks.readback import distance, syllables

    wrong, total = [0, 0], 0
    for pair, lesson in zip(clips, lessons, strict=True):
        if lesson.facts["kind"] != "sentence" or "#" in lesson.facts["text"]:
            continue
        wanted = syllables(_MARKUP.sub("", lesson.facts["text"]))
        total += len(wanted)
        for i in (0, 1):
            wrong[i] += distance(wanted, syllables(recogniser.transcribe(pair[i])))
    if not total:
        return {}
    ours, theirs = (100 * one / total for one in wrong)
    return {"errors_percent": ours, "errors_percent_teacher": theirs, "error_points": ours - theirs, "syllables": total}


def verdict(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What of ``MUST`` each split meets, misses and by how much, or has no figure for."""
    lines = []
    for split, row in figures.items():
        for name, limit, way in MUST:
            value = row.get(name)
            if value is None or np.isnan(value):
                lines.append(f"{split}: {name} not measured ({way} {limit} is wanted)")
                continue
            missed = limit - value if way == "at least" else value - limit
            lines.append(
                f"{split}: {name} {value:.3g}, {way} {limit}: {'met' if missed <= 0 else f'missed by {missed:.3g}'}"
            )
    return lines
