"""Which words of a sentence carry the stress.

People stress what is new, strong or exclusive: degree words, negation, question words, numbers, names; hardly ever
particles and pronouns. Without a parser the choice is made by small closed lists, word length and position; a little
chance by seed keeps two readings from being the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..types import Sentence, Word
from .layout import Phrase, find_phrases

#: Closed classes that are hardly ever stressed.
_WEAK = """
的 了 着 过 地 得 们 吧 吗 呢 啊 呀 哦 嘛 哇 啦 个 在 是 有 和 与 跟 把 被 给 对 向 从 到 就 也 还 而 但 之 所 以 于 为
我 你 他 她 它 我们 你们 他们 她们 这 那 这个 那个 一个 里 上 下 中 去 来 会 能 要 因为 所以 如果
a an the of to in on at and or is are was were be it its he she they we you i my your his her their that this with
for as by from
"""

#: Degree, exclusiveness, negation, surprise, questions: what emotion leans on.
_STRONG = """
太 真 好 很 非常 特别 十分 极其 简直 完全 绝对 根本 居然 竟然 终于 全 都 最 更 只 才 又 再也 从来 永远 一直 立刻 马上
不 没 没有 别 不要 不是 不会 不能 不可能 绝不 谁 什么 怎么 为什么 哪里 多么 这么 那么 如此 怎么可以 一定 必须
never always not no so very really what why how who all every only
"""

WEAK = frozenset(_WEAK.split())
STRONG = frozenset(_STRONG.split())

SYLLABLES_PER_ACCENT = 6.0
SECOND = 0.6


@dataclass(frozen=True, slots=True)
class Accent:
    """Stress on one word.

    Attributes:
        word: index into ``Sentence.words``.
        syllables: begin and end index of its syllables within the sentence.
        strength: 0-1.
    """

    word: int
    syllables: tuple[int, int]
    strength: float


def find_accents(sentence: Sentence, seed: int = 0) -> tuple[Accent, ...]:
    """The stressed words, in order: at least one in every phrase that has a word worth it."""
    chance = random.Random(seed)
    begins = [0]
    for word in sentence.words:
        begins.append(begins[-1] + len(word.syllables))
    weights = [_weight(word) + 0.25 * chance.random() for word in sentence.words]
    chosen: dict[int, float] = {}
    for phrase in find_phrases(sentence):
        inside = [index for index in range(len(sentence.words)) if _is_inside(begins, index, phrase)]
        ranked = sorted(inside, key=lambda index: -(weights[index] + _place(index, inside)))
        count = max(1, round((phrase.syllables[1] - phrase.syllables[0]) / SYLLABLES_PER_ACCENT))
        for rank, index in enumerate(ranked[:count]):
            if weights[index] >= 0.3:
                chosen[index] = 1.0 if rank == 0 else SECOND
    return tuple(Accent(index, (begins[index], begins[index + 1]), chosen[index]) for index in sorted(chosen))


def _weight(word: Word) -> float:
    text = word.text.lower()
    if text in STRONG:
        return 0.8
    if text in WEAK or not text:
        return 0.0
    return min(0.4 + 0.08 * len(word.syllables), 0.7)


def _place(index: int, inside: list[int]) -> float:
    """The last word of a phrase carries its stress more often than not."""
    return 0.2 if index == inside[-1] else 0.0


def _is_inside(begins: list[int], index: int, phrase: Phrase) -> bool:
    return phrase.syllables[0] <= begins[index] < phrase.syllables[1]
