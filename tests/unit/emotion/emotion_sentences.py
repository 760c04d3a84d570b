"""Sentences for the tests of the emotion stage, without the text stage: every character two phonemes."""

from __future__ import annotations

import re

from tts_engine.types import Sentence, Span, Syllable, Word

_END = re.compile(r"[。！？!?…]+[”」』）)\"]*|\n+")


def read_sentences(text: str) -> list[Sentence]:
    """A text cut where the text stage cuts it: after 。！？ with the closing marks behind, and at line ends."""
    pieces: list[tuple[int, int, int]] = []
    begin = paragraph = 0
    for match in _END.finditer(text):
        end = match.end()
        if text[begin:end].strip():
            pieces.append((begin, end, paragraph))
        paragraph += match.group().startswith("\n")
        begin = end
    if text[begin:].strip():
        pieces.append((begin, len(text), paragraph))
    return [_sentence(text, pieces, index) for index in range(len(pieces))]


def _sentence(text: str, pieces: list[tuple[int, int, int]], index: int) -> Sentence:
    begin, end, paragraph = pieces[index]
    syllables = []
    phonemes = ""
    for position in range(begin, end):
        if text[position].isalnum():
            here = (len(phonemes), len(phonemes) + 2)
            syllables.append(Syllable(text[position], "ma1", Span(position, position + 1), here))
            phonemes += "ma"
        elif not text[position].isspace():
            phonemes += ","
    words = tuple(Word(s.text, s.span, (s,)) for s in syllables)
    roles = set()
    if index == 0 or pieces[index - 1][2] != paragraph:
        roles.add("paragraph_first")
    if index == len(pieces) - 1 or pieces[index + 1][2] != paragraph:
        roles.add("paragraph_last")
    source = text[begin:end]
    roles |= {"question"} if re.search("[？?]", source[-3:]) else set()
    roles |= {"exclamation"} if re.search("[！!]", source[-3:]) else set()
    return Sentence(source, Span(begin, end), source, words, phonemes, paragraph=paragraph, roles=frozenset(roles))
