"""Praise and thanks that are meant the other way (你可真准时，让我们等了一个半小时).

A sentence is taken for mockery when praise that is leaned on (可真, 多么, 好一个 ...) or thanks stand beside a mishap
in another clause, and no 但是 sets the two against each other in earnest. Fixed phrases (你可真行) are entries of the
lexicon.
"""

from __future__ import annotations

import functools
import re

from .clauses import Clause
from .lexicon import load_lexicon
from .weigh import Evidence

_EARNEST = re.compile("虽然|尽管|但|可是|不过|然而|幸好|还好|终于|总算|如果|要是")
_AVERTED = re.compile("(?:没有?|不会|不再|免得|找回|避免|不让|从不|从来不)[^，。！？]{0,4}$")


def find_irony(text: str, clauses: tuple[Clause, ...], evidence: list[Evidence]) -> list[Evidence]:
    """The praise or thanks that a mishap beside it turns round; none in earnest sentences."""
    if _EARNEST.search(text):
        return []
    for clause in clauses:
        for turn, harm in ((_praise(), _mishap()), (_thanks(), _harm())):
            turned = turn.search(text, clause.begin, clause.end)
            mishap = turned and _beside(text, clauses, clause, turned, harm)
            if turned and mishap:
                note = f"与“{mishap}”同现"
                return [Evidence("sarcastic", turned.group(), turned.start(), turned.end(), 1.1, "irony", (note,))]
    return _misplaced_joy(text, evidence)


def _beside(
    text: str, clauses: tuple[Clause, ...], here: Clause, turned: re.Match[str], harm: re.Pattern[str]
) -> str | None:
    """What went wrong, told in another clause or later in the same one; a mishap that did not happen does not count."""
    for clause in clauses:
        begin = turned.end() if clause is here else clause.begin
        found = harm.search(text, begin, clause.end)
        if found and not _AVERTED.search(text, clause.begin, found.start()):
            return found.group()
    return None


def _misplaced_joy(text: str, evidence: list[Evidence]) -> list[Evidence]:
    """真是太好了 beside 又 and a mishap."""
    joy = next((i for i in evidence if i.emotion == "happy" and i.kind in ("call", "lead") and i.weight >= 0.3), None)
    if joy is None:
        return []
    complaints = [word for word in load_lexicon().frames["complaint"] if word in text]
    if len(complaints) < 2 or not any(word in complaints for word in ("又", "偏偏", "第三次", "第几次")):
        return []
    return [Evidence("sarcastic", joy.word, joy.begin, joy.end, 1.0, "irony", (f"与“{complaints[1]}”同现",))]


@functools.lru_cache(maxsize=1)
def _praise() -> re.Pattern[str]:
    gap = "(?:有|是|会|个|一位|的|大){0,2}"
    return re.compile(f"(?:{_alternatives('irony marker')}){gap}(?:{_alternatives('irony praise')})")


@functools.lru_cache(maxsize=1)
def _thanks() -> re.Pattern[str]:
    return re.compile(_alternatives("irony thanks"))


@functools.lru_cache(maxsize=1)
def _harm() -> re.Pattern[str]:
    return re.compile(_alternatives("irony harm"))


@functools.lru_cache(maxsize=1)
def _mishap() -> re.Pattern[str]:
    return re.compile(_alternatives("irony mishap"))


def _alternatives(section: str) -> str:
    words = sorted(load_lexicon().frames[section], key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", ".{0,4}") for word in words)
