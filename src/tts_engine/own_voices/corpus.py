"""A user's corpus for fine-tuning: recordings with what was said in them, checked before anything is computed.

A folder holds ``name.wav`` (or FLAC, MP3, OGG) beside ``name.txt``. A clip that fails a check is left out with its
reason; the rest goes on if it is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import AudioError, ControlError, TTSError
from ..hearing.decode import decode

if TYPE_CHECKING:
    from ..types import FloatArray

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus")
SHORTEST_S, LONGEST_S = 1.0, 12.0
SLOWEST, FASTEST = 1.2, 9.0  # syllables per second
QUIETEST_DBFS, MOST_CLIPPED = -45.0, 0.001
LEAST_CLIPS = 3

#: A text -> its phonemes and number of syllables; the front end, wherever it comes from.
Read = Callable[[str], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording with its text.

    Attributes:
        name: of the file.
        phonemes: what is said.
        waveform: (samples,) float32 at the rate of the model.
    """

    name: str
    phonemes: str
    waveform: FloatArray


@dataclass(frozen=True, slots=True)
class Corpus:
    """What can be trained on.

    Attributes:
        clips: in order of their names.
        refused: name -> why a clip is left out.
        seconds: of all clips.
    """

    clips: tuple[Clip, ...]
    refused: Mapping[str, str]
    seconds: float

    def split(self) -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
        """Clips to train on, and every tenth, at least one, to judge by."""
        held_out = self.clips[::10]
        return tuple(clip for clip in self.clips if clip not in held_out), held_out


def read_corpus(folder: Path, read: Read, *, sample_rate: int) -> Corpus:
    """The corpus of a folder.

    Args:
        folder: of recordings and texts.
        read: reads a text.
        sample_rate: of the model.

    Raises:
        ControlError: no such folder, or too few clips that can be used; says why they cannot.
    """
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    clips, refused = [], {}
    for file in files:
        try:
            clips.append(_clip(file, read, sample_rate))
        except TTSError as error:
            refused[file.name] = error.message
    if len(clips) < LEAST_CLIPS:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(refused.items())[:3])
        raise ControlError(
            f"{folder} 中可用的录音只有 {len(clips)} 个，至少 {LEAST_CLIPS} 个（音频旁要有同名 .txt 文本）。Only"
            f" {len(clips)} usable recordings in {folder}, at least {LEAST_CLIPS} are needed (each audio file with a"
            f" .txt of the same name beside it). {reasons}".rstrip(),
            code="corpus_too_small",
            option="corpus",
            value=str(folder),
            refused=refused,
        )
    return Corpus(tuple(clips), refused, sum(len(clip.waveform) for clip in clips) / sample_rate)


def _clip(file: Path, read: Read, sample_rate: int) -> Clip:
    transcript = file.with_suffix(".txt")
    try:
        text = transcript.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"没有可读的文本 {transcript.name}", f"no readable text {transcript.name}") from error
    phonemes, syllables = read(text)
    recording = decode(file, sample_rate=sample_rate)
    if not SHORTEST_S <= recording.duration_s <= LONGEST_S:
        raise _wrong(
            f"长 {recording.duration_s:.1f} 秒，应为 {SHORTEST_S:g}–{LONGEST_S:g} 秒",
            f"{recording.duration_s:.1f} s long, allowed are {SHORTEST_S:g} to {LONGEST_S:g} s",
        )
    rate = syllables / recording.duration_s
    if not SLOWEST <= rate <= FASTEST:
        raise _wrong(
            f"文本与录音不符：每秒 {rate:.1f} 个音节", f"text and recording do not fit: {rate:.1f} syllables a second"
        )
    level = 10 * np.log10(float(np.mean(np.square(recording.waveform), dtype=np.float64)) + 1e-12)
    if level < QUIETEST_DBFS:
        raise _wrong(f"太轻（{level:.0f} dBFS）", f"too quiet ({level:.0f} dBFS)")
    if recording.clipped_share > MOST_CLIPPED:
        raise _wrong("削波失真", "clipped")
    return Clip(file.name, phonemes, recording.waveform)


def _wrong(chinese: str, english: str) -> AudioError:
    return AudioError(f"{chinese}。{english[0].upper()}{english[1:]}.", code="clip_refused")
