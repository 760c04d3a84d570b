"""Syllables that lose their tone: words that are always said so, particles, doubled verbs.

CC-CEDICT marks most neutral tones already (``dictionaries.word_reading``); here are the words that it leaves out and
the classes that no word list can hold. Source of the words: the list for the Putonghua proficiency test.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files


@cache
def neutral_words() -> frozenset[str]:
    """Words whose last syllable is neutral: ``data/neutral_words.txt``."""
    text = (files(__package__) / "data" / "neutral_words.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


#: Verbs that are doubled with a neutral second: 看看, 想想.
DOUBLED = frozenset(
    "看想说听试走问找等坐玩聊谈学练读写尝闻摸动笑歇逛查洗擦扫修补改算猜转讲瞧管帮拍敲推拉跑跳唱吃喝睡躺站见认劝教念用比量摆晒烤煮吹摇揉捏压踩追"
)

#: Particles: neutral wherever they follow something.
PARTICLES = {"吗": "ma5", "呢": "ne5", "吧": "ba5", "们": "men5", "嘛": "ma5", "么": "me5"}

#: Place words whose 里 is neutral.
_INSIDE = frozenset("这那家屋房心手眼嘴城村夜水院店校头怀肚脑话梦书信路海山田井车船锅碗杯箱柜")


def neutralise(word: str, pinyins: Sequence[str]) -> list[str | None]:
    """Neutral readings of the syllables of a word that lose their tone, None for the others."""
    changed: list[str | None] = [None] * len(word)
    if word[-2:] in neutral_words():
        changed[-1] = pinyins[-1][:-1] + "5"
    if len(word) > 2 and word[:2] in neutral_words() and word[1:3] not in neutral_words():
        changed[1] = pinyins[1][:-1] + "5"
    if len(word) == 2 and word[0] == word[1] and word[0] in DOUBLED:
        changed[1] = pinyins[1][:-1] + "5"
    if len(word) > 1 and word[-1] == "里" and word[-2] in _INSIDE:
        changed[-1] = "li5"
    for at in range(1, len(word)):
        if word[at] in PARTICLES and changed[at] is None and word[at] != "吧":
            changed[at] = PARTICLES[word[at]]
    return [item if item != pinyins[at] else None for at, item in enumerate(changed)]
