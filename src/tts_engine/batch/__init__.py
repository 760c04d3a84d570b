"""Jobs: many texts that are rendered whatever happens.

    from tts_engine.batch import submit
    job = submit("texts.jsonl", voice="zm_yunxi")
    job.run()

What this package does not know: HTTP, pages. Names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .job import Job, submit
    from .progress import Progress

__all__ = ["Job", "Progress", "submit"]

_HOMES = {"Job": ".job", "Progress": ".progress", "submit": ".job"}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home, __name__), name)
