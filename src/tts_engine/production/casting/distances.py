"""How far apart voices are to an ear, from a table that was measured; and who can be cast from it.

``scripts/measure_voice_distances.py`` made the table and says which of three measures it holds and why. Voices that are
not in it (own ones, other languages) are cast by hand.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources

#: Distance that a semitone between two shifts of voices adds: little, since a shifted voice is still the same person's.
PER_SEMITONE = 0.05

#: Shifts with which one voice can be two people, semitones: both are clean (docs/acoustic.md).
SHIFTS_ST = (0.0, -2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A voice that somebody can be cast with.

    Attributes:
        voice: as ``SynthesisOptions.voice`` takes it.
        sex: ``female`` or ``male``, of its packs.
        hz: median pitch, its shift included.
        shift_st: semitones.
    """

    voice: str
    sex: str
    hz: float
    shift_st: float = 0.0

    @property
    def is_mix(self) -> bool:
        """Whether it is a blend of packs."""
        return "+" in self.voice


@functools.cache
def _table() -> tuple[dict[str, int], list[list[float]]]:
    data = json.loads(resources.files(__package__).joinpath("voice_distances.json").read_text("utf-8"))
    return {name: index for index, name in enumerate(data["voices"])}, data["distances"]


def candidates(available: Collection[str]) -> tuple[Candidate, ...]:
    """Everybody who can be cast when these packs are there: packs, then mixes, then both shifted."""
    from ...speaking import voice_register

    names, _ = _table()
    found = []
    for shift, name in itertools.product(SHIFTS_ST, names):
        if all(part.partition(":")[0] in available for part in name.split("+")):
            sex = "female" if name[1] == "f" else "male"
            found.append(Candidate(name, sex, voice_register(name).median_hz * 2 ** (shift / 12), shift))
    return tuple(found)


def distance(one: Candidate, other: Candidate) -> float:
    """How far apart two are; 0 is the same, 1 is clearly somebody else."""
    names, distances = _table()
    shifted = PER_SEMITONE * abs(one.shift_st - other.shift_st)
    return distances[names[one.voice]][names[other.voice]] + shifted
