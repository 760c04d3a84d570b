"""Makes lessons: our own engine performs the texts, and what would go into stage C is kept.

Everything up to the decoder is the product's own: front end, emotion renderer, pauses, edges, knobs. The performance
stops where the decoder would begin (``Recorder``); the teacher renders the curves then, or later on another machine.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tts_engine.acoustic.engine import AcousticEngine, Encoding, Rendering
from tts_engine.emotion.parse import parse_emotion
from tts_engine.options import SynthesisOptions
from tts_engine.speaking import Speaker
from tts_engine.types import Performance, Prosody

from .lessons import Lesson, read_shard, shards, write_curves, write_waveforms
from .recipe import Order, Recipe, draw

if TYPE_CHECKING:
    from tts_engine.acoustic.runtime import Runtime
    from tts_engine.acoustic.voices import VoiceStore
    from tts_engine.text.frontend import FrontEnd
    from tts_engine.types import FloatArray

    from .texts import Text

#: Texts in a shard, and lessons of each: some four minutes of audio, 6 MB.
TEXTS, LESSONS = 12, 5

#: From the split of a text to the splits of lessons that it may be in.
OF_TEXT = {"train": ("train",), "valid": ("valid",), "test": ("text", "voice", "emotion")}

Report = Callable[[str], None]


class _Recorded(Exception):  # noqa: N818 - no error: how a performance ends where the decoder would begin
    def __init__(self, rendering: Rendering) -> None:
        super().__init__()
        self.rendering = rendering


class Recorder:
    """An engine for ``Speaker`` that hands out what was to be rendered instead of rendering it."""

    def __init__(self, engine: AcousticEngine) -> None:
        self.engine, self.config = engine, engine.config
        self.encode, self.predict = engine.encode, engine.predict
        self.timbre_shift: FloatArray | None = None

    def rendering(
        self, encoding: Encoding, prosody: Prosody, timbre_style: FloatArray, *, seed: int = 0, noise: float = 1.0
    ) -> Rendering:
        """As ``AcousticEngine.rendering``, with the timbre moved; never returns."""
        timbre = timbre_style if self.timbre_shift is None else timbre_style + self.timbre_shift
        raise _Recorded(self.engine.rendering(encoding, prosody, timbre, seed=seed, noise=noise))


class Stage:
    """Front end, voices and engine, ready to perform orders."""

    def __init__(self, engine: AcousticEngine, voices: VoiceStore, front_end: FrontEnd) -> None:
        self.voices, self.front_end, self.config, self.runtime = voices, front_end, engine.config, engine.runtime
        self._recorder = Recorder(engine)
        self._speaker = Speaker(self._recorder, voices)  # type: ignore[arg-type]  # all that it asks of an engine
        timbres = np.stack([voices.style(name, 50).timbre for name in voices.pack_names()])
        self._radius = float(np.linalg.norm(timbres - timbres.mean(axis=0), axis=1).mean())

    def perform(self, text: str, order: Order) -> list[Rendering]:
        """What would be rendered, one of each sentence."""
        options = SynthesisOptions(
            voice=order.voice, speed=order.speed, pitch_shift_st=order.pitch_shift_st, seed=order.seed
        )
        emotion = parse_emotion(order.emotion, intensity=order.intensity)
        direction = np.random.default_rng(order.seed).standard_normal(self.config.style)
        distance = order.timbre_shift * self._radius / np.linalg.norm(direction)
        self._recorder.timbre_shift = (direction * distance).astype(np.float32)
        renderings = []
        for sentence in self.front_end.analyse(text).sentences:
            performance = Performance(emotion=emotion, origin="label")
            try:
                self._speaker.speak(sentence, performance, options, seed=order.seed, extra_db=0.0)
            except _Recorded as recorded:
                renderings.append(recorded.rendering)
        return renderings


def generate(
    stage: Stage,
    texts: Sequence[Text],
    folder: Path,
    recipe: Recipe,
    *,
    counts: dict[str, int],
    with_teacher: bool = True,
    until: float = float("inf"),
    report: Report = print,
) -> int:
    """Makes the shards that are missing, and says how many it made.

    Args:
        stage: performs.
        texts: from ``texts``.
        folder: of the shards.
        recipe: how lessons are drawn.
        counts: split -> shards wanted.
        with_teacher: render them too; otherwise ``teach`` does it later.
        until: moment of ``time.monotonic`` after which no shard is begun.
        report: told about every shard.
    """
    folder.mkdir(parents=True, exist_ok=True)
    voices = sorted(stage.voices.pack_names())
    made = 0
    for split, count in counts.items():
        allowed = [text for text in texts if split in OF_TEXT[text.split]]
        if not allowed and count:
            raise ValueError(f"the list has no text for the split {split}")
        for number in range(count):
            path = folder / f"{split}-{number:05}.npz"
            if path.is_file() and (path.with_suffix(".flac").is_file() or not with_teacher):
                continue
            if time.monotonic() > until:
                return made
            if not path.is_file():
                write_curves(path, _lessons(stage, allowed, recipe, split, number, voices), recipe.digest())
            if with_teacher:
                _teach(path, stage.config, stage.runtime)
            made += 1
            report(_described(path, stage.config))
    return made


def teach(runtime: Runtime, config: Any, folder: Path, *, until: float = float("inf"), report: Report = print) -> int:
    """Renders every shard that has no waveforms yet, on whatever the runtime computes on."""
    made = 0
    for path in sorted(folder.glob("*-*.npz")):
        if path.with_suffix(".flac").is_file():
            continue
        if time.monotonic() > until:
            break
        _teach(path, config, runtime)
        made += 1
        report(_described(path, config))
    return made


def _lessons(
    stage: Stage, texts: Sequence[Text], recipe: Recipe, split: str, shard: int, voices: Sequence[str]
) -> list[Lesson]:
    lessons = []
    order = np.random.default_rng((recipe.seed, len(texts))).permutation(len(texts))
    for place in range(TEXTS):
        number = shard * TEXTS + place
        text = texts[int(order[number % len(texts)])]
        for i in range(LESSONS):
            chosen = draw(recipe, split, number * LESSONS + i, voices)
            for part, rendering in enumerate(stage.perform(text.text, chosen)):
                said = text.text if not part else f"{text.text}#{part}"
                facts = {"text": said, "kind": text.kind, **dataclasses.asdict(chosen)}
                lessons.append(Lesson(rendering.curves, facts))
    return lessons


def _teach(path: Path, config: Any, runtime: Runtime) -> None:
    lessons = read_shard(path, config)

    def said(lesson: Lesson) -> FloatArray:
        rendering = Rendering(runtime, lesson.curves, runtime.prepare(lesson.curves))
        return rendering.part(0, rendering.frames)

    with ThreadPoolExecutor(max_workers=runtime.together) as pool:
        write_waveforms(path, pool.map(said, lessons), config)


def _described(path: Path, config: Any) -> str:
    lessons = read_shard(path, config)
    seconds = sum(len(lesson.curves.rows) for lesson in lessons) / config.frame_rate
    sizes = [file.stat().st_size / 1e6 for file in (path, path.with_suffix(".flac")) if file.is_file()]
    return f"{path.stem}: {len(lessons)} lessons, {seconds:.0f} s, {' + '.join(f'{size:.2f}' for size in sizes)} MB"


def hours(folder: Path, config: Any, split: str = "train") -> float:
    """Hours of audio of a split."""
    frames = 0
    for path in shards(folder, split):
        with np.load(path, allow_pickle=False) as data:
            frames += int(data["frames"].sum())
    return frames / config.frame_rate / 3600
