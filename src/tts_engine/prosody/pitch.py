"""Transforms of the f0 curve."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..types import Prosody

VOICED_HZ = 30.0  # the predictor draws 8-10 Hz where there is no voice


def shift_pitch(prosody: Prosody, semitones: float, *, hertz: float = 0.0) -> Prosody:
    """The same melody, higher or lower: f0 times 2^(semitones / 12), plus ``hertz`` where there is voice."""
    if semitones == 0 and hertz == 0:
        return prosody
    f0 = prosody.f0 * np.float32(2.0 ** (semitones / 12.0))
    moved = np.where(prosody.f0 > VOICED_HZ, np.maximum(f0 + np.float32(hertz), VOICED_HZ), prosody.f0)
    return dataclasses.replace(prosody, f0=moved.astype(np.float32))
