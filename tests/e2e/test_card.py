"""The real weights in the card's runtime, on torch's processor tensors, beside ONNX Runtime."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from measures import snr_db
from tts_engine.acoustic import onnx_runtime
from tts_engine.acoustic.device import Device
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.voices import VoiceStore

torch = pytest.importorskip("torch", reason="the card's runtime needs the extra [gpu]")
pytestmark = pytest.mark.e2e

# 今天天气很好。 / 我们走吧！
PHONEMES = ("ʨi→ntʰjɛ→n tʰjɛ→nʨʰi↘ xə↓n xau↓.", "wo↓mnə ʦou↓ pa!")


@pytest.fixture(scope="module")
def engine(model_files) -> AcousticEngine:
    return AcousticEngine.load(model_files.model_file, threads=2)


@pytest.fixture(scope="module")
def card(model_files) -> AcousticEngine:
    torch.set_num_threads(2)
    device = Device("cpu", "for tests", card="processor tensors")
    return AcousticEngine.load(model_files.model_file, threads=2, device=device)


def test_it_says_the_same_as_the_processor_alone_and_together(engine, card, model_files, monkeypatch):
    monkeypatch.setattr(onnx_runtime, "WHOLE_FRAMES", 10**9)  # with its own statistics, as the card's
    voices = VoiceStore(model_files.voices_dir)
    card._runtime.batcher._wait_s = 1.0
    begin = threading.Barrier(len(PHONEMES))  # they go together

    def both(phonemes: str) -> tuple[list[float], float]:
        style = voices.style("zf_xiaoxiao", len(phonemes))
        expected = engine.encode(phonemes, style.prosody)
        begin.wait(60)
        made = card.encode(phonemes, style.prosody)
        np.testing.assert_allclose(made.durations, expected.durations, atol=2e-3)
        curves = engine.predict(expected)
        drawn = card.predict(expected, curves.durations)
        waveforms = [one.render(expected, curves, style.timbre, seed=4) for one in (engine, card)]
        return [snr_db(curves.f0, drawn.f0), snr_db(curves.energy, drawn.energy)], snr_db(*waveforms)

    with ThreadPoolExecutor(2) as pool:
        for curves_db, waveform_db in pool.map(both, PHONEMES):
            assert min(curves_db) > 70
            assert waveform_db > 50
    assert card._runtime.batcher.calls > card._runtime.batcher.batches
