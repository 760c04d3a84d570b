"""How well a new text follows a reference recording, and what that costs.

    python benchmarks/transfer.py --keep FOLDER                     everything, resumable (an hour on a busy core)
    python benchmarks/transfer.py --keep FOLDER --references 6      a quick look
    python benchmarks/transfer.py --keep FOLDER --minutes 7         stops in time; run it again to go on
    python benchmarks/transfer.py --keep FOLDER --listeners errors,distillmos,similarity

Every stand-in (``stand_ins.py``) is the reference of one sentence by one voice that made none of them; the sentence
is also spoken without a reference. Measured on the samples by Praat (``acoustics.py``), not by the engine's own ear.

    pairs        rank correlation of a measure over references and outputs
    level        F0 median against the speaker's neutral, reference and output, difference in semitones; the neutral
                 is known here, as it is where a neutral recording is given; "guessed" says how far the engine's
                 estimate of it is off where none is given, which comes on top
    range        standard deviation of log-F0, output over reference
    melody       correlation of the slow melody, time-normalised per phrase, reference and output; shuffled: with the
                 other references. Raw: Praat's F0 as it is; corrected: less what the output's own tones contribute
                 (the melody of the same sentence without a reference)
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.acoustics import Measures, measure, track_pitch
from benchmarks.report import describe_machine, json_line, number, table
from benchmarks.stand_ins import TAKES, StandIn, bent, phrase_spans, plain_arrays, restored, take

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer
    from tts_engine.types import ReferenceStyle

VOICES = ("zf_xiaoxiao", "zm_yunxi")
TEXTS = (
    "明天上午多云转晴，气温比今天高三度。",
    "他把钥匙放在桌上，一句话也没有说。",
    "这趟列车开往南京，下一站停五分钟。",
    "我们学校的旁边，有一家很小的书店。",
)
STEPS = 32
PACKAGES = ("tts-engine", "onnxruntime", "numpy", "praat-parselmouth", "resemblyzer", "distillmos")


@dataclass(frozen=True)
class Spoken:
    """One rendering: samples and where its phrases are.

    Attributes:
        waveform: (samples,) float32.
        phrases: (n, 2) seconds.
        syllables: how many.
        contours: (n_characters, 8) course of the pitch over each character.
        decoder_s: seconds in the decoder.
        total_s: seconds of all stages.
    """

    waveform: NDArray[np.float32]
    phrases: NDArray[np.float64]
    syllables: int
    contours: NDArray[np.float64]
    decoder_s: float
    total_s: float


class Workshop:
    """Makes stand-ins and renderings, each once."""

    def __init__(self, cache_hub: Path, keep: Path) -> None:
        from tts_engine.pipeline import Synthesizer

        self._keep = keep
        self.synthesizer = Synthesizer(cache_hub=cache_hub, threads=1, device="cpu")

    def take(self, index: int) -> StandIn:
        """A neutral take of another voice."""
        file = self._keep / f"take_{index:02d}.npz"
        if not file.exists():
            np.savez(file, **plain_arrays(take(self.synthesizer, index)))  # type: ignore[arg-type]
        with np.load(file) as arrays:
            return restored(dict(arrays))

    def stand_in(self, index: int) -> StandIn:
        """The reference of that number."""
        return bent(self.take(index % len(TAKES)), index)

    def speak(self, text: str, voice: str, reference: StandIn | None = None, **options: Any) -> Spoken:
        """A sentence, like the reference where there is one."""
        key = f"{TEXTS.index(text)}_{voice}_{reference.name if reference else 'neutral'}"
        key += "".join(f"_{name[4:]}-{value}" for name, value in sorted(options.items()))
        file = self._keep / f"spoken_{key}.npz"
        if not file.exists():
            made = _speak(self.synthesizer, text, voice, reference, **options)
            np.savez(file, **{name: np.asarray(getattr(made, name)) for name in Spoken.__dataclass_fields__})
        with np.load(file) as arrays:
            return Spoken(**{name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays})


def as_wav(waveform: NDArray[np.float32], sample_rate: int) -> bytes:
    """A recording as a file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def heard(reference: StandIn) -> ReferenceStyle:
    """What the engine's own ear hears in a reference, its estimate of the speaker's neutral included."""
    from tts_engine.hearing.hear import hear

    return hear(as_wav(reference.waveform, reference.sample_rate))


