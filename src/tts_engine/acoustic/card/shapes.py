"""Lengths to which utterances are padded, so that a card sees few different shapes.

Eight lengths to an octave: at most an eighth of a padded utterance is padding (for short ones, below eight, none).
"""

from __future__ import annotations

from collections.abc import Iterator

_STEPS = 8


def padded_length(length: int) -> int:
    """The least bucket that holds so much: 1-16 as they are, then 18, 20, ... 32, 36, 40, ... 64, 72, ..."""
    if length < 1:
        raise ValueError(f"a length is at least 1, got {length}")
    step = max(1, 1 << max(0, (length - 1).bit_length() - _STEPS.bit_length()))
    return -(-length // step) * step


def padded_lengths(least: int, most: int) -> Iterator[int]:
    """All buckets from that of ``least`` to that of ``most``."""
    length = padded_length(least)
    while length <= padded_length(most):
        yield length
        length = padded_length(length + 1)
