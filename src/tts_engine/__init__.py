"""Local, emotion-controllable Chinese text-to-speech.

    from tts_engine import synthesize
    path = synthesize(text="欢迎收听今日新闻")

Names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .api import synthesize
    from .errors import TTSError
    from .options import SynthesisOptions
    from .pipeline import Synthesizer
    from .types import SynthesisResult

__all__ = ["SynthesisOptions", "SynthesisResult", "Synthesizer", "TTSError", "__version__", "synthesize"]

_HOMES = {
    "SynthesisOptions": ".options",
    "SynthesisResult": ".types",
    "Synthesizer": ".pipeline",
    "TTSError": ".errors",
    "synthesize": ".api",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home, __name__), name)
