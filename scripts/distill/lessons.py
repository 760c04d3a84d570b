"""Lessons on the disk: what the student reads, and what the teacher said to it.

A shard holds some texts and several lessons of each: ``train-00007.npz`` has the text encodings (float16, once per
text: they depend on nothing else), durations, curves and timbre; ``train-00007.flac`` the teacher's waveforms one after
the other (16 bit). The second can be made from the first on any machine, so only small files need to travel. Every
file is written whole or not at all, and none is larger than ``MOST_BYTES``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from tts_engine.acoustic.runtime import Curves

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray

MOST_BYTES = 16 << 20

#: How far beyond full scale a waveform may go: an excited voice can, before its level is set.
HEADROOM = 2.0


@dataclass(frozen=True)
class Lesson:
    """One utterance.

    Attributes:
        curves: what teacher and student render.
        facts: text, voice, emotion and knobs, for people and for splits.
        waveform: what the teacher says, (frames * frame_hop,); None where it was not asked yet.
    """

    curves: Curves
    facts: Mapping[str, Any]
    waveform: FloatArray | None = None


def write_curves(path: Path, lessons: Sequence[Lesson], recipe: str) -> Path:
    """Writes a shard without its waveforms; lessons of one text share their encoding.

    Raises:
        ValueError: the file would be larger than ``MOST_BYTES``.
    """
    texts: dict[str, int] = {}
    encodings = []
    for lesson in lessons:
        if lesson.facts["text"] not in texts:
            texts[lesson.facts["text"]] = len(texts)
            encodings.append(lesson.curves.text.astype(np.float16))
    durations = [np.bincount(lesson.curves.rows, minlength=len(lesson.curves.text)) for lesson in lessons]
    if any(one.min() < 0 or one.max() > np.iinfo(np.uint16).max for one in durations):
        raise ValueError("a token is longer than 65,535 frames")
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        text=np.concatenate(encodings),
        tokens=np.array([len(one) for one in encodings]),
        text_of=np.array([texts[lesson.facts["text"]] for lesson in lessons]),
        durations=np.concatenate(durations).astype(np.uint16),
        frames=np.array([len(lesson.curves.rows) for lesson in lessons]),
        f0=np.concatenate([lesson.curves.f0 for lesson in lessons]),
        energy=np.concatenate([lesson.curves.energy for lesson in lessons]).astype(np.float16),
        style=np.stack([lesson.curves.style for lesson in lessons]),
        seed=np.array([lesson.curves.seed for lesson in lessons]),
        facts=np.array(json.dumps([dict(lesson.facts) for lesson in lessons], ensure_ascii=False)),
        recipe=np.array(recipe),
    )
    return _write(path, buffer.getvalue())


def write_waveforms(path: Path, waveforms: Iterable[FloatArray], config: ModelConfig) -> Path:
    """Writes what the teacher says to a shard, beside it.

    Raises:
        ValueError: the file would be larger than ``MOST_BYTES``, or a waveform is beyond the headroom.
    """
    joined = np.concatenate(list(waveforms)) / HEADROOM
    if np.abs(joined).max() >= 1.0:
        raise ValueError(f"the teacher is more than {HEADROOM} times full scale in {path.name}")
    buffer = io.BytesIO()
    soundfile.write(buffer, joined, config.sample_rate, format="FLAC", subtype="PCM_16")
    return _write(path.with_suffix(".flac"), buffer.getvalue())


def read_shard(path: Path, config: ModelConfig) -> list[Lesson]:
    """The lessons of a shard, with their waveforms where they are there."""
    with np.load(path, allow_pickle=False) as data:
        shard = {name: data[name] for name in data.files}
    texts = np.split(shard["text"].astype(np.float32), np.cumsum(shard["tokens"])[:-1])
    facts, frames = json.loads(str(shard["facts"])), shard["frames"]
    ends = np.cumsum(frames)
    said: FloatArray | None = None
    if path.with_suffix(".flac").is_file():
        said, _ = soundfile.read(path.with_suffix(".flac"), dtype="float32")
        said *= HEADROOM
        if len(said) != ends[-1] * config.frame_hop:
            raise ValueError(f"{path.with_suffix('.flac')} does not belong to {path.name}: make it again")
    lessons, token = [], 0
    for number, end in enumerate(ends):
        text = texts[shard["text_of"][number]]
        rows = np.repeat(np.arange(len(text)), shard["durations"][token : token + len(text)])
        token += len(text)
        begin = end - frames[number]
        curves = Curves(
            text=text,
            rows=rows,
            f0=shard["f0"][2 * begin : 2 * end],
            energy=shard["energy"][2 * begin : 2 * end].astype(np.float32),
            style=shard["style"][number],
            seed=int(shard["seed"][number]),
            noise=1.0,
        )
        waveform = None if said is None else said[begin * config.frame_hop : end * config.frame_hop]
        lessons.append(Lesson(curves, facts[number], waveform))
    return lessons


def recipe_of(path: Path) -> str:
    """The digest of the recipe that a shard was made by."""
    with np.load(path, allow_pickle=False) as data:
        return str(data["recipe"])


def shards(folder: Path, split: str) -> list[Path]:
    """The shards of a split, in order."""
    return sorted(folder.glob(f"{split}-*.npz"))


def _write(path: Path, data: bytes) -> Path:
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path.name} would have {len(data):,} bytes; take fewer lessons in a shard")
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(data)
    partial.replace(path)
    return path
