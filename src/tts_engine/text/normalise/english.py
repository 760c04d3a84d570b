# ruff: noqa: E501 - tables: one rule, one line
"""Numbers and signs inside English text: read in English, so that "in 2024" does not end in Chinese.

A stretch without Chinese characters counts as English when it holds at least three words, one of them a function
word; ``iPhone 15 Pro Max`` in a Chinese sentence stays with the Chinese rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import Match

from .english_numbers import number, ordinal, plural, spell_digits, words, year
from .rule import Rule, rule

_STRETCH = re.compile(r"[^\n。！？；，、：《》「」『』【】（）一-鿿㐀-䶿぀-ヿ가-힯]{8,}")
_WORD = re.compile(r"[A-Za-z]{2,}|\b[aI]\b")
_FUNCTION = re.compile(
    r"(?<!\S)(?:the|an?|of|in|is|are|was|were|have|has|had|to|and|for|on|at|with|I|you|he|she|it|we|they|this|that|my|your|our|his|her|"
    r"by|from|be|do|does|did|will|would|can|not|there|but|or|as|if|The|In|On|At|It|This|That|We|You|He|She|They|There|A|An|What|How|When|My)(?=[\s,.;:!?'])"
)
_N = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\.?\d)"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December|Jan\\.?|Feb\\.?|Mar\\.?|Apr\\.?|Jun\\.?|Jul\\.?|Aug\\.?|Sept?\\.?|Oct\\.?|Nov\\.?|Dec\\.?"
_MONEY = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yuan", "fen")}
_UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound", "lbs": "pound",
    "L": "liter", "ml": "milliliter", "mL": "milliliter", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond", "ft": "foot", "GB": "gigabyte",
    "MB": "megabyte", "TB": "terabyte", "kW": "kilowatt", "W": "watt", "V": "volt", "Hz": "hertz", "GHz": "gigahertz", "MHz": "megahertz", "dB": "decibel",
    "km/h": "kilometer per hour", "mph": "mile per hour", "m/s": "meter per second", "°C": "degree Celsius", "°F": "degree Fahrenheit", "℃": "degree Celsius", "°": "degree",
}  # fmt: skip
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_FRACTIONS = {"1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters"}


def english_stretches(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of the stretches that are read as English."""
    for found in _STRETCH.finditer(text):
        part = found[0]
        if _FUNCTION.search(part) and len(_WORD.findall(part)) >= 3:
            yield found.start(), found.end()


def _time(match: Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    said = words(hour)
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{words(minute)}"
    elif not match[3]:
        said += " o'clock"
    return said + (f" {match[3][0].upper()}M" if match[3] else "")


def _money(match: Match[str]) -> str:
    name, small = _MONEY[match[1]]
    whole, _, part = match[2].replace(",", "").partition(".")
    if match[3]:
        return f"{number(match[2])} {match[3]} {name}s"
    said = f"{number(whole)} {name}" + ("" if whole == "1" else "s")
    if len(part) == 2 and int(part):
        said += f" and {words(int(part))} {'pence' if small == 'penny' else small + ('' if part == '01' else 's')}"
    elif part and int(part):
        return f"{number(match[2])} {name}s"
    return said


def _unit(match: Match[str]) -> str:
    name = _UNITS[match[2]]
    if match[1] != "1":
        head, _, tail = name.partition(" ")
        name = ("feet" if head == "foot" else head if head == "hertz" else head + "s") + (f" {tail}" if tail else "")
    return f"{number(match[1])} {name}"


RULES: tuple[Rule, ...] = (
    # 10:30 am => ten thirty AM
    rule("english.time", "d", r"([01]?\d|2[0-3]):([0-5]\d)(?:\s?([aApP])\.?[mM]\b\.?)?(?!:?\d)", _time),
    # 8 a.m. => eight AM
    rule("english.hour", "d", r"(1[0-2]|[1-9])\s?([aApP])\.?[mM]\b", lambda m: f"{words(int(m[1]))} {m[2].upper()}M"),
    # $13.50 => thirteen dollars and fifty cents
    rule("english.money", "s", rf"([$€£¥])({_N})(?:\s?(million|billion|trillion|thousand))?", _money),
    # 3.5% => three point five percent
    rule("english.percent", "d", rf"({_N})\s?%", lambda m: number(m[1]) + " percent"),
    # the 2nd floor => second
    rule("english.ordinal", "d", r"(\d{1,4})(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
    # the 1980s => nineteen eighties
    rule("english.decade", "d", r"((?:1\d|20)\d0)'?s\b", lambda m: plural(year(int(m[1])))),
    # May 5, 2024 => May fifth, ...
    rule(
        "english.day", "d", r"(3[01]|[12]\d|[1-9])(?![\d:.%])", lambda m: ordinal(int(m[1])), left=rf"(?:{_MONTHS})\s"
    ),
    rule(
        "english.day_before", "d", rf"(3[01]|[12]\d|[1-9])(?=\s(?:of\s)?(?:{_MONTHS})\b)", lambda m: ordinal(int(m[1]))
    ),
    # in 2024 => twenty twenty four
    rule(
        "english.year",
        "d",
        r"((?:1[1-9]|20)\d\d)(?![\d,.]\d|\d|\s?%)(?!\s(?:people|dollars|miles|times|years|days|men|women|students|users|words))",
        lambda m: year(int(m[1])),
    ),
    # 555-1234, 800-555-0199 => digits
    rule("english.phone", "d", r"(?:\d{3}-)?\d{3}-\d{4}(?!\d)", lambda m: spell_digits(m[0])),
    # 1/2 cup => one half
    rule("english.fraction", "d", r"[123]/[234](?![\d/])", lambda m: _FRACTIONS.get(m[0])),
    # 50-60 people => fifty to sixty
    rule("english.range", "d", rf"(\d+)\s?[-–]\s?({_N})", lambda m: f"{number(m[1])} to {number(m[2])}"),
    # 5km => five kilometers
    rule("english.unit", "d", rf"({_N})\s?({_UNIT})(?![A-Za-z/])", _unit),
    # room 007 => zero zero seven
    rule("english.padded", "d", r"0\d+(?![.\d])", lambda m: spell_digits(m[0])),
    rule(
        "english.dotted",
        "d",
        r"\d+(?:\.\d+){2,}",
        lambda m: " point ".join(
            words(int(part)) if len(part) < 12 else spell_digits(part) for part in m[0].split(".")
        ),
    ),
    # 1,234 => one thousand two hundred thirty four
    rule(
        "english.number",
        "d",
        _N,
        lambda m: (
            (" " if m.start() and m.string[m.start() - 1].isalpha() else "")
            + number(m[0])
            + (" " if m.string[m.end() : m.end() + 1].isalpha() else "")
        ),
    ),
    # -5 => minus five
    rule("english.minus", "s", r"[-](?=\d)", "minus ", not_left=r"[\dA-Za-z]"),
    # a + b, R&D, me@home, 100% handled above
    rule(
        "english.sign",
        "s",
        r"\s?([+=&@])\s?",
        lambda m: {"+": " plus ", "=": " equals ", "&": " and ", "@": " at "}[m[1]],
        left=r"[A-Za-z\d)]",
        right=r"[A-Za-z\d(]",
    ),
    # www.example.com => www dot example dot com
    rule(
        "english.dot",
        "s",
        r"\.(?=(?:[A-Za-z][A-Za-z-]*\.)*(?:com|org|net|io|edu|gov|cn)\b)",
        " dot ",
        left=r"[A-Za-z\d]",
    ),
    rule("english.slash", "s", r"\s?[/\\|~*_^<>#]+\s?", " "),
)
