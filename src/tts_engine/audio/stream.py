"""Audio for pipes: a WAV whose length is not known when it begins."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import FloatArray

_UNKNOWN = 0xFFFFFFFF  # what ffmpeg, sox and aplay take for "until the pipe ends"


def wav_stream_header(sample_rate: int) -> bytes:
    """44 bytes that open a mono 16-bit WAV of unknown length."""
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", _UNKNOWN, b"WAVE"),
            struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16),
            struct.pack("<4sI", b"data", _UNKNOWN),
        )
    )


def to_pcm16(waveform: FloatArray) -> bytes:
    """(samples,) float32 in [-1, 1] as little-endian 16-bit samples, rounded."""
    import numpy as np

    return np.round(np.clip(waveform, -1.0, 32767 / 32768) * 32768).astype("<i2").tobytes()
