"""A ``ReferenceStyle`` in words for people."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import ReferenceStyle


def report(style: ReferenceStyle, chinese: Callable[[str], str] = str) -> str:
    """Several lines: a Chinese and an English name with the figure.

    Args:
        style: what was heard.
        chinese: the Chinese name of an emotion.
    """
    shift = 12.0 * math.log2(style.f0_median_hz / style.neutral_hz)
    pauses = " ".join(f"{pause:.2f}" for pause in style.pauses_s) or "-"
    formants = " ".join(f"{hz:.0f}" for hz in style.formants_hz)
    rows = [
        ("时长 length", f"{style.duration_s:.2f} s, 人声 speech {style.speech_s:.2f} s"),
        (
            "音高 pitch",
            f"{style.f0_median_hz:.0f} Hz (5-95 %: {style.f0_low_hz:.0f}-{style.f0_high_hz:.0f} Hz),"
            f" 起伏 spread {style.f0_spread_st:.1f} st",
        ),
        ("自然音高 neutral pitch", f"{style.neutral_hz:.0f} Hz, 现在 now {shift:+.1f} st"),
        ("语速 rate", f"{style.syllable_rate:.1f} 音节/秒 syllables/s"),
        ("停顿 pauses", f"{100 * style.pause_share:.0f} %: {pauses} s"),
        ("力度起伏 dynamics", f"{style.level_spread_db:.1f} dB"),
        ("明暗 tilt", f"{style.tilt_db:.1f} dB"),
        ("谐噪比 harmonics to noise", f"{style.hnr_db:.1f} dB"),
        ("抖动 jitter, shimmer", f"{100 * style.jitter:.2f} %, {100 * style.shimmer:.1f} %"),
        ("共振峰 formants F1-F4", f"{formants} Hz, 声道 vocal tract {style.vocal_tract_cm:.1f} cm"),
        ("乐句 phrases", str(len(style.phrases))),
    ]
    if style.sounds_like:
        names = ", ".join(f"{chinese(name)} {name} {share:.1f}" for name, share in style.sounds_like)
        rows.append(("听起来像 sounds like", names))
    lines = [f"{name}\t{value}" for name, value in rows]
    for number, phrase in enumerate(style.phrases, 1):
        lines.append(
            f"  {number}\t{phrase.begin_s:.2f}-{phrase.end_s:.2f} s, {phrase.syllables:.0f} 音节 syllables,"
            f" 旋律 melody {phrase.melody_st[0]:+.1f} → {phrase.melody_st[len(phrase.melody_st) // 2]:+.1f} →"
            f" {phrase.melody_st[-1]:+.1f} st"
        )
    return "\n".join(lines)
