"""Lessons in memory, and batches of stretches of them. What step *n* sees follows from the seed and *n* alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from tts_engine.acoustic.fast import sound

from .lessons import Lesson, read_shard

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray

#: Batches that are cut ahead of the step that needs them.
AHEAD = 4


@dataclass(frozen=True)
class Prepared:
    """A lesson with what is derived from it once.

    Attributes:
        lesson: with its waveform.
        rows: (values,) token of each value of the curves.
        features: (values, FEATURES).
        excitation: (2, samples) float16.
    """

    lesson: Lesson
    rows: np.ndarray
    features: FloatArray
    excitation: np.ndarray


@dataclass(frozen=True)
class Batch:
    """Stretches of lessons, one row each.

    Attributes:
        text: (B, tokens, hidden), zero behind a text's end.
        rows: (B, V).
        features: (B, V, FEATURES).
        style: (B, style).
        excitation: (B, 2, samples).
        target: (B, samples).
    """

    text: Tensor
    rows: Tensor
    features: Tensor
    style: Tensor
    excitation: Tensor
    target: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What ``Student.forward`` takes."""
        return self.text, self.rows, self.features, self.style, self.excitation


def prepare(lesson: Lesson, config: ModelConfig) -> Prepared:
    """Derives what the network reads.

    Raises:
        ValueError: the teacher was not asked yet.
    """
    if lesson.waveform is None:
        raise ValueError(f"this lesson has no waveform; run teach first: {lesson.facts}")
    curves = lesson.curves
    made = sound.excitation(curves.f0, config, seed=curves.seed, noise=curves.noise)
    return Prepared(
        lesson,
        np.repeat(curves.rows, 2),
        sound.features(curves.f0, curves.energy, config),
        made.astype(np.float16),
    )


def load(paths: Sequence[Path], config: ModelConfig, *, workers: int) -> list[Prepared]:
    """Every lesson of these shards, in order."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        lessons = [lesson for shard in pool.map(lambda path: read_shard(path, config), paths) for lesson in shard]
        return list(pool.map(lambda lesson: prepare(lesson, config), lessons))


def cut(prepared: Sequence[Prepared], begins: Sequence[int], values: int, config: ModelConfig) -> Batch:
    """A batch of stretches of ``values`` values of the curves; what lies behind a lesson's end is silence."""
    tokens = max(len(one.lesson.curves.text) for one in prepared)
    hop = config.curve_hop

    def of(one: Prepared, begin: int) -> tuple[np.ndarray, ...]:
        text = one.lesson.curves.text
        stretch, samples = slice(begin, begin + values), slice(begin * hop, (begin + values) * hop)
        return (
            np.pad(text, ((0, tokens - len(text)), (0, 0))),
            _padded(one.rows[stretch], values, "edge"),
            _padded(one.features[stretch], values),
            one.lesson.curves.style,
            _padded(one.excitation[:, samples].astype(np.float32).T, values * hop).T,
            _padded(np.asarray(one.lesson.waveform)[samples], values * hop),
        )

    columns = zip(*(of(one, begin) for one, begin in zip(prepared, begins, strict=True)), strict=True)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(np.stack(column))) for column in columns))


def batches(
    lessons: Sequence[Prepared], *, size: int, values: int, seed: int, first: int, config: ModelConfig, workers: int
) -> Iterator[Batch]:
    """Batches from step ``first`` on, without end; long lessons are chosen as often as they are long."""
    lengths = np.array([len(one.rows) for one in lessons], np.float64)
    shares = lengths / lengths.sum()

    def draw(step: int) -> Batch:
        generator = np.random.default_rng((seed, step))
        chosen = generator.choice(len(lessons), size=size, p=shares)
        latest = np.maximum(lengths[chosen] - values, 0)
        begins = np.floor(generator.random(size) * (latest + 1)).astype(int)
        return cut([lessons[i] for i in chosen], begins.tolist(), values, config)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: list[Future[Batch]] = [pool.submit(draw, first + i) for i in range(AHEAD)]
        step = first + AHEAD
        try:
            while True:
                yield waiting.pop(0).result()
                waiting.append(pool.submit(draw, step))
                step += 1
        finally:
            for one in waiting:
                one.cancel()


def _padded(array: np.ndarray, length: int, mode: str = "constant") -> np.ndarray:
    missing = ((0, length - len(array)), *((0, 0) for _ in array.shape[1:]))
    return np.pad(array, missing, mode=mode) if length > len(array) else array  # type: ignore[call-overload]
