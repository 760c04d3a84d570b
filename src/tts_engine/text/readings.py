"""Words in their text -> pinyin of each character, before tone sandhi.

A polyphone's reading is the best sum of what four witnesses say: hand-written rules, the longest words of two
dictionaries around it, and a small network that has read the sentence. The weights were fitted on one half of a
development set and checked on the other; ``docs/text.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .context_model import load_model
from .dictionaries import character_readings, first_reading, longest_match, phrase_reading, word_reading
from .polyphones import find_rule, usual_reading

#: Weights of the witnesses in the sum, log odds.
RULE_WORD = 8.0
RULE_CONTEXT = 8.0
USUAL = 0.85
PHRASES = 0.9
WORDS = 1.1
#: Of the network's log probability as it is, cut at -4, and cut at -1.5: it is surer than it is right.
NETWORK = (0.11, 0.32, 0.5)

#: Listed with the reading of a rarer word of the same spelling.
_NOT_LISTED = frozenset(
    {"不是", "男人", "女人", "地道", "大意", "兄弟", "老子", "大爷", "地下", "过去", "运气", "自然", "本事"}
)

#: Syllables that 儿 joins even where the segmentation cuts it off.
_BEFORE_R = frozenset(
    "歌园花事味劲点会样边块片圈棍门今明昨后这那哪玩信脸眼嘴活词字号班伴盖罐瓶碗勺尖画曲官缝份堆条颗粒串响亮慢远近"
)

#: Words in which 儿 is a syllable of its own.
_FULL_ER = (
    *(
        "女儿",
        "婴儿",
        "幼儿",
        "孤儿",
        "胎儿",
        "少儿",
        "健儿",
        "生儿",
        "血儿",
        "宠儿",
        "男儿",
        "孩儿",
        "小儿",
        "患儿",
        "产儿",
    ),
    *(
        "托儿",
        "运儿",
        "潮儿",
        "育儿",
        "侄儿",
        "妻儿",
        "乳儿",
        "弃儿",
        "形儿",
        "能儿",
        "鸟儿",
        "风儿",
        "早儿",
        "月儿",
        "马儿",
    ),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a character is read.

    Attributes:
        pinyin: tone-numbered.
        source: who decided: ``rule:WORD``, ``word:WORD``, ``context`` (the network), ``erhua``, ``usual`` or ``only``.
    """

    pinyin: str
    source: str


class Readings:
    """Reads Han characters; tables load on first use, once."""

    def knows(self, char: str) -> bool:
        """Whether there is any reading for a character."""
        return bool(character_readings(char))

    def read(self, text: str, words: Sequence[tuple[int, str]]) -> dict[int, Reading]:
        """Readings of all characters of ``words``; every one of them must be known.

        Args:
            text: the spoken text that the words stand in, punctuation and all.
            words: (index in ``text``, word) in order.

        Returns:
            Index in ``text`` -> reading.
        """
        model = load_model()
        boundaries = {edge for begin, word in words for edge in (begin, begin + len(word))}
        places = [begin + at for begin, word in words for at, char in enumerate(word) if char in model.candidates]
        rated = dict(zip(places, model.rate(text, places), strict=True))
        readings: dict[int, Reading] = {}
        for begin, word in words:
            listed = _listed(word) if len(word) > 1 else None
            for at, char in enumerate(word):
                place = begin + at
                if char == "儿" and at == len(word) - 1 and (at or _follows(text, place)):
                    full = text[max(0, place - 2) : place + 1].endswith(_FULL_ER) or word == "孩儿"
                    readings[place] = Reading("er2" if full else "r5", f"word:{word}" if full else "erhua")
                    continue
                if place in rated:
                    readings[place] = self._choose(text, place, rated[place], boundaries)
                    continue
                hit = find_rule(text, place, boundaries)
                if hit is not None:
                    readings[place] = Reading(hit.reading, f"rule:{hit.rule}")
                elif listed:
                    readings[place] = Reading(listed[at], f"word:{word}")
                else:
                    several = len(character_readings(char)) > 1
                    readings[place] = Reading(
                        usual_reading(char) or first_reading(char), "usual" if several else "only"
                    )
        return readings

    def _choose(self, text: str, place: int, rated: dict[str, float], boundaries: set[int]) -> Reading:
        """The candidate with the most weight behind it, and who gave most of it."""
        scores = {
            reading: NETWORK[0] * value + NETWORK[1] * max(value, -4.0) + NETWORK[2] * max(value, -1.5)
            for reading, value in rated.items()
        }
        sources = dict.fromkeys(rated, "context")
        hit = find_rule(text, place, boundaries)
        if hit is not None and hit.is_word:
            return Reading(hit.reading, f"rule:{hit.rule}")
        if hit is not None and hit.reading in scores:
            scores[hit.reading] += RULE_CONTEXT
            sources[hit.reading] = "rule:context"
        usual = usual_reading(text[place])
        if hit is None and usual in scores:
            scores[usual] += USUAL
        begin = max(0, place - 8)
        around = text[begin : place + 9]
        for table, weight in (("phrases", PHRASES), ("words", WORDS)):
            found = longest_match(around, place - begin, table)
            if found is None:
                continue
            if (
                not _is_variant(found[0], scores)
                and {place + at for at in _extent(around, place - begin, found[1])} <= boundaries
            ):
                return Reading(found[0], f"word:{found[1]}")
            if found[0] in scores:
                scores[found[0]] += weight
                if sources[found[0]] == "context":
                    sources[found[0]] = f"word:{found[1]}"
        best = max(scores, key=scores.__getitem__)
        return Reading(best, sources[best])


def _is_variant(reading: str, scores: dict[str, float]) -> bool:
    """Whether a reading is a candidate, or one without its tone, which is for ``sandhi`` to say."""
    return reading in scores or (reading[-1] == "5" and any(known[:-1] == reading[:-1] for known in scores))


def _follows(text: str, place: int) -> bool:
    """Whether a 儿 that is cut off as a word can belong to the syllable before it."""
    after = text[place + 1 : place + 2]
    return place > 0 and text[place - 1] in _BEFORE_R and after not in tuple("子童女媳歌科时孙臣戏")


def _extent(text: str, at: int, word: str) -> tuple[int, int]:
    """Where a word around ``text[at]`` begins and ends, relative to ``at``."""
    begin = next(
        start
        for start in range(max(0, at - len(word) + 1), at + 1)
        if text.startswith(word, start) and start <= at < start + len(word)
    )
    return begin - at, begin + len(word) - at


def _listed(word: str) -> tuple[str, ...] | None:
    """Reading of a whole word from the dictionaries; CC-CEDICT first, which knows neutral tones."""
    return None if word in _NOT_LISTED else word_reading(word) or phrase_reading(word)
