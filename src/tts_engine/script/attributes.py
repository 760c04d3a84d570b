"""``{停顿=0.8 音效="door knock.wav"}``: what is attached to the end of a line of the text form.

    text ── split_attributes ──► text without the block, Attribute, Attribute, ...

A block counts only where it ends the line, stands after a space (or alone) and holds ``key=value`` pairs or nothing,
so that ``重庆{chong2 qing4}`` stays the pronunciation that it is. An empty block says that what stands before it is no
block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PAIR = re.compile(r'\s*([^\s{}="，,]{1,20})\s*=\s*(?:"((?:[^"\\\n]|\\.)*)"|([^\s{}="]+))\s*[，,]?')
_BARE = re.compile(r'[^\s{}="、,，;；\\]+')
_TAIL = re.compile(r"(?:^|\s)(\{[^\S\n]*\}|\{(?=[^{}\s=\"]{1,20}\s*=))")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One pair.

    Attributes:
        key: as written.
        value: without quotation marks.
        is_quoted: it stood in quotation marks, so that separators in it are its own.
        column: of the key in the line, from 1.
    """

    key: str
    value: str
    is_quoted: bool
    column: int


def split_attributes(text: str, column: int = 1) -> tuple[str, tuple[Attribute, ...]]:
    """The text without the block at its end, stripped, and the block's pairs.

    Args:
        text: one line, or what is left of it.
        column: of its first character, from 1.
    """
    stripped = text.rstrip()
    if not stripped.endswith("}"):
        return text.strip(), ()
    for tail in _TAIL.finditer(stripped):
        pairs = _pairs(stripped, tail.start(1) + 1, column)
        if pairs is not None:
            return stripped[: tail.start(1)].strip(), pairs
    return text.strip(), ()


def _pairs(text: str, position: int, column: int) -> tuple[Attribute, ...] | None:
    """The pairs from a position to the brace that ends the text, or None where that is no block."""
    pairs = []
    end = len(text) - 1
    while True:
        pair = _PAIR.match(text, position, end)
        if pair is None:
            break
        quoted, bare = pair[2], pair[3]
        value = bare if quoted is None else _unquote(quoted)
        pairs.append(Attribute(pair[1], value, quoted is not None, column + pair.start(1)))
        position = pair.end()
    return tuple(pairs) if not text[position:end].strip() else None


def _unquote(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], quoted)


def block(pairs: Iterable[tuple[str, str]]) -> str:
    """The block that reads back as these pairs; empty for none."""
    written = [f"{key}={value if _BARE.fullmatch(value) else _quote(value)}" for key, value in pairs]
    return "{" + " ".join(written) + "}" if written else ""


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def number(value: float) -> str:
    """The shortest form that reads back as the same number."""
    return json.dumps(int(value) if value == int(value) else value)
