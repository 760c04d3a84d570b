"""Transforms of the f0 curve."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..types import Prosody


def shift_pitch(prosody: Prosody, semitones: float) -> Prosody:
    """The same melody, higher or lower: voiced f0 times 2^(semitones / 12), unvoiced frames untouched."""
    if semitones == 0:
        return prosody
    factor = np.float32(2.0 ** (semitones / 12.0))
    return dataclasses.replace(prosody, f0=np.where(prosody.f0 > 0, prosody.f0 * factor, prosody.f0))
