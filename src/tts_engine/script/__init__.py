"""Scripts: who says what, and how. What this package does not know: sound.

text ── read ──► Script ── write ──► text
JSON ── from_json ──► Script ── to_json ──► JSON
prose ── annotate ──► Script
any of these, and other habits ── load ──► Loaded
"""

from __future__ import annotations

from .annotation import annotate
from .checking import check
from .loading import FORMATS, Loaded, load
from .model import NARRATOR, UNKNOWN, Chapter, Evidence, Line, Role, Script
from .printer import write
from .reader import read
from .structured import from_dict, from_json, schema, to_dict, to_json

__all__ = [
    "FORMATS",
    "NARRATOR",
    "UNKNOWN",
    "Chapter",
    "Evidence",
    "Line",
    "Loaded",
    "Role",
    "Script",
    "annotate",
    "check",
    "from_dict",
    "from_json",
    "load",
    "read",
    "schema",
    "to_dict",
    "to_json",
    "write",
]
