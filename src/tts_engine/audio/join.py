"""Sentences laid end to end without clicks: short fades where sound meets silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import FloatArray

FADE_S = 0.005


def fade_edges(waveform: FloatArray, sample_rate: int, fade_s: float = FADE_S) -> FloatArray:
    """(samples,) float32 of the same length that begins and ends at zero, by raised-cosine fades.

    Args:
        waveform: (samples,) float32.
        sample_rate: samples per second.
        fade_s: length of each fade, seconds; shortened where the waveform is shorter than two of them.
    """
    import numpy as np

    length = min(round(fade_s * sample_rate), len(waveform) // 2)
    if length < 1:
        return waveform
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
    faded = np.array(waveform, dtype=np.float32)
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded


def with_pause(waveform: FloatArray, pause_s: float, sample_rate: int) -> FloatArray:
    """(samples + pause,) float32: the waveform with faded edges and ``pause_s`` seconds of silence after it."""
    import numpy as np

    silence = np.zeros(round(max(pause_s, 0.0) * sample_rate), dtype=np.float32)
    return np.concatenate([fade_edges(waveform, sample_rate), silence])
