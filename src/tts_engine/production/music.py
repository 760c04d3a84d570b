"""The user's own music and effects: decoded to the rate of the programme, levelled, looped, ducked under speech."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, TTSError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray

#: Longest bed that is taken, seconds; it is repeated where the chapter is longer.
LONGEST_BED_S = 900.0
LONGEST_EFFECT_S = 60.0

#: Integrated loudness that music and effects are brought to before the mix, LUFS.
LEVEL_LUFS = -20.0

#: Overlap of a bed with itself where it is repeated, and fades at both ends of a chapter, seconds.
CROSS_S, FADE_IN_S, FADE_OUT_S = 2.0, 1.5, 3.0


@dataclass(frozen=True, slots=True)
class Ducking:
    """How music makes room for speech.

    Attributes:
        level_db: of the music where nobody speaks, over the loudness of a voice.
        under_db: further down where somebody does.
        attack_s: it begins to go down so long before the first word: the mix knows what comes.
        release_s: it comes back in so long.
        hold_s: shorter pauses of speech do not let it come back.
    """

    level_db: float = -8.0
    under_db: float = -12.0
    attack_s: float = 0.4
    release_s: float = 1.2
    hold_s: float = 2.5


@dataclass(frozen=True, slots=True)
class Sound:
    """A file of the user, ready to be mixed.

    Attributes:
        waveform: (samples,) float32 at the rate of the programme and at ``LEVEL_LUFS``.
    """

    waveform: FloatArray

    def looped(self, begin: int, end: int, sample_rate: int) -> FloatArray:
        """The samples from ``begin`` to ``end`` of the sound repeated for ever, each time gliding into itself."""
        import numpy as np

        total = len(self.waveform)
        cross = min(round(CROSS_S * sample_rate), total // 4)
        period = total - cross
        at = np.arange(begin, end)
        place = at % period
        out = self.waveform[place].copy()
        if cross:
            is_glide = (place < cross) & (at >= period)
            share = (place[is_glide] + 0.5) / cross
            tail = self.waveform[place[is_glide] + period]
            out[is_glide] = out[is_glide] * np.sqrt(share) + tail * np.sqrt(1 - share)
        return np.asarray(out, np.float32)


def read_sound(path: Path, sample_rate: int, *, longest_s: float) -> Sound:
    """A file of music or an effect; any format that recordings may have.

    Raises:
        AudioError: it cannot be read, is silent or longer than allowed; says which file.
    """
    import numpy as np

    from ..audio.loudness import measure_loudness
    from ..hearing.decode import Limits, decode

    try:
        waveform = decode(path, sample_rate=sample_rate, limits=Limits(duration_s=longest_s)).waveform
    except TTSError as error:
        raise AudioError(f"{path}：{error.message}", code=error.code, **{"path": str(path)}) from error
    loudness = measure_loudness(waveform, sample_rate)
    if math.isinf(loudness):
        raise AudioError(
            f"{path} 没有声音，请换一个文件。{path} is silent: choose another file.",
            code="sound_silent",
            path=str(path),
        )
    return Sound((waveform * np.float32(10 ** ((LEVEL_LUFS - loudness) / 20))).astype(np.float32))


def duck(
    speech: Iterable[tuple[int, int]], begin: int, end: int, ducking: Ducking, sample_rate: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Breakpoints of the level of a bed: (points,) samples and (points,) dB.

    Args:
        speech: begin and end of everything that is said, in order of their beginnings.
        begin: first sample of the bed.
        end: sample after its last.
        ducking: how.
        sample_rate: samples per second.
    """
    import numpy as np

    hold, attack, release = (
        round(seconds * sample_rate) for seconds in (ducking.hold_s, ducking.attack_s, ducking.release_s)
    )
    merged: list[list[int]] = []
    for first, last in speech:
        if last <= begin or first >= end:
            continue
        if merged and first - merged[-1][1] <= hold + attack + release:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    up, down = ducking.level_db, ducking.level_db + ducking.under_db
    points = [(begin, up)]
    for first, last in merged:
        points += [(first - attack, up), (first, down), (last, down), (last + release, up)]
    points.append((end, up))
    at, level = (np.array(column, np.float64) for column in zip(*points, strict=True))
    fade_in, fade_out = (round(seconds * sample_rate) for seconds in (FADE_IN_S, FADE_OUT_S))
    grid = np.unique(np.concatenate([at, [begin, begin + fade_in, end - fade_out, end]]).clip(begin, end))
    edge = np.interp(
        grid, [begin, begin + fade_in, max(begin + fade_in, end - fade_out), end], [-60.0, 0.0, 0.0, -60.0]
    )
    order = np.maximum.accumulate(at)  # an attack that would begin before the last release has ended begins there
    return grid, np.interp(grid, order, level) + edge
