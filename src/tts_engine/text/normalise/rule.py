"""A rule: a pattern at a place, what must or must not stand around it, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

Reader = Callable[["Match[str]"], "str | None"]

LEFT_WINDOW = 24
"""Characters before the match that a rule may look at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of expression is read.

    Attributes:
        name: ``class.case``, shown by the explain command.
        starts: kinds of character on which it may begin: ``d`` digit, ``a`` letter, ``s`` anything else.
        pattern: matched at the position; the whole match is read together.
        read: the reading of a match; None declines, and the next rule is asked.
        left: must be found at the end of the characters before the match.
        not_left: must not be found there.
        right: must match right behind the match.
        not_right: must not match there.
        warn: what to tell the caller about the characters, empty for nothing.
    """

    name: str
    starts: str
    pattern: Pattern[str]
    read: Reader
    left: Pattern[str] | None = None
    not_left: Pattern[str] | None = None
    right: Pattern[str] | None = None
    not_right: Pattern[str] | None = None
    warn: str = ""

    def accept(self, match: Match[str]) -> str | None:
        """The reading of a match, or None where its surroundings or the reader say no."""
        text, begin, end = match.string, match.start(), match.end()
        if end == begin:
            return None
        if self.left is not None or self.not_left is not None:
            before = text[max(0, begin - LEFT_WINDOW) : begin]
            if self.left is not None and not self.left.search(before):
                return None
            if self.not_left is not None and self.not_left.search(before):
                return None
        if self.right is not None and not self.right.match(text, end):
            return None
        if self.not_right is not None and self.not_right.match(text, end):
            return None
        return self.read(match)


def _constant(spoken: str) -> Reader:
    return lambda _match: spoken


def rule(
    name: str,
    starts: str,
    pattern: str,
    read: Reader | str,
    *,
    left: str = "",
    not_left: str = "",
    right: str = "",
    not_right: str = "",
    warn: str = "",
) -> Rule:
    """A rule from plain patterns; ``left`` and ``not_left`` are tied to the end of what stands before."""
    return Rule(
        name=name,
        starts=starts,
        pattern=re.compile(pattern),
        read=_constant(read) if isinstance(read, str) else read,
        left=re.compile(rf"(?:{left})$") if left else None,
        not_left=re.compile(rf"(?:{not_left})$") if not_left else None,
        right=re.compile(right) if right else None,
        not_right=re.compile(not_right) if not_right else None,
        warn=warn,
    )
