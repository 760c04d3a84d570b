"""Fixtures of every test; those with real weights fetch them once into the deployment's own cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tts_engine.settings import load_settings

if TYPE_CHECKING:
    from tts_engine.assets import ModelFiles
    from tts_engine.pipeline import Synthesizer

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def cache_hub() -> Path:
    """The folder of the real models: ``TTS_CACHE_HUB``, or ``cache_hub`` in the repository."""
    settings, _ = load_settings()
    return settings.cache_hub if settings.cache_hub.is_absolute() else REPOSITORY / settings.cache_hub


@pytest.fixture(scope="session")
def model_files(cache_hub: Path) -> ModelFiles:
    """The real weights and voices, fetched if they are not there yet."""
    from tts_engine.assets import CacheHub

    return CacheHub(cache_hub).ensure()


@pytest.fixture(scope="session")
def synthesizer(cache_hub: Path, model_files: ModelFiles) -> Synthesizer:
    """A loaded synthesizer on the real weights, without network."""
    from tts_engine.pipeline import Synthesizer

    return Synthesizer(cache_hub=cache_hub, offline=True, device="cpu")


@pytest.fixture(scope="module")
def one_torch_thread():
    """Networks of a test's size are quickest on one thread."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
