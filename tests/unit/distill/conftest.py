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
    """Random parameters of the tiny teacher, its level about that of speech."""
    torch = pytest.importorskip("torch", reason="the distillation needs the extra [train]")
    from tts_engine.acoustic.network import Network

    torch.manual_seed(0)
    parameters = Network(MODEL).parameters_by_name()
    parameters["generator.post.bias"][: MODEL.bins] -= 4.0
    return parameters


class TwoVoices:
    """Voices of the tiny network: two that differ, and mixes of them."""

    def __init__(self, names: tuple[str, ...] = ("zf_xiaoxiao", "zm_yunxi", "af_heart")) -> None:
        self._names = names

    def pack_names(self) -> tuple[str, ...]:
        return self._names

    names = pack_names

    def canonical(self, spec: str) -> str:
        return spec

    def level_db(self, spec: str) -> float:
        return 0.0

    def own_pitch_hz(self, spec: str) -> dict:
        return {}

    def style(self, spec: str, n_phonemes: int):
        from tts_engine.acoustic.voices import parse_mix
        from tts_engine.types import Style

        own = {name: np.random.default_rng(place).normal(size=(2, 6)) for place, name in enumerate(self._names)}
        timbre, prosody = sum(weight * own[name] for name, weight in parse_mix(spec).items()).astype(np.float32)
        return Style(timbre, prosody)


@pytest.fixture(scope="session")
def stage(model, teacher):
    """Performs texts with the tiny teacher."""
    from distill.generate import Stage
    from tts_engine.acoustic.engine import AcousticEngine
    from tts_engine.text.frontend import FrontEnd

    return Stage(AcousticEngine(model, teacher, threads=1), TwoVoices(), FrontEnd(model.symbols, max_phonemes=500))


@pytest.fixture(scope="session")
def lessons(stage, tmp_path_factory):
    """A folder with one small shard of each split, and the list it was made from."""
    from distill import generate
    from distill.recipe import Recipe
    from distill.texts import write_list

    patch = pytest.MonkeyPatch()
    patch.setattr(generate, "TEXTS", 2)
    patch.setattr(generate, "LESSONS", 2)
    folder = tmp_path_factory.mktemp("lessons")
    texts = write_list(200, 0)
    counts = dict.fromkeys(("train", "valid", "emotion"), 1)
    generate.generate(stage, texts, folder, Recipe(held_out_voices=()), counts=counts, report=lambda line: None)
    patch.undo()
    return folder
