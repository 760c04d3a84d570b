"""The spectral envelope of a finished waveform, bent: formants moved and the long-term spectrum equalised.

A frame of speech is a fine structure (harmonics, noise) under an envelope (the vocal tract). Moving the envelope and
leaving the fine structure where it is moves the formants and not the pitch. The gain of each frame is the ratio of the
moved envelope to the old one, bounded; phases stay, so transients and timing do.

Source: cepstral envelope with the iteration of Imai and Abe ("true envelope"), which follows the tops of the harmonics
instead of their mean; here three rounds, enough for bends of a few per cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .colour import same_level

if TYPE_CHECKING:
    from ..types import FloatArray
    from .layout import Curve

#: 43 ms at 24 kHz: harmonics of a low voice are resolved, syllables are not smeared.
_SIZE = 1024
_HOP = 256

#: Quefrencies kept for the envelope: below the period of a 400 Hz voice.
_LIFTER_S = 0.0018
_ROUNDS = 3

#: Most that a moved formant may raise or lower a frequency, dB.
MOST_DB = 12.0

#: Frames at a time, so that memory stays flat.
_BLOCK = 512


def reshape(
    waveform: FloatArray,
    sample_rate: int,
    *,
    warp: Sequence[tuple[float, float]] = (),
    equal: Sequence[tuple[float, float]] = (),
) -> FloatArray:
    """The waveform with its envelope warped along the frequency axis and equalised; same length, same level.

    Args:
        waveform: (samples,).
        sample_rate: samples per second.
        warp: (frequency in Hz, where it goes in Hz), ascending in both; between them and from 0 Hz linear, above the
            last one the shift fades out towards half the sample rate. Nothing is moved where it is empty.
        equal: (frequency in Hz, gain in dB), ascending; between them linear, held outside.
    """
    moves = any(abs(source - target) > 1e-6 for source, target in warp)
    if len(waveform) == 0 or (not moves and not any(gain for _, gain in equal)):
        return waveform
    hz = np.asarray(np.fft.rfftfreq(_SIZE, 1.0 / sample_rate), dtype=np.float64)
    static_db = np.interp(hz, *np.array(equal, dtype=np.float64).T) if equal else np.zeros(len(hz))
    window = np.hanning(_SIZE + 1)[:-1]
    padded = np.pad(waveform.astype(np.float64), (_SIZE, _SIZE + _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    total = np.zeros(len(padded) + _SIZE)
    for first in range(0, len(frames), _BLOCK):
        spectrum = np.fft.rfft(frames[first : first + _BLOCK] * window, axis=1)
        gain_db = np.broadcast_to(static_db, spectrum.shape)
        if moves:
            gain_db = gain_db + _shift_db(np.abs(spectrum), hz, _origin(hz, warp, sample_rate), sample_rate)
        pieces = np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), _SIZE, axis=1) * window
        for number, piece in enumerate(pieces):
            begin = (first + number) * _HOP
            total[begin : begin + _SIZE] += piece
    overlap = float(np.sum(window**2)) / _HOP
    return same_level(waveform, total[_SIZE : _SIZE + len(waveform)] / overlap)


def _origin(hz: Curve, warp: Sequence[tuple[float, float]], sample_rate: int) -> Curve:
    """For each frequency, the one whose envelope is to stand there."""
    sources, targets = np.array(warp, dtype=np.float64).T
    end = 0.5 * sample_rate
    return np.asarray(np.interp(hz, [0.0, *targets, end], [0.0, *sources, end]))


def _shift_db(magnitude: Curve, hz: Curve, origin: Curve, sample_rate: int) -> Curve:
    """(frames, bins) gain that puts the envelope of ``origin`` at each frequency, bounded."""
    envelope = _envelope_db(magnitude, sample_rate)
    at = np.interp(origin, hz, np.arange(len(hz)))
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, len(hz) - 1)
    moved = envelope[:, low] * (1.0 - (at - low)) + envelope[:, high] * (at - low)
    return np.asarray(np.clip(moved - envelope, -MOST_DB, MOST_DB))


def _envelope_db(magnitude: Curve, sample_rate: int) -> Curve:
    """(frames, bins) smooth envelope over the tops of the harmonics, dB."""
    level = 20.0 * np.log10(magnitude + 1e-7)
    order = round(_LIFTER_S * sample_rate)
    lifter = np.zeros(_SIZE)
    lifter[:order] = 0.5 + 0.5 * np.cos(np.pi * np.arange(order) / order)
    lifter[-order + 1 :] = lifter[1:order][::-1]
    top = level
    for _ in range(_ROUNDS):
        envelope = np.fft.rfft(np.fft.irfft(top, _SIZE, axis=1) * lifter, axis=1).real
        top = np.maximum(level, envelope)
    return np.asarray(envelope)
