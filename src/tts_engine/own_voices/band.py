"""How far up in frequency a recording reaches: a telephone's and a microphone's are not compared as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..hearing.frames import RATE, decibels, mel_bank, power_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

#: Below this against the loudest, dB, there is nothing.
EMPTY_DB = -50.0
#: A recording that reaches that share of the whole band counts as whole.
WHOLE = 0.75


def reach_hz(waveform: NDArray[np.floating]) -> float:
    """Up to where there is speech in a recording at 16 kHz: about 4000 for a telephone, 8000 for a microphone."""
    level_db = decibels(power_spectra(waveform).mean(axis=0))
    return _reach(level_db, np.linspace(0.0, RATE / 2, len(level_db)))


def reach_of_bands(mel_db: Matrix, low_hz: float, high_hz: float) -> float:
    """The same from (frames, bands) of a mel spectrum between two frequencies."""
    bank = mel_bank(mel_db.shape[1], low_hz, high_hz, RATE // 2 + 1)
    upper = np.array([float(np.flatnonzero(band)[-1]) for band in bank])  # one bin is one Hz
    return _reach(decibels(np.power(10.0, mel_db / 10.0).mean(axis=0)), upper)


def narrowed(waveform: NDArray[np.floating], band_hz: float) -> NDArray[np.floating]:
    """A waveform at 16 kHz without what is above a frequency."""
    if band_hz >= RATE / 2:
        return waveform
    spectrum = np.fft.rfft(waveform)
    spectrum[int(band_hz / (RATE / 2) * len(spectrum)) :] = 0.0
    return np.asarray(np.fft.irfft(spectrum, n=len(waveform)))


def _reach(level_db: Matrix, hz: Matrix) -> float:
    reach = float(hz[np.flatnonzero(level_db > level_db.max() + EMPTY_DB)[-1]])
    return reach if reach < WHOLE * RATE / 2 else RATE / 2
