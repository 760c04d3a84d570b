"""A synthesizer with a tiny random network: it speaks noise, at once, through all the real code. For dry runs.

The front end, the symbols, the rates and the pipeline are the real ones; only the widths are small and the weights are
random. Nothing that it says means anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tts_engine.acoustic.device import Device
    from tts_engine.pipeline import Synthesizer

VOICE = "zf_xiaoxiao"


def tiny_synthesizer(folder: Path, device: Device, *, threads: int = 1) -> Synthesizer:
    """A synthesizer whose network is random, on that device.

    Args:
        folder: for its voice, written anew.
        device: where it is computed.
        threads: of the processor.
    """
    import torch

    from tts_engine.acoustic.config import AlbertConfig, ModelConfig
    from tts_engine.acoustic.engine import AcousticEngine
    from tts_engine.acoustic.network import Network
    from tts_engine.acoustic.voices import ROWS, WIDTH, VoiceStore
    from tts_engine.emotion.vocabulary import is_emotion
    from tts_engine.pipeline import Synthesizer
    from tts_engine.text.frontend import FrontEnd

    config = ModelConfig(
        albert=AlbertConfig(embedding=4, hidden=8, heads=2, feed_forward=8, layers=2),
        hidden=8,
        style=WIDTH // 2,
        duration_bins=6,
        text_layers=1,
        prosody_layers=1,
        decoder_width=8,
        text_residual=2,
        decoder_blocks=2,
        block_kernels=(3,),
        block_dilations=(1,),
    )
    torch.manual_seed(7)
    network = Network(config)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if ".norm" in name:
                value.mul_(0.1)
        network.prosody.f0_head.bias.fill_(220.0)
    engine = AcousticEngine(config, network.parameters_by_name(), threads=threads, device=device)
    pack = np.random.default_rng(0).standard_normal((ROWS, WIDTH)).astype(np.float32) * 0.1
    pack.tofile(folder / f"{VOICE}.bin")
    front_end = FrontEnd(config.symbols, max_phonemes=config.max_phonemes, is_emotion=is_emotion)
    return Synthesizer.from_parts(engine, VoiceStore(folder), front_end)
