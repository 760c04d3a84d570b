"""Where a speaker speaks when nothing moves them: the neutral pitch behind an emotional recording.

Two witnesses that emotion moves little. The base of the pitch, 1.43 standard deviations below its mean, stays where it
is while excitement raises and widens what lies above (H. Traunmueller and A. Eriksson, 1995). And the length of the
vocal tract says what pitch goes with such a body. Both are believed only in part, as much as they proved right: a
single phrase has a range of its own, actors raise their voices without widening them, and a recording that is
neutral already must not be moved (docs/experiments.md).
"""

from __future__ import annotations

import math

#: Standard deviation of the pitch of neutral speech, semitones.
NEUTRAL_SPREAD_ST = 3.3
BASE_DEVIATIONS = 1.43

#: How much of what the base says is believed.
BASE_SHARE = 0.5

#: Pitch that goes with a vocal tract: Hz at that length, octaves per cm.
TRACT_CM, TRACT_HZ, TRACT_OCTAVES_PER_CM = 15.6, 160.0, -0.32

#: What the vocal tract counts for.
TRACT_SHARE = 0.12


def neutral_pitch(median_hz: float, spread_st: float, vocal_tract_cm: float) -> float:
    """Estimate of the speaker's median F0 in neutral speech, Hz.

    Args:
        median_hz: middle of the voiced F0.
        spread_st: its standard deviation, semitones.
        vocal_tract_cm: apparent length of the vocal tract.
    """
    base = math.log2(median_hz) + BASE_SHARE * BASE_DEVIATIONS * (NEUTRAL_SPREAD_ST - spread_st) / 12.0
    tract = math.log2(TRACT_HZ) + TRACT_OCTAVES_PER_CM * (vocal_tract_cm - TRACT_CM)
    return float(2.0 ** ((1.0 - TRACT_SHARE) * base + TRACT_SHARE * tract))
