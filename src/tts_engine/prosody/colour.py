"""What is done to the finished waveform: level, tilt, breath. Linear in strength, never a click.

Each takes a control curve of one value per 12.5 ms and glides between the values; an all-zero curve gives back the
same samples. Filters are applied by their impulse responses: importing ``scipy.signal`` takes 80 MB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import CURVE_S

if TYPE_CHECKING:
    from ..types import FloatArray
    from .layout import Curve

TILT_CORNER_HZ = 1500.0
BREATH_FROM_HZ = 1000.0

#: Over what time a peak is turned down, seconds.
TAME_S = 0.006

#: After so many samples nothing is left of an impulse in the filters here (1e-13).
_RESPONSE = 512

#: Makes up for what frames of scattered phase lose where they overlap and under the second window.
SCATTERED = 2.0

#: Short enough (11 ms) that harmonics are not resolved: scattered phases then leave no pitch.
_SIZE = 256
_HOP = 64


def per_sample(curve: Curve, samples: int, sample_rate: int) -> Curve:
    """(samples,) a control curve drawn out, linear between the middles of its values."""
    hop = CURVE_S * sample_rate
    return np.interp(np.arange(samples), (np.arange(len(curve)) + 0.5) * hop, curve)


def gain(waveform: FloatArray, level_db: Curve, sample_rate: int) -> FloatArray:
    """The waveform louder or softer by a curve in dB."""
    if not np.any(level_db):
        return waveform
    factor = np.exp2(per_sample(level_db, len(waveform), sample_rate) / (20.0 * np.log10(2.0)))
    return np.asarray(waveform * factor, dtype=np.float32)


def tilt(waveform: FloatArray, tilt_db: Curve, sample_rate: int) -> FloatArray:
    """The highs (from 1.5 kHz) raised or lowered by a curve in dB: a first-order shelf, same level as before."""
    if not np.any(tilt_db):
        return waveform
    warp = np.tan(np.pi * TILT_CORNER_HZ / sample_rate)
    shelf = np.array([[1 / (1 + warp), -1 / (1 + warp), 0.0, 1.0, (warp - 1) / (warp + 1), 0.0]])
    highs = filtered(waveform, shelf)
    share = np.exp2(per_sample(tilt_db, len(waveform), sample_rate) / (20.0 * np.log10(2.0))) - 1.0
    return same_level(waveform, waveform + share * highs)


def pinch(waveform: FloatArray, share: Curve, sample_rate: int) -> FloatArray:
    """A nasal, pinched colour: the first formant region thinned around 700 Hz, a hump at 1.2 and 2.6 kHz."""
    if not np.any(share):
        return waveform
    sections = np.stack(
        [
            _peak(700.0, -7.0, 1.0, sample_rate),
            _peak(1150.0, 3.0, 2.0, sample_rate),
            _peak(2600.0, 4.0, 1.5, sample_rate),
        ]
    )
    pinched = filtered(waveform, sections)
    mix = np.clip(per_sample(share, len(waveform), sample_rate), 0.0, 1.0)
    return same_level(waveform, waveform + mix * (pinched - waveform))


def aspirate(waveform: FloatArray, breath: Curve, sample_rate: int, *, seed: int = 0) -> FloatArray:
    """The voice with a share of its upper harmonics (from 1 kHz) turned into breath noise of the same spectrum.

    The phases of the short-time spectrum are scattered there. Magnitudes stay, so vowels stay what they are;
    periodicity goes. Same level as before. (Scattering the lows too makes no whisper, it makes the voice hoarse:
    the whisper is made in the decoder, by taking its pitch away.)

    Args:
        waveform: (samples,).
        breath: curve, 0-1.
        sample_rate: samples per second.
        seed: of the noise.
    """
    if not np.any(breath):
        return waveform
    window = np.hanning(_SIZE + 1)[:-1]
    padded = np.pad(waveform.astype(np.float64), (_SIZE, _SIZE + _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    spectrum = np.fft.rfft(frames * window, axis=1)
    hz = np.fft.rfftfreq(_SIZE, 1.0 / sample_rate)
    at = (np.arange(len(frames)) * _HOP - _SIZE / 2) / (CURVE_S * sample_rate) - 0.5
    airy = np.clip(np.interp(at, np.arange(len(breath)), breath), 0.0, 1.0)
    share = airy[:, None] / (1.0 + (BREATH_FROM_HZ / np.maximum(hz, 1.0)) ** 4)
    chance = np.random.default_rng(seed)
    scattered = spectrum * np.exp(2j * np.pi * chance.random(spectrum.shape, dtype=np.float32))
    # independent parts add in power: cosine and sine keep the level while one turns into the other
    mixed = spectrum * np.cos(0.5 * np.pi * share) + SCATTERED * scattered * np.sin(0.5 * np.pi * share)
    pieces = np.fft.irfft(mixed, _SIZE, axis=1) * window
    total = np.zeros(len(padded) + _SIZE)
    for offset in range(_SIZE // _HOP):  # frames that do not overlap are added at once
        block = pieces[offset :: _SIZE // _HOP]
        begin = offset * _HOP
        total[begin : begin + block.size] += block.reshape(-1)
    return same_level(waveform, total[_SIZE : _SIZE + len(waveform)])


def tame(waveform: FloatArray, ceiling: float, sample_rate: int) -> FloatArray:
    """The waveform with its peaks turned down to a ceiling, smoothly over a few milliseconds; the rest untouched."""
    if float(np.abs(waveform).max(initial=0.0)) <= ceiling:
        return waveform
    reach = max(round(TAME_S * sample_rate) | 1, 3)
    peaks = _around(np.abs(waveform), reach, np.maximum)
    factor = _around(np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)), reach, np.minimum)
    window = np.hanning(reach + 2)[1:-1]
    glide = np.convolve(np.pad(factor, reach // 2, mode="edge"), window / window.sum(), mode="valid")
    return np.asarray(waveform * glide, dtype=np.float32)


def filtered(waveform: FloatArray, sections: Curve) -> Curve:
    """The waveform through second-order sections, b0 b1 b2 1 a1 a2 each, that fade within ``_RESPONSE`` samples."""
    size = len(waveform) + _RESPONSE
    spectrum = np.fft.rfft(waveform.astype(np.float64), size) * np.fft.rfft(_response(sections), size)
    return np.fft.irfft(spectrum, size)[: len(waveform)]


def _response(sections: Curve) -> Curve:
    """(_RESPONSE,) what the sections make of a single one."""
    signal = np.zeros(_RESPONSE)
    signal[0] = 1.0
    for b0, b1, b2, _, a1, a2 in sections:
        first = second = 0.0  # transposed direct form II
        for at, x in enumerate(signal.tolist()):
            y = b0 * x + first
            first, second = b1 * x - a1 * y + second, b2 * x - a2 * y
            signal[at] = y
    return signal


def _around(values: Curve, reach: int, pick: np.ufunc) -> Curve:
    """The largest or smallest value of the ``reach`` around each, an odd number; mirrored at the ends."""
    known, width = np.pad(values, reach // 2, mode="symmetric"), 1
    while 2 * width <= reach:
        known, width = pick(known[:-width], known[width:]), 2 * width
    return np.asarray(pick(known[: len(values)], known[reach - width :][: len(values)]))


def same_level(before: FloatArray, after: Curve) -> FloatArray:
    """``after`` with the root mean square of ``before``: colour is not level."""
    power = float(np.mean(np.square(after, dtype=np.float64)))
    if power == 0.0:
        return np.asarray(after, dtype=np.float32)
    factor = np.sqrt(float(np.mean(np.square(before, dtype=np.float64))) / power)
    return np.asarray(after * factor, dtype=np.float32)


def _peak(centre_hz: float, gain_db: float, quality: float, sample_rate: int) -> Curve:
    """One second-order section of a peaking equaliser (Bristow-Johnson's cookbook formula)."""
    amplitude = 10.0 ** (gain_db / 40.0)
    omega = 2 * np.pi * centre_hz / sample_rate
    alpha = np.sin(omega) / (2 * quality)
    b = np.array([1 + alpha * amplitude, -2 * np.cos(omega), 1 - alpha * amplitude])
    a = np.array([1 + alpha / amplitude, -2 * np.cos(omega), 1 - alpha / amplitude])
    return np.concatenate([b / a[0], a / a[0]])
