"""The distillation at toy size: its package stands in scripts/, its engine is a tiny network."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT / "scripts") not in sys.path:
    sys.path.insert(0, str(ROOT / "scripts"))

from tts_engine.acoustic.config import AlbertConfig, ModelConfig  # noqa: E402
from tts_engine.acoustic.fast.config import FastConfig  # noqa: E402

MODEL = ModelConfig(
    albert=AlbertConfig(embedding=8, hidden=12, heads=2, feed_forward=20, layers=2),
    hidden=16,
    style=6,
    duration_bins=10,
    text_layers=1,
    prosody_layers=1,
    decoder_width=16,
    text_residual=4,
    decoder_blocks=2,
    upsample_rates=(10, 6),
    upsample_kernels=(20, 12),
    block_kernels=(3, 5),
    block_dilations=(1, 3),
)
FAST = FastConfig(hidden=16, style=6, width=12, blocks=2, fine_width=10, fine_blocks=2, kernel=5, n_fft=600)


@pytest.fixture(scope="session")
def model() -> ModelConfig:
    return MODEL


@pytest.fixture(scope="session")
def fast() -> FastConfig:
    return FAST


@pytest.fixture(scope="session")
def teacher() -> dict[str, np.ndarray]:
    """Random parameters of the tiny teacher."""
    torch = pytest.importorskip("torch", reason="the distillation needs the extra [train]")
    from tts_engine.acoustic.network import Network

    torch.manual_seed(0)
    return Network(MODEL).parameters_by_name()