def _speak(
    synthesizer: Synthesizer,
    text: str,
    voice: str,
    reference: StandIn | None,
    *,
    ref_neutral: bool = False,
    **more: Any,
) -> Spoken:
    from benchmarks.emotion import _contours
    from tts_engine.options import SynthesisOptions

    if reference is not None:
        more["ref_audio"] = dataclasses.replace(heard(reference), neutral_hz=reference.neutral_hz)
    chunk = synthesizer.render_sentence(text, 0, SynthesisOptions(voice=voice, context="off", **more))
    return Spoken(
        waveform=chunk.waveform,
        phrases=phrase_spans(chunk),
        syllables=sum(len(word.syllables) for word in chunk.sentence.words),
        contours=_contours(chunk.waveform, synthesizer.sample_rate, chunk.timing.characters),
        decoder_s=chunk.stage_s["decoder"],
        total_s=sum(chunk.stage_s.values()),
    )


def melodies(waveform: NDArray[np.float32], sample_rate: int, phrases: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_phrases, 32) slow melody of each phrase at equal steps, semitones around the mean of all."""
    times, f0 = track_pitch(waveform, sample_rate)
    voiced = f0 > 0
    pitch = 12 * np.log2(f0[voiced])
    pitch, at = pitch - np.median(pitch), times[voiced]
    rows = []
    for begin, end in phrases:
        u = (at - begin) / (end - begin)
        inside = (u > -0.05) & (u < 1.05)
        terms = np.arange(3)  # level, slope, arch: what is slower than the syllables of a phrase of a second
        basis = np.cos(np.pi * np.outer(u[inside], terms))
        rows_in, goal = np.vstack([basis, np.diag(0.7 * terms)]), np.concatenate([pitch[inside], np.zeros(3)])
        weights, *_ = np.linalg.lstsq(rows_in, goal, rcond=None)
        rows.append(np.cos(np.pi * np.outer((np.arange(STEPS) + 0.5) / STEPS, terms)) @ weights)
    return np.array(rows)


def likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Correlation of two sets of phrase melodies, phrase by phrase, around the mean of each phrase."""
    count = min(len(one), len(other))
    pairs = [np.corrcoef(one[i], other[i])[0, 1] for i in range(count)]
    return float(np.mean(pairs))


def slope_of(rows: NDArray[np.float64]) -> float:
    """Mean change of a phrase from its first to its last quarter, semitones."""
    return float(np.mean(rows[:, -8:].mean(axis=1) - rows[:, :8].mean(axis=1)))


def spread_of(waveform: NDArray[np.float32], sample_rate: int) -> tuple[float, float]:
    """Median (semitones over 1 Hz) and standard deviation of voiced log-F0, semitones; 1 % at both ends left out."""
    _, f0 = track_pitch(waveform, sample_rate)
    pitch = 12 * np.log2(f0[f0 > 0])
    low, high = np.percentile(pitch, [1, 99])
    return float(np.median(pitch)), float(pitch[(pitch >= low) & (pitch <= high)].std())


@dataclass(frozen=True)
class Pair:
    """A reference, the output that follows it, and the same sentence without it."""

    name: str
    reference: Measures
    output: Measures
    melody_reference: NDArray[np.float64]
    melody_output: NDArray[np.float64]
    melody_neutral: NDArray[np.float64]
    spread_reference: float
    spread_output: float
    shift_reference: float
    shift_output: float
    guess_st: float
    lost_tones: tuple[int, int]
    spoken: Spoken
    neutral: Spoken
    stand_in: StandIn
    text: str


