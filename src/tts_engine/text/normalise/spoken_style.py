"""Readings that a caller may ask for: transcripts without hesitations, speech without erhua."""

from __future__ import annotations

from .rule import Rule, rule

# Here 儿 is a syllable of its own and stays.
_BEFORE = "婴女孤幼胎健宠少小妻生男混娇低产病弃育托患溺狗球歌浪"
_BEHIND = "子童女科媳歌戏孙郎时化茶孩立"

FILLERS: tuple[Rule, ...] = (
    # 呃这个呃啊我不知道 => 这个我不知道, 好啊 => 好
    rule("style.filler", "s", "[呃啊]+", ""),
)

ERHUA: tuple[Rule, ...] = (
    # 这儿有只鸟儿 => 这有只鸟, but 婴儿, 儿子, 女儿 stay
    rule("style.erhua", "s", "儿", "", not_left=f"[{_BEFORE}]", not_right=f"[{_BEHIND}]"),
)
