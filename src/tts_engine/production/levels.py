"""How loud each role and the whole are made: one gain for each, measured by EBU R128 and then kept.

Roles are brought to one loudness by one gain each, so that the differences between their own lines (a whisper, a shout)
survive; then the programme is brought to its target by one gain. Both are kept in the folder of the production: a
line that is changed later leaves them alone, and with them every other sample, as long as the result stays within
``TOLERANCE_LU`` of what is wished.

Source: EBU R 128 (2020), ITU-R BS.1770-4; podcasts at -16 LUFS and -1 dBTP as Apple and AES TD1008 advise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lines import PlannedLine
    from .store import Take

#: Loudness that every role is brought to before the programme is moved as a whole: that of a calibrated voice.
ROLE_LUFS = -20.0

#: A kept gain stays as long as it misses its target by less than this.
TOLERANCE_LU = 0.5

#: More than this is not amplified: a role of one whisper would bring up its noise.
MOST_GAIN_DB = 12.0


@dataclass(frozen=True, slots=True)
class Levels:
    """Gains of one production.

    Attributes:
        roles: role -> gain, dB.
        measured: role -> integrated loudness of its lines as they are in the store, LUFS.
        programme_db: gain of the whole.
        target_lufs: what the whole is brought to; None leaves it alone.
        speech_lufs: loudness of all lines together under the gains of their roles, before that of the whole.
        changed: roles whose kept gain did not fit any more, for the report.
    """

    roles: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    programme_db: float = 0.0
    target_lufs: float | None = None
    speech_lufs: float = -math.inf
    changed: tuple[str, ...] = ()


def level_roles(lines: Iterable[tuple[PlannedLine, Take]], offsets: Mapping[str, float], kept: Levels | None) -> Levels:
    """A gain for every role, and the loudness that all lines together then have.

    Args:
        lines: every line with words.
        offsets: role -> dB over the loudness of the others.
        kept: gains of the last run, None to measure anew.
    """
    import numpy as np

    from ..audio.loudness import gated_lufs

    blocks: dict[str, list[np.ndarray[Any, Any]]] = {}
    for line, take in lines:
        blocks.setdefault(line.role, []).append(np.array(take.blocks_lufs, np.float32) + np.float32(line.gain_db))
    gains, measured, changed, levelled = {}, {}, [], []
    for role, parts in blocks.items():
        joined = np.concatenate(parts).astype(np.float64)
        measured[role] = gated_lufs(joined)
        wished = ROLE_LUFS + offsets.get(role, 0.0)
        gain = 0.0 if math.isinf(measured[role]) else min(MOST_GAIN_DB, wished - measured[role])
        if kept is not None and role in kept.roles:
            if abs(kept.roles[role] - gain) <= TOLERANCE_LU:
                gain = kept.roles[role]
            else:
                changed.append(role)
        gains[role] = round(gain, 2)
        levelled.append(joined + gains[role])
    whole = gated_lufs(np.concatenate(levelled)) if levelled else -math.inf
    return Levels(roles=gains, measured=measured, speech_lufs=whole, changed=tuple(changed))


def keeps_programme_gain(now: Levels, target_lufs: float | None, kept: Levels | None) -> bool:
    """Whether the gain of the last run still brings the whole near enough to its target."""
    return (
        kept is not None and kept.target_lufs == target_lufs and abs(kept.speech_lufs - now.speech_lufs) <= TOLERANCE_LU
    )


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
            speech_lufs=float(data["speech_lufs"]),
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
        "speech_lufs": round(levels.speech_lufs, 3) if math.isfinite(levels.speech_lufs) else -99.0,
    }
    write_whole(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
