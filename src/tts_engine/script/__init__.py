"""Scripts: who says what, and how. What this package does not know: sound.

text ── read ──► Script ── write ──► text
JSON ── from_json ──► Script ── to_json ──► JSON
"""

from __future__ import annotations

from .annotation import annotate
from .model import NARRATOR, UNKNOWN, Chapter, Evidence, Line, Role, Script
from .printer import write
from .reader import read
from .structured import from_dict, from_json, schema, to_dict, to_json

__all__ = [
    "NARRATOR",
    "UNKNOWN",
    "Chapter",
    "Evidence",
    "Line",
    "Role",
    "Script",
    "annotate",
    "from_dict",
    "from_json",
    "read",
    "schema",
    "to_dict",
    "to_json",
    "write",
]
