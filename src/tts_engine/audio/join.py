"""Sentences laid end to end: outer silence found and cut, short fades where sound meets silence, so no clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import FloatArray

FADE_S = 0.005
SILENCE_DB = -45.0
_WINDOW_S = 0.01
_MARGIN_S = 0.03


def fade_edges(
    waveform: FloatArray, sample_rate: int, fade_s: float = FADE_S, *, at_begin: bool = True, at_end: bool = True
) -> FloatArray:
    """(samples,) float32 of the same length that begins and ends at zero, by raised-cosine fades.

    Args:
        waveform: (samples,) float32.
        sample_rate: samples per second.
        fade_s: length of each fade, seconds; shortened where the waveform is shorter than two of them.
        at_begin: whether the beginning is faded.
        at_end: whether the end is.
    """
    import numpy as np

    length = min(round(fade_s * sample_rate), len(waveform) // 2)
    if length < 1:
        return waveform
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
    faded = np.array(waveform, dtype=np.float32)
    if at_begin:
        faded[:length] *= ramp
    if at_end:
        faded[-length:] *= ramp[::-1]
    return faded


def with_pause(waveform: FloatArray, pause_s: float, sample_rate: int) -> FloatArray:
    """(samples + pause,) float32: the waveform with faded edges and ``pause_s`` seconds of silence after it."""
    import numpy as np

    silence = np.zeros(round(max(pause_s, 0.0) * sample_rate), dtype=np.float32)
    return np.concatenate([fade_edges(waveform, sample_rate), silence])


def trim_silence(
    waveform: FloatArray, sample_rate: int, threshold_db: float = SILENCE_DB, margin_s: float = _MARGIN_S
) -> tuple[int, int]:
    """Begin and end sample of what is heard: everything but the silence before and after it.

    Silence is where 10 ms lie ``threshold_db`` under the loudest 10 ms. A margin stays on both sides, so that weak
    consonants at the edges live. A wholly silent waveform is kept as it is.
    """
    import numpy as np

    window = max(1, round(_WINDOW_S * sample_rate))
    count = len(waveform) // window
    if not count:
        return 0, len(waveform)
    power = np.square(waveform[: count * window].reshape(count, window), dtype=np.float64).mean(axis=1)
    heard = np.flatnonzero(power > power.max() * 10 ** (threshold_db / 10))
    if not len(heard):
        return 0, len(waveform)
    margin = round(margin_s * sample_rate)
    last = len(waveform) if heard[-1] == count - 1 else int(heard[-1] + 1) * window + margin
    return max(0, int(heard[0]) * window - margin), min(len(waveform), last)
