# ruff: noqa: E501 - tables: one rule, one line
"""Letters and digits together: iPhone15, A-103, RTX 4060, XQ-100, 1080p, USB 3.0, J18.9, O2O."""

from __future__ import annotations

import re
from re import Match

from .numbers import cardinal, digits, number
from .rule import Rule, rule

# Products whose number behind a space is spelt: RTX 4060 => 四零六零.
_SERIES = "RTX|GTX|RX|GT|MX|FX|Radeon|GeForce|Xeon|Ryzen|i[3579]-?|骁龙|天玑|麒麟|酷睿|Core|EPYC|ThinkPad|Galaxy|MODEL|Model|波音|空客|Boeing|HTTP|RFC|ISO|GB|GB/T|IEEE|IEC|Windows|Win|Office|CVE"
_WEAPONS = "歼教?|歼轰|轰|运|直|强|教|空警|东风|红旗|长征|神舟|嫦娥|天宫|天舟|天问|巨浪|鹰击|霹雳|北斗|玉兔|夸父|风云|高分|米|苏|米格|图|伊尔|安|卡|翼龙|彩虹|攻击|无侦|霍克|标枪|爱国者|阿帕奇|快舟|谷神星|朱雀|力箭|蛟龙|奋斗者|雪龙|山猫|猎鹰"


def letters_and_digits(text: str) -> str:
    """A number behind letters: short ones as a quantity, long or padded ones by digits.

    ``A12`` -> A十二, ``B07`` -> B零七, ``XQ100`` -> XQ一百, ``CU2312`` -> CU二三一二, ``A380`` -> A三八零.
    """

    def read(match: Match[str]) -> str:
        part = match[0]
        if part[0] == "0" or len(part) > 3 or (len(part) == 3 and not part.endswith("00")):
            return digits(part)
        return cardinal(part)

    return re.sub(r"\d+", read, text)


def _mixed(match: Match[str]) -> str | None:
    text = match[0]
    runs = re.findall(r"\d+", text)
    letters = len(re.findall(r"[A-Za-z]+", text))
    if len(text) >= 10 and len(runs) + letters >= 4:
        return digits(text)  # a hash or a key: d41d8cd98f00b204
    return letters_and_digits(text)


def _hyphenated(match: Match[str]) -> str:
    text = re.sub(r"(?<=\d)-(?=\d)", " ", match[0])  # LLaMA2-13B: 二 十三, not 二十三
    return letters_and_digits(text).replace("-", "")


def _decimal(match: Match[str]) -> str:
    whole, _, part = match[2].partition(".")
    return f"{match[1]}{cardinal(whole)}点{digits(part)}"


