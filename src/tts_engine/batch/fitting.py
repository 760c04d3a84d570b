"""A line into the slot of its cue: spoken faster as far as speech stays clear, and told where that is not enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from .model import Slot

if TYPE_CHECKING:
    from ..types import SynthesisResult

#: Fastest rate that a line is brought to; above it intelligibility suffers (``chunking.CLEAN_SPEED``).
FASTEST = 1.4
#: What a line may be too long without anybody noticing, seconds.
TOLERANCE_S = 0.02

_MOST_RENDERINGS = 4
_HEADROOM = 1.01  # pauses do not shrink as much as speech does


def fit_slot(speak: Callable[[float], SynthesisResult], speed: float, slot: Slot) -> SynthesisResult:
    """The line as it was last spoken: at the wished rate where that fits, else at the least faster one that does.

    A line that is shorter than its slot is left alone. One that does not fit at ``FASTEST`` says so in its warnings.

    Args:
        speak: renders the line at a rate.
        speed: the wished rate; one above ``FASTEST`` is kept.
        slot: that it has to fit into.
    """
    fastest, longest_s = max(speed, FASTEST), slot.length_s + TOLERANCE_S
    wished, spoken = speed, speak(speed)
    for _ in range(_MOST_RENDERINGS - 1):
        if spoken.audio_s <= longest_s or speed >= fastest:
            break
        speed = min(fastest, speed * _HEADROOM * spoken.audio_s / slot.length_s)
        spoken = speak(speed)
    if spoken.audio_s > longest_s:
        over_s = spoken.audio_s - slot.length_s
        said = (
            f"放不进 {slot.length_s:.2f} 秒：语速 {speed:.2f} 仍超出 {over_s:.2f} 秒，请缩短文字或延长字幕。"
            f"Does not fit into {slot.length_s:.2f} s: {over_s:.2f} s too long at rate {speed:.2f}; shorten the text or"
            " lengthen the cue."
        )
    elif speed != wished:
        said = (
            f"语速调到 {speed:.2f} 以放进 {slot.length_s:.2f} 秒。Rate {speed:.2f} to fit into {slot.length_s:.2f} s."
        )
    else:
        return spoken
    return dataclasses.replace(spoken, warnings=(*spoken.warnings, said))
