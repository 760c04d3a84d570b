"""What words about a person say of a voice: sex, age, height, pace, in Chinese and English, with what they said.

八岁的女孩，活泼        female, child, a little faster
年迈的渔夫，声音低沉     male, elder, low, a little slower
王婶                  female (from the name)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FEMALE, MALE = "female", "male"
CHILD, YOUTH, ADULT, ELDER = "child", "youth", "adult", "elder"

#: Chinese words of a sex; the last one in a phrase counts, since the head of a Chinese phrase stands last (女儿的父亲).
_SEX_ZH = {
    FEMALE: "女|妇|母|妈|娘|奶奶|姥姥|外婆|婆|婶|姨|姑|嫂|姐|妹|妻|太太|夫人|公主|后(?=$|娘)|妃|丫头|丫鬟|仙子",
    MALE: "男|父|翁|爸|爹|爷|叔|伯|舅|哥|弟|兄|夫(?!人)|先生|小伙|老头|老汉|公子|王子|皇帝|国王|和尚|书生|儿子|孙子"
    "|^老[\u4e00-\u9fff]$",
}
_SEX_EN = {
    FEMALE: r"female|wom[ae]n|girl|lady|mother|mom|grandmother|grandma|sister|daughter|aunt|wife|queen|princess|her",
    MALE: r"male|man|men|boy|gentleman|father|dad|grandfather|grandpa|brother|son|uncle|husband|king|prince|he|his",
}
_AGES = {
    ELDER: r"老(?!师|板|公|婆|大|二|三|四|五|六|实|乡|友|兄|弟|虎|鼠)|年迈|爷爷|奶奶|姥|外公|外婆|大爷|大娘|白发|古稀"
    r"|\b(?:old|elderly|aged|grand\w+|senior)\b",
    CHILD: r"孩|童|娃|小学|丫头|幼|\b(?:child|kid|little (?:girl|boy)|toddler)\b",
    YOUTH: r"少年|少女|青年|年轻|学生|姑娘|小伙|小姐|\b(?:young|teen\w*|youth|student)\b",
    ADULT: r"中年|成年|叔|姨|婶|妈|爸|\b(?:adult|middle.aged|mature)\b",
}
_YEARS = re.compile(
    r"([零〇一二三四五六七八九十百\d]{1,4})\s*(?:来|多)?\s*岁|(\d{1,3})[\s-]*years?[\s-]*old|aged?\s+(\d{1,3})", re.I
)
_HEIGHTS = (
    (-1.0, r"低沉|浑厚|沉厚|粗犷|粗声|雄浑|磁性|厚重|\b(?:deep|low|husky|gruff)\b"),
    (1.0, r"清脆|尖细|尖声|高亢|甜美|稚嫩|娇|\b(?:high|bright|shrill|sweet)\b"),
)
_PACES = (
    (0.9, r"迟缓|慢吞吞|慢条斯理|年迈|苍老|虚弱|\b(?:slow|frail|weary)\b"),
    (0.95, r"沉稳|稳重|沉静|温和|温柔|安静|内向|威严|\b(?:calm|gentle|quiet|solemn|dignified)\b"),
    (1.06, r"活泼|开朗|机灵|伶俐|调皮|爽朗|泼辣|\b(?:lively|cheerful|playful|energetic)\b"),
    (1.1, r"急性子|急躁|风风火火|快嘴|\b(?:hasty|impatient|fast.talking)\b"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a voice should be like.

    Attributes:
        sex: ``female``, ``male`` or empty where nothing says it.
        age: ``child``, ``youth``, ``adult``, ``elder`` or empty.
        height: -1 lower than usual, 1 higher, 0 nothing said.
        speed: factor on the rate.
        reasons: the words that said so.
    """

    sex: str = ""
    age: str = ""
    height: float = 0.0
    speed: float = 1.0
    reasons: tuple[str, ...] = ()


def read_description(description: str, names: tuple[str, ...] = ()) -> Wish:
    """The wish that a description makes, and, where it leaves sex or age open, the names of the person."""
    sex = age = ""
    reasons: list[str] = []
    for text in (description, *names):
        found, word = _sex(text)
        if found and not sex:
            sex = found
            reasons.append(word)
        found, word = _age(text)
        if found and not age:
            age = found
            reasons.append(word)
    height, speed = 0.0, 1.0
    for value, pattern in _HEIGHTS:
        if match := re.search(pattern, description, re.I):
            height = value
            reasons.append(match.group())
    for value, pattern in _PACES:
        if match := re.search(pattern, description, re.I):
            speed = value
            reasons.append(match.group())
            break
    return Wish(sex, age, height, speed, tuple(dict.fromkeys(reasons)))


def _sex(text: str) -> tuple[str, str]:
    """Of the first phrase that says it, the last word that does."""
    for phrase in re.split(r"[，。,.；;、\n]", text):
        found: list[tuple[int, str, str]] = []
        for sex in (FEMALE, MALE):
            found += [(match.end(), sex, match.group()) for match in re.finditer(_SEX_ZH[sex], phrase)]
        if found:
            _, sex, word = max(found)
            return sex, word
        for sex in (FEMALE, MALE):
            if match := re.search(rf"\b(?:{_SEX_EN[sex]})\b", phrase, re.I):
                return sex, match.group()
    return "", ""


def _age(text: str) -> tuple[str, str]:
    if match := _YEARS.search(text):
        years = _number(next(group for group in match.groups() if group))
        if years is not None:
            age = CHILD if years < 13 else YOUTH if years < 28 else ADULT if years < 60 else ELDER
            return age, match.group()
    for age, pattern in _AGES.items():
        if match := re.search(pattern, text, re.I):
            return age, match.group()
    return "", ""


def _number(text: str) -> int | None:
    """A number below a thousand in digits or Chinese."""
    if text.isascii():
        return int(text)
    digits = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}
    total = current = 0
    for character in text:
        if character in digits:
            current = digits[character]
        elif character in "十百":
            total += (current or 1) * (10 if character == "十" else 100)
            current = 0
        else:
            return None
    return total + current
