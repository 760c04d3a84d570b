"""Memory that was freed and is still held."""

from __future__ import annotations

import contextlib
import ctypes

#: Names of glibc's settings, from ``malloc.h``.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 128 << 10


def give_back_memory() -> None:
    """Gives what was freed back to the system, where glibc would keep it: 84 of 385 MB after loading a model."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system or another library
        ctypes.CDLL(None).malloc_trim(0)


def hold_little() -> None:
    """From now on this process gives everything large back as soon as it is freed, at the price of a little time."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        for setting, value in ((_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES), (_ARENA_MAX, 1)):
            library.mallopt(setting, value)
