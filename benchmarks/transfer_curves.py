"""How well the curves of a new text follow a reference recording: everything that needs no decoder.

    python benchmarks/transfer_curves.py --keep FOLDER [--references 32] [--minutes 5, again to go on]
    python benchmarks/transfer_curves.py --keep FOLDER --recordings SPEAKERS      of people (``recordings.py``)

The decoder renders exactly the F0 and the durations that it is given, so level, range, rate, phrase slope, phrase
melody and tones can be read off the curves; dynamics, voice quality and cost cannot (``transfer.py`` renders). The
engine hears the references as recordings; what is true of them is known (``stand_ins.py``). Each is followed by every
voice with another text.

``melody`` is the correlation of the slow component, time-normalised per phrase; any two declarative phrases fall, so
even a shuffled reference correlates. ``melody_own`` leaves out what all share: the mean of all references on one side,
what the sentence does by itself on the other.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks import tones
from benchmarks.notebook import Mute
from benchmarks.report import describe_machine, json_line, number, table
from benchmarks.stand_ins import StandIn
from benchmarks.transfer import (
    LEAST_LIKENESS,
    LEAST_MOVEMENT_ST,
    MOVING,
    PACKAGES,
    TEXTS,
    VOICES,
    Workshop,
    followed_phrases,
    heard,
    melodies,
    melody_figures,
    slope_of,
    tone_errors,
)

RANKED = ("range", "heard_range", "rate", "heard_rate", "slope")


def read(chunk: Any) -> SimpleNamespace:
    """What the curves of a sentence say."""
    from tts_engine.prosody.layout import CURVE_S, VOICED_HZ, lay_out
    from tts_engine.prosody.transfer_melody import clear_voice

    f0 = np.where(chunk.prosody.f0 > VOICED_HZ, chunk.prosody.f0, 0.0).astype(np.float64)
    layout = lay_out(chunk.sentence, chunk.prosody)
    spans = np.array([layout.phrase_span(phrase) for phrase in layout.phrases]) * CURVE_S
    clear = np.flatnonzero(clear_voice(chunk.prosody))
    pitch = 12 * np.log2(chunk.prosody.f0[clear].astype(np.float64))
    courses = []
    for begin, end in layout.spans:
        inside = np.flatnonzero(f0[begin:end] > 0) + begin
        course = np.interp(np.linspace(begin, end, 12), inside, 12 * np.log2(f0[inside])) if len(inside) > 3 else None
        courses.append(course)
    return SimpleNamespace(
        median=float(np.median(pitch)),
        spread=float(pitch.std()),
        rate=len(layout.spans) / float(np.diff(spans).sum()),
        melody=melodies((np.flatnonzero(f0 > 0) + 0.5) * CURVE_S, f0[f0 > 0], spans),
        lengths=[float(phrase.syllables[1] - phrase.syllables[0]) for phrase in layout.phrases],
        courses=courses,
        tones=layout.tones,
        heard=tones.courses((clear + 0.5) * CURVE_S, f0[clear], layout.spans * CURVE_S, layout.tones, spans),
    )


def lost_tones(plain: SimpleNamespace, like: SimpleNamespace) -> list[bool]:
    """For each moving tone (2, 3, 4) whether it was lost; what a level or a neutral tone does is chance."""
    return [
        float(np.corrcoef(a, b)[0, 1]) < LEAST_LIKENESS
        for a, b, tone in zip(plain.courses, like.courses, plain.tones, strict=True)
        if tone in MOVING and a is not None and b is not None and np.ptp(a) > LEAST_MOVEMENT_ST
    ]


def followed(
    draw: Callable[..., SimpleNamespace], listener: tones.Discriminant, made: StandIn, index: int
) -> list[dict[str, Any]]:
    """Everything measured of one reference: a row for each voice, plain data."""
    style = heard(made)
    known = dataclasses.replace(style, neutral_hz=made.neutral_hz)
    times, f0 = made.clear_pitch()
    pitch, rows = 12 * np.log2(f0), []
    for number_of, voice in enumerate(VOICES):
        text = TEXTS[(index + number_of) % len(TEXTS)]
        plain, like = draw(text, voice), draw(text, voice, ref_audio=known)
        theirs = melodies(times, f0, followed_phrases(like.lengths, made, style))
        half = draw(text, voice, ref_audio=known, ref_strength=0.5)
        alone = draw(text, voice, ref_audio=known, ref_aspects="melody")
        rows.append(
            {
                "shift": (float(np.median(pitch)) - 12 * float(np.log2(made.neutral_hz)), like.median - plain.median),
                "half": (like.median - plain.median, half.median - plain.median),
                "range": (float(pitch.std()), like.spread),
                "rate": (made.rate, like.rate),
                "heard_rate": (made.rate, style.syllable_rate),
                "slope": (slope_of(theirs), slope_of(like.melody)),
                "heard_range": (float(pitch.std()), style.f0_spread_st),
                "guess": (0.0, 12 * float(np.log2(style.neutral_hz / made.neutral_hz))),
                "take": made.name[3:],
                "melodies": [melody.tolist() for melody in (theirs, like.melody, plain.melody)],
                "lost": lost_tones(plain, like),
                "lost_by_melody": lost_tones(plain, alone),
                "wrong": listener.errors(plain.heard, like.heard),
                "wrong_by_melody": listener.errors(plain.heard, alone.heard),
            }
        )
    return rows


def summarise(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The figures over all rows."""
    from scipy.stats import spearmanr

    def column(name: str) -> NDArray[np.float64]:
        return np.array([row[name] for row in rows])

    shift, spread, speed = column("shift"), column("range"), column("rate")
    found = {
        "references": len(rows) / len(VOICES),
        **{f"rank_{name}": spearmanr(*column(name).T).statistic for name in RANKED},
        "level_error_st": np.median(np.abs(shift[:, 1] - shift[:, 0])),
        "level_within_1st": np.mean(np.abs(shift[:, 1] - shift[:, 0]) <= 1.0),
        "guessed_neutral_error_st": np.median(np.abs(column("guess")[:, 1])),
        "range_error": np.median(np.abs(spread[:, 1] / spread[:, 0] - 1)),
        "range_within_15": np.mean(np.abs(spread[:, 1] / spread[:, 0] - 1) <= 0.15),
        "rate_error": np.median(np.abs(speed[:, 1] / speed[:, 0] - 1)),
        "rate_bias": np.median(speed[:, 1] / speed[:, 0]),
        "half_of_the_way": np.median(column("half")[:, 1] / column("half")[:, 0]),
        **melody_figures([(row["take"], *map(np.array, row["melodies"])) for row in rows]),  # type: ignore[misc]
        "lost_tones": np.mean([lost for row in rows for lost in row["lost"]]),
        "lost_tones_by_melody": np.mean([lost for row in rows for lost in row["lost_by_melody"]]),
        **tone_errors([pair for row in rows for pair in row["wrong"]]),
        "tone_errors_by_melody": np.mean([pair for row in rows for pair in row["wrong_by_melody"]], axis=0)[1],
    }
    return {name: round(float(value), 3) for name, value in found.items()}


