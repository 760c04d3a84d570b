"""Hand-written readings of polyphones in words and contexts: ``data/polyphones.txt``, which explains its format."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from ..errors import ConfigError

_LINE = re.compile(r"(?P<char>\S) (?P<reading>[a-zü]+[1-5]): (?P<items>.+)")
_USUAL = re.compile(r"(?P<char>\S) = (?P<reading>[a-zü]+[1-5])")

#: How many characters before the polyphone a context looks at.
_LEFT = 12


@dataclass(frozen=True, slots=True)
class ContextRule:
    """A character in a context: regular expressions that end before it and begin after it, or None."""

    reading: str
    left: re.Pattern[str] | None
    right: re.Pattern[str] | None

    def fits(self, text: str, at: int) -> bool:
        """Whether ``text[at]`` stands in this context."""
        if self.left is not None and not self.left.search(text[max(0, at - _LEFT) : at]):
            return False
        return self.right is None or self.right.match(text, at + 1) is not None


@dataclass(frozen=True, slots=True)
class WordRule:
    """A character in a word."""

    reading: str
    word: str
    place: int

    def fits(self, text: str, at: int, boundaries: Collection[int]) -> bool:
        """Whether ``text[at]`` stands in this word, and the word is one, or begins one, or ends a long one."""
        begin = at - self.place
        end = begin + len(self.word)
        if begin < 0 or not text.startswith(self.word, begin):
            return False
        if begin in boundaries and end in boundaries:
            return True
        if len(self.word) == 1 or any(edge in boundaries for edge in range(begin + 1, end)):
            return False
        if begin in boundaries:  # 蒙古 in 蒙古人
            return True
        inside = begin - 1 not in boundaries
        return end in boundaries and inside and any(edge in boundaries for edge in (begin - 2, begin - 3))


@dataclass(slots=True)
class CharacterRules:
    """What is known about one polyphone."""

    rules: list[ContextRule | WordRule] = field(default_factory=list)
    usual: str | None = None


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A reading that a rule asks for.

    Attributes:
        reading: tone-numbered.
        rule: the word, or ``context`` with the reading's own name.
        is_word: whether a word says so; words are surer than contexts.
    """

    reading: str
    rule: str
    is_word: bool


@cache
def load_rules() -> dict[str, CharacterRules]:
    """Character -> what is known about it."""
    return parse_rules((files(__package__) / "data" / "polyphones.txt").read_text("utf-8"))


def parse_rules(text: str) -> dict[str, CharacterRules]:
    """Rules of a file's text.

    Raises:
        ConfigError: a line that cannot be understood, with its number.
    """
    rules: dict[str, CharacterRules] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        if match := _USUAL.fullmatch(line):
            rules.setdefault(match["char"], CharacterRules()).usual = match["reading"]
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigError(f"polyphones, line {number}: expected '字 pin1: 词 …' or '字 = pin1', got {line!r}")
        known = rules.setdefault(match["char"], CharacterRules())
        for item in match["items"].split():
            known.rules.extend(_parse_item(item, match["char"], match["reading"], number))
    return rules


def _parse_item(item: str, char: str, reading: str, number: int) -> list[ContextRule | WordRule]:
    marked = item if f"<{char}>" in item else item.replace(char, f"<{char}>", 1)
    if f"<{char}>" not in marked:
        raise ConfigError(f"polyphones, line {number}: {item!r} does not contain {char}")
    if not re.search(r"[\[\](){}<>|^$?+*.]", item):
        return [WordRule(reading, item, place) for place, found in enumerate(item) if found == char]
    left, right = marked.split(f"<{char}>", 1)
    try:
        return [
            ContextRule(reading, re.compile(f"(?:{left})$") if left else None, re.compile(right) if right else None)
        ]
    except re.error as error:
        raise ConfigError(f"polyphones, line {number}: {item!r} is no regular expression: {error}") from error


def find_rule(text: str, at: int, boundaries: Collection[int]) -> RuleHit | None:
    """The first rule that ``text[at]`` fits.

    Args:
        text: spoken text.
        at: index of a character.
        boundaries: where words begin and end in ``text``.
    """
    known = load_rules().get(text[at])
    if known is None:
        return None
    for rule in known.rules:
        if isinstance(rule, WordRule):
            if rule.fits(text, at, boundaries):
                return RuleHit(rule.reading, rule.word, True)
        elif rule.fits(text, at):
            return RuleHit(rule.reading, "context", False)
    return None


def usual_reading(char: str) -> str | None:
    """The reading that a character has where nothing else is known."""
    known = load_rules().get(char)
    return known.usual if known else None
