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

from benchmarks import acoustics
from benchmarks.acoustics import Measures, measure, track_pitch
from benchmarks.notebook import Notebook, RememberingEngine, code, digest
from tts_engine.acoustic.engine import AcousticEngine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer

NEUTRAL = "neutral"

#: Everyone who can be asked.
LISTENERS = ("recogniser", "dnsmos", "distillmos", "similarity")


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
    """The listeners; each is loaded when it is first needed, and nothing is judged twice."""

    def __init__(self, threads: int, notebook: Notebook, listeners: Sequence[str]) -> None:
        self._threads = threads
        self._notebook = notebook
        self._asked = [name for name in LISTENERS if name in listeners]
        self._loaded: dict[str, Callable[..., Any]] = {}

    def rate(
        self, waveform: NDArray[np.float32], sample_rate: int, text: str, neutral: NDArray[np.float32]
    ) -> dict[str, float]:
        """Scores of one reading; similarity is that to the neutral reading."""
        from benchmarks.readback import distance, syllables

        scores: dict[str, float] = {}
        for name in self._asked:
            heard = self._judgement(name, waveform, sample_rate)
            if name == "recogniser":
                wanted = syllables(text)
                scores |= {"errors": distance(wanted, syllables(heard)), "syllables": len(wanted)}
            elif name == "dnsmos":
                scores["ovrl"], scores["p808"] = heard
            elif name == "similarity":
                one, other = np.array(heard), np.array(self._judgement(name, neutral, sample_rate))
                scores[name] = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
            else:
                scores[name] = heard
        return scores

    def _judgement(self, name: str, waveform: NDArray[np.float32], sample_rate: int) -> Any:
        from benchmarks.probes import prepare

        key = f"{name}:{digest(waveform.tobytes())}"
        if key in self._notebook:
            return self._notebook.get(key)
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._threads)
        return self._notebook.put(key, self._loaded[name](prepare(waveform, sample_rate)))


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
    """Every reading, sentence by sentence, the neutral one of each voice first; stops when the time is over."""
    until = time.monotonic() + 60.0 * course.minutes
    for index, text in enumerate(course.sentences):
        for voice in course.voices:
            neutral = None
            plain = [(NEUTRAL, 0.0), *((name, i) for name in course.labels for i in course.intensities)]
            for label, intensity in plain:
                if time.monotonic() > until:
                    return
                is_heard = index < course.listen_sentences and (label == NEUTRAL or intensity in course.listen_at)
                record, waveform = _read(synthesizer, notebook, text, voice, label, intensity, samples=is_heard)
                if label == NEUTRAL:
                    neutral = waveform
                scores: dict[str, float] = {}
                if is_heard:
                    assert waveform is not None
                    assert neutral is not None
                    scores = panel.rate(waveform, synthesizer.sample_rate, text, neutral)
                yield Reading(
                    label, intensity, voice, index, Measures(**record["measures"]), np.array(record["contours"]), scores
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
) -> tuple[dict[str, Any], NDArray[np.float32] | None]:
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
        "contours": _contours(chunk.waveform, synthesizer.sample_rate, chunk.timing.characters).tolist(),
    }
    return notebook.put(key, record), chunk.waveform


def _contours(waveform: NDArray[np.float32], sample_rate: int, characters: Sequence[Any]) -> NDArray[np.float64]:
    """(n_characters, 8) course of the pitch over each Han character around its mean, in deviations of the sentence."""
    times, f0 = track_pitch(waveform, sample_rate)
    voiced = f0 > 0
    pitch = np.interp(times, times[voiced], 12 * np.log2(f0[voiced]))
    pitch = pitch / max(pitch[voiced].std(), 0.5)
    spans = [(item.begin_s, item.end_s) for item in characters if "\u4e00" <= item.text <= "\u9fff"]
    rows = np.array([np.interp(np.linspace(b + 0.2 * (e - b), e, 8), times, pitch) for b, e in spans])
    return rows - rows.mean(axis=1, keepdims=True)