def compare(workshop: Workshop, index: int, **options: Any) -> Pair:
    """Everything measured of one reference."""
    from benchmarks.emotion import LEAST_LIKENESS, LEAST_MOVEMENT

    reference = workshop.stand_in(index)
    text, voice = TEXTS[index % len(TEXTS)], VOICES[index // 2 % len(VOICES)]
    neutral = workshop.speak(text, voice)
    spoken = workshop.speak(text, voice, reference, **options)
    rate = workshop.synthesizer.sample_rate
    levels = {
        name: spread_of(waveform, rate)
        for name, waveform in (
            ("reference", reference.waveform),
            ("output", spoken.waveform), ("neutral", neutral.waveform),
        )
    }  # fmt: skip
    moving = [
        float(np.corrcoef(course, usual)[0, 1]) < LEAST_LIKENESS
        for course, usual in zip(spoken.contours, neutral.contours, strict=True)
        if np.ptp(usual) > LEAST_MOVEMENT and np.ptp(course) > 0
    ]
    return Pair(
        name=reference.name,
        reference=measure(reference.waveform, rate, reference.syllables),
        output=measure(spoken.waveform, rate, spoken.syllables),
        melody_reference=melodies(reference.waveform, rate, reference.phrases),
        melody_output=melodies(spoken.waveform, rate, spoken.phrases),
        melody_neutral=melodies(neutral.waveform, rate, neutral.phrases),
        spread_reference=levels["reference"][1],
        spread_output=levels["output"][1],
        shift_reference=levels["reference"][0] - 12 * np.log2(reference.neutral_hz),
        shift_output=levels["output"][0] - levels["neutral"][0],
        guess_st=12 * float(np.log2(heard(reference).neutral_hz / reference.neutral_hz)),
        lost_tones=(sum(moving), len(moving)),
        spoken=spoken,
        neutral=neutral,
        stand_in=reference,
        text=text,
    )


def summarise(pairs: Sequence[Pair]) -> dict[str, float]:
    """The figures over all references."""
    from scipy.stats import spearmanr

    def rank(get: Any) -> float:
        return float(spearmanr([get(p)[0] for p in pairs], [get(p)[1] for p in pairs]).statistic)

    level = [p.shift_output - p.shift_reference for p in pairs]
    spread = np.array([p.spread_output / p.spread_reference for p in pairs])
    rate = np.array([p.output.rate / p.reference.rate for p in pairs])
    others = [
        likeness(a.melody_reference, b.melody_output - b.melody_neutral) for a in pairs for b in pairs if a is not b
    ]
    raw_others = [likeness(a.melody_reference, b.melody_output) for a in pairs for b in pairs if a is not b]
    found = {
        "references": len(pairs),
        "rank_range": rank(lambda p: (p.spread_reference, p.spread_output)),
        "rank_rate": rank(lambda p: (p.reference.rate, p.output.rate)),
        "rank_energy_range": rank(lambda p: (p.reference.dynamics_db, p.output.dynamics_db)),
        "rank_slope": rank(lambda p: (slope_of(p.melody_reference), slope_of(p.melody_output))),
        "rank_tilt": rank(lambda p: (p.reference.tilt_db, p.output.tilt_db)),
        "rank_hnr": rank(lambda p: (p.reference.hnr_db, p.output.hnr_db)),
        "rank_pause": rank(lambda p: (p.reference.pause_s, p.output.pause_s)),
        "level_error_st": float(np.median(np.abs(level))),
        "level_within_1st": float(np.mean(np.abs(level) <= 1.0)),
        "guessed_neutral_error_st": float(np.median(np.abs([p.guess_st for p in pairs]))),
        "range_error": float(np.median(np.abs(spread - 1.0))),
        "range_within_15": float(np.mean(np.abs(spread - 1.0) <= 0.15)),
        "rate_error": float(np.median(np.abs(rate - 1.0))),
        "rate_bias": float(np.median(rate)),
        "melody_raw": float(np.mean([likeness(p.melody_reference, p.melody_output) for p in pairs])),
        "melody_raw_shuffled": float(np.mean(raw_others)),
        "melody_corrected": float(
            np.mean([likeness(p.melody_reference, p.melody_output - p.melody_neutral) for p in pairs])
        ),
        "melody_corrected_shuffled": float(np.mean(others)),
        "melody_neutral": float(np.mean([likeness(p.melody_reference, p.melody_neutral) for p in pairs])),
        "lost_tones": sum(p.lost_tones[0] for p in pairs) / sum(p.lost_tones[1] for p in pairs),
        "time_ratio": float(np.median([p.spoken.total_s / p.spoken.decoder_s for p in pairs])),
    }
    return {name: round(value, 3) for name, value in found.items()}


def listen(pairs: Sequence[Pair], sample_rate: int, listeners: Sequence[str]) -> dict[str, float]:
    """What machine listeners say of the outputs against the same sentences without a reference."""
    from benchmarks import probes
    from benchmarks.readback import distance, syllables

    found: dict[str, float] = {}
    clips = [
        (
            p.text,
            *(probes.prepare(w, sample_rate) for w in (p.neutral.waveform, p.spoken.waveform, p.stand_in.waveform)),
        )
        for p in pairs
    ]
    if "errors" in listeners:
        recogniser = probes.Recogniser(1)
        for place, name in ((1, "neutral"), (2, "output")):
            wrong = sum(distance(syllables(c[0]), syllables(recogniser.transcribe(c[place]))) for c in clips)
            found[f"pinyin_errors_{name}"] = 100 * wrong / sum(len(syllables(c[0])) for c in clips)
    if "distillmos" in listeners:
        judge = probes.DistillMos(1)
        for place, name in ((1, "neutral"), (2, "output")):
            found[f"distillmos_{name}"] = float(np.mean([judge.rate(c[place]) for c in clips]))
    if "similarity" in listeners:
        from resemblyzer import VoiceEncoder

        embed = VoiceEncoder("cpu", verbose=False).embed_utterance
        heard = [[embed(c[place]) for place in (1, 2, 3)] for c in clips]
        found["similarity_neutral_to_reference"] = float(np.mean([a @ c for a, _, c in heard]))
        found["similarity_output_to_reference"] = float(np.mean([b @ c for _, b, c in heard]))
        found["similarity_output_to_own_voice"] = float(np.mean([a @ b for a, b, _ in heard]))
    return {name: round(value, 3) for name, value in found.items()}


def main() -> None:
    """Makes what is missing, measures, prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, default=32)
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was made already")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--minutes", type=float, default=1e9, help="stop making more after this time")
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--listeners", type=lambda text: text.split(","), default=[])
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * arguments.minutes
    workshop = Workshop(arguments.cache_hub, arguments.keep)
    options = {"ref_strength": arguments.strength} if arguments.strength != 1.0 else {}
    for index in range(min(arguments.references, len(TAKES))):
        workshop.take(index)
    pairs = []
    for index in range(arguments.references):
        if time.monotonic() > until:
            sys.exit(f"{index} of {arguments.references} done; run it again")
        pairs.append(compare(workshop, index, **options))
        p = pairs[-1]
        print(
            f"{p.name}: shift {p.shift_reference:+.1f} -> {p.shift_output:+.1f} st, range {p.spread_reference:.1f} ->"
            f" {p.spread_output:.1f}, rate {p.reference.rate:.2f} -> {p.output.rate:.2f}, dynamics"
            f" {p.reference.dynamics_db:.0f} -> {p.output.dynamics_db:.0f}, tilt {p.reference.tilt_db:.0f} ->"
            f" {p.output.tilt_db:.0f}, hnr {p.reference.hnr_db:.0f} -> {p.output.hnr_db:.0f}, melody"
            f" {likeness(p.melody_reference, p.melody_output):.2f}, tones {p.lost_tones}",
            file=sys.stderr, flush=True,
        )  # fmt: skip
    results = summarise(pairs)
    if arguments.listeners:
        results |= listen(pairs, workshop.synthesizer.sample_rate, arguments.listeners)
    print(table(["measure", "value"], [[name, number(value, 3)] for name, value in results.items()]))
    print(json_line("transfer", describe_machine(1, PACKAGES), results))


if __name__ == "__main__":
    main()
