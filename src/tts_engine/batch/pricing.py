"""What a job will take before it is begun: counts, minutes of audio, minutes of work. Nothing is rendered.

The rates are those of the newest jobs beside it; where there is none, those measured for docs/batch.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TTSError
from .journal import FILE, Journal, Planned

#: Seconds of audio per character, and of work on one thread per second of audio, where nothing was measured here.
AUDIO_S, RTF = 0.215, 0.6

_NEWEST, _ENOUGH_S = 5, 10.0
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Rates:
    """How long things take.

    Attributes:
        audio_s: seconds of audio per character.
        rtf: seconds of work of one worker per second of audio.
        is_measured: by jobs of this folder; otherwise they are usual values.
    """

    audio_s: float = AUDIO_S
    rtf: float = RTF
    is_measured: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """What a job would be.

    Attributes:
        tasks: that would be rendered.
        lines: of the input, the bad ones among them.
        bad: number of lines that cannot be rendered.
        errors: the first of their errors, as ``TTSError.to_dict``.
        characters: that would be rendered.
        audio_s: expected length of the audio.
        work_s: expected time with ``processes`` workers.
        processes: workers.
        rates: what the expectation rests on.
    """

    tasks: int
    lines: int
    bad: int
    errors: tuple[dict[str, Any], ...]
    characters: int
    audio_s: float
    work_s: float
    processes: int
    rates: Rates


def price(planned: Iterable[Planned], rates: Rates, processes: int) -> Price:
    """What these tasks would take."""
    tasks = characters = bad = lines = last = 0
    errors: list[dict[str, Any]] = []
    for one in planned:
        lines += one.task.line != last
        last = one.task.line
        if one.error is not None:
            bad += 1
            errors += [one.error] if len(errors) < _SHOWN else []
            continue
        tasks += 1
        characters += len(one.task.text)
    audio_s = characters * rates.audio_s
    workers = max(1, min(processes, tasks))
    return Price(tasks, lines, bad, tuple(errors), characters, audio_s, audio_s * rates.rtf / workers, processes, rates)


def measured_rates(root: Path) -> Rates:
    """The rates of the newest jobs of a folder."""
    files = sorted(root.glob(f"*/{FILE}"), key=lambda file: file.stat().st_mtime, reverse=True)
    characters, audio_s, render_s = 0, 0.0, 0.0
    for file in files[:_NEWEST]:
        try:
            with Journal(file) as journal:
                counts = journal.counts()
        except TTSError:
            continue
        if counts.render_s > 0.0:
            characters += counts.characters_done
            audio_s += counts.audio_s
            render_s += counts.render_s
    return Rates(audio_s / characters, render_s / audio_s, True) if audio_s > _ENOUGH_S and characters else Rates()
