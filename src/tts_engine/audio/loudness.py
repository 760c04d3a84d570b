"""Loudness of programmes as ITU-R BS.1770-4 measures it, block by block, and the gain to a target.

Source: ITU-R BS.1770-4 (K-weighting, 400 ms blocks with 75 % overlap, gates at -70 LUFS and -10 LU). The standard
prints filter coefficients for 48 kHz only; here both stages are built from their analogue parameters, so that
24 kHz is measured correctly (parameters: B. De Man, "Evaluation of Implementations of the EBU R128 Loudness
Measurement", AES 145, 2018).
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..types import FloatArray

CEILING_DBFS = -1.0
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_STEP_S = 0.1  # 400 ms blocks move on by a quarter
_STEPS_PER_BLOCK = 4
_OVERSAMPLING = 4
_TAPS = 12  # per phase, as in annex 2 of the standard


class LoudnessMeter:
    """Integrated loudness and true peak of one channel that arrives in blocks of any size.

    Keeps one number per 100 ms, so an hour of audio needs 0.3 MB.

    Args:
        sample_rate: samples per second.
        peaks: whether true peaks are looked for, which takes most of the time.

    Attributes:
        peak: greatest absolute value on and between the samples (four-fold interpolation, a true peak).
    """

    def __init__(self, sample_rate: int, *, peaks: bool = True) -> None:
        import numpy as np

        self._step = round(sample_rate * _STEP_S)
        self._sections = k_weighting(sample_rate)
        self._state = np.zeros((2, 2))
        self._energies = array("d")  # mean square of each whole step
        self._open_sum = 0.0
        self._open_count = 0
        self.peak = 0.0
        self._looks_for_peaks = peaks
        self._interpolator = interpolator()
        self._tail: FloatArray = np.zeros(_TAPS - 1, dtype=np.float32)

    def add(self, block: FloatArray) -> None:
        """Takes (samples,) float32 into account."""
        import numpy as np
        from scipy.signal import sosfilt

        if not len(block):
            return
        weighted, self._state = sosfilt(self._sections, np.asarray(block, dtype=np.float64), zi=self._state)
        squares = weighted * weighted
        begin = 0
        while begin < len(squares):
            end = min(len(squares), begin + self._step - self._open_count)
            self._open_sum += float(squares[begin:end].sum())
            self._open_count += end - begin
            begin = end
            if self._open_count == self._step:
                self._energies.append(self._open_sum / self._step)
                self._open_sum, self._open_count = 0.0, 0
        if self._looks_for_peaks:
            self._add_peak(block)

    def momentary_lufs(self) -> NDArray[np.float64]:
        """(blocks,) loudness of each block of 400 ms so far, a new one every 100 ms, LUFS; ``-inf`` for silence.

        Audio shorter than one block of 400 ms is measured as one block, which the standard leaves open.
        """
        import numpy as np

        steps = np.frombuffer(self._energies, dtype=np.float64) if self._energies else np.zeros(0)
        if len(steps) < _STEPS_PER_BLOCK:
            count = len(steps) * self._step + self._open_count
            total = float(steps.sum()) * self._step + self._open_sum
            blocks = np.array([total / count if count else 0.0])
        else:
            blocks = np.convolve(steps, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), "valid")
        return _lufs_of(blocks)

    def integrated_lufs(self) -> float:
        """Gated loudness of everything so far, LUFS; ``-inf`` for silence."""
        return gated_lufs(self.momentary_lufs())

    def _add_peak(self, block: FloatArray) -> None:
        import numpy as np

        joined = np.concatenate([self._tail, block])
        self.peak = max(self.peak, float(np.abs(block).max()))
        for phase in self._interpolator:
            self.peak = max(self.peak, float(np.abs(np.convolve(joined, phase, "valid")).max()))
        self._tail = joined[-(_TAPS - 1) :].astype(np.float32)


def gated_lufs(blocks_lufs: NDArray[np.float64]) -> float:
    """Integrated loudness of (blocks,) momentary ones after both gates of the standard, LUFS; ``-inf`` for silence."""
    import numpy as np

    loud = blocks_lufs[blocks_lufs > _ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return -math.inf
    gate = _mean_lufs(loud) + _RELATIVE_GATE_LU
    return _mean_lufs(np.asarray(loud[loud > gate]))


def measure_loudness(waveform: FloatArray, sample_rate: int) -> float:
    """Integrated loudness of a whole waveform, LUFS; ``-inf`` for silence."""
    meter = LoudnessMeter(sample_rate)
    meter.add(waveform)
    return meter.integrated_lufs()


def gain_to_target(loudness_lufs: float, peak: float, target_lufs: float) -> tuple[float, str | None]:
    """Linear gain to a loudness target as far as peaks stay under -1 dBFS, and a warning where it is not reached.

    Args:
        loudness_lufs: measured integrated loudness; ``-inf`` (silence) asks for no gain.
        peak: greatest absolute value, on the samples or better between them too (``LoudnessMeter.peak``).
        target_lufs: wished integrated loudness.
    """
    if math.isinf(loudness_lufs):
        return 1.0, "音频是静音，无法调整响度。The audio is silent: its loudness is left as it is."
    wished_db = target_lufs - loudness_lufs
    allowed_db = CEILING_DBFS - 20 * math.log10(peak)
    if wished_db <= allowed_db + 1e-6:
        return 10 ** (wished_db / 20), None
    reached = loudness_lufs + allowed_db
    return 10 ** (allowed_db / 20), (
        f"响度只到 {reached:.1f} LUFS（目标 {target_lufs:.1f}），再大峰值会超过 {CEILING_DBFS:g} dBFS。"
        f"Loudness stops at {reached:.1f} LUFS, not {target_lufs:.1f}: the peaks reach {CEILING_DBFS:g} dBFS."
    )


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """(2, 6) second-order sections of the K-weighting filter: head shelf, then high pass."""
    import numpy as np

    # shelf of +4 dB above 1.7 kHz
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    quality = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    shelf = [
        (high + band * k / quality + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / quality + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / quality + k * k) / a0,
    ]
    # high pass at 38 Hz; the standard leaves its numerator at 1, -2, 1
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    quality = 0.5003270373238773
    a0 = 1 + k / quality + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]
    return np.array([shelf, high_pass])


def _lufs_of(mean_squares: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = -0.691 + 10 * np.log10(mean_squares)
    return result


def _mean_lufs(blocks_lufs: NDArray[np.float64]) -> float:
    """Loudness of the mean energy."""
    import numpy as np

    return float(10 * np.log10(np.mean(10 ** (blocks_lufs / 10))))


def interpolator() -> NDArray[np.float64]:
    """(3, taps) windowed-sinc phases that give the values a quarter, half and three quarters between samples."""
    import numpy as np

    position = np.arange(_TAPS) - (_TAPS // 2 - 1)
    phases = []
    for step in range(1, _OVERSAMPLING):
        offset = position - step / _OVERSAMPLING
        window = np.cos(np.pi * offset / _TAPS) ** 2
        phase = np.sinc(offset) * window
        phases.append(phase / phase.sum())
    return np.array(phases)
