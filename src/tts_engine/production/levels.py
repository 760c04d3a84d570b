"""How loud each role and the whole are made: one gain for each, measured by EBU R128 and then kept.

Roles are brought to one loudness by one gain each, so that the differences between their own lines (a whisper, a shout)
survive; then the programme is brought to its target by one gain. Both are kept in the folder of the production: a
line that is changed later leaves them alone, and with them every other sample. They are measured anew for a role, or
for the whole, of which more than half is new, or when it is asked for; what has drifted off is told.

Source: EBU R 128 (2020), ITU-R BS.1770-4; podcasts at -16 LUFS and -1 dBTP as Apple and AES TD1008 advise.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lines import PlannedLine
    from .store import Take

#: Loudness that every role is brought to before the programme is moved as a whole: that of a calibrated voice.
ROLE_LUFS = -20.0

#: A role whose kept gain misses its target by more is told.
DRIFT_LU = 1.0

#: Where more than this share of the lines is new, gains are measured anew.
NEW_SHARE = 0.5

#: More than this is not amplified: a role of one whisper would bring up its noise.
MOST_GAIN_DB = 12.0


@dataclass(frozen=True, slots=True)
class Levels:
    """Gains of one production.

    Attributes:
        roles: role -> gain, dB, what the cast adds left out.
        measured: role -> integrated loudness of its lines as they are in the store, LUFS.
        programme_db: gain of the whole.
        target_lufs: what the whole is brought to; None leaves it alone.
        speech_lufs: loudness of all lines together under the gains of their roles, before that of the whole.
        drifted: role -> how far it has moved off the loudness of the others under its kept gain, LU.
    """

    roles: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    programme_db: float = 0.0
    target_lufs: float | None = None
    speech_lufs: float = -math.inf
    drifted: Mapping[str, float] = field(default_factory=dict)


def level_roles(
    lines: Iterable[tuple[PlannedLine, Take]],
    offsets: Mapping[str, float],
    kept: Levels | None,
    rendered: Collection[int],
) -> Levels:
    """A gain for every role, and the loudness that all lines together then have.

    Args:
        lines: every line with words.
        offsets: role -> dB over the loudness of the others.
        kept: gains of the last run, None to measure anew.
        rendered: numbers of the lines that are new in this run.
    """
    import numpy as np

    from ..audio.loudness import gated_lufs

    blocks: dict[str, list[np.ndarray[Any, Any]]] = {}
    new: Counter[str] = Counter()
    for line, take in lines:
        blocks.setdefault(line.role, []).append(np.array(take.blocks_lufs, np.float32) + np.float32(line.gain_db))
        new[line.role] += line.number in rendered
    gains, measured, drifted, levelled = {}, {}, {}, []
    for role, parts in blocks.items():
        joined = np.concatenate(parts).astype(np.float64)
        measured[role] = gated_lufs(joined)
        gain = 0.0 if math.isinf(measured[role]) else round(min(MOST_GAIN_DB, ROLE_LUFS - measured[role]), 2)
        if kept is not None and role in kept.roles and new[role] <= NEW_SHARE * len(parts):
            if abs(kept.roles[role] - gain) > DRIFT_LU:
                drifted[role] = kept.roles[role] - gain
            gain = kept.roles[role]
        gains[role] = gain
        levelled.append(joined + gain + offsets.get(role, 0.0))
    whole = gated_lufs(np.concatenate(levelled)) if levelled else -math.inf
    return Levels(roles=gains, measured=measured, speech_lufs=whole, drifted=drifted)


def read_levels(path: Path) -> Levels | None:
    """The gains of the last run; None where there was none, or its file cannot be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
        roles = {str(role): float(gain) for role, gain in data["roles"].items()}
        target = data["target_lufs"]
        return Levels(
            roles=roles,
            programme_db=float(data["programme_db"]),
            target_lufs=None if target is None else float(target),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_levels(path: Path, levels: Levels) -> None:
    """Keeps the gains for the next run.

    Raises:
        OutputError: they cannot be written.
    """
    from ..audio.atomic import write_whole

    data = {
        "roles": dict(levels.roles),
        "programme_db": levels.programme_db,
        "target_lufs": levels.target_lufs,
    }
    write_whole(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
