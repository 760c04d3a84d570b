"""Fits the estimate of the generator's statistics and writes ``src/tts_engine/acoustic/statistics.npz``.

    python scripts/fit_statistics.py render FOLDER --seconds 1800   speaks, and keeps what each utterance had
    python scripts/fit_statistics.py fit FOLDER                     fits the map, says how well it does, writes it

``render`` speaks sentences of ``benchmarks/sentences.txt``, one or two at a time, with every voice of the model and
mixes of two, at several speeds, pitches and emotions; it may be stopped and goes on where it was. Ridge regression in
its dual form: there are more inputs than utterances.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tts_engine.acoustic import recover, stages
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.layers import EPSILON
from tts_engine.acoustic.onnx_runtime import open_session, run_session
from tts_engine.acoustic.source import spectrum
from tts_engine.acoustic.statistics import Estimate, observe
from tts_engine.acoustic.voices import VoiceStore
from tts_engine.assets import CacheHub
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import Synthesizer
from tts_engine.text.frontend import FrontEnd

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src" / "tts_engine" / "acoustic" / "statistics.npz"
SENTENCES = ROOT / "benchmarks" / "sentences.txt"
EMOTIONS = ("neutral", "neutral", "neutral", "happy", "sad", "angry", "gentle", "excited", "serious", "afraid",
            "surprised", "whispering", "shouting")  # fmt: skip

#: Components kept, and the ridge, in units of the mean square of all inputs: both by utterances left out.
COMPONENTS = 64
RIDGE = 0.02

#: Weight of each group of inputs: curves, style, means and deviations of the features.
WEIGHTS = (0.3, 1.0, 0.5, 0.5)

#: How far beyond what was seen a component may go.
ROOM = 1.2


class RecordingEngine(AcousticEngine):
    """The engine with a generator that also tells its statistics, kept in ``folder``."""

    folder: Path
    _recorder: Any = None

    @classmethod
    def recording(cls, model_file: Path, folder: Path) -> RecordingEngine:
        """An engine of one thread."""
        parameters = recover.load(model_file)
        engine = cls(ModelConfig(), parameters, threads=1)
        engine.folder = folder
        graph = stages.generator(engine.config, parameters)
        told = []
        for node in graph.model().graph.node:
            if node.op_type == "If":  # what a norm normalises is the input of its second branch
                own = next(a.g for a in node.attribute if a.name == "else_branch")
                x = own.node[0].input[0]
                mean = graph.add("ReduceMean", x, graph.integers(0, 2, 3), keepdims=1)
                square = graph.add("ReduceMean", graph.add("Pow", graph.add("Sub", x, mean), graph.constant(2.0)),
                                   graph.integers(0, 2, 3), keepdims=0)  # fmt: skip
                told += [graph.add("Reshape", mean, graph.integers(-1)), square]
        graph.output("told", graph.add("Concat", *told, axis=0), ["channels"])
        engine._recorder = open_session(graph, threads=1)
        return engine

    def rendering(self, *arguments: Any, **named: Any) -> Any:
        """The utterance, rendered whole at once."""
        rendering = super().rendering(*arguments, **named)
        if self._recorder is None:  # the engine tries itself out
            return rendering
        curves, made = rendering.curves, rendering.made
        count = 2 * sum(stages.norm_widths(self.config))
        waveform, told = run_session(
            self._recorder,
            features=made.features,
            style=curves.style[None],
            source=spectrum(made.source, self.config),
            statistics=np.zeros(count, np.float32),
            is_given=np.array(False),
        )
        inputs = observe(curves, made.features, self.config)
        name = hashlib.sha256(inputs.tobytes()).hexdigest()[:16]
        np.savez(self.folder / f"{name}.npz", inputs=inputs, told=told)
        hop = self.config.frame_hop
        return SimpleNamespace(
            frames=rendering.frames,
            joins=False,
            part=lambda begin, end, *_: waveform[begin * hop : end * hop],
        )


def render(folder: Path, cache_hub: Path, seconds: float) -> None:
    """Speaks until the time is up."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    files = CacheHub(cache_hub).ensure()
    engine = RecordingEngine.recording(files.model_file, folder)
    voices = VoiceStore(files.voices_dir)
    front_end = FrontEnd(engine.config.symbols, lexicon_dir=files.lexicon_dir)
    synthesizer = Synthesizer.from_parts(engine, voices, front_end)
    names = [*voices.names(), *4 * [name for name in voices.names() if name.startswith("z")]]
    texts = SENTENCES.read_text("utf-8").split()
    chance = random.Random(len(list(folder.iterdir())))
    while time.monotonic() - began < seconds:
        one, other, share = chance.choice(names), chance.choice(names), chance.choice([1.0, 1.0, 0.7, 0.5, 0.3])
        text = chance.choice(texts)
        if chance.random() < 0.3:
            text = text.rstrip("。！？") + "，" + chance.choice(texts)
        options = SynthesisOptions(
            voice=one if share == 1.0 or one == other else f"{one}:{share}+{other}:{1 - share:.1f}",
            emotion=chance.choice(EMOTIONS),
            speed=chance.choice([0.8, 0.9, 1.0, 1.0, 1.0, 1.1, 1.25]),
            pitch_shift_st=chance.choice([-4.0, -2.0, 0.0, 0.0, 0.0, 2.0, 4.0]),
        )
        synthesizer.synthesize(text, options)
        print(options.voice, options.emotion, text, flush=True)


