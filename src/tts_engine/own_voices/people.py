"""Whether recordings are of one person: a voice made of two people is nobody's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .encoder import load_encoder
from .timbre import Speech, joined

if TYPE_CHECKING:
    from ..hearing.frames import Curve

#: A stretch that is compared with the others holds so many seconds of speech at least; so many are compared at most.
LEAST_S, MOST_PARTS = 5.0, 6

#: Below this cosine two stretches are taken for two people. Of one person eleven of twelve people measured 0.57 or more
#: over files of 10 s; the twelfth, an actor who puts on voices, 0.16. Of their 66 pairs 64 have stretches under it.
ALIKE = 0.38


def doubts(speech: Sequence[Speech]) -> tuple[str, ...]:
    """A sentence where the recordings seem to be of several people.

    Args:
        speech: of each recording.
    """
    parts = stretches(speech)
    if len(parts) < 2 or least_alike(parts) >= ALIKE:
        return ()
    return (
        "这些录音听起来不是同一个人：得到的声音会是几个人的混合，请只用一个人的录音重做（--update）。"
        "The recordings do not sound like one person: the voice is a mixture of several. Make it again (--update) from"
        " recordings of one.",
    )


def stretches(speech: Sequence[Speech]) -> list[Speech]:
    """Recordings put together, or one cut up, so that each holds at least ``LEAST_S`` of speech where that can be."""
    if len(speech) == 1:
        return _cut(speech[0], max(1, min(int(speech[0].seconds // LEAST_S), MOST_PARTS)))
    groups: list[list[Speech]] = [[]]
    least = max(LEAST_S, sum(one.seconds for one in speech) / MOST_PARTS)
    for one in speech:
        if sum(part.seconds for part in groups[-1]) >= least:
            groups.append([])
        groups[-1].append(one)
    return [joined(group) for group in groups if sum(part.seconds for part in group) >= LEAST_S]


def least_alike(parts: Sequence[Speech]) -> float:
    """The smallest cosine between the timbres of two stretches."""
    encoder = load_encoder()
    timbres = [encoder.timbre(part) for part in parts]
    return min(encoder.similarity(one, other) for one, other in itertools.combinations(timbres, 2))


def _cut(whole: Speech, count: int) -> list[Speech]:
    """So many stretches of the same length; the formants are those of the whole."""
    parts = []
    edges = np.linspace(0, len(whole.voiced), count + 1).astype(np.int64)
    for begin, end in itertools.pairwise(edges):
        first, last = np.count_nonzero(whole.voiced[:begin]), np.count_nonzero(whole.voiced[:end])
        mel: Curve = whole.mel_db[begin:end]
        parts.append(
            Speech(
                mel_db=mel - mel.mean(),
                voiced=whole.voiced[begin:end],
                f0_hz=whole.f0_hz[first:last],
                formants_hz=whole.formants_hz,
                snr_db=whole.snr_db,
                seconds=whole.seconds / count,
            )
        )
    return parts
