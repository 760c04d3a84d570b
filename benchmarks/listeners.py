"""Listeners that hear in real time: each takes a text after another, and sound only a little ahead of its ear.

What they are served through is a function from the listener's number and a text to the lengths of the pieces of sound,
each given when it has come: ``in_process`` asks a synthesizer through the server's desk, ``load`` asks over HTTP.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer

#: How far ahead of what is heard a listener takes sound, s.
LEAD_S = 2.0

#: Number of the listener and its text to the seconds of sound of each piece.
Serve: TypeAlias = Callable[[int, str], Iterator[float]]


@dataclass
class Ear:
    """What one listener had.

    Attributes:
        first_s: seconds to the first sound of each text.
        stopped_s: seconds of silence where a piece came too late.
        audio_s: seconds of sound that came.
    """

    first_s: list[float] = field(default_factory=list)
    stopped_s: list[float] = field(default_factory=list)
    audio_s: float = 0.0


@dataclass
class Heard:
    """What all had.

    Attributes:
        ears: of the listeners.
        failed: what went wrong.
    """

    ears: list[Ear]
    failed: list[str] = field(default_factory=list)

    @property
    def first_s(self) -> list[float]:
        """Seconds to the first sound of every text."""
        return [seconds for ear in self.ears for seconds in ear.first_s]

    @property
    def stopped_s(self) -> list[float]:
        """Every silence in the middle."""
        return [seconds for ear in self.ears for seconds in ear.stopped_s]

    @property
    def spread(self) -> float:
        """Sound of the listener who got least by that of the one who got most: 1 = all alike."""
        sounds = [ear.audio_s for ear in self.ears]
        return min(sounds) / max(sounds) if sounds and max(sounds) else float("nan")

    def is_good(self, target_s: float) -> bool:
        """Whether 95 % begin in time and nothing ever stops."""
        return not self.failed and not self.stopped_s and percentile(self.first_s, 95) <= target_s


def listen(serve: Serve, lines: Sequence[str], streams: int, seconds: float) -> Heard:
    """So many listeners, begun over the first second, for so long."""
    heard, begins = Heard([Ear() for _ in range(streams)]), time.perf_counter()

    def hear(number: int) -> None:
        ear = heard.ears[number]
        time.sleep(min(1.0, seconds / 4) * number / streams)
        mine = itertools.cycle(lines[number % len(lines) :] + lines[: number % len(lines)])
        while time.perf_counter() - begins < seconds:
            began, ends = time.perf_counter(), None
            for length_s in serve(number, next(mine)):
                now = time.perf_counter()
                if ends is None:
                    ear.first_s.append(now - began)
                    ends = now
                elif now > ends:
                    ear.stopped_s.append(now - ends)
                    ends = now
                ends += length_s
                ear.audio_s += length_s
                if now - begins >= seconds:
                    return
                time.sleep(max(0.0, ends - now - LEAD_S))
            time.sleep(max(0.0, min(ends or 0.0, begins + seconds) - time.perf_counter()))

    def hear_or_tell(number: int) -> None:
        try:
            hear(number)
        except Exception as error:  # noqa: BLE001 - told in the result
            heard.failed.append(repr(error))

    threads = [threading.Thread(target=hear_or_tell, args=(number,), daemon=True) for number in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


def in_process(synthesizer: Synthesizer, options: Any) -> Serve:
    """A synthesizer behind the server's desk, without the network."""
    from tts_engine.service.desk import Caller, Desk
    from tts_engine.settings import Settings

    desk = Desk(Settings(queue_size=10_000, deadline_s=3600))
    desk.make_room(synthesizer.together)

    def serve(number: int, text: str) -> Iterator[float]:
        with desk.visit(Caller(f"listener {number}"), characters=len(text)) as visit:
            for chunk in synthesizer.stream(text, options, turn=visit.turn):
                yield len(chunk.waveform) / chunk.sample_rate

    return serve


def most_streams(try_out: Callable[[int], bool], most: int) -> int:
    """The greatest number that is good, up to ``most``: doubled until it is not, then halved in between."""
    good, step = 0, 1
    while good + step <= most and try_out(good + step):
        good += step
        step *= 2
    while step > 1:
        step //= 2
        if good + step <= most and try_out(good + step):
            good += step
    return good


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which that many per cent lie; NaN where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")
