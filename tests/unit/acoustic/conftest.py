"""A tiny seeded network with its torch outputs, kept as data so that the fast form is checked without torch too."""

from __future__ import annotations

import numpy as np
import pytest

from tiny_network import TINY, golden_arrays, golden_parameters
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.engine import AcousticEngine


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    return golden_arrays()


@pytest.fixture(scope="session")
def parameters() -> dict[str, np.ndarray]:
    return golden_parameters()


@pytest.fixture(scope="session")
def config() -> ModelConfig:
    return TINY


@pytest.fixture(scope="session")
def engine(parameters) -> AcousticEngine:
    return AcousticEngine(TINY, parameters, threads=1)
