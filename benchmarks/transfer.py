"""How well a new text follows a reference recording, and what that costs.

    python benchmarks/transfer.py --keep FOLDER                     everything, resumable (an hour on a busy core)
    python benchmarks/transfer.py --keep FOLDER --references 6      a quick look
    python benchmarks/transfer.py --keep FOLDER --minutes 7         stops in time; run it again to go on
    python benchmarks/transfer.py --keep FOLDER --listeners errors,distillmos,similarity
    python benchmarks/transfer.py --keep FOLDER --listeners distillmos --listen 12     the listeners hear twelve only
    python benchmarks/transfer.py --keep FOLDER --recordings SPEAKERS   of people (``recordings.py``); one KEEP for each
    python benchmarks/transfer.py --keep FOLDER --recordings SPEAKERS --neutral   with a neutral recording of each

Every stand-in (``stand_ins.py``) is the reference of one sentence by one voice that made none of them; the sentence
is also spoken without a reference. Texts and voices take turns, so that any eight references in a row have every text
with both voices. Pitch, phrases and rate of a reference are known (``stand_ins.py``); everything else, and all of the
outputs, is measured on the samples by Praat (``acoustics.py``), not by the engine's own ear.

    rank         rank correlation of a measure over references and outputs
    level        F0 median against the speaker's neutral, reference and output, difference in semitones; the neutral
                 is known here, as it is where a neutral recording is given; "guessed" says how far the engine's
                 estimate of it is off where none is given, which comes on top
    range        standard deviation of log-F0, output over reference
    melody       correlation of the slow melody, time-normalised per phrase, reference and output; shuffled: with the
                 other references. own: without what all phrases share (the mean of all references) and without what
                 the sentence does by itself (its melody without a reference)
    change       rank correlation of how far tilt and harmonics-to-noise lie from those of the speaker's neutral
                 recording, and of the same sentence without a reference (people only)
    lost_tones   tones 2, 3 and 4 whose course correlates with that of the neutral reading by less than 0.2; a reading
                 at another rate often says a tone better that the neutral one reduces, and is counted all the same
    tone_errors  tones that are heard as another one (``tones.py``), of the neutral reading and of the output
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks import recordings, tones
from benchmarks.acoustics import Measures, measure
from benchmarks.emotion_readings import open_synthesizer
from benchmarks.recordings import heard_pitch
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

#: Tones whose course says something; a tone is lost where it correlates with the neutral one by less than this.
MOVING = ("2", "3", "4")
LEAST_LIKENESS = 0.2
LEAST_MOVEMENT_ST = 1.5

Melody = NDArray[np.float64]
PACKAGES = ("tts-engine", "onnxruntime", "numpy", "praat-parselmouth", "resemblyzer", "distillmos")


@dataclass(frozen=True)
class Spoken:
    """One rendering: samples and where its phrases are.

    Attributes:
        waveform: (samples,) float32.
        phrases: (n, 2) seconds.
        syllables: how many.
        spans: (n_syllables, 2) seconds.
        tones: (n_syllables,) tone digits.
        decoder_s: seconds in the decoder.
        total_s: seconds of all stages.
    """

    waveform: NDArray[np.float32]
    phrases: NDArray[np.float64]
    syllables: int
    spans: NDArray[np.float64]
    tones: NDArray[np.str_]
    decoder_s: float
    total_s: float

    @property
    def rate(self) -> float:
        """Syllables per second of its phrases."""
        return self.syllables / float(np.diff(self.phrases).sum())


class Workshop:
    """Makes references and renderings, each once.

    Args:
        cache_hub: where the models are.
        keep: where what was made is kept.
        people: a folder of recordings (``recordings.py``) in the place of stand-ins, and how many of them.
    """

    def __init__(self, cache_hub: Path, keep: Path, people: tuple[Path, int] | None = None) -> None:
        keep.mkdir(parents=True, exist_ok=True)
        self._keep = keep
        self._files = recordings.references(*people) if people else []
        self._usual: dict[float, Measures] = {}
        self.synthesizer = open_synthesizer(cache_hub, 1, keep)  # what is done after the decoder costs no rendering

    @cached_property
    def listener(self) -> tones.Discriminant:
        """Hears which tone a syllable has."""
        return tones.learned(self.synthesizer, VOICES, self._keep / "tones.npz")

    def take(self, index: int) -> StandIn:
        """A neutral take of another voice."""
        file = self._keep / f"take_{index:02d}.npz"
        if not file.exists():
            np.savez(file, **plain_arrays(take(self.synthesizer, index)))  # type: ignore[arg-type]
        with np.load(file) as arrays:
            return restored(dict(arrays))

    def stand_in(self, index: int) -> StandIn:
        """The reference of that number, made once: what a rendering followed is what it is measured against."""
        file = self._keep / f"stand_in_{index:02d}.npz"
        if not file.exists():
            made = self._human(index) if self._files else bent(self.take(index % len(TAKES)), index)
            np.savez(file, **plain_arrays(made))  # type: ignore[arg-type]
        with np.load(file) as arrays:
            return restored(dict(arrays))

    def _human(self, index: int) -> StandIn:
        original, rate = self._files[index], self.synthesizer.sample_rate
        file = self._keep / f"neutral_{original.parent.name}.npy"
        if not file.exists():
            np.save(file, recordings.neutral(original, set(self._files), rate))
        return recordings.human(original, index, np.load(file), rate)

    def usual(self, reference: StandIn) -> Measures | None:
        """What is measured of the neutral recording of a reference's speaker, where there is one."""
        if not len(reference.neutral):
            return None
        if reference.neutral_hz not in self._usual:
            self._usual[reference.neutral_hz] = measure(reference.neutral, reference.sample_rate, 1)
        return self._usual[reference.neutral_hz]

    def speak(self, text: str, voice: str, reference: StandIn | None = None, **options: Any) -> Spoken:
        """A sentence, like the reference where there is one."""
        number_of = TEXTS.index(text) if text in TEXTS else hashlib.sha256(text.encode()).hexdigest()[:8]
        key = f"{number_of}_{voice}_{reference.name if reference else 'neutral'}"
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


