"""The laboratory of emotions: what each label does to the voice, what it costs, and whether labels can be told apart.

    python benchmarks/emotion.py --folder /tmp/lab                      the whole table (hours on two cores)
    python benchmarks/emotion.py --folder /tmp/lab --minutes 8          eight minutes of it; again to go on
    python benchmarks/emotion.py --folder /tmp/lab --labels angry,sad --voices zm_yunxi --sentences 3 --intensities 1
    python benchmarks/emotion.py --folder /tmp/lab --skip recogniser,distillmos --plots docs/plots --save lab.json

Every label is spoken at every intensity by every voice on neutral sentences, context off, and compared with the
neutral reading of the same sentence by the same voice. Changes are means with 95 % confidence intervals over
sentences and voices. Tone errors: syllables whose pitch no longer moves as in the neutral reading. (A classifier of
tones was tried first; trained on a dozen sentences it misreads half of the neutral ones.)
Recogniser and DNSMOS hear passages of three sentences, everyone else each sentence.
The classifier of emotions sees the instruments' measures against the neutral average *of that voice*, is trained on
one half of the voices and sentences and tested on the other half of both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.acoustics import NAMES
from benchmarks.emotion_readings import LISTENERS, NEUTRAL, Course, Panel, Reading, open_synthesizer, read_all
from benchmarks.notebook import Notebook
from benchmarks.report import describe_machine, json_line, number, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

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

#: Measures that must grow or fall with the intensity: their neutral value, and how far back is noise.
SLACK = {
    "pitch_st": (0.0, 0.3),
    "range_st": (1.0, 0.06),
    "rate": (1.0, 0.02),
    "level_db": (0.0, 0.3),
    "tilt_db": (0.0, 0.4),
}


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
            lost.setdefault((reading.label, reading.intensity), []).extend(is_lost(reading.contours, home.contours))
    return {key: float(np.mean(values)) for key, values in lost.items() if values}


def is_lost(courses: NDArray[np.float64], neutral: NDArray[np.float64]) -> list[bool]:
    """For every syllable that moves in the neutral reading whether its tone is lost; both (n_characters, points)."""
    return [
        float(np.corrcoef(course, usual)[0, 1]) < LEAST_LIKENESS
        for course, usual in zip(courses, neutral, strict=True)
        if np.ptp(usual) > LEAST_MOVEMENT and np.ptp(course) > 0
    ]


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


def is_monotone(values: Sequence[float], *, slack: float) -> bool:
    """Whether values that start at neutral go one way only, never back by more than ``slack``."""
    sign = 1.0 if values[-1] >= values[0] else -1.0
    return all(sign * (after - before) >= -slack for before, after in itertools.pairwise(values))


def monotony(found: Mapping[tuple[str, float], Mapping[str, tuple[float, float]]]) -> dict[str, list[str]]:
    """Measures that do not go one way as the intensity grows, per label; ``SLACK`` says what counts as noise."""
    back: dict[str, list[str]] = {}
    for label in dict.fromkeys(label for label, _ in found):
        steps = sorted((intensity, values) for (name, intensity), values in found.items() if name == label)
        for measure, (neutral, slack) in SLACK.items():
            if not is_monotone([neutral, *(values[measure][0] for _, values in steps)], slack=slack):
                back.setdefault(label, []).append(measure)
    return back


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

    threads = arguments.threads or available_threads()
    machine = describe_machine(threads, PACKAGES)
    notebook = Notebook(arguments.folder / "notebook.jsonl")
    course = Course(
        arguments.labels,
        arguments.intensities,
        arguments.voices,
        SENTENCES[: arguments.sentences],
        arguments.listen_at,
        arguments.listen_sentences,
        arguments.minutes,
    )
    synthesizer = open_synthesizer(arguments.cache_hub, threads, arguments.folder)
    panel = Panel(threads, notebook, [name for name in LISTENERS if name not in arguments.skip])
    readings: list[Reading] = []
    for reading in read_all(synthesizer, panel, notebook, course):
        readings.append(reading)
        print(f"\r{len(readings)} {reading.sentence} {reading.voice} {reading.label}   ", end="", file=sys.stderr)
    wanted = len(course.sentences) * len(course.voices) * (1 + len(course.labels) * len(course.intensities))
    print(f"\n{len(readings)} of {wanted} readings", file=sys.stderr)
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
    back = monotony(found)
    print(f"\nnot monotone in intensity: {back or 'nothing'}")
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
        "not_monotone": back,
    }
    print(json_line("emotion", machine, results))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=lambda text: text.split(","), default=list(LABELS))
    parser.add_argument(
        "--intensities", type=lambda text: [float(x) for x in text.split(",")], default=[0.33, 0.66, 1.0]
    )
    parser.add_argument("--voices", type=lambda text: text.split(","), default=list(VOICES))
    parser.add_argument("--sentences", type=int, default=len(SENTENCES), help="how many of the sentences")
    parser.add_argument(
        "--skip",
        type=lambda text: text.split(","),
        default=[],
        help="listeners to leave out: recogniser,dnsmos,distillmos,similarity",
    )
    parser.add_argument("--listen-at", type=lambda text: [float(x) for x in text.split(",")], default=[1.0])
    parser.add_argument("--listen-sentences", type=int, default=len(SENTENCES), help="how many the listeners judge")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; run again to go on")
    parser.add_argument("--folder", type=Path, required=True, help="what was made already; outside the repository")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--plots", type=Path, default=None, help="folder for the map of emotions")
    parser.add_argument("--save", type=Path, default=None, help="file for all readings, JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
