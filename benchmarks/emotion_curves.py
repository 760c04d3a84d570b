"""What emotions do to the curves, without the decoder: steadiness in the intensity, variety of tunes, lost tones.

    python benchmarks/emotion_curves.py                         16 labels x 4 intensities x 2 voices x 4 sentences
    python benchmarks/emotion_curves.py --voices zf_xiaoyi --sentences 12 --labels sad,afraid

A sine hums the curves in place of the decoder (``benchmarks/context.py``), at a quarter of the time. Everything that
the curves and levels decide is measured: pitch, range, rate, level, the course of each tone, and the *tune*, that is
how far each syllable is moved against the neutral reading. Two sentences share one tune where those moves run alike
(correlation over the time from first to last syllable) and are as high. Timbre is not heard here.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.acoustics import measure
from benchmarks.context import VOICED_HZ, DryEngine
from benchmarks.emotion import LABELS, SENTENCES, SLACK, is_lost, is_monotone
from benchmarks.emotion_readings import NEUTRAL, contours_of, open_synthesizer
from benchmarks.report import describe_machine, json_line, number, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer

PACKAGES = ("tts-engine", "onnxruntime", "numpy", "praat-parselmouth")

#: Points at which tunes of sentences of different length are compared.
POINTS = 10

#: Measures that the curves decide; rate and range as ratios.
CURVED = ("pitch_st", "range_st", "rate", "level_db")


@dataclass(frozen=True)
class Hummed:
    """One reading: its measures, the pitch of each syllable (semitones, NaN unvoiced) and the course of each tone."""

    measures: dict[str, float]
    pitch: NDArray[np.float64]
    contours: NDArray[np.float64]


def hum(synthesizer: Synthesizer, text: str, voice: str, label: str, intensity: float, seed: int = 0) -> Hummed:
    """One reading of a sentence, context off."""
    from tts_engine.options import SynthesisOptions

    options = SynthesisOptions(voice=voice, emotion=label, emotion_intensity=intensity, context="off", seed=seed)
    chunk = synthesizer.render_sentence(text, 0, options)
    syllables = [syllable for word in chunk.sentence.words for syllable in word.syllables]
    edges = 2 * np.concatenate([[0], np.cumsum(chunk.prosody.durations)])
    pitch = np.full(len(syllables), np.nan)
    for index, syllable in enumerate(syllables):
        f0 = chunk.prosody.f0[edges[syllable.phonemes[0] + 1] : edges[syllable.phonemes[1] + 1]]
        if np.any(f0 > VOICED_HZ):
            pitch[index] = 12 * np.log2(f0[f0 > VOICED_HZ] / 100.0).mean()
    found = measure(chunk.waveform, synthesizer.sample_rate, len(syllables))
    contours = contours_of(chunk.waveform, synthesizer.sample_rate, chunk.timing.characters)
    return Hummed({name: getattr(found, name) for name in CURVED}, pitch, contours)


def change(one: Hummed, neutral: Hummed) -> dict[str, float]:
    """How a reading differs from the neutral one; rate and range as ratios."""
    pairs = {name: (one.measures[name], neutral.measures[name]) for name in CURVED}
    return {name: a / b if name in ("rate", "range_st") else a - b for name, (a, b) in pairs.items()}


def tune_of(one: Hummed, neutral: Hummed) -> NDArray[np.float64]:
    """(POINTS,) how far the syllables are moved, semitones, from the first to the last."""
    moved = one.pitch - neutral.pitch
    known = np.flatnonzero(~np.isnan(moved))
    at = np.linspace(0, len(moved) - 1, POINTS)
    return np.asarray(np.interp(at, known, moved[known]))


def likeness(tunes: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Of all pairs: mean correlation, and root mean square difference in semitones."""
    pairs = list(itertools.combinations(tunes, 2))
    correlation = [float(np.corrcoef(a, b)[0, 1]) for a, b in pairs]
    return float(np.mean(correlation)), float(np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in pairs]))


def examine(
    synthesizer: Synthesizer, label: str, homes: Mapping[tuple[str, str], Hummed], intensities: Sequence[float]
) -> dict[str, Any]:
    """Everything about one label."""
    steps: dict[float, dict[str, float]] = {}
    tunes: dict[str, list[NDArray[np.float64]]] = {}
    lost: list[bool] = []
    other_seed: list[float] = []
    for intensity in intensities:
        found = {key: hum(synthesizer, key[1], key[0], label, intensity) for key in homes}
        changes = [change(one, homes[key]) for key, one in found.items()]
        steps[intensity] = {name: float(np.mean([one[name] for one in changes])) for name in CURVED}
        if intensity == max(intensities):
            for (voice, text), one in found.items():
                home = homes[voice, text]
                tunes.setdefault(voice, []).append(tune_of(one, home))
                lost += is_lost(one.contours, home.contours)
            voice, text = next(iter(homes))
            again = hum(synthesizer, text, voice, label, intensity, seed=1)
            other_seed = [likeness([tunes[voice][0], tune_of(again, homes[voice, text])])[1]]
    back = [
        name
        for name in CURVED
        if not is_monotone([SLACK[name][0], *(step[name] for step in steps.values())], slack=SLACK[name][1])
    ]
    alike = [likeness(one) for one in tunes.values() if len(one) > 1]
    return {
        "steps": steps,
        "not_monotone": back,
        "tone_errors": 100.0 * float(np.mean(lost)),
        "tune_correlation": float(np.mean([one for one, _ in alike])),
        "tune_difference_st": float(np.mean([other for _, other in alike])),
        "other_seed_st": float(np.mean(other_seed)),
    }


def main() -> None:
    """Prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=lambda text: text.split(","), default=list(LABELS))
    parser.add_argument("--voices", type=lambda text: text.split(","), default=["zf_xiaoxiao", "zm_yunyang"])
    parser.add_argument("--sentences", type=int, default=4)
    parser.add_argument(
        "--intensities", type=lambda text: [float(x) for x in text.split(",")], default=[0.25, 0.5, 0.75, 1.0]
    )
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    machine = describe_machine(1, PACKAGES)
    synthesizer = open_synthesizer(arguments.cache_hub, 1, kind=DryEngine)
    homes = {
        (voice, text): hum(synthesizer, text, voice, NEUTRAL, 1.0)
        for voice in arguments.voices
        for text in SENTENCES[: arguments.sentences]
    }
    results, rows = {}, []
    for label in arguments.labels:
        one = results[label] = examine(synthesizer, label, homes, sorted(arguments.intensities))
        digits = {"pitch_st": 1, "range_st": 2, "rate": 2, "level_db": 1}
        steps = [" ".join(number(step[name], digits[name]) for step in one["steps"].values()) for name in CURVED]
        tunes = [number(one[name], 2) for name in ("tune_correlation", "tune_difference_st", "other_seed_st")]
        rows.append([label, *steps, " ".join(one["not_monotone"]) or "-", number(one["tone_errors"], 1), *tunes])
        print(label, file=sys.stderr, flush=True)
    print(
        table(["label", *CURVED, "not monotone", "tone errors, %", "tunes alike", "apart, st", "other seed, st"], rows)
    )
    print(json_line("emotion_curves", machine, results))


if __name__ == "__main__":
    main()
