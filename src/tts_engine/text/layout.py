"""Units -> sentences of at most ``max_phonemes`` tokens.

Words are separated by a space token. A mark clings to the word before it, an opening one to the word after it. Too
long a sentence is cut after its best mark, else between words; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..types import Break, Span, Syllable, Word
from .marks import OPENING, PAUSING
from .units import MarkUnit, SyllableUnit, Unit, WordUnit

#: How gladly a sentence is cut after a token.
_CUT_RANK = {".": 4, "!": 4, "?": 4, ";": 3, ",": 2, ":": 2, "—": 2, "…": 2, "”": 1, ")": 1}


def needs_space(left: Unit | None, right: Unit) -> bool:
    """Whether a space token stands between two units."""
    if left is None or (isinstance(left, MarkUnit) and left.token in OPENING):
        return False
    return isinstance(right, WordUnit) or right.token in OPENING


def lay_out(units: Sequence[Unit]) -> tuple[str, tuple[Word, ...], tuple[Break, ...]]:
    """Phoneme tokens of a sentence, its words with their places, and its inner pauses."""
    tokens: list[str] = []
    length = 0
    words: list[Word] = []
    breaks: list[Break] = []
    left: Unit | None = None
    for unit in units:
        if needs_space(left, unit):
            tokens.append(" ")
            length += 1
        if isinstance(unit, MarkUnit):
            if unit.token in PAUSING:
                breaks.append(Break(length, unit.mark, unit.pause_s))
            tokens.append(unit.token)
            length += 1
        else:
            syllables = []
            for syllable in unit.syllables:
                end = length + len(syllable.phonemes)
                syllables.append(
                    Syllable(syllable.text, syllable.reading, syllable.span, (length, end), syllable.language)
                )
                tokens.append(syllable.phonemes)
                length = end
            words.append(Word(unit.text, unit.span, tuple(syllables)))
        left = unit
    last_word_end = words[-1].syllables[-1].phonemes[1] if words else 0
    return "".join(tokens), tuple(words), tuple(item for item in breaks if item.phoneme < last_word_end)


def fit(units: Sequence[Unit], max_phonemes: int) -> list[list[Unit]]:
    """The units in groups of at most ``max_phonemes`` tokens each; every group has a word if the units have one."""
    rest = [part for unit in units for part in _shorten(unit, max_phonemes)]
    groups: list[list[Unit]] = []
    while rest:
        count = _fitting(rest, max_phonemes)
        if count < len(rest):
            count = _best_cut(rest, count)
        groups.append(rest[:count])
        rest = rest[count:]
        if rest:
            groups[-1], rest = _part_spans(groups[-1], rest)
    return _merge_wordless(groups)


def _fitting(units: Sequence[Unit], max_phonemes: int) -> int:
    """How many units fit, at least one."""
    length = 0
    left: Unit | None = None
    for index, unit in enumerate(units):
        length += unit.size + needs_space(left, unit)
        if length > max_phonemes:
            return max(index, 1)
        left = unit
    return len(units)


def _best_cut(units: Sequence[Unit], count: int) -> int:
    """Where to cut, at most ``count`` units from the start."""
    best, best_rank = 0, -1
    for cut in range(count, 0, -1):
        left, right = units[cut - 1], units[cut]
        if isinstance(right, MarkUnit) and right.token not in OPENING:
            continue
        if isinstance(left, MarkUnit) and left.token in OPENING:
            continue
        if not any(isinstance(unit, WordUnit) for unit in units[:cut]):
            break
        rank = _CUT_RANK.get(left.token, 1) if isinstance(left, MarkUnit) else 0
        if right.span.begin < left.span.end:  # inside a number
            rank = -1 if best else 0
        elif cut < count // 3:
            rank = 0
        if rank > best_rank:
            best, best_rank = cut, rank
    return best or count


def _shorten(unit: Unit, max_phonemes: int) -> list[Unit]:
    """A unit, or its parts where it alone is too long."""
    if isinstance(unit, MarkUnit) or unit.size <= max_phonemes - 4:
        return [unit]
    parts: list[Unit] = []
    syllables: list[SyllableUnit] = []
    size = 0
    limit = max_phonemes - 4  # leaves room for a mark after it
    for syllable in unit.syllables:
        for piece in _cut_syllable(syllable, limit):
            if syllables and size + len(piece.phonemes) > limit:
                parts.append(WordUnit("".join(item.text for item in syllables), tuple(syllables)))
                syllables, size = [], 0
            syllables.append(piece)
            size += len(piece.phonemes)
    parts.append(WordUnit("".join(item.text for item in syllables), tuple(syllables)))
    return parts


def _cut_syllable(syllable: SyllableUnit, limit: int) -> list[SyllableUnit]:
    """A syllable, or even parts of an endless word."""
    count = -(-len(syllable.phonemes) // limit)
    if count <= 1:
        return [syllable]
    pieces = []
    for index in range(count):
        text = _share(syllable.text, index, count)
        phonemes = _share(syllable.phonemes, index, count)
        width = syllable.span.end - syllable.span.begin
        span = Span(syllable.span.begin + width * index // count, syllable.span.begin + width * (index + 1) // count)
        pieces.append(replace(syllable, text=text, phonemes=phonemes, reading=phonemes, span=span))
    return pieces


def _share(value: str, index: int, count: int) -> str:
    return value[len(value) * index // count : len(value) * (index + 1) // count]


def _part_spans(left: list[Unit], right: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Divides a source span that syllables on both sides of a cut share, in proportion to them."""
    shared = left[-1].span
    if not isinstance(left[-1], WordUnit) or right[0].span.begin >= shared.end:
        return left, right
    shared = left[-1].syllables[-1].span
    before = sum(item.span == shared for unit in left if isinstance(unit, WordUnit) for item in unit.syllables)
    after = sum(item.span == shared for unit in right if isinstance(unit, WordUnit) for item in unit.syllables)
    width = shared.end - shared.begin
    middle = shared.begin + min(max(1, width * before // (before + after)), width)
    return _respan(left, shared, Span(shared.begin, middle)), _respan(right, shared, Span(middle, shared.end))


def _respan(units: Sequence[Unit], old: Span, new: Span) -> list[Unit]:
    return [
        replace(
            unit,
            syllables=tuple(replace(item, span=new) if item.span == old else item for item in unit.syllables),
        )
        if isinstance(unit, WordUnit)
        else (replace(unit, span=new) if unit.span == old else unit)
        for unit in units
    ]


def _merge_wordless(groups: list[list[Unit]]) -> list[list[Unit]]:
    """Groups without a word (marks alone) are dropped into nothing: their source stays with the group before."""
    return [group for group in groups if any(isinstance(unit, WordUnit) for unit in group)]
