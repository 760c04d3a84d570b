"""Placed lines, a bed of music and effects to one programme and its stems, block by block.

In memory are the lines that sound at the moment, whatever the length of the programme. A stem is what one role (or the
music, or the effects) adds to the programme: before the ceiling of peaks, all stems together are the programme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray

BLOCK_S = 1.0
MUSIC, EFFECTS = "music", "effects"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that sounds.

    Attributes:
        begin: first sample in the programme.
        end: sample after the last.
        track: stem that it belongs to: a role, or ``EFFECTS``.
        gain: linear.
        load: gives its (end - begin,) samples when they are needed.
    """

    begin: int
    end: int
    track: str
    gain: float
    load: Callable[[], FloatArray]


@dataclass(frozen=True, slots=True)
class Bed:
    """Music under a stretch of the programme.

    Attributes:
        begin: first sample.
        end: sample after the last.
        gain_db: breakpoints of its level: (points,) samples and (points,) dB, linear between them.
        read: gives the samples from one position in the stretch to another.
    """

    begin: int
    end: int
    gain_db: tuple[NDArray[Any], NDArray[Any]]
    read: Callable[[int, int], FloatArray]


@dataclass(frozen=True, slots=True)
class MixBlock:
    """A stretch of the programme.

    Attributes:
        mix: (samples,) float32, everything together.
        tracks: name -> the same stretch of a stem; a stem that is silent here is missing.
    """

    mix: FloatArray
    tracks: Mapping[str, FloatArray]


def mix(
    events: Iterable[Event], beds: Iterable[Bed], length: int, sample_rate: int, *, gain: float = 1.0
) -> Iterator[MixBlock]:
    """Block after block of the programme.

    Args:
        events: in the order in which they begin.
        beds: in order, none over another.
        length: of the whole, samples.
        sample_rate: samples per second.
        gain: linear, of the whole.
    """
    import numpy as np

    waiting = iter(events)
    upcoming = next(waiting, None)
    sounding: list[tuple[Event, FloatArray]] = []
    music = list(beds)
    block = round(BLOCK_S * sample_rate)
    for begin in range(0, length, block):
        end = min(length, begin + block)
        while upcoming is not None and upcoming.begin < end:
            factor = np.float32(upcoming.gain * gain)
            sounding.append((upcoming, upcoming.load() * factor))
            upcoming = next(waiting, None)
        tracks: dict[str, FloatArray] = {}
        for event, waveform in sounding:
            first, last = max(begin, event.begin), min(end, event.end)
            if first < last:
                track = tracks.setdefault(event.track, np.zeros(end - begin, np.float32))
                track[first - begin : last - begin] += waveform[first - event.begin : last - event.begin]
        for bed in music:
            first, last = max(begin, bed.begin), min(end, bed.end)
            if first < last:
                track = tracks.setdefault(MUSIC, np.zeros(end - begin, np.float32))
                level = np.interp(np.arange(first, last), *bed.gain_db)
                samples = bed.read(first - bed.begin, last - bed.begin)
                track[first - begin : last - begin] += (samples * 10 ** (level / 20) * gain).astype(np.float32)
        sounding = [(event, waveform) for event, waveform in sounding if event.end > end]
        music = [bed for bed in music if bed.end > end]
        total = np.zeros(end - begin, np.float32)
        for track in tracks.values():
            total += track
        yield MixBlock(total, tracks)
