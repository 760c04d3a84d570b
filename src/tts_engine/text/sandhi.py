"""Tone changes of connected speech: 一, 不 and third tones.

A word is the prosodic unit: in a run of third tones, all but the last of a word rise, and a word's last third tone
rises before another third tone in the next word when either is a single syllable.
"""

from __future__ import annotations

from collections.abc import Sequence

_DIGITS = frozenset("零一二三四五六七八九十百千万亿两点幺第")


def apply_sandhi(words: Sequence[tuple[str, Sequence[str]]]) -> list[list[str]]:
    """Pinyin as spoken, for a run of words (text, pinyin per character) without a pause inside."""
    chars = [char for text, _ in words for char in text]
    tones = [pinyin for _, pinyins in words for pinyin in pinyins]
    _yi_bu(chars, tones)
    sizes = [len(pinyins) for _, pinyins in words]
    _third_tones(tones, sizes)
    out = []
    at = 0
    for size in sizes:
        out.append(tones[at : at + size])
        at += size
    return out


def _with(pinyin: str, tone: str) -> str:
    return pinyin[:-1] + tone


def _yi_bu(chars: Sequence[str], tones: list[str]) -> None:
    """一 and 不 before what follows, and between a doubled verb."""
    for at, char in enumerate(chars):
        following = tones[at + 1][-1] if at + 1 < len(tones) else ""
        doubled = 0 < at < len(chars) - 1 and chars[at - 1] == chars[at + 1]
        if char == "一" and tones[at][:-1] == "yi":
            in_number = (at > 0 and chars[at - 1] in _DIGITS) or (at + 1 < len(chars) and chars[at + 1] in _DIGITS)
            if doubled:  # 看一看
                tones[at] = "yi5"
            elif in_number and not (chars[at + 1 : at + 2] and chars[at + 1] in "百千万亿" and at == 0):
                tones[at] = "yi1"
            elif following == "4" or (following == "5" and chars[at + 1] == "个"):
                tones[at] = "yi2"
            elif following:
                tones[at] = "yi4"
        elif char == "不" and tones[at][:-1] == "bu":
            if doubled:  # 好不好
                tones[at] = "bu5"
            elif following == "4":
                tones[at] = "bu2"


def _third_tones(tones: list[str], sizes: Sequence[int]) -> None:
    """Third tones before third tones rise, inside words first, then between words where one is short."""
    at = 0
    starts = []
    for size in sizes:
        starts.append(at)
        for index in range(at, at + size - 1):
            if tones[index][-1] == "3" and tones[index + 1][-1] == "3":
                tones[index] = _with(tones[index], "2")
        at += size
    for word in range(len(sizes) - 1):
        last = starts[word] + sizes[word] - 1
        short = sizes[word] == 1 or sizes[word + 1] == 1
        if short and tones[last][-1] == "3" and tones[last + 1][-1] == "3":
            tones[last] = _with(tones[last], "2")
