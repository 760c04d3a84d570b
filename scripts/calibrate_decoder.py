"""Measures the ranges of the decoder's convolutions and writes ``src/tts_engine/acoustic/decoder_ranges.npz``.

    python scripts/calibrate_decoder.py

Every Mandarin voice speaks three sentences, each in another emotion, and four voices speak English; kept is the
farthest that each input channel of each convolution behind an AdaIN went. The sentences are not those of the
benchmarks. Takes about two minutes on one thread.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tts_engine.acoustic import recover, stages
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import conv
from tts_engine.acoustic.onnx_runtime import Made, OnnxRuntime, open_session, run_session
from tts_engine.acoustic.quantised import DATA
from tts_engine.acoustic.source import excitation, spectrum
from tts_engine.acoustic.voices import VoiceStore
from tts_engine.assets import CacheHub
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import Synthesizer
from tts_engine.text.frontend import FrontEnd

Array = NDArray[np.float32]

TARGET = Path(__file__).parents[1] / "src" / "tts_engine" / "acoustic" / DATA

EMOTIONS = ("neutral", "happy", "angry", "sad", "afraid", "surprised", "excited", "whispering", "gentle", "shouting",
            "serious", "calm")  # fmt: skip
SENTENCES = (
    "山上的雪化了，小溪又唱起歌来。",
    "请在三号窗口排队，带好身份证。",
    "他猛地站起来，一句话也没有说。",
    "你猜我昨天遇见谁了？",
    "夜里下了一场大雨，院子里全是落叶。",
    "我们下周二上午九点半开会。",
    "这台机器的温度不能超过八十度！",
    "从前有一座山，山里有一座庙。",
)
ENGLISH = (
    ("af_heart", "The quick brown fox jumps over the lazy dog."),
    ("am_michael", "Please call me back at ten o'clock."),
    ("bf_emma", "What a lovely day this is!"),
    ("zf_xiaoxiao", "我用 Python 写了一个 web server。"),
)

#: Weights spread too wide over its inputs (curves in hertz among them) to be rounded: left in float32.
LEFT_OUT = ("decoder.first.conv1",)

#: Blocks whose rounding is heard; in 16 bits it is not (docs/experiments.md).
FINE = ("generator.blocks.4.", "generator.blocks.5.")


class Recorder(OnnxRuntime):
    """Stage C that keeps the farthest that the inputs of its convolutions went: name -> (low, high), (2, channels)."""

    def __init__(self, config: ModelConfig, parameters: recover.Weights) -> None:
        super().__init__(config, parameters, threads=1, has_decoder=False)
        self.ranges: dict[str, Array] = {}
        self._parts = [
            open_session(stage(config, parameters, _tell), threads=1) for stage in (stages.decoder, stages.generator)
        ]

    def prepare(self, curves: Any) -> Made:
        """As its parent, told on the way."""
        made = excitation(curves.f0, self._mix, self._mix_bias, self._config, seed=curves.seed, noise=curves.noise)
        text, style = curves.text[curves.rows], curves.style[None]
        features = self._run(0, text=text, f0=curves.f0, energy=curves.energy, style=style)
        return Made(made, features, None)

    def decode(self, curves: Any, made: Made, begin: int, end: int) -> Array:
        """As its parent, whole utterances only."""
        waveform = self._run(
            1,
            features=made.features,
            style=curves.style[None],
            source=spectrum(made.source, self._config),
            statistics=np.zeros(2 * sum(stages.norm_widths(self._config)), np.float32),
            is_given=np.array(False),
        )
        hop = self._config.frame_hop
        return waveform[begin * hop : end * hop]

    def _run(self, part: int, **inputs: Any) -> Array:
        session = self._parts[part]
        outputs = dict(zip((one.name for one in session.get_outputs()), run_session(session, **inputs), strict=True))
        for name in [name for name in outputs if name.startswith("low/")]:
            layer = name.removeprefix("low/")
            low, high = np.minimum(outputs.pop(name), 0), np.maximum(outputs.pop(f"high/{layer}"), 0)
            before = self.ranges.get(layer, np.stack([low, high]))
            self.ranges[layer] = np.stack([np.minimum(before[0], low), np.maximum(before[1], high)])
        (result,) = outputs.values()
        return result


def _tell(graph: Graph, name: str, x: str, *arguments: Any, **named: Any) -> str:
    """``layers.conv`` that also gives out how far its input goes."""
    for end, operator in (("low", "ReduceMin"), ("high", "ReduceMax")):
        graph.output(f"{end}/{name}", graph.add(operator, x, graph.integers(0, 2, 3), keepdims=0), None)
    return conv(graph, name, x, *arguments, **named)


def main() -> None:
    """Speaks, and writes what it measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    files = CacheHub(parser.parse_args().cache_hub).ensure()
    parameters = recover.load(files.model_file)
    engine = AcousticEngine(ModelConfig(), parameters, threads=1)
    engine._runtime = recorder = Recorder(engine.config, parameters)
    voices = VoiceStore(files.voices_dir)
    synthesizer = Synthesizer.from_parts(engine, voices, FrontEnd(engine.config.symbols, lexicon_dir=files.lexicon_dir))
    turns = [(voice, SENTENCES[(i + 3 * j) % len(SENTENCES)], EMOTIONS[(3 * i + j) % len(EMOTIONS)])
             for i, voice in enumerate(name for name in sorted(voices.names()) if name.startswith("z"))
             for j in range(3)]  # fmt: skip
    for voice, text, emotion in [*turns, *((voice, text, "neutral") for voice, text in ENGLISH)]:
        synthesizer.synthesize(text, SynthesisOptions(voice=voice, emotion=emotion))
        print(voice, emotion, text, flush=True)
    names = [name for name in recorder.ranges if name not in LEFT_OUT]
    bits = [16 if name.startswith(FINE) else 8 for name in names]
    np.savez_compressed(
        TARGET,
        names=np.array(names),
        bits=np.array(bits),
        **{name: recorder.ranges[name].astype(np.float16) for name in names},
    )
    print(f"{TARGET}: {len(names)} layers, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