def fit(folder: Path) -> None:
    """Fits without a quarter of the utterances, says what they would have got, then fits with all and writes."""
    config = ModelConfig()
    pairs = [np.load(file) for file in sorted(folder.glob("*.npz"))]
    inputs = np.array([pair["inputs"] for pair in pairs], np.float64)
    told = np.array([pair["told"] for pair in pairs], np.float64)
    chosen = np.random.default_rng(0).permutation(len(inputs))
    out, kept = chosen[: len(chosen) // 4], chosen[len(chosen) // 4 :]
    for name, utterances in (("seen", kept), ("left out", out)):
        mean, deviation = _errors(fitted(inputs[kept], told[kept], config), inputs[utterances], told[utterances])
        print(f"{name} ({len(utterances)}): means off by {mean:.4f} deviations, deviations by {100 * deviation:.2f} %")
    estimate = fitted(inputs, told, config)
    half = ("inwards", "outwards")
    arrays = {name: getattr(estimate, name) for name in Estimate.__dataclass_fields__ if name != "widths"}
    np.savez_compressed(
        TARGET,
        widths=np.array(estimate.widths),
        **{name: array.astype(np.float16 if name in half else np.float32) for name, array in arrays.items()},
    )
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.2f} MB from {len(inputs)} utterances")


def fitted(inputs: Any, told: Any, config: ModelConfig) -> Estimate:
    """The estimate from (utterances, inputs) and (utterances, 2 x channels) as the generator tells them."""
    widths = tuple(stages.norm_widths(config))
    means, logs = _apart(told, widths)
    scale = np.exp(logs.mean(0))
    wanted = np.concatenate([means / scale, logs], axis=1)
    middle, centre, spread = wanted.mean(0), inputs.mean(0), inputs.std(0) + 1e-6
    groups = (inputs.shape[1] - config.style - 2 * config.hidden, config.style, config.hidden, config.hidden)
    weights = np.concatenate([np.full(n, np.sqrt(w / n)) for n, w in zip(groups, WEIGHTS, strict=True)])
    known = (inputs - centre) / spread
    weighted = known * weights
    dual = np.linalg.solve(weighted @ weighted.T + RIDGE * np.eye(len(known)), wanted - middle)
    matrix = (weighted.T @ dual) * weights[:, None]
    outwards = np.linalg.svd(known @ matrix, full_matrices=False)[2][:COMPONENTS]
    inwards = matrix @ outwards.T
    limit = ROOM * np.abs(known @ inwards).max(0)
    return Estimate(widths, centre, spread, inwards, outwards, middle, scale, limit)


def _apart(told: Any, widths: tuple[int, ...]) -> tuple[Any, Any]:
    """Means and logarithms of deviations, each (utterances, channels)."""
    edges = np.cumsum([width for width in widths for _ in (0, 1)])[:-1]
    parts = np.split(told, edges, axis=1)
    return np.concatenate(parts[::2], axis=1), 0.5 * np.log(np.concatenate(parts[1::2], axis=1) + EPSILON)


def _errors(estimate: Estimate, inputs: Any, told: Any) -> tuple[float, float]:
    """Root mean square errors of means, in deviations, and of the logarithms of deviations."""
    means, logs = _apart(told, estimate.widths)
    components = ((inputs - estimate.centre) / estimate.spread) @ estimate.inwards
    guessed = estimate.middle + np.clip(components, -estimate.limit, estimate.limit) @ estimate.outwards
    errors = np.square(guessed - np.concatenate([means / estimate.scale, logs], axis=1))
    return tuple(float(np.sqrt(half.mean())) for half in np.split(errors, 2, axis=1))


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("render", "fit"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--seconds", type=float, default=1800.0)
    arguments = parser.parse_args()
    if arguments.what == "render":
        render(arguments.folder, arguments.cache_hub, arguments.seconds)
    else:
        fit(arguments.folder)


if __name__ == "__main__":
    main()
