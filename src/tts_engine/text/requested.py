"""Readings and pauses that markup asks for, put on the units of a piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..types import Span
from .marks import PAUSING
from .markup import PauseRequest, PronunciationRequest
from .phonemes import is_syllable, syllable_phonemes
from .symbols import INVENTORY
from .units import MarkUnit, SyllableUnit, Unit, WordUnit


def pronounce(units: list[Unit], requests: Sequence[PronunciationRequest]) -> tuple[list[Unit], list[str]]:
    """Units with the asked-for readings, and what could not be done.

    ``重庆{chong2 qing4}`` names one syllable per character; English phonemes replace the word that they cover.
    """
    warnings: list[str] = []
    for request in requests:
        readings = {request.span.begin + at: pinyin for at, pinyin in enumerate(request.pinyin)}
        done: set[int] = set()
        units = [_read_as(unit, request, readings, done) if isinstance(unit, WordUnit) else unit for unit in units]
        missed = sorted(set(readings) - done) if readings else ([] if done else [request.span.begin])
        if missed:
            wanted = " ".join(request.pinyin) or request.phonemes
            warnings.append(
                f"标注的读音 {wanted} 没有用上：与文字对不上。The marked reading {wanted} does not fit its text."
            )
    return units, warnings


def _read_as(unit: WordUnit, request: PronunciationRequest, readings: dict[int, str], done: set[int]) -> WordUnit:
    syllables: list[SyllableUnit] = []
    for syllable in unit.syllables:
        begin = syllable.span.begin
        pinyin = readings.get(begin)
        if pinyin and syllable.language == "zh" and is_syllable(pinyin):
            done.add(begin)
            syllables.append(replace(syllable, reading=pinyin, phonemes=syllable_phonemes(pinyin)))
        elif request.phonemes and request.span.begin <= begin < request.span.end:
            kept = "".join(char for char in request.phonemes if char in INVENTORY)
            if kept and not done:
                span = Span(begin, min(request.span.end, unit.span.end))
                syllables.append(replace(syllable, reading=kept, phonemes=kept, span=span, language="en"))
            elif not kept:
                syllables.append(syllable)
            if kept:
                done.add(begin)
        else:
            syllables.append(syllable)
    return replace(unit, syllables=tuple(syllables)) if syllables else unit


def pause(units: list[Unit], requests: Sequence[PauseRequest]) -> tuple[list[Unit], float, float]:
    """Units with the asked-for pauses between their words, and seconds of silence before and after all of them.

    A pause beside a mark lengthens it; between two words it becomes a mark of its own, so that the voice phrases
    towards it.
    """
    before = after = 0.0
    for request in requests:
        at = next((index for index, unit in enumerate(units) if unit.span.begin >= request.at), len(units))
        words = [isinstance(unit, WordUnit) for unit in units]
        if not any(words[:at]):
            before += request.seconds
        elif not any(words[at:]):
            after += request.seconds
        elif (beside := _mark_beside(units, at)) is not None:
            index, mark = beside
            units = [*units[:index], replace(mark, pause_s=request.seconds), *units[index + 1 :]]
        else:
            mark = MarkUnit("", ",", Span(request.at, request.at), request.seconds)
            units = [*units[:at], mark, *units[at:]]
    return units, before, after


def _mark_beside(units: list[Unit], at: int) -> tuple[int, MarkUnit] | None:
    """The pausing mark that stands at a place, before it or after it, with its index."""
    for index in (at - 1, at):
        unit = units[index]
        if isinstance(unit, MarkUnit) and unit.token in PAUSING:
            return index, unit
    return None
