"""Tone changes of connected speech: neutral tones, 一, 不, third tones and 啊.

The unit of the third-tone rule is the prosodic word: inside a word the parts that it is built of come first (老虎 in
纸老虎), then the word, then its neighbours where one of both is a single syllable.
Source: Duanmu, "The Phonology of Standard Chinese" (2007), chapter 11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .neutral import DOUBLED, neutralise
from .phonemes import split_syllable

_DIGITS = frozenset("零〇一二三四五六七八九十百千万亿两点幺")
_ORDINAL_BEFORE = frozenset("第初星期周礼拜")

NEUTRAL = "neutral"
YI = "yi"
BU = "bu"
THIRD = "third"
A = "a"


@dataclass(frozen=True, slots=True)
class Tone:
    """A syllable as spoken.

    Attributes:
        pinyin: tone-numbered.
        change: the rule that changed it (``neutral``, ``yi``, ``bu``, ``third``, ``a``), empty where none did.
    """

    pinyin: str
    change: str = ""


def apply_sandhi(
    words: Sequence[tuple[str, Sequence[str]]], is_word: Callable[[str], bool] = lambda word: False
) -> list[list[Tone]]:
    """Syllables as spoken, for a run of words without a pause inside.

    Args:
        words: text and tone-numbered pinyin per character.
        is_word: tells the parts of longer words.
    """
    chars = [char for text, _ in words for char in text]
    tones = [Tone(pinyin) for _, pinyins in words for pinyin in pinyins]
    starts = []
    at = 0
    for text, pinyins in words:
        starts.append(at)
        for index, neutral in enumerate(neutralise(text, pinyins)):
            if neutral is not None:
                tones[at + index] = Tone(neutral, NEUTRAL)
        at += len(text)
    _neutral_across(chars, tones)
    edges = [*starts, len(chars)]
    ends = {end - 1 for begin, end in pairwise(edges) if end - begin > 1}
    _yi_bu(chars, tones, ends)
    for word, (begin, end) in enumerate(pairwise(edges)):
        _third_inside(words[word][0], tones, begin, end, is_word)
    _third_across(tones, starts, [len(text) for text, _ in words])
    _final_a(chars, tones)
    return [tones[begin:end] for begin, end in pairwise(edges)]


def _tone(tones: Sequence[Tone], at: int) -> str:
    return tones[at].pinyin[-1]


def _raised(tone: Tone, number: str, change: str) -> Tone:
    return Tone(tone.pinyin[:-1] + number, change)


def _neutral_across(chars: Sequence[str], tones: list[Tone]) -> None:
    """Doubled verbs that the segmentation has cut: 看|看."""
    for at in range(1, len(chars)):
        if chars[at] == chars[at - 1] and chars[at] in DOUBLED and tones[at].pinyin == tones[at - 1].pinyin:
            before = chars[at - 2] if at > 1 else ""
            if before != chars[at] and (at + 1 == len(chars) or chars[at + 1] != chars[at]):
                if _tone(tones, at) == "3":
                    tones[at - 1] = _raised(tones[at - 1], "2", THIRD)
                tones[at] = _raised(tones[at], "5", NEUTRAL)
    for at in range(1, len(chars) - 1):
        if chars[at] in "一不" and chars[at - 1] == chars[at + 1]:
            spelling = tones[at].pinyin[:-1]
            if spelling in ("yi", "bu"):
                tones[at] = Tone(spelling + "5", YI if spelling == "yi" else BU)


def _yi_bu(chars: Sequence[str], tones: list[Tone], ends: set[int]) -> None:
    """一 and 不 before what follows; ``ends`` are the last characters of longer words: 统一, 万一 keep their tone."""
    for at, char in enumerate(chars):
        if tones[at].change or at + 1 == len(chars):
            continue
        following = chars[at + 1]
        tone = _tone(tones, at + 1)
        falls = tone == "4" or (tone == "5" and following in "个")
        if char == "一" and tones[at].pinyin[:-1] == "yi":
            before = chars[at - 1] if at else ""
            counts = before in _DIGITS and following not in "百千万亿刻"
            counts = counts or (before == "买" and following in "送赠")
            if at in ends or counts or before in _ORDINAL_BEFORE or following in "月号日" or _is_digit(chars, at + 1):
                tones[at] = Tone("yi1")
            else:
                tones[at] = Tone("yi2" if falls else "yi4", YI)
        elif char == "不" and tones[at].pinyin[:-1] == "bu":
            tones[at] = Tone("bu2", BU) if tone == "4" else Tone("bu4")


def _is_digit(chars: Sequence[str], at: int) -> bool:
    """Whether a digit that is read one by one stands here: 一二三, not the 百 of 一百."""
    if chars[at] == "点":  # 一点五, 一点钟, but not the 一点 of 差一点
        after = chars[at + 1] if at + 1 < len(chars) else ""
        before = chars[at - 2] if at > 1 else ""
        return (after != "" and after in "零〇一二三四五六七八九十两钟半整多") or (
            before != "" and before in "午晨晚上"
        )
    return chars[at] in "零〇一二三四五六七八九幺"


def _third_inside(word: str, tones: list[Tone], begin: int, end: int, is_word: Callable[[str], bool]) -> None:
    """Third tones inside a word, by its parts."""
    parts = _parts(word, is_word)
    at = begin
    for part in parts:
        for index in range(at, at + part - 1):
            _raise_before_third(tones, index)
        at += part
    at = begin
    for left, right in pairwise(parts):
        at += left
        if left == 1 or right == 1:
            _raise_before_third(tones, at - 1)
    if end - begin == 2 and word[0] == word[1] and word[0] in DOUBLED and tones[begin].pinyin[-1] == "3":
        tones[begin] = _raised(tones[begin], "2", THIRD)  # 想想: the second has lost its third tone, its effect stays


def _parts(word: str, is_word: Callable[[str], bool]) -> list[int]:
    """Sizes of the parts of a word, as it is built."""
    size = len(word)
    if size <= 2:
        return [size]
    if size == 3:
        return [1, 2] if is_word(word[1:]) and not is_word(word[:2]) else [2, 1]
    return [2] * (size // 2) + [1] * (size % 2)


def _third_across(tones: list[Tone], starts: Sequence[int], sizes: Sequence[int]) -> None:
    """Third tones between words, where one of them is a single syllable."""
    for word in range(len(starts) - 1):
        if sizes[word] == 1 or sizes[word + 1] == 1:
            _raise_before_third(tones, starts[word + 1] - 1)


def _raise_before_third(tones: list[Tone], at: int) -> None:
    if _tone(tones, at) == "3" and _tone(tones, at + 1) == "3":
        tones[at] = _raised(tones[at], "2", THIRD)


def _final_a(chars: Sequence[str], tones: list[Tone]) -> None:
    """啊 takes up the end of the syllable before it: 看啊 -> na, 好啊 -> wa, 来啊 -> ya."""
    for at in range(1, len(chars)):
        if chars[at] != "啊" or _tone(tones, at) != "5":
            continue
        spelling = tones[at - 1].pinyin[:-1]
        initial, final = split_syllable(spelling)
        if final.endswith("ng") or (final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s")):
            continue
        if final.endswith("n"):
            glide = "n"
        elif final.endswith(("u", "ao")) and initial not in ("j", "q", "x"):
            glide = "w"
        elif final.endswith(("a", "o", "e", "i", "ü", "u", "ê")):
            glide = "y"
        else:
            continue
        tones[at] = Tone(f"{glide}a5", A)
