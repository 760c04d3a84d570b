"""Readings of neutral sentences in every emotion, measured by instruments and judged by machine listeners.

What is expensive is kept in a folder (``notebook.py``): a run may be stopped at any moment and goes on where it was.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import acoustics
from benchmarks.acoustics import Measures, measure, track_voice
from benchmarks.notebook import Notebook, RememberingEngine, code, digest
from tts_engine.acoustic.engine import AcousticEngine

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer

NEUTRAL = "neutral"

#: Everyone who can be asked.
LISTENERS = ("recogniser", "dnsmos", "distillmos", "similarity")

#: Sentences that are heard together as a passage, and the silence after each, seconds.
PASSAGE = 3
PASSAGE_GAP_S = 0.3

#: From how many places DNSMOS hears a passage, round and round: which syllables stand in its window of nine seconds and
#: where it is joined moves its score by 0.1 to 0.2.
TURNS = 4

Waveform = NDArray[np.float32]


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
    """The listeners; each is loaded when it is first needed, and nothing is judged twice.

    Some judge every reading. The others hear a passage of several readings in one voice and emotion: DNSMOS wants nine
    seconds, and a shorter clip repeated is judged by its joints (docs/experiments.md); the recogniser takes thirty
    seconds' work whatever the length.
    """

    def __init__(self, threads: int, notebook: Notebook, listeners: Sequence[str]) -> None:
        self._threads = threads
        self._notebook = notebook
        self._asked = [name for name in LISTENERS if name in listeners]
        self._loaded: dict[str, Callable[..., Any]] = {}

    def rate(self, waveform: Waveform, neutral: Waveform, sample_rate: int) -> dict[str, float]:
        """Scores of one reading; similarity is that to the neutral reading."""
        from benchmarks.probes import prepare

        scores: dict[str, float] = {}
        clip = prepare(waveform, sample_rate)
        if "distillmos" in self._asked:
            scores["distillmos"] = self._judgement("distillmos", clip)
        if "similarity" in self._asked:
            one = np.array(self._judgement("similarity", clip))
            other = np.array(self._judgement("similarity", prepare(neutral, sample_rate)))
            scores["similarity"] = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
        return scores

    def rate_passage(self, waveforms: Sequence[Waveform], sample_rate: int, text: str) -> dict[str, float]:
        """Scores of several readings, heard one after the other, of this text."""
        from benchmarks.probes import SAMPLE_RATE, prepare
        from benchmarks.readback import distance, syllables

        if not {"recogniser", "dnsmos"} & set(self._asked):
            return {}
        silence = np.zeros(round(PASSAGE_GAP_S * SAMPLE_RATE), np.float32)
        passage = np.concatenate([part for one in waveforms for part in (prepare(one, sample_rate), silence)])
        scores: dict[str, float] = {}
        if "recogniser" in self._asked:
            wanted = syllables(text)
            heard = syllables(self._judgement("recogniser", passage))
            scores |= {"errors": distance(wanted, heard), "syllables": len(wanted)}
        if "dnsmos" in self._asked:
            turns = [np.roll(passage, -turn * len(passage) // TURNS) for turn in range(TURNS)]
            heard_from = np.array([self._judgement("dnsmos", one) for one in turns])
            scores["ovrl"], scores["p808"] = heard_from.mean(axis=0).tolist()
        return scores

    def _judgement(self, name: str, clip: Waveform) -> Any:
        key = f"{name}:{digest(clip.tobytes())}"
        if key in self._notebook:
            return self._notebook.get(key)
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._threads)
        return self._notebook.put(key, self._loaded[name](clip))


def _load(name: str, threads: int) -> Callable[..., Any]:
    from benchmarks import probes

    if name == "recogniser":
        return probes.Recogniser(threads).transcribe
    if name == "dnsmos":
        return probes.Dnsmos(threads).rate
    if name == "distillmos":
        return probes.DistillMos(threads).rate
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)
    return lambda clip: [float(value) for value in encoder.embed_utterance(clip)]


def open_synthesizer(
    cache_hub: Path, threads: int, folder: Path | None = None, kind: type[AcousticEngine] = AcousticEngine
) -> Synthesizer:
    """A synthesizer on an engine of some kind; with a folder, one that remembers there what it rendered."""
    from tts_engine.acoustic.voices import VoiceStore
    from tts_engine.assets import CacheHub
    from tts_engine.pipeline import Synthesizer
    from tts_engine.text.frontend import FrontEnd

    files = CacheHub(cache_hub).ensure(None)
    engine = (RememberingEngine if folder else kind).load(files.model_file, threads=threads)
    if isinstance(engine, RememberingEngine) and folder:
        engine.folder = folder / "renders"
    front_end = FrontEnd(engine.config.symbols, max_phonemes=engine.config.max_phonemes, lexicon_dir=files.lexicon_dir)
    return Synthesizer.from_parts(engine, VoiceStore(files.voices_dir), front_end)


@dataclass(frozen=True)
class Course:
    """Which readings a run makes.

    Attributes:
        labels: emotions beside neutral.
        intensities: at which each is read.
        voices: who speaks.
        sentences: what is said.
        listen_at: intensities that the listeners judge (neutral readings always).
        listen_sentences: how many of the sentences they judge.
        minutes: after which the run stops before it is finished.
    """

    labels: Sequence[str]
    intensities: Sequence[float]
    voices: Sequence[str]
    sentences: Sequence[str]
    listen_at: Sequence[float]
    listen_sentences: int
    minutes: float = float("inf")


def read_all(synthesizer: Synthesizer, panel: Panel, notebook: Notebook, course: Course) -> Iterator[Reading]:
    """Every reading, passage by passage, the neutral one of each voice first; stops when the time is over.

    The scores of a passage stand with its last sentence.
    """
    until = time.monotonic() + 60.0 * course.minutes
    plain = [(NEUTRAL, 0.0), *((name, i) for name in course.labels for i in course.intensities)]
    rate = synthesizer.sample_rate
    for first in range(0, len(course.sentences), PASSAGE):
        texts = course.sentences[first : first + PASSAGE]
        for voice in course.voices:
            neutral: list[Waveform | None] = []
            for label, intensity in plain:
                if time.monotonic() > until:
                    return
                is_heard = first < course.listen_sentences and (label == NEUTRAL or intensity in course.listen_at)
                made = [_read(synthesizer, notebook, t, voice, label, intensity, samples=is_heard) for t in texts]
                waveforms = [waveform for _, waveform in made]
                if label == NEUTRAL:
                    neutral = waveforms
                scores: list[dict[str, float]] = [{} for _ in texts]
                if is_heard:
                    pairs = [(a, b) for a, b in zip(waveforms, neutral, strict=True) if a is not None and b is not None]
                    scores = [panel.rate(one, other, rate) for one, other in pairs]
                    scores[-1] |= panel.rate_passage([one for one, _ in pairs], rate, "".join(texts))
                for number, ((record, _), score) in enumerate(zip(made, scores, strict=True)):
                    yield Reading(
                        label,
                        intensity,
                        voice,
                        first + number,
                        Measures(**record["measures"]),
                        np.array(record["contours"]),
                        score,
                    )


def _read(
    synthesizer: Synthesizer,
    notebook: Notebook,
    text: str,
    voice: str,
    label: str,
    intensity: float,
    *,
    samples: bool,
) -> tuple[dict[str, Any], Waveform | None]:
    """What the instruments say of one reading, and its samples where they are needed."""
    from tts_engine.options import SynthesisOptions

    key = "reading:" + digest(
        text, voice, label, f"{intensity:g}", code(), Path(acoustics.__file__).read_bytes(), Path(__file__).read_bytes()
    )
    if key in notebook and not samples:
        return notebook.get(key), None
    options = SynthesisOptions(voice=voice, emotion=label, emotion_intensity=intensity, context="off")
    chunk = synthesizer.render_sentence(text, 0, options)
    if key in notebook:
        return notebook.get(key), chunk.waveform
    syllables = sum(len(word.syllables) for word in chunk.sentence.words)
    record = {
        "measures": dataclasses.asdict(measure(chunk.waveform, synthesizer.sample_rate, syllables)),
        "contours": contours_of(chunk.waveform, synthesizer.sample_rate, chunk.timing.characters).tolist(),
    }
    return notebook.put(key, record), chunk.waveform


def contours_of(waveform: Waveform, sample_rate: int, characters: Sequence[Any]) -> NDArray[np.float64]:
    """(n_characters, 8) course of the pitch over each Han character around its mean, in deviations of the sentence."""
    times, f0 = track_voice(waveform, sample_rate)
    voiced = f0 > 0
    pitch = np.interp(times, times[voiced], 12 * np.log2(f0[voiced]))
    pitch = pitch / max(pitch[voiced].std(), 0.5)
    spans = [(item.begin_s, item.end_s) for item in characters if "\u4e00" <= item.text <= "\u9fff"]
    rows = np.array([np.interp(np.linspace(b + 0.2 * (e - b), e, 8), times, pitch) for b, e in spans])
    return rows - rows.mean(axis=1, keepdims=True)
