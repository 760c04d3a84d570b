"""What instruments measure of one utterance: pitch, rate, level, tilt, breathiness, pauses, unrest.

Measured on the samples alone (Praat through ``praat-parselmouth``), so any engine or recording can be put through it.
What this module does not know: emotions and engines.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

STEP_S = 0.01
FLOOR_HZ, CEILING_HZ = 60.0, 650.0

#: Frames this far under the loudest are silence; silences of at least this length are pauses.
SILENCE_DB = 40.0
SHORTEST_PAUSE_S = 0.08


@dataclass(frozen=True)
class Measures:
    """One utterance in numbers.

    Attributes:
        pitch_st: mean F0, semitones over 100 Hz.
        range_st: 10th to 90th percentile of F0, semitones.
        final_st: F0 of the last 150 ms of voice over the mean, semitones.
        slope_st: F0 of the second half over the first, semitones.
        jitter: cycle-to-cycle difference of the period, per cent.
        rate: syllables per second of speech, pauses not counted.
        pause_s: pauses inside, seconds.
        level_db: level of the speech, dB below full scale.
        dynamics_db: 10th to 90th percentile of the level of voiced frames, dB.
        attack_db: level of the first 250 ms against the whole, dB.
        tilt_db: 1-5 kHz against 50-1000 Hz, dB.
        brightness_db: 5-10 kHz against 50-1000 Hz, dB.
        hnr_db: harmonics against noise, dB.
    """

    pitch_st: float
    range_st: float
    final_st: float
    slope_st: float
    jitter: float
    rate: float
    pause_s: float
    level_db: float
    dynamics_db: float
    attack_db: float
    tilt_db: float
    brightness_db: float
    hnr_db: float

    def as_array(self) -> NDArray[np.float64]:
        """The numbers in the order of ``NAMES``."""
        return np.array([getattr(self, name) for name in NAMES])


NAMES = tuple(field.name for field in dataclasses.fields(Measures))


def track_pitch(waveform: Waveform, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times in seconds and F0 in Hz (0 = unvoiced) every 10 ms, by Praat's autocorrelation."""
    import parselmouth

    sound = parselmouth.Sound(waveform.astype(np.float64), sample_rate)
    pitch = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    return pitch.xs(), pitch.selected_array["frequency"]


def track_voice(waveform: Waveform, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As ``track_pitch``, heard twice: the second time only where this voice is, around the quartiles of the first.

    Source of the two passes: D. Hirst and C. De Looze. Heard once, creaking and whispered syllables come out an octave
    off.
    """
    import parselmouth

    times, first = track_pitch(waveform, sample_rate)
    if not np.any(first > 0):
        return times, first
    low, high = np.percentile(first[first > 0], [25, 75])
    sound = parselmouth.Sound(waveform.astype(np.float64), sample_rate)
    floor = max(0.6 * low, FLOOR_HZ)
    pitch = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=floor, pitch_ceiling=min(2.2 * high, CEILING_HZ))
    return pitch.xs(), pitch.selected_array["frequency"]


def measure(waveform: Waveform, sample_rate: int, syllables: int) -> Measures:
    """All measures of an utterance of so many syllables.

    Raises:
        ValueError: there is no voice in it.
    """
    import parselmouth

    samples = waveform.astype(np.float64)
    hop = round(STEP_S * sample_rate)
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
    is_heard = level > level.max() - SILENCE_DB
    begin, end = np.flatnonzero(is_heard)[[0, -1]]
    pause_s = _pauses(is_heard[begin : end + 1])
    speech_s = (end + 1 - begin) * STEP_S - pause_s
    times, f0 = track_voice(waveform, sample_rate)
    is_voiced = f0 > 0
    if is_voiced.sum() < 5:
        raise ValueError("no voice found in the waveform")
    pitch, at = 12 * np.log2(f0[is_voiced] / 100.0), times[is_voiced]
    half = at < (at[0] + at[-1]) / 2
    harmonicity = parselmouth.Sound(samples, sample_rate).to_harmonicity_cc(STEP_S, FLOOR_HZ).values.ravel()
    harmonicity = harmonicity[harmonicity > -100]
    low, middle, high = _bands(samples, sample_rate, ((50, 1000), (1000, 5000), (5000, 10000)))
    voiced_level = np.interp(at, (np.arange(len(level)) + 0.5) * STEP_S, level)
    total = 10 * np.log10(np.square(frames[is_heard]).mean())
    return Measures(
        pitch_st=float(pitch.mean()),
        range_st=float(np.subtract(*np.percentile(pitch, [90, 10]))),
        final_st=float(pitch[at > at[-1] - 0.15].mean() - pitch.mean()),
        slope_st=float(pitch[~half].mean() - pitch[half].mean()),
        jitter=_jitter(samples, sample_rate),
        rate=syllables / speech_s,
        pause_s=pause_s,
        level_db=float(total),
        dynamics_db=float(np.subtract(*np.percentile(voiced_level, [90, 10]))),
        attack_db=float(10 * np.log10(np.square(frames[begin : begin + 25]).mean()) - total),
        tilt_db=middle - low,
        brightness_db=high - low,
        hnr_db=float(harmonicity.mean()) if len(harmonicity) else 0.0,
    )


def _pauses(is_heard: NDArray[np.bool_]) -> float:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~is_heard, [False]])))
    lengths = (edges[1::2] - edges[::2]) * STEP_S
    return float(lengths[lengths >= SHORTEST_PAUSE_S].sum())


def _jitter(samples: NDArray[np.float64], sample_rate: int) -> float:
    """Praat's local jitter, per cent: of the voice itself, intonation hardly counts."""
    import parselmouth

    sound = parselmouth.Sound(samples, sample_rate)
    pulses = parselmouth.praat.call(sound, "To PointProcess (periodic, cc)", FLOOR_HZ, CEILING_HZ)
    jitter = parselmouth.praat.call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    return 100.0 * jitter if np.isfinite(jitter) else 0.0


def _bands(samples: NDArray[np.float64], sample_rate: int, edges: tuple[tuple[int, int], ...]) -> list[float]:
    size = 1024
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2] * np.hanning(size)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).sum(axis=0)
    hz = np.fft.rfftfreq(size, 1 / sample_rate)
    return [float(10 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-12)) for low, high in edges]
