"""The one form in which a script says what is wrong with it: where, what, which value, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import TextError, near_matches


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column of a text (from 1), or the path into data (``chapters[0].lines[3]``)."""

    line: int = 0
    column: int = 0
    path: str = ""

    def problem(self, zh: str, en: str, *, code: str = "script_invalid", **fields: Any) -> TextError:
        """The error to raise for what stands here."""
        if self.line:
            message = (
                f"第 {self.line} 行第 {self.column} 列（line {self.line}, column {self.column}）：{zh} {en}".rstrip()
            )
            fields |= {"line": self.line, "column": self.column}
        else:
            message = (f"{self.path}：{zh} {en}" if self.path else f"{zh} {en}").rstrip()
            fields |= {"path": self.path}
        return TextError(message, code=code, **fields)

    def at(self, column: int) -> Place:
        """Another column of the same line."""
        return Place(self.line, column, self.path)

    def inside(self, name: str) -> Place:
        """A member of the data that stands here."""
        return Place(path=f"{self.path}.{name}" if self.path and not name.startswith("[") else self.path + name)


def meant(value: str, allowed: Iterable[str]) -> tuple[str, str, list[str]]:
    """What was perhaps meant: a clause in Chinese, one in English (empty where nothing is near), and the names."""
    near = near_matches(value, allowed)
    if not near:
        return "", "", near
    return f"，是不是要 {'、'.join(near)}", f", did you mean {', '.join(near)}", near
