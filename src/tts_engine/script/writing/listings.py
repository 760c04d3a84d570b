"""Questions that are answered line by line, and how each knows what is still missing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...language_model.client import Question
from ..model import Line
from .answers import check_line, evidence_of, read_line, read_manner
from .cast import Cast
from .checks import LINE_CHARACTERS, spoken_length

#: Characters of what was written or read before that go along with a question.
CONTEXT_CHARACTERS = 300

_QUOTES = frozenset("\"'“”‘’「」『』〝〞＂＇«»")
_PUNCTUATION = ("P", "S", "Z", "C")


@dataclass(frozen=True, slots=True)
class Form:
    """How a task is asked about.

    Attributes:
        instructions: the system message.
        schema: of the answer.
        fields: of each line.
        name: of the schema.
        temperature: 0 for the likeliest answer.
        max_tokens: longest answer.
    """

    instructions: str
    schema: Mapping[str, Any]
    fields: Sequence[str]
    name: str
    temperature: float = 0.0
    max_tokens: int = 4096

    def question(self, data: Mapping[str, Any]) -> Question:
        """The question about these data."""
        return Question(self.instructions, data, self.schema, self.name, self.max_tokens, self.temperature)


class _Lines:
    """What all have in common: the cast comes first, then lines."""

    def __init__(self, form: Form, data: Mapping[str, Any], cast: Cast) -> None:
        self._form, self._data, self._cast = form, dict(data), cast
        self.question = form.question(self._data)
        self.lines: list[Line] = []
        self.characters = 0

    @property
    def is_full(self) -> bool:
        return False

    def may_stop(self, *, is_short: bool) -> bool:
        """A text that the model will not make longer is taken as it is; one that it spoilt is not."""
        return is_short and bool(self.lines)

    def accept(self, name: str, item: Any) -> Line | None:
        if name == "cast":
            self._cast.declare(item)
            return None
        if name != "lines":
            raise ValueError(f"the answer has a field {name[:20]!r} that was not asked for")
        line = self._accept_line(item)
        self.lines.append(line)
        self.characters += spoken_length(line.text)
        return line

    def _accept_line(self, item: Any) -> Line:
        line, _ = read_line(item, self._form.fields, self._cast)
        return line

    def _said(self) -> str:
        """The end of what was written, of this piece or the one before."""
        here = "\n".join(line.text for line in self.lines)
        return f"{self._data['before']}\n{here}".strip()[-CONTEXT_CHARACTERS:]


class Rewriting(_Lines):
    """A piece of a text said anew: neither a summary of it nor much more than it.

    Args:
        form: of the task.
        data: with ``text`` and ``before``.
        cast: who may speak; grows.
    """

    #: Share of the piece's characters that an answer has at least and at most.
    LEAST, MOST = 0.5, 3.0

    def __init__(self, form: Form, data: Mapping[str, Any], cast: Cast) -> None:
        super().__init__(form, data, cast)
        self._source = spoken_length(data["text"])

    def missing(self) -> str:
        """Said while far less was written than the piece holds."""
        if self.characters >= self.LEAST * self._source:
            return ""
        return f"only {self.characters} characters for {self._source}: go on to the end of the text, leave nothing out"

    def rest(self) -> Question:
        """The same, from the last accepted line on."""
        if not self.lines:
            return self.question
        cast = {"cast": self._cast.known()} if self._cast.is_open else {}
        return self._form.question({**self._data, **cast, "before": self._said(), "go_on_after": self.lines[-1].text})

    def _accept_line(self, item: Any) -> Line:
        line = super()._accept_line(item)
        if self.characters + len(line.text) > self.MOST * self._source + LINE_CHARACTERS:
            raise ValueError(f"the answer is longer than {self.MOST:g} times the text: stay with it")
        return line


class Section(_Lines):
    """A section of a text that is written from little: as many characters as it was given.

    Args:
        form: of the task.
        data: with ``characters`` and ``before``.
        cast: who may speak.
        most: characters at which to stop, wherever the model is; a line that leads much further is refused.

    Attributes:
        was_cut: it ends where its characters ended, not where the model wanted to.
    """

    #: Share of the characters asked for with which a section may end, and of the most that its last line may lead to.
    LEAST, MOST = 0.9, 1.05

    def __init__(self, form: Form, data: Mapping[str, Any], cast: Cast, most: int) -> None:
        super().__init__(form, data, cast)
        self._wanted, self._most = int(data["characters"]), most
        self.was_cut = False

    @property
    def is_full(self) -> bool:
        """The characters are used up."""
        return self.characters >= self._most

    def may_stop(self, *, is_short: bool) -> bool:
        """A section ends too where no line fits any more."""
        return (is_short or self.was_cut) and bool(self.lines)

    def missing(self) -> str:
        """Said while fewer characters are written than were asked for."""
        if self.characters >= self.LEAST * self._wanted:
            return ""
        return f"only {self.characters} of {self._wanted} characters are written: go on from there, do not repeat"

    def rest(self) -> Question:
        """The same, from the last accepted line on."""
        if not self.lines:
            return self.question
        left = max(1, self._wanted - self.characters)
        return self._form.question({**self._data, "before": self._said(), "characters": left, "goes_on": True})

    def _accept_line(self, item: Any) -> Line:
        line = super()._accept_line(item)
        characters = self.characters + spoken_length(line.text)
        self.was_cut = characters >= self._most
        if characters > self.MOST * self._most:
            left = max(0, int(self.MOST * self._most) - self.characters)
            raise ValueError(f"too long: only {left} characters are left, end with a line that fits")
        return line


class Annotation(_Lines):
    """A piece of a text divided into lines that hold every character of it.

    What the model copies is compared with the text, and the line then takes the characters of the text itself; so no
    character of an answer is ever spoken.

    Args:
        form: of the task.
        data: with ``text`` and ``before``.
        cast: who may speak; grows.
        begin: where the piece stands in the whole text; spans count from there.
    """

    def __init__(self, form: Form, data: Mapping[str, Any], cast: Cast, begin: int) -> None:
        super().__init__(form, data, cast)
        self._text, self._begin = str(data["text"]), begin
        self._folded, self._places = _fold(self._text)
        self._at = 0  # in the folded text
        self._end = 0  # in the text

    def missing(self) -> str:
        """Said while words of the text are in no line."""
        left = self._folded[self._at :]
        if all(unicodedata.category(character)[0] in _PUNCTUATION for character in left):
            return ""
        return f"the text is not copied to its end: go on with {left[:20]!r}"

    def may_stop(self, *, is_short: bool) -> bool:
        """No word of the text may be left out."""
        del is_short
        return False

    def rest(self) -> Question:
        """The same, from the last accepted line on."""
        if not self.lines:
            return self.question
        before = f"{self._data['before']}{self._text[: self._end]}"[-CONTEXT_CHARACTERS:]
        left = self._text[self._end :].lstrip("”’」』\"' \t\n\u3000")
        return self._form.question({**self._data, "before": before, "text": left, "cast": self._cast.known()})

    def _accept_line(self, item: Any) -> Line:
        entry = check_line(item, self._form.fields)
        role = self._cast.find(entry["role"])
        manner, evidence = read_manner(entry), evidence_of(entry)
        copied = entry["text"]
        folded = _fold(copied)[0] if isinstance(copied, str) else ""
        if not folded:
            raise ValueError("text must be the next words of the text")
        if not self._folded.startswith(folded, self._at):
            expected = self._folded[self._at : self._at + 20]
            raise ValueError(f"text must be copied word for word: {expected!r} comes next, not {folded[:20]!r}")
        end = self._at + len(folded)
        first, last = self._places[self._at], self._places[end - 1] + 1
        if end < len(self._places) and self._places[end] < last:
            raise ValueError("text must not end within a character")
        self._at, self._end = end, last
        span = (self._begin + first, self._begin + last)
        return Line(text=_unbroken(self._text[first:last]), role=role, span=span, evidence=evidence, **manner)


def _fold(text: str) -> tuple[str, list[int]]:
    """The characters that have to be copied, one form for full and half width, and where each stands."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace() or character in _QUOTES:
            continue
        for one in unicodedata.normalize("NFKC", character):
            if not one.isspace():
                folded.append(one)
                places.append(place)
    return "".join(folded), places


def _unbroken(text: str) -> str:
    """A text whose line breaks, which are only layout, are gone."""
    text = re.sub(r"(?<=[^\x00-\u024f])\s*\n\s*|\s*\n\s*(?=[^\x00-\u024f])", "", text)
    return re.sub(r"\s*\n\s*", " ", text)


def renamed(line: Line, cast: Cast) -> Line:
    """The line with the name that its role has now."""
    return replace(line, role=cast.current(line.role))
