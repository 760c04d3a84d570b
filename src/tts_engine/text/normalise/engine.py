"""Reads a text with the rules of the table, left to right, and keeps where everything came from.

Time is linear: the text is cut into pieces of bounded length at line and clause ends, and inside a piece every
rule looks at a bounded window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from re import Match

from ...types import Span
from .english import english_stretches
from .fold import fold
from .rule import Rule
from .table import english_rules, rules_for
from .traditional import to_simplified
from .values import AppliedRule, NormalisedText, NormaliseOptions

PIECE = 600
"""Characters after which a piece ends at the next line or clause end."""
PIECE_LIMIT = 2400
"""Characters after which it ends anywhere."""

_CLAUSE_END = re.compile("[\n。！？；]")
_CALM = "一-鿿㐀-䶿぀-ヿ가-힯，。！？；、“”‘’《》〈〉「」『』…\n"
_LETTERS = re.compile("[A-Za-z]+")
_KEEPS_SHAPE = frozenset("：’″′～")


RulesByKind = dict[str, tuple[tuple[Callable[[str, int], "Match[str] | None"], Rule], ...]]
"""Rules with the bound ``match`` of their patterns: most fail there, and a plain call is cheapest."""


class Scanner:
    """The rules of one set of options, sorted by the kind of character on which they begin."""

    def __init__(self, options: NormaliseOptions) -> None:
        self.by_kind = _by_kind(rules_for(options))
        self.english_by_kind = _by_kind(english_rules())
        stops = ("呃啊" if options.drop_fillers else "") + ("儿" if options.drop_erhua else "")
        guard = f"(?![{stops}])" if stops else ""
        self.plain = re.compile(f"(?:{guard}[{_CALM}]| (?=[A-Za-z一-鿿 ]))+")

    def hits(self, text: str) -> Iterator[tuple[int, int, Rule, str]]:
        """Begin, end, rule and reading of every place that a rule reads, in order."""
        done = 0
        for begin, end in english_stretches(text):
            yield from self._hits(text, done, begin, self.by_kind)
            yield from self._hits(text, begin, end, self.english_by_kind)
            done = end
        yield from self._hits(text, done, len(text), self.by_kind)

    def _hits(
        self, text: str, position: int, length: int, by_kind: RulesByKind
    ) -> Iterator[tuple[int, int, Rule, str]]:
        while position < length:
            calm = self.plain.match(text, position, length)
            if calm:
                position = calm.end()
                continue
            kind = _kind(text[position])
            for match_at, rule in by_kind[kind]:
                match = match_at(text, position)
                if match is None or match.end() > length:
                    continue
                spoken = rule.accept(match)
                if spoken is not None:
                    yield position, match.end(), rule, spoken
                    position = match.end()
                    break
            else:
                word = _LETTERS.match(text, position)
                position = word.end() if word else position + 1


def _by_kind(rules: tuple[Rule, ...]) -> RulesByKind:
    return {kind: tuple((rule.pattern.match, rule) for rule in rules if kind in rule.starts) for kind in "das"}


def _kind(char: str) -> str:
    if "0" <= char <= "9":
        return "d"
    return "a" if (char.isascii() and char.isalpha()) or "Α" <= char <= "ω" or char == "ϕ" else "s"


@lru_cache(maxsize=8)
def scanner(options: NormaliseOptions) -> Scanner:
    """The compiled rules for these options, built once."""
    return Scanner(options)


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of the pieces that are read on their own; together they are the text."""
    begin, length = 0, len(text)
    while begin < length:
        if length - begin <= PIECE:
            end = length
        else:
            found = _CLAUSE_END.search(text, begin + PIECE, min(begin + PIECE_LIMIT, length))
            end = found.end() if found else min(begin + PIECE_LIMIT, length)
        yield begin, end
        begin = end


class _Builder:
    """Collects the spoken characters with their spans."""

    def __init__(self, source: str, plain: str) -> None:
        self.source = source
        self.plain = plain
        self.spoken: list[str] = []
        self.spans: list[Span] = []
        self.rules: list[AppliedRule] = []
        self.unread: dict[str, dict[str, int]] = {}

    def keep(self, begin: int, end: int) -> None:
        """Characters that no rule reads: they stand for themselves."""
        source, plain = self.source[begin:end], self.plain[begin:end]
        if source != plain:
            plain = "".join(old if old in _KEEPS_SHAPE else new for old, new in zip(source, plain, strict=True))
            self._note_variants(source, plain, begin)
        self.spoken.append(plain)
        self.spans.extend([Span(at, at + 1) for at in range(begin, end)])

    def _note_variants(self, source: str, plain: str, offset: int) -> None:
        at = 0
        while at < len(source):
            if source[at] == plain[at]:
                at += 1
                continue
            begin = at
            while at < len(source) and source[at] != plain[at]:
                at += 1
            old, new = source[begin:at], plain[begin:at]
            name = "character.simplified" if "一" <= new[0] <= "鿿" else "character.width"
            self.rules.append(AppliedRule(name, Span(offset + begin, offset + at), old, new))

    def read(self, begin: int, end: int, rule: Rule, spoken: str) -> None:
        """Characters that a rule reads as something else."""
        source = self.source[begin:end]
        if spoken == source:
            self.keep(begin, end)
            return
        span = Span(begin, end)
        self.spoken.append(spoken)
        self.spans.extend([span] * len(spoken))
        self.rules.append(AppliedRule(rule.name, span, source, spoken))
        if rule.warn:
            counts = self.unread.setdefault(rule.warn, {})
            counts[source] = counts.get(source, 0) + 1

    def result(self) -> NormalisedText:
        warnings = []
        for reason, counts in self.unread.items():
            shown = [ascii(text) if not text.isprintable() else text for text in list(counts)[:8]]
            more = f" and {len(counts) - 8} more kinds" if len(counts) > 8 else ""
            warnings.append(f"{reason} ({sum(counts.values())}): {' '.join(shown)}{more}")
        return NormalisedText(self.source, "".join(self.spoken), tuple(self.spans), tuple(self.rules), tuple(warnings))


def read_text(text: str, options: NormaliseOptions) -> NormalisedText:
    """The text as it is spoken, with one span per spoken character."""
    rules = scanner(options)
    plain = to_simplified(fold(text))
    builder = _Builder(text, plain)
    for begin, end in pieces(plain):
        done = begin
        for hit_begin, hit_end, rule, spoken in rules.hits(plain[begin:end]):
            if begin + hit_begin > done:
                builder.keep(done, begin + hit_begin)
            builder.read(begin + hit_begin, begin + hit_end, rule, spoken)
            done = begin + hit_end
        if end > done:
            builder.keep(done, end)
    return builder.result()
