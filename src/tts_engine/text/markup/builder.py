"""Collects plain text, its origin and requests while markup is read; shared by inline tags and SSML."""

from __future__ import annotations

from ...types import Span
from .values import MarkedText, Request, Segment

MAX_WARNINGS = 50


class Builder:
    """A ``MarkedText`` in the making."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.length = 0
        self._parts: list[str] = []
        self._segments: list[Segment] = []
        self._requests: list[Request] = []
        self._warnings: dict[str, None] = {}
        self._dropped_warnings = 0

    def keep(self, begin: int, end: int) -> None:
        """Characters of the source that stand for themselves."""
        if begin >= end:
            return
        last = self._segments[-1] if self._segments else None
        if last is not None and last.exact and last.source.end == begin:
            self._segments[-1] = Segment(last.begin, last.end + end - begin, Span(last.source.begin, end), True)
        else:
            self._segments.append(Segment(self.length, self.length + end - begin, Span(begin, end), True))
        self._parts.append(self.source[begin:end])
        self.length += end - begin

    def put(self, text: str, begin: int, end: int) -> None:
        """Text that stands for characters of the source as a whole."""
        if not text:
            return
        self._segments.append(Segment(self.length, self.length + len(text), Span(begin, end), False))
        self._parts.append(text)
        self.length += len(text)

    def request(self, request: Request) -> None:
        """A request over the source."""
        self._requests.append(request)

    def warn(self, message: str) -> None:
        """Something that a caller should know; said once, and no more than ``MAX_WARNINGS`` kinds."""
        if message in self._warnings:
            return
        if len(self._warnings) >= MAX_WARNINGS:
            self._dropped_warnings += 1
        else:
            self._warnings[message] = None

    def ends_with_space(self) -> bool:
        """Whether the plain text so far is empty or ends in white space."""
        return not self._parts or self._parts[-1][-1].isspace()

    def last_character(self) -> str:
        """The last plain character, empty at the beginning."""
        return self._parts[-1][-1] if self._parts else ""

    def result(self) -> MarkedText:
        """What was collected."""
        warnings = list(self._warnings)
        if self._dropped_warnings:
            warnings.append(f"还有 {self._dropped_warnings} 条标记警告未列出 (more markup warnings are not listed)")
        requests = sorted(self._requests, key=_begin)
        return MarkedText(self.source, "".join(self._parts), tuple(self._segments), tuple(requests), tuple(warnings))


def _begin(request: Request) -> int:
    return request.at if hasattr(request, "at") else request.span.begin
