"""How near the student is to the teacher on lessons that it was not taught: spectrum, pitch, voicing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tts_engine.hearing.pitch import track_pitch
from tts_engine.own_voices.fast import at_hearing_rate
from tts_engine.own_voices.tuning import SpectralLoss

from .data import Prepared, cut
from .student import Student

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray

DB_PER_NEPER_OF_POWER = 10 / np.log(10)


@dataclass(frozen=True)
class Judgement:
    """Differences to the teacher, means over lessons.

    Attributes:
        log_mel_db: mean absolute difference of log mel spectra, dB.
        f0_percent: mean absolute difference of the heard F0 where both are voiced, per cent.
        voicing_percent: frames in which only one of the two is voiced, per cent.
        lessons: how many were heard.
    """

    log_mel_db: float
    f0_percent: float
    voicing_percent: float
    lessons: int

    def row(self) -> dict[str, float]:
        """The figures as a line of the curves has them."""
        return {name: value for name, value in asdict(self).items() if name != "lessons"}

    def line(self) -> str:
        """For people."""
        return (
            f"log-mel {self.log_mel_db:.2f} dB, F0 {self.f0_percent:.2f} %, voicing {self.voicing_percent:.1f} %"
            f" ({self.lessons} lessons)"
        )


def judge(student: Student, lessons: Sequence[Prepared], model: ModelConfig, device: torch.device) -> Judgement:
    """Compares the student with the teacher, whole lessons."""
    pairs = [(say(student, lesson, model, device), np.asarray(lesson.lesson.waveform)) for lesson in lessons]
    return compare(pairs, model.sample_rate)


def say(student: Student, lesson: Prepared, model: ModelConfig, device: torch.device) -> FloatArray:
    """What the student makes of a whole lesson."""
    with torch.no_grad():
        batch = cut([lesson], [0], len(lesson.rows), model).to(device)
        said: FloatArray = student(*batch.inputs)[0].float().cpu().numpy()
    return said


def compare(pairs: Sequence[tuple[FloatArray, FloatArray]], sample_rate: int) -> Judgement:
    """Of pairs of waveforms, ours and the teacher's."""
    loss = SpectralLoss(sample_rate)
    mels, pitches, voicings = [], [], []
    for said, target in pairs:
        mels.append(float(loss.mel_distance(torch.from_numpy(said.copy()), torch.from_numpy(target.copy()))))
        off, apart = pitch_difference(said, target, sample_rate)
        pitches.append(off)
        voicings.append(apart)
    return Judgement(
        log_mel_db=DB_PER_NEPER_OF_POWER * float(np.mean(mels)),
        f0_percent=_mean(pitches),
        voicing_percent=_mean(voicings),
        lessons=len(pairs),
    )


def pitch_difference(said: FloatArray, target: FloatArray, sample_rate: int) -> tuple[float, float]:
    """Mean difference of the heard F0 and share of frames of different voicing, per cent; NaN without voice."""
    one, other = (track_pitch(at_hearing_rate(wave, sample_rate)).f0_hz for wave in (said, target))
    count = min(len(one), len(other))
    one, other = one[:count], other[:count]
    voiced = other > 0
    both = voiced & (one > 0)
    apart = 100 * float(np.mean(voiced != (one > 0))) if count else float("nan")
    return (100 * float(np.mean(np.abs(one[both] / other[both] - 1))) if both.any() else float("nan")), apart


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def as_data(judgement: Judgement) -> dict[str, Any]:
    """As the header of an export holds it; NaN is no JSON."""
    return {name: None if np.isnan(value) else round(value, 4) for name, value in asdict(judgement).items()}
