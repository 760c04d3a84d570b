"""The order in which rules are asked: the first that holds reads the place.

Particular before general: an address before a number with dots, a date before a fraction, a unit before a model
name, everything before the bare cardinal.
"""

from __future__ import annotations

from . import (
    brackets,
    clock,
    counters,
    dates,
    emoji,
    english,
    formulas,
    fractions,
    identifiers,
    maths,
    models,
    money,
    named,
    network,
    ordinals,
    percent,
    phones,
    ranges,
    scores,
    spoken_style,
    symbols,
    temperature,
    units,
    years,
)
from .rule import Rule
from .values import NormaliseOptions

ORDER: tuple[tuple[Rule, ...], ...] = (
    symbols.EARLY,
    network.RULES,
    named.RULES,
    dates.RULES,
    years.RULES,
    brackets.RULES,
    scores.RULES,
    clock.RULES,
    money.RULES,
    percent.RULES,
    temperature.RULES,
    phones.RULES,
    identifiers.RULES,
    formulas.RULES,
    counters.TEN_THOUSANDS,
    fractions.BLOOD_PRESSURE,
    maths.EARLY,
    units.RULES,
    fractions.RULES,
    ordinals.RULES,
    models.RULES,
    ranges.RULES,
    maths.RULES,
    counters.RULES,
    symbols.RULES,
)


def rules_for(options: NormaliseOptions) -> tuple[Rule, ...]:
    """Every rule in its order, with the optional ones that were asked for in front."""
    chosen: list[Rule] = list(emoji.NAMED if options.emoji == "name" else emoji.SILENT)
    if options.drop_fillers:
        chosen += spoken_style.FILLERS
    if options.drop_erhua:
        chosen += spoken_style.ERHUA
    for group in ORDER:
        chosen += group
    return tuple(chosen)


def english_rules() -> tuple[Rule, ...]:
    """The rules of stretches that are read as English."""
    return (*emoji.SILENT, *english.RULES, *symbols.RULES)
