"""What tests measure of arrays."""

from __future__ import annotations

import numpy as np


def snr_db(expected, actual) -> float:
    """Level of what is expected over the difference of the two, of the same shape."""
    expected, actual = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
    assert expected.shape == actual.shape
    return float(10 * np.log10(np.sum(expected**2) / max(np.sum((expected - actual) ** 2), 1e-30)))