def followed_phrases(lengths: Sequence[float], reference: StandIn, style: ReferenceStyle) -> NDArray[np.float64]:
    """(n_phrases, 2) for each phrase of a rendering where the reference's phrase is that it follows, seconds.

    Args:
        lengths: syllables of each phrase of the rendering.
        reference: what it follows.
        style: what is heard in that.
    """
    from tts_engine.prosody.matching import match_phrases

    if not len(reference.neutral):  # two phrases each, known
        return reference.phrases
    return np.asarray(reference.phrases[list(match_phrases(lengths, style))])


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
    from tts_engine.options import SynthesisOptions
    from tts_engine.prosody.layout import CURVE_S, lay_out

    if reference is not None:
        more["ref_audio"] = dataclasses.replace(heard(reference), neutral_hz=reference.neutral_hz)
        if ref_neutral:
            more["ref_neutral"] = as_wav(reference.neutral, reference.sample_rate)
    chunk = synthesizer.render_sentence(text, 0, SynthesisOptions(voice=voice, context="off", **more))
    layout, phrases = lay_out(chunk.sentence, chunk.prosody), phrase_spans(chunk)
    return Spoken(
        waveform=chunk.waveform,
        phrases=phrases,
        syllables=len(layout.spans),
        spans=(layout.spans - layout.phrase_span(layout.phrases[0])[0]) * CURVE_S + phrases[0, 0],
        tones=np.array(layout.tones),
        decoder_s=chunk.stage_s["decoder"],
        total_s=sum(chunk.stage_s.values()),
    )


