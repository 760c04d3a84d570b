"""How far a job is and when it will be over, as one line that a terminal, a log and a pipe can show."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from .model import Counts

_LOOK_S = 1.0
_FIRST_LINES_S, _MOST_S = 5.0, 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Attributes:
        counts: of the job.
        elapsed_s: since the run began to render.
        remaining_s: until it is over, as its pace so far suggests; None before the first result.
    """

    counts: Counts
    elapsed_s: float
    remaining_s: float | None

    def line(self) -> str:
        """In one line for people."""
        counts = self.counts
        done, failed = counts.states["done"], counts.states["failed"]
        share = counts.characters_done / counts.characters if counts.characters else 1.0
        parts = [f"{done}/{counts.total} ({share:.0%})"]
        if failed:
            parts.append(f"失败 failed {failed}")
        parts.append(f"音频 audio {clock(counts.audio_s)}")
        if counts.expected_audio_s is not None and share < 1.0:
            parts[-1] += f"/{clock(counts.expected_audio_s)}"
        parts.append(f"用时 took {clock(self.elapsed_s)}")
        if self.remaining_s is not None and not counts.is_over:
            parts.append(f"还需 left {clock(self.remaining_s)}")
        return " · ".join(parts)


def clock(seconds: float) -> str:
    """``h:mm:ss``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


class Pace:
    """Watches one run: told the counts from time to time, says when the job will be over."""

    def __init__(self, counts: Counts, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._base = counts
        self._begun_s: float | None = None
        self._last: tuple[int, float] = (counts.characters_done, 0.0)

    def at(self, counts: Counts) -> Progress:
        """Where the run stands."""
        if self._begun_s is None:
            if counts.attempts > self._base.attempts:  # models are loaded
                self._begun_s = self._now()
            return Progress(counts, 0.0, None)
        elapsed_s = self._now() - self._begun_s
        if counts.characters_done != self._last[0]:
            self._last = counts.characters_done, elapsed_s
        done = self._last[0] - self._base.characters_done
        if done <= 0:
            return Progress(counts, elapsed_s, None)
        left = counts.characters - counts.characters_done
        remaining_s = self._last[1] * left / done - (elapsed_s - self._last[1])
        return Progress(counts, elapsed_s, max(0.0, remaining_s))


class ProgressLine:
    """Shows progress: in place on a terminal, elsewhere as lines that come more rarely the longer it takes."""

    def __init__(self, file: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._now = now
        self._is_terminal = file.isatty()
        self._shown_s = float("-inf")
        self._wait_s = _LOOK_S if self._is_terminal else _FIRST_LINES_S
        self._width = 0
        self._last = ""

    def show(self, progress: Progress) -> None:
        """Shows it, if it is time to."""
        if self._now() - self._shown_s < self._wait_s:
            return
        self._shown_s = self._now()
        if not self._is_terminal:
            self._wait_s = min(2 * self._wait_s, _MOST_S)
        self._write(progress.line())

    def close(self, progress: Progress | None) -> None:
        """Shows the end."""
        if progress is not None:
            self._write(progress.line())
        if self._is_terminal and self._width:
            self._file.write("\n")
            self._file.flush()

    def _write(self, text: str) -> None:
        if text == self._last:
            return
        self._last = text
        if self._is_terminal:
            self._file.write("\r" + text + " " * max(0, self._width - len(text)))
            self._width = len(text)
        else:
            self._file.write(text + "\n")
        self._file.flush()
