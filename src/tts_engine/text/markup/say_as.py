"""``say-as``: a stretch read as the class that the author names, where the text fits it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..normalise.clock import time_words
from ..normalise.numbers import NUMBER, cardinal, digits, phone_digits, signed

_DATE_PARTS = {"y": "年", "m": "月", "d": "日"}


def _telephone(text: str) -> str:
    return phone_digits(re.sub(r"[\s()（）+-]", "", text))


def _fraction(text: str) -> str:
    above, below = re.split(r"\s*/\s*", text)
    return f"{cardinal(below)}分之{cardinal(above)}"


_SIGNED = (rf"[-+±]?{NUMBER}", signed)
_DIGITS = (r"[\d\s-]+", lambda text: digits(re.sub(r"[\s-]", "", text)))
_SPELT = (r".+", lambda text: " ".join(digits(char) for char in text if not char.isspace()))

# Class -> the form that its text must have, and how it is read.
_CLASSES: dict[str, tuple[str, Callable[[str], str]]] = {
    "cardinal": _SIGNED,
    "number": _SIGNED,
    "ordinal": (r"\d{1,12}", lambda text: "第" + cardinal(text)),
    "digits": _DIGITS,
    "number_digit": _DIGITS,
    "vxml:digits": _DIGITS,
    "characters": _SPELT,
    "spell-out": _SPELT,
    "letters": _SPELT,
    "telephone": (r"[\d\s()（）+-]*\d[\d\s()（）+-]*", _telephone),
    "fraction": (r"\d{1,9}\s*/\s*\d{1,9}", _fraction),
    "time": (r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?", time_words),
}


def say_as(text: str, interpret_as: str, form: str = "") -> str | None:
    """The reading, or None where the class is unknown or the text does not fit it.

    Args:
        text: what was written.
        interpret_as: ``date`` or a key of the table above.
        form: for dates the order of its parts (``ymd``, ``mdy``, ``dmy``, ``ym``, ``md``, ``y`` ...).
    """
    if interpret_as == "date":
        return _date(text, form)
    pattern, read = _CLASSES.get(interpret_as, (r"(?!)", str))
    return read(text) if re.fullmatch(pattern, text, re.DOTALL) else None


def _date(text: str, form: str) -> str | None:
    parts = re.findall(r"\d+", text)
    if re.fullmatch(r"\d{8}", text):
        parts = [text[:4], text[4:6], text[6:]]
    order = form or ("ymd" if parts and len(parts[0]) == 4 else "mdy")
    if len(parts) < 3 and not form:
        order = order[: len(parts)]
    if not parts or len(parts) != len(order) or set(order) - set(_DATE_PARTS):
        return None
    given = dict(zip(order, parts, strict=True))
    limits = {"m": 12, "d": 31}
    if any(not 1 <= int(given[part]) <= limit for part, limit in limits.items() if part in given):
        return None
    return "".join(
        (digits(given[part]) if part == "y" else cardinal(given[part])) + word
        for part, word in _DATE_PARTS.items()
        if part in given
    )
