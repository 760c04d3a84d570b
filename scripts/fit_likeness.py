"""Fits what emotions sound like and writes ``src/tts_engine/hearing/likeness.json``.

    python scripts/fit_likeness.py SET [SET ...]        folders of scripts/render_hearing_set.py

Prints how often the nearest name is the one that was performed, on voices that were left out of the fit. The centres
are halfway between the renderings and the medians of four human actors (docs/emotion_lab.md) where those are known.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tts_engine.emotion.parse import parse_emotion
from tts_engine.errors import AudioError
from tts_engine.hearing.hear import hear
from tts_engine.hearing.likeness import FEATURES, features, posterior
from tts_engine.prosody.moves import Moves
from tts_engine.prosody.palette import moves_of

TARGET = Path(__file__).parents[1] / "src" / "tts_engine" / "hearing" / "likeness.json"

#: Human actors against their neutral: pitch in semitones, factor on the range, factor on the length of syllables.
HUMAN = {
    "angry": (4.1, 1.0, 0.91),
    "happy": (3.9, 1.0, 1.00),
    "sad": (-0.4, 0.81, 1.19),
    "afraid": (0.9, 0.88, 1.19),
    "surprised": (6.0, 1.16, 0.93),
}
HUMAN_SHARE = 0.5

#: Names that a recording is compared with.
NAMES = (
    "neutral", "happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm",
    "gentle", "excited", "whispering", "shouting",
)  # fmt: skip

#: Which moves can change each figure, in the order of ``FEATURES``.
CAUSES = (
    ("pitch_st", "whisper", "final_st"),
    ("phrase_range", "tone_range", "accent", "final_st"),
    ("phrase_range", "accent", "final_st"),
    ("phrase_range", "tone_range", "declination_st", "creak"),
    ("rate", "final_lengthening"),
    ("pause", "rate"),
    ("dynamics_db", "accent", "sob"),
    ("tilt_db", "breath", "softness", "level_db"),
    ("breath", "whisper", "creak", "pitch_st", "tilt_db"),
    ("creak", "tremor_st", "whisper", "pitch_st"),
    ("final_st", "declination_st", "creak"),
    ("declination_st", "final_st"),
    (),
)

#: Pull of the covariance towards independence, and of the map towards no effect.
SHRINKAGE, RIDGE = 0.3, 0.5


@dataclass(frozen=True)
class Row:
    """One rendering: what was asked for and what was heard."""

    values: np.ndarray
    label: str
    voice: str
    speed: float
    moves: Moves


def load(folders: list[str]) -> list[Row]:
    """Every rendering, heard; those that are refused are left out and named."""
    rows = []
    for folder in folders:
        for index in sorted(Path(folder).glob("index-*.jsonl")):
            for line in index.read_text("utf-8").splitlines():
                row = json.loads(line)
                try:
                    heard = features(hear(Path(folder) / row["file"]))
                except AudioError as error:
                    print(row["file"], error.code)
                    continue
                moves = moves_of(parse_emotion(row["label"], row["intensity"]))
                rows.append(Row(heard, row["label"], row["voice"], row["speed"], moves))
    return rows


def fit(rows: list[Row], *, temperature: float = 1.0) -> dict[str, object]:
    """The model of ``hearing.likeness``.

    A linear map from what the performer does (the moves of ``prosody.palette``, each figure from those few that can
    change it) to what is heard, beside an offset per voice and the speed asked for: so every rendering of any label
    at any intensity helps to place all of them.
    """
    values = np.array([row.values for row in rows])
    mean, scale = values.mean(axis=0), values.std(axis=0)
    at = (values - mean) / scale
    voices = sorted({row.voice for row in rows})
    of_voice = np.array([[row.voice == voice for voice in voices] for row in rows], float)
    speed = np.array([[math.log(row.speed)] for row in rows])
    names = list(NAMES)
    centres, residual = np.zeros((len(names), len(FEATURES))), np.zeros_like(at)
    for feature, causes in enumerate(CAUSES):
        done = np.array([[getattr(row.moves, cause) for cause in causes] for row in rows]).reshape(len(rows), -1)
        design = np.concatenate([of_voice, speed, done], axis=1)
        pull = np.diag([1e-3] * of_voice.shape[1] + [1e-3] + [RIDGE] * done.shape[1])
        weights = np.linalg.solve(design.T @ design + pull, design.T @ at[:, feature])
        residual[:, feature] = at[:, feature] - done @ weights[len(voices) + 1 :]
        for number, name in enumerate(names):
            moves = moves_of(parse_emotion(name, 1.0))
            centres[number, feature] = np.dot([getattr(moves, cause) for cause in causes], weights[len(voices) + 1 :])
    # what is left differs by voice and sentence: a listener knows neither, so both belong to the covariance
    rest = residual.mean(axis=0)
    centres += rest
    covariance = np.cov(residual.T)
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    centres = _towards_humans(centres, names, scale)
    return {
        "names": names,
        "mean": mean,
        "scale": scale,
        "centres": centres,
        "precision": np.linalg.inv(covariance) / temperature,
    }


def _towards_humans(centres: np.ndarray, names: list[str], scale: np.ndarray) -> np.ndarray:
    """The centres with pitch, spread and rate half way to what actors do, as far from our neutral."""
    moved, neutral = centres.copy(), centres[names.index("neutral")]
    ours = np.array([centres[names.index(n), 0] - neutral[0] for n in HUMAN]) * scale[0]
    theirs = np.array([HUMAN[n][0] for n in HUMAN])
    heard = float((ours * theirs).sum() / np.square(theirs).sum())  # the estimated neutral follows the pitch in part
    for name, (pitch_st, spread, length) in HUMAN.items():
        at = names.index(name)
        for dimension, change in ((0, heard * pitch_st), (1, 3.5 * (spread - 1)), (4, -math.log(length))):
            human = neutral[dimension] + change / scale[dimension]
            moved[at, dimension] += HUMAN_SHARE * (human - centres[at, dimension])
    return moved


def judge(rows: list[Row], temperature: float) -> tuple[float, float, float, int]:
    """First right, among the first three, mean log share of the right one, count; each voice left out in turn."""
    first, third, logs = [], [], []
    for voice in sorted({row.voice for row in rows}):
        model = fit([row for row in rows if row.voice != voice], temperature=temperature)
        for row in rows:
            if row.voice != voice or row.label not in NAMES:
                continue
            shares = posterior(row.values, *(model[k] for k in ("mean", "scale", "centres", "precision")))
            order = [model["names"][i] for i in np.argsort(-shares)]
            first.append(order[0] == row.label)
            third.append(row.label in order[:3])
            logs.append(math.log(max(shares[NAMES.index(row.label)], 1e-6)))
    return float(np.mean(first)), float(np.mean(third)), float(np.mean(logs)), len(first)


def main(folders: list[str]) -> None:
    """Judges, fits on everything, writes."""
    rows = load(folders)
    judged = {t: judge(rows, t) for t in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)}
    temperature = max(judged, key=lambda t: judged[t][2])
    first, third, logs, count = judged[temperature]
    chance = 100 / len(NAMES)
    print(
        f"{len(rows)} renderings, {count} of {len(NAMES)} labels judged on left-out voices: first right"
        f" {100 * first:.0f} %, among three {100 * third:.0f} % (chance {chance:.0f} %, {3 * chance:.0f} %);"
        f" temperature {temperature}, log share {logs:.2f}, chance {-math.log(len(NAMES)):.2f}"
    )
    model = fit(rows, temperature=temperature)
    for name, centre in zip(model["names"], model["centres"] * model["scale"], strict=True):
        print(f"{name:12}", " ".join(f"{value:6.2f}" for value in centre))
    data = {name: value if name == "names" else np.round(value, 4).tolist() for name, value in model.items()}
    TARGET.write_text(json.dumps(data, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
