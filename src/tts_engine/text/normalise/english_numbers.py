"""English number words: pure functions from digits to words, with no knowledge of context."""

from __future__ import annotations

_ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth",
    "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def words(value: int) -> str:
    """A whole number: ``1234`` -> one thousand two hundred thirty four."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    for worth, name in _LARGE:
        if value >= worth:
            rest = value % worth
            return f"{words(value // worth)} {name}" + (f" {words(rest)}" if rest else "")
    raise AssertionError("unreachable: every value from 100 has a name")


def spell_digits(text: str) -> str:
    """Digits one by one: ``203`` -> two zero three."""
    return " ".join(_ONES[int(char)] for char in text if char.isdigit())


def number(text: str) -> str:
    """A number with separators and decimals: ``1,234.5`` -> one thousand two hundred thirty four point five."""
    whole, point, part = text.replace(",", "").partition(".")
    said = words(int(whole)) if len(whole) <= 15 else spell_digits(whole)
    return f"{said} point {spell_digits(part)}" if point else said


def ordinal(value: int) -> str:
    """``2`` -> second, ``21`` -> twenty first."""
    head, _, last = words(value).rpartition(" ")
    said = _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return f"{head} {said}".strip()


def year(value: int) -> str:
    """``1998`` -> nineteen ninety eight, ``2005`` -> two thousand five, ``2024`` -> twenty twenty four."""
    high, low = divmod(value, 100)
    if value % 1000 < 10:
        return words(value)
    if low == 0:
        return f"{words(high)} hundred"
    return f"{words(high)} {'oh ' if low < 10 else ''}{words(low)}"


def plural(text: str) -> str:
    """The last word in the plural: ``nineteen eighty`` -> nineteen eighties."""
    return text[:-1] + "ies" if text.endswith("y") else text + "s"
