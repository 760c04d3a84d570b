"""The laboratory of emotions: what each label does to the voice, what it costs, and whether labels can be told apart.

    python benchmarks/emotion.py                                        the whole table (hours on two cores)
    python benchmarks/emotion.py --labels angry,sad --voices zm_yunxi --sentences 3 --intensities 1
    python benchmarks/emotion.py --skip recogniser,distillmos --plots docs/plots --save lab.json

Every label is spoken at every intensity by every voice on neutral sentences, context off, and compared with the
neutral reading of the same sentence by the same voice. Changes are means with 95 % confidence intervals over
sentences and voices. Tone errors: syllables whose pitch no longer moves as in the neutral reading. (A classifier of
tones was tried first; trained on a dozen sentences it misreads half of the neutral ones.)
The classifier of emotions sees the instruments' measures against the neutral average *of that voice*, is trained on
one half of the voices and sentences and tested on the other half of both.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.acoustics import NAMES, Measures, measure, track_pitch
from benchmarks.report import describe_machine, json_line, number, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer

NEUTRAL = "neutral"
MAIN_LABELS = ("happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm")
LABELS = (
    *MAIN_LABELS,
    "gentle",
    "excited",
    "cheerful",
    "affectionate",
    "serious",
    "whispering",
    "shouting",
    "sarcastic",
)
VOICES = ("zf_xiaoxiao", "zm_yunxi", "zf_xiaoni", "zm_yunyang")
PACKAGES = ("tts-engine", "onnxruntime", "numpy", "praat-parselmouth", "scikit-learn", "resemblyzer")

#: Neutral in what they say, between 8 and 16 syllables, all tones; written for this project.
SENTENCES = (
    "他明天上午要去图书馆还书。",
    "桌子上放着一本新的地图。",
    "这趟列车开往城市的南边。",
    "我把钥匙放在门口的盒子里了。",
    "他们家的窗户朝着那条河。",
    "会议改到了星期三下午两点。",
    "你说的那件事我已经知道了。",
    "楼下的商店今天十点开门。",
    "她走进房间，打开了电脑。",
    "这张照片是去年在北京拍的。",
    "请从左边的楼梯走到二楼。",
    "外面的路上停着三辆车。",
)

#: A neutral syllable that moves less than this (in deviations of its sentence's pitch) says nothing of its tone; a
#: course that correlates less than this with the neutral one is another tone.
LEAST_MOVEMENT = 0.6
LEAST_LIKENESS = 0.2


@dataclass(frozen=True)
class Reading:
    """One rendered sentence with everything measured of it.

    Attributes:
        label: emotion asked for.
        intensity: 0-1.
        voice: who spoke.
        sentence: index into the sentences.
        measures: by instruments.
        contours: (n_characters, 8) course of the pitch over each character.
        scores: of the listeners that were asked.
    """

    label: str
    intensity: float
    voice: str
    sentence: int
    measures: Measures
    contours: NDArray[np.float64]
    scores: dict[str, float]


class Panel:
    """The listeners: recogniser, DNSMOS, DistillMOS, speaker similarity; any may be left out."""

    def __init__(self, threads: int, skip: Sequence[str]) -> None:
        from benchmarks import probes

        self._prepare = probes.prepare
        self._recogniser = None if "recogniser" in skip else probes.Recogniser(threads)
        self._dnsmos = None if "dnsmos" in skip else probes.Dnsmos(threads)
        self._distillmos = None if "distillmos" in skip else probes.DistillMos(threads)
        self._speaker = None if "similarity" in skip else _speaker_encoder()
        self._neutral: dict[tuple[str, int], NDArray[np.float32]] = {}

    def rate(
        self, waveform: NDArray[np.float32], sample_rate: int, text: str, key: tuple[str, int]
    ) -> dict[str, float]:
        """Scores of one reading; the first reading of a key is the neutral one that similarity refers to."""
        from benchmarks.readback import distance, syllables

        clip = self._prepare(waveform, sample_rate)
        scores: dict[str, float] = {}
        if self._recogniser:
            wanted = syllables(text)
            scores["errors"] = distance(wanted, syllables(self._recogniser.transcribe(clip)))
            scores["syllables"] = len(wanted)
        if self._dnsmos:
            scores["ovrl"], scores["p808"] = self._dnsmos.rate(clip)
        if self._distillmos:
            scores["distillmos"] = self._distillmos.rate(clip)
        if self._speaker:
            embedding = self._speaker(clip)
            neutral = self._neutral.setdefault(key, embedding)
            scores["similarity"] = float(embedding @ neutral / np.linalg.norm(embedding) / np.linalg.norm(neutral))
        return scores


def _speaker_encoder() -> Any:
    from resemblyzer import VoiceEncoder

    return VoiceEncoder("cpu", verbose=False).embed_utterance


def read_all(
    synthesizer: Synthesizer,
    panel: Panel,
    labels: Sequence[str],
    intensities: Sequence[float],
    voices: Sequence[str],
    sentences: Sequence[str],
) -> Iterator[Reading]:
    """Every reading, the neutral one of each voice and sentence first."""
    from tts_engine.options import SynthesisOptions

    for voice in voices:
        for index, text in enumerate(sentences):
            for label, intensity in [(NEUTRAL, 0.0), *((name, i) for name in labels for i in intensities)]:
                options = SynthesisOptions(voice=voice, emotion=label, emotion_intensity=intensity, context="off")
                chunks = list(synthesizer.stream(text, options))
                waveform = np.concatenate([chunk.waveform for chunk in chunks])
                (chunk,) = chunks
                syllables = [item for word in chunk.sentence.words for item in word.syllables]
                yield Reading(
                    label,
                    intensity,
                    voice,
                    index,
                    measure(waveform, synthesizer.sample_rate, len(syllables)),
                    _contours(waveform, synthesizer.sample_rate, chunk.timing.characters),
                    panel.rate(waveform, synthesizer.sample_rate, text, (voice, index)),
                )


def _contours(waveform: NDArray[np.float32], sample_rate: int, characters: Sequence[Any]) -> NDArray[np.float64]:
    """(n_characters, 8) course of the pitch over each Han character around its mean, in deviations of the sentence."""
    times, f0 = track_pitch(waveform, sample_rate)
    voiced = f0 > 0
    pitch = np.interp(times, times[voiced], 12 * np.log2(f0[voiced]))
    pitch = pitch / max(pitch[voiced].std(), 0.5)
    spans = [(item.begin_s, item.end_s) for item in characters if "\u4e00" <= item.text <= "\u9fff"]
    rows = np.array([np.interp(np.linspace(b + 0.2 * (e - b), e, 8), times, pitch) for b, e in spans])
    return rows - rows.mean(axis=1, keepdims=True)


def tone_errors(readings: Sequence[Reading]) -> dict[tuple[str, float], float]:
    """Share of syllables whose pitch no longer moves as in the neutral reading, per label and intensity.

    A syllable counts where the neutral one moves (by more than ``LEAST_MOVEMENT`` deviations of its sentence's pitch)
    and its course correlates with the neutral course by less than ``LEAST_LIKENESS``: lost or turned round.
    """
    neutral = {(r.voice, r.sentence): r for r in readings if r.label == NEUTRAL}
    lost: dict[tuple[str, float], list[bool]] = {}
    for reading in readings:
        if reading.label != NEUTRAL:
            home = neutral[reading.voice, reading.sentence]
            lost.setdefault((reading.label, reading.intensity), []).extend(
                float(np.corrcoef(course, usual)[0, 1]) < LEAST_LIKENESS
                for course, usual in zip(reading.contours, home.contours, strict=True)
                if np.ptp(usual) > LEAST_MOVEMENT and np.ptp(course) > 0
            )
    return {key: float(np.mean(values)) for key, values in lost.items() if values}


def changes(readings: Sequence[Reading]) -> dict[tuple[str, float], dict[str, tuple[float, float]]]:
    """Mean change against neutral and half its 95 % confidence interval, per label, intensity and measure."""
    neutral = {(r.voice, r.sentence): r for r in readings if r.label == NEUTRAL}
    found: dict[tuple[str, float], dict[str, tuple[float, float]]] = {}
    for key in dict.fromkeys((r.label, r.intensity) for r in readings if r.label != NEUTRAL):
        group = [r for r in readings if (r.label, r.intensity) == key]
        pairs = [(r, neutral[r.voice, r.sentence]) for r in group]
        values = {name: [getattr(a.measures, name) - getattr(b.measures, name) for a, b in pairs] for name in NAMES}
        values["rate"] = [a.measures.rate / b.measures.rate for a, b in pairs]
        values["range_st"] = [a.measures.range_st / b.measures.range_st for a, b in pairs]
        for score in ("ovrl", "p808", "distillmos"):
            values[score] = [a.scores[score] - b.scores[score] for a, b in pairs if score in a.scores]
        values["similarity"] = [a.scores["similarity"] for a, _ in pairs if "similarity" in a.scores]
        values["error_points"] = [
            100 * (a.scores["errors"] - b.scores["errors"]) / a.scores["syllables"]
            for a, b in pairs
            if "errors" in a.scores
        ]
        found[key] = {name: _with_interval(numbers) for name, numbers in values.items() if numbers}
    return found


def _with_interval(values: Sequence[float]) -> tuple[float, float]:
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.fmean(values), 1.96 * spread


def features(readings: Sequence[Reading], labels: Sequence[str]) -> tuple[NDArray[np.float64], list[Reading]]:
    """Measures of the readings with these labels against the neutral average of their voice."""
    chosen = [reading for reading in readings if reading.label in labels]
    homes = {
        voice: np.mean([r.measures.as_array() for r in readings if r.voice == voice and r.label == NEUTRAL], axis=0)
        for voice in {reading.voice for reading in readings}
    }
    return np.array([r.measures.as_array() - homes[r.voice] for r in chosen]), chosen


def classify(readings: Sequence[Reading], labels: Sequence[str]) -> dict[str, Any]:
    """Accuracy on voices and sentences that the classifier has not heard.

    ``halves``: trained on one half of the voices and sentences, tested on the other half of both, both ways round.
    ``each``: tested on one voice and sentence, trained on the other voices' other sentences, all in turn.
    """
    data, chosen = features(readings, labels)
    voices = sorted({reading.voice for reading in chosen})
    sentences = sorted({reading.sentence for reading in chosen})
    if len(voices) < 2 or len(sentences) < 2:
        return {}
    halves = [(set(voices[side::2]), set(sentences[side::2])) for side in (0, 1)]
    each = [({voice}, {sentence}) for voice in voices for sentence in sentences]
    return {"halves": _held_out(data, chosen, halves), "each": _held_out(data, chosen, each)}


def _held_out(
    data: NDArray[np.float64], chosen: Sequence[Reading], parts: Sequence[tuple[set[str], set[int]]]
) -> dict[str, Any]:
    """Tests on each part, trained on what shares neither voice nor sentence with it."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    labels = sorted({reading.label for reading in chosen})
    right = tests = 0
    confusions: dict[str, int] = {}
    for voices, sentences in parts:
        train = [i for i, r in enumerate(chosen) if r.voice not in voices and r.sentence not in sentences]
        test = [i for i, r in enumerate(chosen) if r.voice in voices and r.sentence in sentences]
        if len(train) <= 2 * len(labels) or not test:
            continue
        judge = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        judge.fit(data[train], [chosen[i].label for i in train])
        for i, answer in zip(test, judge.predict(data[test]), strict=True):
            tests += 1
            right += answer == chosen[i].label
            if answer != chosen[i].label:
                name = f"{chosen[i].label} heard as {answer}"
                confusions[name] = confusions.get(name, 0) + 1
    return {"accuracy": right / tests if tests else math.nan, "tests": tests, "confusions": confusions}


def as_table(
    found: dict[tuple[str, float], dict[str, tuple[float, float]]], tones: dict[tuple[str, float], float]
) -> str:
    """The table for people."""
    columns = (
        ("pitch_st", 1), ("range_st", 2), ("rate", 2), ("level_db", 1), ("tilt_db", 1), ("hnr_db", 1), ("pause_s", 2),
        ("final_st", 1), ("jitter", 2), ("error_points", 1), ("ovrl", 2), ("distillmos", 2), ("similarity", 2),
    )  # fmt: skip
    rows = []
    for (label, intensity), values in found.items():
        cells = [f"{label} {intensity:g}"]
        for name, digits in columns:
            mean, half = values.get(name, (math.nan, math.nan))
            cells.append(f"{number(mean, digits)}±{number(half, digits)}" if name in values else "-")
        cells.append(number(100 * tones.get((label, intensity), math.nan), 1))
        rows.append(cells)
    return table(["label", *(name for name, _ in columns), "tone_errors"], rows)


def main() -> None:
    """Synthesises, measures, prints a table and one line of JSON."""
    arguments = _parse()
    from tts_engine.acoustic.engine import available_threads
    from tts_engine.pipeline import Synthesizer

    threads = arguments.threads or available_threads()
    machine = describe_machine(threads, PACKAGES)
    synthesizer = Synthesizer(cache_hub=arguments.cache_hub, threads=threads)
    panel = Panel(threads, arguments.skip)
    readings: list[Reading] = []
    for reading in read_all(
        synthesizer, panel, arguments.labels, arguments.intensities, arguments.voices, SENTENCES[: arguments.sentences]
    ):
        readings.append(reading)
        print(f"\r{len(readings)} {reading.voice} {reading.label}   ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    report(readings, arguments, machine)


def report(readings: Sequence[Reading], arguments: argparse.Namespace, machine: dict[str, Any]) -> None:
    """Everything that can be said of some readings."""
    found, tones = changes(readings), tone_errors(readings)
    print(as_table(found, tones))
    strongest = max(arguments.intensities)
    full = [r for r in readings if r.label == NEUTRAL or r.intensity == strongest]
    separation = classify(full, [label for label in arguments.labels if label in MAIN_LABELS])
    for way, found_way in separation.items():
        print(f"\nheld-out classifier, {way}: {number(100 * found_way['accuracy'], 1)} % of {found_way['tests']}")
        for name, count in sorted(found_way["confusions"].items(), key=lambda item: -item[1]):
            print(f"  {count} x {name}")
    if arguments.plots:
        from benchmarks.emotion_plots import plot_map

        arguments.plots.mkdir(parents=True, exist_ok=True)
        plot_map(found, arguments.plots / "emotion_map.png")
    if arguments.save:
        rows = [{**asdict(r), "contours": r.contours.tolist()} for r in readings]
        arguments.save.write_text(json.dumps(rows), "utf-8")
    results = {
        "changes": {f"{label}@{intensity:g}": values for (label, intensity), values in found.items()},
        "tone_error_share": {f"{label}@{intensity:g}": share for (label, intensity), share in tones.items()},
        "classifier": separation,
    }
    print(json_line("emotion", machine, results))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=lambda text: text.split(","), default=list(LABELS))
    parser.add_argument("--intensities", type=lambda text: [float(x) for x in text.split(",")], default=[0.3, 0.6, 1.0])
    parser.add_argument("--voices", type=lambda text: text.split(","), default=list(VOICES))
    parser.add_argument("--sentences", type=int, default=len(SENTENCES), help="how many of the sentences")
    parser.add_argument(
        "--skip",
        type=lambda text: text.split(","),
        default=[],
        help="listeners to leave out: recogniser,dnsmos,distillmos,similarity",
    )
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--plots", type=Path, default=None, help="folder for the map of emotions")
    parser.add_argument("--save", type=Path, default=None, help="file for all readings, JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
