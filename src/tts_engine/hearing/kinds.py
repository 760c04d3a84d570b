"""What kind of sound it is: one person speaking, music, a monotone, or voices of different people.

Measured on our engine's voices, on actors and on music (docs/reference.md): in speech the pitch stands still for
120 ms in a tenth of the time, in music in two fifths or more. An actor who sighs or drawls comes up to two fifths too,
but clean and with consonants; music is never silent between its notes.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from .formants import vocal_tract

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .formants import Formants
    from .frames import Curve
    from .pitch import Pitch
    from .speech import Speech

#: Pitch stands still where it keeps within this range for that many frames, semitones.
STILL_ST, STILL_FRAMES = 0.35, 12

#: Share of stillness above which it is no natural speech; for a clean recording with consonants; and for one without
#: silence, as music is.
STILL_SHARE, CLEAN_STILL_SHARE, NOISY_STILL_SHARE = 0.3, 0.42, 0.18

#: Decibels above the noise of a clean recording, with such a share of consonants, and of one without silence.
CLEAN_DB, CLEAN_CONSONANTS, NEVER_SILENT_DB = 20.0, 0.15, 10.0

#: A still pitch that hardly moves as a whole is a monotone voice (or a machine's), if it has consonants, semitones.
MONOTONE_ST, CONSONANT_SHARE = 1.2, 0.12

#: Two groups of frames are two people when the higher one also has the shorter vocal tract, by so much.
OTHER_PITCH_ST, OTHER_TRACT_CM = 3.0, 0.9

#: Frames of clear voice that are judged together, and the least share of a second speaker.
GROUP, LEAST_SHARE = 80, 0.12


def stillness(pitch: Pitch) -> float:
    """Share of the voiced time in which the pitch stands still, 0-1."""
    octave = np.where(pitch.voiced, np.log2(np.maximum(pitch.f0_hz, 1.0)), np.nan)
    if len(octave) < STILL_FRAMES:
        return 0.0
    stretches = np.lib.stride_tricks.sliding_window_view(octave, STILL_FRAMES)
    whole = stretches[~np.isnan(stretches).any(axis=1)]
    return float((12.0 * np.ptp(whole, axis=1) < STILL_ST).mean()) if len(whole) else 0.0


def kind_of_sound(pitch: Pitch, speech: Speech) -> str:
    """``speech``, ``monotone`` or ``music``."""
    voiced = pitch.voiced & speech.active
    consonants = 1.0 - float(np.count_nonzero(voiced)) / max(int(np.count_nonzero(speech.active)), 1)
    most = STILL_SHARE
    if speech.snr_db < NEVER_SILENT_DB:
        most = NOISY_STILL_SHARE
    elif speech.snr_db > CLEAN_DB and consonants > CLEAN_CONSONANTS:
        most = CLEAN_STILL_SHARE
    if stillness(pitch) <= most:
        return "speech"
    spread = float(12.0 * np.log2(pitch.f0_hz[voiced]).std()) if voiced.any() else 0.0
    return "monotone" if spread < MONOTONE_ST and consonants > CONSONANT_SHARE else "music"


def has_several_speakers(pitch: Pitch, formants: Formants | None, clear: NDArray[np.int64]) -> bool:
    """Whether two groups of voices differ in both pitch and vocal tract; alike voices are not told apart.

    Args:
        pitch: of the recording.
        formants: of the same.
        clear: (n,) frames of clear voice, in order.
    """
    if formants is None or len(clear) < 4 * GROUP:
        return False
    points, weights = [], []
    for part in np.array_split(clear, len(clear) // GROUP):
        inside = (formants.frames >= part[0]) & (formants.frames <= part[-1])
        found = formants.hz[inside]
        if np.isfinite(found).sum(axis=0).min(initial=9) < 4 or len(found) < 6:
            continue
        tract = vocal_tract(np.nanmedian(found, axis=0))
        points.append((12.0 * np.log2(np.median(pitch.f0_hz[part])), tract))
        weights.append(len(part))
    if len(points) < 4:
        return False
    pitch_st, tract_cm, second = _two_groups(np.array(points))
    return bool(
        abs(pitch_st) > OTHER_PITCH_ST and -np.sign(pitch_st) * tract_cm > OTHER_TRACT_CM and second >= LEAST_SHARE
    )


def _two_groups(points: Curve) -> tuple[float, float, float]:
    """Difference in pitch and tract between the two best groups, and the share of the smaller one (2-means)."""
    scaled = points / np.array([3.0, 0.5])
    seeds = np.unique(np.linspace(0, len(points) - 1, min(len(points), 12)).astype(np.int64))
    best, found = np.inf, np.zeros(len(points), bool)
    for pair in combinations(seeds, 2):
        centres = scaled[list(pair)]
        for _ in range(6):
            second = np.square(scaled - centres[1]).sum(axis=1) < np.square(scaled - centres[0]).sum(axis=1)
            if second.all() or not second.any():
                break
            centres = np.stack([scaled[~second].mean(axis=0), scaled[second].mean(axis=0)])
        else:
            spread = np.square(scaled - centres[second.astype(np.int64)]).sum()
            if spread < best:
                best, found = spread, second
    if not found.any():
        return 0.0, 0.0, 0.0
    difference = points[~found].mean(axis=0) - points[found].mean(axis=0)
    return float(difference[0]), float(difference[1]), float(min(found.mean(), 1 - found.mean()))
