"""Pronunciations written into the text.

<行|XING2>   <OpenAI|/ˈoʊpən/>   <W3C|万维网联盟>   重庆{chong2 qing4}
"""

from __future__ import annotations

import re
from re import Match

from ...types import Span
from . import amounts
from .builder import Builder
from .values import PronunciationRequest

_IPA = re.compile(r"/([^/]{1,100})/")
_PINYIN_LIKE = re.compile(r"(?:[A-Za-zü:]{1,6}[1-5]\s*)+")


def is_han(text: str) -> bool:
    """Whether it is one Chinese character."""
    return len(text) == 1 and (
        "一" <= text <= "鿿" or "㐀" <= text <= "䶿" or text == "〇" or "\U00020000" <= text <= "\U0003ffff"
    )


def angle(match: Match[str], out: Builder) -> bool:
    """``<words|said>``: pinyin, IPA between slashes, or other words; False where it is ordinary text."""
    begin, end = match.span("words")
    words, said = match["words"], match["said"].strip()
    syllables = amounts.pinyin(said)
    han = sum(map(is_han, words))
    ipa = _IPA.fullmatch(said)
    if syllables is not None and han == len(syllables) == len(words):
        out.request(PronunciationRequest(Span(begin, end), pinyin=syllables))
        out.keep(begin, end)
    elif ipa is not None:
        out.request(PronunciationRequest(Span(begin, end), phonemes=ipa[1]))
        out.keep(begin, end)
    elif syllables is None and any(map(is_han, said)):
        out.request(PronunciationRequest(Span(begin, end), alias=said))
        out.put(said, begin, end)
    elif han and re.search(r"[1-5]", said):
        out.warn(
            f"{match[0]!r} 的拼音与汉字不符，按原文朗读 (one valid tone-numbered syllable per character is needed)"
        )
        out.keep(begin, end)
    else:
        return False
    return True


def braces(match: Match[str], out: Builder) -> bool:
    """``重庆{chong2 qing4}``: for the characters right before the brace; False where it is ordinary text."""
    syllables = amounts.pinyin(match["pinyin"])
    before = out.source[max(0, match.start() - 1) : match.start()]
    if syllables is None:
        if _PINYIN_LIKE.fullmatch(match["pinyin"]) and is_han(before):
            out.warn(f"{match[0]!r} 不是有效的拼音，已略去 (no valid pinyin, left out)")
            return True
        return False
    begin = match.start() - len(syllables)
    if begin < 0 or not all(map(is_han, out.source[begin : match.start()])):
        out.warn(f"{match[0]!r} 前面没有 {len(syllables)} 个汉字，已略去 (too few Chinese characters before it)")
        return True
    out.request(PronunciationRequest(Span(begin, match.start()), pinyin=syllables))
    return True
