"""What is wrong with the sound itself, without a recogniser: silence, clipping, loudness, lengths. Always on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import FloatArray
    from .store import Take

#: No 400 ms of a line reach this: nothing is heard.
SILENT_LUFS = -60.0

#: Longer silence inside a line than any pause that the engine makes by itself, seconds.
LONG_GAP_S = 3.0

#: Seconds of a syllable outside this are too fast or slow to be meant (docs/acoustic.md: 2.4 to 6 a second are clean).
SYLLABLE_S = (0.07, 1.2)

#: A line this far from the loudness of its role, LU, is listed; shouting and whispering stay inside.
LOUDNESS_LU = 12.0

_FLAT = 8  # samples in a row at the very top: a flattened peak
_GAP_DB = -60.0

MEANINGS = {
    "silent": ("几乎无声", "almost silent"),
    "clipped": ("削波", "clipped"),
    "gap": ("中间有过长的静音", "too long a silence inside"),
    "too_fast": ("每个音节过短", "syllables too short"),
    "too_slow": ("每个音节过长", "syllables too long"),
    "too_loud": ("比该角色响很多", "far louder than its role"),
    "too_quiet": ("比该角色轻很多", "far quieter than its role"),
    "misread": ("识别结果与文字不符", "heard differently by the recogniser"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was noticed about a line.

    Attributes:
        line: its number, from 1.
        what: a key of ``MEANINGS``.
        detail: figures or words, for people.
    """

    line: int
    what: str
    detail: str = ""


def check_line(take: Take, waveform: FloatArray) -> tuple[str, ...]:
    """What is noticed in one line by itself, in the order of ``MEANINGS``."""
    flags = []
    if not take.blocks_lufs or max(take.blocks_lufs) < SILENT_LUFS:
        flags.append("silent")
    if has_flat_peaks(waveform):
        flags.append("clipped")
    if longest_gap_s(waveform, take.sample_rate) > LONG_GAP_S:
        flags.append("gap")
    if take.syllables:
        least, most = SYLLABLE_S
        per_syllable = take.audio_s / len(take.syllables)
        flags += ["too_fast"] if per_syllable < least else ["too_slow"] if per_syllable > most else []
    return tuple(flags)


def has_flat_peaks(waveform: FloatArray) -> bool:
    """Whether the waveform stays at one value near full scale for several samples."""
    import numpy as np

    top = np.abs(waveform) > 0.985
    if np.count_nonzero(top) < _FLAT:
        return False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], top, [False]]).astype(np.int8)))
    return bool((edges[1::2] - edges[::2]).max() >= _FLAT)


def longest_gap_s(waveform: FloatArray, sample_rate: int) -> float:
    """Longest silence between the first and the last sound, seconds."""
    import numpy as np

    window = max(1, sample_rate // 100)
    count = len(waveform) // window
    if not count:
        return 0.0
    power = np.square(waveform[: count * window].reshape(count, window), dtype=np.float64).mean(axis=1)
    heard = np.flatnonzero(power > 10 ** (_GAP_DB / 10))
    if len(heard) < 2:
        return 0.0
    return float((np.diff(heard).max() - 1) * window / sample_rate)


def check_loudness(loudness: Sequence[tuple[int, str, float]]) -> tuple[Finding, ...]:
    """Lines that are far louder or quieter than the median of their role.

    Args:
        loudness: number, role and integrated loudness of each line, its own gain included.
    """
    import statistics

    by_role: dict[str, list[float]] = {}
    for _, role, lufs in loudness:
        if math.isfinite(lufs):
            by_role.setdefault(role, []).append(lufs)
    middle = {role: statistics.median(values) for role, values in by_role.items()}
    found = []
    for number, role, lufs in loudness:
        if role in middle and math.isfinite(lufs) and abs(lufs - middle[role]) > LOUDNESS_LU:
            what = "too_loud" if lufs > middle[role] else "too_quiet"
            found.append(Finding(number, what, f"{lufs - middle[role]:+.1f} LU"))
    return tuple(found)