def melodies(at: NDArray[np.float64], f0: NDArray[np.float64], phrases: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_phrases, 32) slow melody of each phrase at equal steps, semitones around the median of all.

    Args:
        at: (n,) seconds of the voiced moments.
        f0: (n,) Hz.
        phrases: (n_phrases, 2) seconds.
    """
    pitch = 12 * np.log2(f0)
    pitch = pitch - np.median(pitch)
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


def spread_of(f0: NDArray[np.float64]) -> tuple[float, float]:
    """Median (semitones over 1 Hz) and standard deviation of voiced log-F0, semitones."""
    pitch = 12 * np.log2(f0)
    return float(np.median(pitch)), float(pitch.std())


def courses_of(spoken: Spoken, at: NDArray[np.float64], f0: NDArray[np.float64]) -> list[NDArray[np.float64] | None]:
    """(12,) semitones through each syllable with a moving tone; None where too little is voiced."""
    courses: list[NDArray[np.float64] | None] = []
    for (begin, end), tone in zip(spoken.spans, spoken.tones, strict=True):
        inside = (at >= begin) & (at < end)
        known = tone in MOVING and inside.sum() > 3
        steps = np.linspace(at[inside][0], at[inside][-1], 12) if known else []
        courses.append(np.interp(steps, at[inside], 12 * np.log2(f0[inside])) if known else None)
    return courses


def tones_of(spoken: Spoken, at: NDArray[np.float64], f0: NDArray[np.float64]) -> tones.Heard:
    """What is heard of the tones of a rendering whose pitch is known."""
    return tones.courses(at, f0, spoken.spans, spoken.tones.tolist(), spoken.phrases)


def tone_errors(pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    """Share of tones that are taken for another without and with a reference."""
    neutral, output = np.mean(np.array(pairs, dtype=float).reshape(-1, 2), axis=0)
    return {"tone_errors_neutral": float(neutral), "tone_errors_output": float(output)}


def melody_figures(rows: Sequence[tuple[str, Melody, Melody, Melody]]) -> dict[str, float]:
    """How alike the slow melodies of references and outputs are.

    Args:
        rows: the take that the reference was made of, the reference's melody, the output's, and that of the same
            sentence without a reference; of one shape. Shuffled means: with a reference made of another take.
    """
    shared = np.mean([a for _, a, _, _ in rows], axis=0)
    own = [(take, a - shared, b - c) for take, a, b, c in rows]
    found = {
        "melody": np.mean([likeness(a, b) for _, a, b, _ in rows]),
        "melody_median": np.median([likeness(a, b) for _, a, b, _ in rows]),
        "melody_shuffled": np.mean([likeness(a, b) for x, a, _, _ in rows for y, _, b, _ in rows if x != y]),
        "melody_of_neutral": np.mean([likeness(a, c) for _, a, _, c in rows]),
        "melody_own": np.mean([likeness(a, b) for _, a, b in own]),
        "melody_own_median": np.median([likeness(a, b) for _, a, b in own]),
        "melody_own_shuffled": np.mean([likeness(a, b) for x, a, _ in own for y, _, b in own if x != y]),
    }
    return {name: float(value) for name, value in found.items()}


@dataclass(frozen=True)
class Pair:
    """A reference, the output that follows it, and the same sentence without it."""

    name: str
    reference: Measures
    output: Measures
    reference_usual: Measures | None
    output_usual: Measures | None
    melody_reference: NDArray[np.float64]
    melody_output: NDArray[np.float64]
    melody_neutral: NDArray[np.float64]
    spread_reference: float
    spread_output: float
    shift_reference: float
    shift_output: float
    guess_st: float
    lost_tones: tuple[int, int]
    tone_errors: list[tuple[bool, bool]]
    spoken: Spoken
    neutral: Spoken
    stand_in: StandIn
    text: str


def compare(workshop: Workshop, index: int, text: str = "", voice: str = "", **options: Any) -> Pair:
    """Everything measured of one reference; text and voice take turns where none is given."""
    reference = workshop.stand_in(index)
    text, voice = text or TEXTS[index % len(TEXTS)], voice or VOICES[index // 4 % len(VOICES)]
    neutral = workshop.speak(text, voice)
    spoken = workshop.speak(text, voice, reference, **options)
    rate = workshop.synthesizer.sample_rate
    theirs, ours, usual = (
        reference.clear_pitch(), heard_pitch(spoken.waveform, rate), heard_pitch(neutral.waveform, rate)
    )  # fmt: skip
    style, middles = heard(reference), spoken.spans.mean(axis=1)
    lengths = [float(np.count_nonzero((middles > begin) & (middles < end))) for begin, end in spoken.phrases]
    levels = {"reference": spread_of(theirs[1]), "output": spread_of(ours[1]), "neutral": spread_of(usual[1])}
    moving = [
        float(np.corrcoef(course, known)[0, 1]) < LEAST_LIKENESS
        for course, known in zip(courses_of(spoken, *ours), courses_of(neutral, *usual), strict=True)
        if course is not None and known is not None and np.ptp(known) > LEAST_MOVEMENT_ST
    ]
    return Pair(
        name=reference.name,
        reference=measure(reference.waveform, rate, reference.syllables),
        output=measure(spoken.waveform, rate, spoken.syllables),
        reference_usual=workshop.usual(reference),
        output_usual=measure(neutral.waveform, rate, neutral.syllables) if len(reference.neutral) else None,
        melody_reference=melodies(*theirs, followed_phrases(lengths, reference, style)),
        melody_output=melodies(*ours, spoken.phrases),
        melody_neutral=melodies(*usual, neutral.phrases),
        spread_reference=levels["reference"][1],
        spread_output=levels["output"][1],
        shift_reference=levels["reference"][0] - 12 * np.log2(reference.neutral_hz),
        shift_output=levels["output"][0] - levels["neutral"][0],
        guess_st=12 * float(np.log2(style.neutral_hz / reference.neutral_hz)),
        lost_tones=(sum(moving), len(moving)),
        tone_errors=workshop.listener.errors(tones_of(neutral, *usual), tones_of(spoken, *ours)),
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

    def moved(name: str) -> Any:
        return lambda p: (
            getattr(p.reference, name) - getattr(p.reference_usual, name),
            getattr(p.output, name) - getattr(p.output_usual, name),
        )

    level = [p.shift_output - p.shift_reference for p in pairs]
    spread = np.array([p.spread_output / p.spread_reference for p in pairs])
    rate = np.array([p.spoken.rate / p.stand_in.rate for p in pairs])
    melodies_of = [
        (p.name[3:], p.melody_reference, p.melody_output, p.melody_neutral) for p in pairs if len(p.melody_output) == 2
    ]
    found = {
        "references": len(pairs),
        "rank_range": rank(lambda p: (p.spread_reference, p.spread_output)),
        "rank_rate": rank(lambda p: (p.stand_in.rate, p.spoken.rate)),
        "rank_energy_range": rank(lambda p: (p.reference.dynamics_db, p.output.dynamics_db)),
        "rank_slope": rank(lambda p: (slope_of(p.melody_reference), slope_of(p.melody_output))),
        "rank_tilt": rank(lambda p: (p.reference.tilt_db, p.output.tilt_db)),
        "rank_hnr": rank(lambda p: (p.reference.hnr_db, p.output.hnr_db)),
        **{f"rank_{name}_change": rank(moved(f"{name}_db")) for name in ("tilt", "hnr") if pairs[0].reference_usual},
        "rank_pause": rank(lambda p: (p.reference.pause_s, p.output.pause_s)),
        "level_error_st": float(np.median(np.abs(level))),
        "level_within_1st": float(np.mean(np.abs(level) <= 1.0)),
        "guessed_neutral_error_st": float(np.median(np.abs([p.guess_st for p in pairs]))),
        "range_error": float(np.median(np.abs(spread - 1.0))),
        "range_within_15": float(np.mean(np.abs(spread - 1.0) <= 0.15)),
        "rate_error": float(np.median(np.abs(rate - 1.0))),
        "rate_bias": float(np.median(rate)),
        **melody_figures(melodies_of),
        "lost_tones": sum(p.lost_tones[0] for p in pairs) / sum(p.lost_tones[1] for p in pairs),
        **tone_errors([pair for p in pairs for pair in p.tone_errors]),
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
        judge, lost = probes.DistillMos(1), np.zeros(0)
        for place, name in ((1, "neutral"), (2, "output")):
            rated = np.array([judge.rate(c[place]) for c in clips])
            found[f"distillmos_{name}"] = float(rated.mean())
            lost = rated if name == "neutral" else lost - rated
        found["distillmos_most_lost"] = float(lost.max())
        for number in np.argsort(-lost)[:4]:
            print(f"{pairs[number].name} loses {lost[number]:.2f} DistillMOS", file=sys.stderr)
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
    from tts_engine.errors import AudioError

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, default=32)
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was made already")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--minutes", type=float, default=1e9, help="stop making more after this time")
    parser.add_argument("--recordings", type=Path, help="folder of human speakers in the place of stand-ins")
    parser.add_argument("--neutral", action="store_true", help="give the neutral recording of each speaker too")
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--listeners", type=lambda text: text.split(","), default=[])
    parser.add_argument("--listen", type=int, default=1000, help="how many references the listeners hear")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    people = (arguments.recordings, arguments.references) if arguments.recordings else None
    workshop = Workshop(arguments.cache_hub, arguments.keep, people)
    options: dict[str, Any] = {"ref_strength": arguments.strength} if arguments.strength != 1.0 else {}
    options |= {"ref_neutral": True} if arguments.neutral else {}
    pairs: list[Pair] = []
    for index in range(arguments.references):
        if time.monotonic() > until:
            sys.exit(f"{index} of {arguments.references} done; run it again")
        try:
            pairs.append(compare(workshop, index, **options))
        except AudioError as error:
            print(f"{index:02d} refused: {error.code}", file=sys.stderr, flush=True)
            continue
        p = pairs[-1]
        print(
            f"{p.name}: shift {p.shift_reference:+.1f} -> {p.shift_output:+.1f} st, range {p.spread_reference:.1f} ->"
            f" {p.spread_output:.1f}, rate {p.stand_in.rate:.2f} -> {p.spoken.rate:.2f}, dynamics"
            f" {p.reference.dynamics_db:.0f} -> {p.output.dynamics_db:.0f}, tilt {p.reference.tilt_db:.0f} ->"
            f" {p.output.tilt_db:.0f}, hnr {p.reference.hnr_db:.0f} -> {p.output.hnr_db:.0f}, melody"
            f" {likeness(p.melody_reference, p.melody_output):.2f}, tones {p.lost_tones}",
            file=sys.stderr, flush=True,
        )  # fmt: skip
    results = summarise(pairs)
    if arguments.listeners:
        results |= listen(pairs[: arguments.listen], workshop.synthesizer.sample_rate, arguments.listeners)
    print(table(["measure", "value"], [[name, number(value, 3)] for name, value in results.items()]))
    print(json_line("transfer", describe_machine(1, PACKAGES), results))


if __name__ == "__main__":
    main()
