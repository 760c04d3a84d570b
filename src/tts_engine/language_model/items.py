"""Reads an answer while it comes: the JSON of the whole, or the items of its lists, each as soon as it is complete.

    pieces of text ── ItemScanner.feed ──► (name of the list, item), (name, item), ...

``{"cast": [{...}], "lines": [{...}, {...`` hands on three items before the answer ends. What stands before the first
brace (a fence, a few words, the thoughts of a reasoning model) is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_DEEPEST = 64
_THOUGHTS = ("<think>", "</think>")
_OPEN = {"{": "}", "[": "]"}


def parse_json(raw: str) -> Any:
    """The JSON object of an answer, also where it stands in a fence or after a few words.

    Raises:
        ValueError: there is none.
    """
    raw = _without_thoughts(raw)
    begin, end = raw.find("{"), raw.rfind("}")
    if begin < 0 or end < begin:
        raise ValueError("the answer holds no JSON object")
    return parse_value(raw[begin : end + 1])


def parse_value(text: str) -> Any:
    """A JSON value.

    Raises:
        ValueError: it is none, or holds what only Python takes (``NaN``), or is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None


class ItemScanner:
    """Finds the finished items in an answer that is still being written. Linear in its length."""

    def __init__(self) -> None:
        self._text = ""  # from the first character that is still needed
        self._at = 0
        self._stack: list[str] = []  # the closing brackets to come
        self._level = 1  # depth at which names and values stand: 1 in the object, 2 in one of its lists
        self._begin: int | None = None  # of the name or value that is being read
        self._name: str | None = None
        self._has_colon = self._in_string = self._is_escaped = False
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether the object has been closed."""
        return self._is_over

    def feed(self, piece: str) -> Iterator[tuple[str, Any]]:
        """The items that a piece of text completes: elements of lists, and single values, with their names.

        Raises:
            ValueError: this is no JSON object.
        """
        self._text += piece
        if self._is_over or (not self._stack and not self._find_beginning()):
            return
        while self._at < len(self._text) and not self._is_over:
            yield from self._step(self._text[self._at])
            self._at += 1
        keep = self._at if self._begin is None else self._begin
        self._text, self._at = self._text[keep:], self._at - keep
        self._begin = None if self._begin is None else 0

    def end(self) -> None:
        """Says that nothing more comes.

        Raises:
            ValueError: the object was not closed, or never began.
        """
        if not self._is_over:
            is_begun = bool(self._stack)
            raise ValueError("the answer breaks off in the middle" if is_begun else "the answer holds no JSON object")

    def _find_beginning(self) -> bool:
        head = self._text.lstrip()
        if head and _THOUGHTS[0].startswith(head[: len(_THOUGHTS[0])]):
            end = self._text.find(_THOUGHTS[1])
            if end < 0:
                return False  # still thinking, or too short to tell
            self._text = self._text[end + len(_THOUGHTS[1]) :]
        begin = self._text.find("{")
        if begin < 0:
            return False
        self._stack, self._at = ["}"], begin + 1
        return True

    def _step(self, character: str) -> Iterator[tuple[str, Any]]:
        is_at_level = len(self._stack) == self._level
        if self._in_string:
            yield from self._in_quotes(character, is_at_level)
        elif character == '"':
            self._in_string = True
            if is_at_level and self._begin is None:
                self._begin = self._at
        elif character in _OPEN:
            self._open(character, is_at_level)
        elif character in "}]":
            yield from self._close(character, is_at_level)
        elif is_at_level:
            if character in ",:" or character.isspace():
                if self._begin is not None:
                    yield from self._finish(self._at)
                self._has_colon = self._has_colon or character == ":"
            elif self._begin is None:
                self._begin = self._at

    def _open(self, character: str, is_at_level: bool) -> None:
        if is_at_level and self._begin is None:
            if character == "[" and self._level == 1 and self._has_colon:
                self._level = 2
            else:
                self._begin = self._at
        self._stack.append(_OPEN[character])
        if len(self._stack) > _DEEPEST:
            raise ValueError("the answer is nested too deeply")

    def _in_quotes(self, character: str, is_at_level: bool) -> Iterator[tuple[str, Any]]:
        if self._is_escaped:
            self._is_escaped = False
        elif character == "\\":
            self._is_escaped = True
        elif character == '"':
            self._in_string = False
            if is_at_level:
                yield from self._finish(self._at + 1)

    def _close(self, character: str, is_at_level: bool) -> Iterator[tuple[str, Any]]:
        if is_at_level and self._begin is not None:  # a number or word ends here
            yield from self._finish(self._at)
        if self._stack.pop() != character:
            raise ValueError("the answer is not valid JSON: brackets do not match")
        if not self._stack:
            self._is_over = True
        elif len(self._stack) < self._level:  # the list is closed
            self._level, self._name, self._has_colon = 1, None, False
        elif len(self._stack) == self._level and self._begin is not None:
            yield from self._finish(self._at + 1)

    def _finish(self, end: int) -> Iterator[tuple[str, Any]]:
        begin, self._begin = self._begin, None
        value = parse_value(self._text[begin:end])
        if self._level == 1 and not self._has_colon:
            if not isinstance(value, str) or self._name is not None:
                raise ValueError("the answer is not valid JSON: a name in quotation marks is expected")
            self._name = value
            return
        if self._name is None:
            raise ValueError("the answer is not valid JSON: a value without a name")
        yield self._name, value
        if self._level == 1:
            self._name, self._has_colon = None, False


def _without_thoughts(raw: str) -> str:
    head = raw.lstrip()
    return head.partition(_THOUGHTS[1])[2] if head.startswith(_THOUGHTS[0]) else raw


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