RULES: tuple[Rule, ...] = (
    # Q1-Q3 => Q一到Q三
    rule(
        "model.quarters",
        "a",
        r"([QH])([1-4])\s?[-~—]\s?\1([1-4])(?![\dA-Za-z])",
        lambda m: f"{m[1]}{digits(m[2])}到{m[1]}{digits(m[3])}",
    ),
    # O2O => O to O, B2B => B to B, P2P
    rule(
        "model.to", "a", r"([OBCPFGM])2([OBCPGM])(?![A-Za-z\d])", lambda m: f"{m[1]} to {m[2]}", not_left=r"[A-Za-z\d]"
    ),
    # 歼-20 => 歼二十, 东风-41 => 东风四十一
    rule("model.weapon", "s", r"-(?=\d{1,3}(?!\d|\.\d))", "", left=rf"(?:{_WEAPONS})"),
    # d41d8cd98f00b204e9800998ecf8427e, 5f4dcc3b5aa7 => every digit by its name
    rule("model.hash", "ad", r"(?=[0-9a-f]*[a-f])(?=[a-f]*\d)[0-9a-f]{16,}(?![A-Za-z\d])", lambda m: digits(m[0])),
    rule(
        "model.key",
        "ad",
        r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{10,}(?![A-Za-z\d])",
        _mixed,
        not_left=r"[A-Za-z\d]",
    ),
    # RTX 4060 => RTX四零六零, 骁龙888 => 骁龙八八八, i7-12700K
    rule(
        "model.series",
        "d",
        r"\d{3,5}(?:\.\d{1,2})?(?:-(?:(?:19|20)\d\d|\d{3}))?(?![\d.,])",
        lambda m: digits(m[0]).replace("-", "杠").replace(".", "点"),
        left=rf"(?:{_SERIES})[- ]?",
        not_right=r"\s?(?:元|块|万|个|台|部|人|年(?!款)|[kmgKMG]?(?:Hz|m|W|B)\b)",
    ),
    # v1.2.3, V2.0 => V二点零
    rule(
        "model.version",
        "a",
        r"([vV](?:er(?:sion)?)?\.?\s?)(\d+(?:\.\d+){1,4})(?![\d])",
        lambda m: m[1].rstrip(". ") + "点".join(digits(p) if i else cardinal(p) for i, p in enumerate(m[2].split("."))),
    ),
    # J18.9 => J一八点九, S2.2 => S二点二
    rule(
        "model.decimal_code",
        "a",
        r"([A-Z])(\d{2})\.(\d{1,3})(?![\d.])",
        lambda m: f"{m[1]}{digits(m[2])}点{digits(m[3])}",
        not_left=r"[A-Za-z]",
    ),
    rule("model.decimal", "a", r"([A-Za-z]+)(\d+\.\d+)(?![\d.])", _decimal),
    # L1-L4 => L一到L四 stays L一L四; A12-B07 => A十二B零七, A-103 => A一零三, XQ-100, COVID-19
    rule(
        "model.hyphen",
        "a",
        r"[A-Za-z]+\d*(?:-[A-Za-z]*\d+)+[A-Za-z]{0,3}(?![A-Za-z\d])",
        lambda m: _hyphenated(m) if re.search(r"\d", m[0]) else None,
        not_left=r"\d|[=+×÷]\s?",
        not_right=r"\.\d|\s?[%=+×÷]",
    ),
    # F-22, Model-3 and 3-D keep their letters; COVID-19 => COVID十九
    # C# => C sharp
    rule("model.sharp", "a", r"([CFJ])#", lambda m: m[1] + " sharp", not_left="[A-Za-z]"),
    # M.2 => M点二
    rule("model.letter_dot", "a", r"([A-Z])\.(?=\d)", lambda m: m[1] + "点", not_left=r"[A-Za-z.]"),
    # 3060Ti => 三零六零Ti, i7-12700K, 7950X
    rule(
        "model.suffix",
        "d",
        r"\d{4,5}(?=(?:Ti|TI|XTX|XT|X3D|X|KF|KS|HX|HK|SUPER)(?![A-Za-z])|(?<=\d{5})[KHU](?![A-Za-z]))",
        lambda m: digits(m[0]),
    ),
    # 170/92A => 一七零九二A, 245/45R18 => 二四五四五R十八
    rule("model.size", "d", r"(\d{3})/(\d{2,3})(?=[A-CY](?![A-Za-z\d])|R\d{2})", lambda m: digits(m[1] + m[2])),
    # 2019-nCoV => 二零一九nCoV
    rule("model.year", "d", r"((?:19|20)\d\d)-(?=[A-Za-z])", lambda m: digits(m[1])),
    # ISBN978... , movie12345, rs1234, Au9999, iPhone15, MD5, SHA1, β2MG
    rule(
        "model.letters",
        "a",
        r"[A-Za-z]+\d+(?:[A-Za-z]+\d+)*[A-Za-z]{0,4}(?![A-Za-z\d])",
        _mixed,
        not_right=r"\.\d|\s?[°℃%]",
    ),
    # 1080p => 一零八零p, 720P
    rule(
        "model.resolution",
        "d",
        r"(?:480|540|576|720|1080|1440|2160|4320)(?=[pPiI](?![A-Za-z]))",
        lambda m: digits(m[0]),
    ),
    # 5G, 3D, 4K, 2B => 二B; 128GB, 8GB => number and letters
    rule(
        "model.digit_letter",
        "d",
        r"(\d+(?:\.\d+)?)(?=[A-Za-z])",
        lambda m: digits(m[1]) if m[1].startswith("0") and "." not in m[1] else number(m[1]),
        not_left=r"[A-Za-z]",
    ),
    # 版本2.3.1, 3.2.1 => 三点二点一
    rule(
        "model.dotted",
        "d",
        r"\d+(?:\.\d+){2,5}(?![\d])",
        lambda m: "点".join(cardinal(part) if i == 0 else digits(part) for i, part in enumerate(m[0].split("."))),
    ),
    # 我的A股 and B超 need no rule; 4S店 => 四S店
)