def main() -> None:
    """Draws what is missing, measures, prints a table and one line of JSON."""
    from tts_engine.errors import AudioError
    from tts_engine.options import SynthesisOptions

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, default=32)
    parser.add_argument("--recordings", type=Path, help="folder of human speakers in the place of stand-ins")
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was made already")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--minutes", type=float, default=1e9, help="stop making more after this time")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    people = (arguments.recordings, arguments.references) if arguments.recordings else None
    workshop = Workshop(arguments.cache_hub, arguments.keep, people)
    mute = Mute.of(workshop.synthesizer)

    def draw(text: str, voice: str, **options: Any) -> SimpleNamespace:
        chunk = mute.render_sentence(text, 0, SynthesisOptions(voice=voice, context="off", **options))
        return read(chunk)

    rows = []
    for index in range(arguments.references):
        file = arguments.keep / f"curves_{index:02d}.json"
        if not file.exists():
            if time.monotonic() > until:
                sys.exit(f"{index} of {arguments.references} done; run it again")
            try:
                made = workshop.stand_in(index)
            except AudioError as error:
                print(f"{index:02d} refused: {error.code}", file=sys.stderr, flush=True)
                continue
            file.write_text(json.dumps(followed(draw, workshop.listener, made, index)), "utf-8")
        rows += json.loads(file.read_text("utf-8"))
    results = summarise(rows)
    print(table(["measure", "value"], [[name, number(value, 3)] for name, value in results.items()]))
    print(json_line("transfer_curves", describe_machine(1, PACKAGES), results))


if __name__ == "__main__":
    main()
