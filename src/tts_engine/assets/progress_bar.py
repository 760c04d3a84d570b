"""A progress bar in the terminal for a fetch; lines of text where the output is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from .progress import FetchProgress, ProgressCallback

_PHASES = {
    "waiting": "等待另一个进程完成下载 waiting for another process",
    "checking": "校验 checking",
    "downloading": "下载模型 downloading",
    "installing": "安装 installing",
    "done": "完成 done",
}
_LINE_EVERY_S = 10.0


@contextmanager
def terminal_progress(stream: TextIO | None = None) -> Iterator[ProgressCallback]:
    """A callback for ``CacheHub`` that draws; nothing is drawn where nothing has to be done.

    Args:
        stream: where to draw, standard error by default.
    """
    out = stream if stream is not None else sys.stderr
    display = _Bar(out) if out.isatty() and _has_width(out) else _Lines(out)
    try:
        yield display.show
    finally:
        display.close()


def _has_width(out: TextIO) -> bool:
    # Some pseudo-terminals (build services) say that they have no columns; a bar would be invisible there.
    try:
        return os.get_terminal_size(out.fileno()).columns > 0
    except (OSError, ValueError):
        return True


class _Bar:
    def __init__(self, out: TextIO) -> None:
        from tqdm import tqdm

        self._tqdm: Any = tqdm
        self._out = out
        self._bar: Any = None
        self._phase = ""

    def show(self, progress: FetchProgress) -> None:
        if progress.phase == "done":
            self.close()
            return
        if progress.phase != self._phase or self._bar is None:
            self.close()
            self._phase = progress.phase
            self._bar = self._tqdm(
                total=progress.bytes_total,
                initial=progress.bytes_done,
                desc=_PHASES[progress.phase],
                leave=progress.phase == "downloading",
                file=self._out,
                unit="B",
                unit_scale=True,
                dynamic_ncols=True,
            )
        self._bar.set_postfix_str(progress.item, refresh=False)
        self._bar.update(progress.bytes_done - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Lines:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._said: tuple[str, str] = ("", "")
        self._said_s = float("-inf")

    def show(self, progress: FetchProgress) -> None:
        now = (progress.phase, progress.item)
        if now == self._said and progress.elapsed_s - self._said_s < _LINE_EVERY_S:
            return
        self._said, self._said_s = now, progress.elapsed_s
        share = f" {100 * progress.bytes_done // progress.bytes_total} %" if progress.bytes_total else ""
        left = f" 剩余约 {progress.remaining_s:.0f} s left" if progress.remaining_s else ""
        self._out.write(f"{_PHASES[progress.phase]} {progress.item}{share}{left}\n")
        self._out.flush()

    def close(self) -> None:
        self._out.flush()
