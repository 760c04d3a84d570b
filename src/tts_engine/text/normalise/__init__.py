"""str -> NormalisedText: numbers, dates, units, signs and addresses as they are spoken, tied to the source.

    normalise("2008-08-08，气温-5℃")  ->  二零零八年八月八日，气温零下五摄氏度

What stays: Chinese characters, words in Latin letters, punctuation. Readings of characters are the business of
the next stage. ``table.py`` has the order of the rules; each module holds one class of expressions.
"""

from __future__ import annotations

from .values import AppliedRule, NormalisedText, NormaliseOptions

__all__ = ["AppliedRule", "NormaliseOptions", "NormalisedText", "normalise"]

_DEFAULT = NormaliseOptions()


def normalise(text: str, options: NormaliseOptions = _DEFAULT) -> NormalisedText:
    """The text as it is spoken. Pure and thread-safe; the rules are compiled on the first call.

    Args:
        text: any text, of any length; time is linear in it.
        options: readings that are a matter of taste.

    Returns:
        The spoken text, the source span of each of its characters, the rules applied, and what is not read.
    """
    from .engine import read_text  # compiles a few hundred patterns: not at import

    return read_text(text, options)
