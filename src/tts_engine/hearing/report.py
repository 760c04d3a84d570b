"""A ``ReferenceStyle`` in words for people."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import ReferenceStyle


@dataclass(frozen=True, slots=True)
class _Scale:
    """What a figure is called between its limits; no word where it is neither one thing nor the other."""

    limits: tuple[float, ...]
    chinese: tuple[str, ...]
    english: tuple[str, ...]

    def words(self, value: float) -> tuple[str, str]:
        at = bisect(self.limits, value)
        return self.chinese[at], self.english[at]


# The limits are about the 20th and 80th percentile of 104 lines of actors and prompts in six languages.
_PITCH = _Scale(
    (-3.0, -1.0, 1.0, 3.0),
    ("比平常低很多", "比平常低", "音高如常", "比平常高", "比平常高很多"),
    ("much lower than usual", "lower than usual", "at the usual pitch", "higher than usual", "much higher than usual"),
)
_MELODY = _Scale(
    (2.9, 4.2), ("语调平", "语调起伏适中", "语调起伏大"), ("a flat melody", "some melody", "a lively melody")
)
_RATE = _Scale(
    (4.0, 4.5, 5.5, 6.2),
    ("说得慢", "说得偏慢", "语速适中", "说得偏快", "说得快"),
    ("slow", "rather slow", "at a medium rate", "rather fast", "fast"),
)
_PAUSES = _Scale(
    (0.03, 0.12), ("几乎不停顿", "停顿适中", "停顿多"), ("hardly a pause", "some pauses", "many or long pauses")
)
_LEVEL = _Scale((4.3, 6.3), ("轻重平均", "", "轻重分明"), ("an even level", "", "a level that varies"))
_TILT = _Scale((-18.0, -12.0), ("声音柔暗", "", "声音明亮有力"), ("a soft, dark voice", "", "a bright voice"))
_HNR = _Scale((7.0, 14.5), ("沙哑或带气声", "", "嗓音清亮"), ("rough or breathy", "", "clear"))


def summary(style: ReferenceStyle) -> tuple[str, str]:
    """How somebody speaks, in a Chinese and an English sentence without figures."""
    words = [
        _PITCH.words(style.shift_st),
        _MELODY.words(style.f0_spread_st),
        _RATE.words(style.syllable_rate),
        _PAUSES.words(style.pause_share),
        _LEVEL.words(style.level_spread_db),
        _TILT.words(style.tilt_db),
        _HNR.words(style.hnr_db),
    ]
    chinese, english = ([word for word in column if word] for column in zip(*words, strict=True))
    return "，".join(chinese), ", ".join(english)


def likeness(style: ReferenceStyle, chinese: Callable[[str], str] = str) -> str:
    """``悲伤 sad 0.6，恐惧 afraid 0.2``: the nearest emotions; empty where none is near."""
    return "，".join(f"{chinese(name)} {name} {share:.1f}" for name, share in style.sounds_like)


def report(style: ReferenceStyle, chinese: Callable[[str], str] = str) -> str:
    """Several lines: what it amounts to, then a Chinese and an English name with each figure.

    Args:
        style: what was heard.
        chinese: the Chinese name of an emotion.
    """
    pauses = " ".join(f"{pause:.2f}" for pause in style.pauses_s) or "-"
    formants = " ".join(f"{hz:.0f}" for hz in style.formants_hz)
    rows = [
        ("说法 manner", "。".join(summary(style))),
        ("听起来像 sounds like", likeness(style, chinese) or "没有特别像的情绪 no emotion in particular"),
        ("时长 length", f"{style.duration_s:.2f} s, 人声 speech {style.speech_s:.2f} s"),
        (
            "音高 pitch",
            f"{style.f0_median_hz:.0f} Hz (5-95 %: {style.f0_low_hz:.0f}-{style.f0_high_hz:.0f} Hz),"
            f" 起伏 spread {style.f0_spread_st:.1f} st",
        ),
        ("自然音高 neutral pitch", f"{style.neutral_hz:.0f} Hz, 现在 now {style.shift_st:+.1f} st 半音"),
        ("语速 rate", f"{style.syllable_rate:.1f} 音节/秒 syllables/s"),
        ("停顿 pauses", f"{100 * style.pause_share:.0f} %: {pauses} s"),
        ("力度起伏 dynamics", f"{style.level_spread_db:.1f} dB"),
        ("明暗 tilt", f"{style.tilt_db:.1f} dB"),
        ("谐噪比 harmonics to noise", f"{style.hnr_db:.1f} dB"),
        ("抖动 jitter, shimmer", f"{100 * style.jitter:.2f} %, {100 * style.shimmer:.1f} %"),
        ("共振峰 formants F1-F4", f"{formants} Hz, 声道 vocal tract {style.vocal_tract_cm:.1f} cm"),
        ("乐句 phrases", str(len(style.phrases))),
    ]
    lines = [f"{name}\t{value}" for name, value in rows]
    for number, phrase in enumerate(style.phrases, 1):
        lines.append(
            f"  {number}\t{phrase.begin_s:.2f}-{phrase.end_s:.2f} s, {phrase.syllables:.0f} 音节 syllables,"
            f" 旋律 melody {phrase.melody_st[0]:+.1f} → {phrase.melody_st[len(phrase.melody_st) // 2]:+.1f} →"
            f" {phrase.melody_st[-1]:+.1f} st"
        )
    return "\n".join(lines)
