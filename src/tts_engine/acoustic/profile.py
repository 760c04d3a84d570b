"""How the processor computes the stages: what it is given beside the network's own weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tts_engine.acoustic import quantised, statistics
from tts_engine.acoustic.precision import INT8, SMALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.fast.weights import FastWeights
    from tts_engine.acoustic.quantised import Range
    from tts_engine.acoustic.statistics import Estimate


@dataclass(frozen=True, slots=True)
class Profile:
    """The way of the processor; a card has one of its own and reads none of this.

    Attributes:
        fast: decoder in place of the model's own.
        estimate: of the statistics of a whole, fitted to the network's parameters, so that an utterance can be rendered
            in windows; None: each part is normalised over itself.
        ranges: of the inputs of those convolutions of stage C that are computed in whole numbers, measured with the
            parameters; None: no convolution is.
        is_small: whether every weight is held in eight bits, and as little else as can be.
    """

    fast: FastWeights | None = None
    estimate: Estimate | None = None
    ranges: Mapping[str, Range] | None = None
    is_small: bool = False


#: The network as it was trained, an utterance at once.
PLAIN = Profile()


def packaged(precision: str, fast: FastWeights | None = None) -> Profile:
    """The profile for the packaged model.

    Args:
        precision: of the model's own decoder, from ``choose_precision``: not ``auto``.
        fast: decoder in place of the model's own.
    """
    if fast is not None:
        return Profile(fast=fast, is_small=precision == SMALL)
    ranges = quantised.packaged() if precision in (INT8, SMALL) else None
    return Profile(estimate=statistics.packaged(), ranges=ranges, is_small=precision == SMALL)
