"""The acoustic network at toy size, with the parameters and outputs that were written down for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tts_engine.acoustic.config import AlbertConfig, ModelConfig

GOLDEN = Path(__file__).resolve().parent / "golden" / "acoustic" / "tiny_network.npz"
TINY = ModelConfig(
    symbols={symbol: i + 1 for i, symbol in enumerate("abcdefghi ,")},
    n_symbols=12,
    albert=AlbertConfig(embedding=8, hidden=12, heads=2, feed_forward=20, layers=3, positions=34),
    hidden=16,
    style=6,
    duration_bins=10,
    text_layers=2,
    prosody_layers=2,
    decoder_width=16,
    text_residual=4,
    decoder_blocks=2,
    upsample_rates=(4, 2),
    upsample_kernels=(8, 4),
    block_kernels=(3, 5),
    block_dilations=(1, 3),
    source_kernels=(5, 7),
)
PHONEMES = "abc, hig fed"


def golden_arrays() -> dict[str, np.ndarray]:
    """``parameters/<name>``, ``in/<name>`` and ``out/<name>``; made by regenerate.py beside the file."""
    with np.load(GOLDEN) as data:
        return {name: data[name] for name in data.files}


def golden_parameters() -> dict[str, np.ndarray]:
    """(…) float32 by name, as an engine takes them."""
    arrays = {name: value for name, value in golden_arrays().items() if name.startswith("parameters/")}
    return {name.partition("/")[2]: value.astype(np.float32) for name, value in arrays.items()}
