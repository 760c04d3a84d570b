"""Chinese number words: pure functions from digits to characters, with no knowledge of context."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_SMALL = ("", "十", "百", "千")
_LARGE = ("", "万", "亿", "万亿", "亿亿")
_TO_DIGIT = str.maketrans("0123456789", DIGITS)
_TO_YAO = str.maketrans("0123456789", DIGITS.replace("一", "幺"))

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\.?\d)"  # 12, 12,345, 12.5; never the head of a longer one
INTEGER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?![.,]?\d)"


def digits(text: str) -> str:
    """Every digit by its name, other characters as they are: ``2024`` -> 二零二四."""
    return text.translate(_TO_DIGIT)


def phone_digits(text: str) -> str:
    """As ``digits``, with 幺 for 1 as in telephone numbers: ``110`` -> 幺幺零."""
    return text.translate(_TO_YAO)


def _group(value: int, *, leading: bool) -> str:
    """A group of four digits; ``leading`` when nothing stands before it."""
    out = ""
    gap = False
    for power in (3, 2, 1, 0):
        digit = value // 10**power % 10
        if digit == 0:
            gap = True
            continue
        if gap and (out or not leading):
            out += "零"
        gap = False
        if power == 1 and digit == 1 and leading and not out:
            out += "十"  # 12 => 十二, but 112 => 一百一十二
        elif digit == 2 and leading and not out and (power == 3 or (power == 2 and value == 200)):
            out += "两" + _SMALL[power]  # 2500 => 两千五百, 200 => 两百, 250 => 二百五十
        else:
            out += DIGITS[digit] + _SMALL[power]
    return out


def cardinal(text: str) -> str:
    """A whole number as a quantity: ``101`` -> 一百零一, ``20000`` -> 两万; thousands separators are allowed.

    A number of more than 20 digits is read digit by digit.
    """
    plain = text.replace(",", "")
    if len(plain) > 20:
        return digits(plain)
    value = int(plain)
    if value == 0:
        return "零"
    groups: list[int] = []
    while value:
        groups.append(value % 10000)
        value //= 10000
    out = ""
    for power in range(len(groups) - 1, -1, -1):
        group = groups[power]
        if group == 0:
            continue
        if out and groups[power + 1] == 0 and group >= 1000:
            out += "零"  # 1 0000 1000 => 一亿零一千
        word = "两" if not out and group == 2 and power else _group(group, leading=not out)
        out += word + _LARGE[power]
    return out


def number(text: str) -> str:
    """A number with or without decimals: ``3.14`` -> 三点一四, ``12,345`` -> 一万二千三百四十五."""
    whole, point, part = text.partition(".")
    if not point:
        return cardinal(whole)
    return cardinal(whole or "0") + "点" + digits(part)


def signed(text: str) -> str:
    """A number that may carry a sign: ``-3.5`` -> 负三点五, ``±2`` -> 正负二."""
    body = text.strip()
    words = {"-": "负", "+": "正", "±": "正负"}
    if body and body[0] in words:
        return words[body[0]] + number(body[1:].strip())
    return number(body)


def count(text: str) -> str:
    """A number before a measure word: as ``number``, but a bare 2 is 两."""
    return "两" if text == "2" else number(text)


def dotted(text: str) -> str:
    """A version or section number, each part a number: ``3.10.2`` -> 三点十点二."""
    return "点".join(cardinal(part) if len(part) < 3 or part[0] != "0" else digits(part) for part in text.split("."))
