"""Lines -> tasks: every line checked before anything is rendered, long ones cut into groups of sentences.

What cannot be rendered (an unknown voice, an emotion that is none) is known here and stays with its line; no model is
loaded for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import ControlError, TTSError
from ..hearing.store import StyleCache
from ..options import SynthesisOptions, make_options
from ..referring import hear_all
from .inputs.fields import bad_line
from .inputs.prose import Group, split_text
from .journal import Planned
from .model import Line, Task

if TYPE_CHECKING:
    from ..pipeline import Lexicon


class Engine(Protocol):
    """What planning must know of an engine; a ``Synthesizer`` is one."""

    @property
    def identity(self) -> str:
        """As ``Synthesizer.identity``."""

    def identify(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Lexicon | None = None) -> str:
        """As ``Synthesizer.identify``."""


def plan(
    lines: Iterable[Line], engine: Engine, options: Mapping[str, Any], lexicon: Lexicon | None = None
) -> Iterator[Planned]:
    """The tasks of a job, in order; those of lines that cannot be rendered carry their error.

    Args:
        lines: of the input.
        engine: that will render them.
        options: of the whole job, as ``make_options`` takes them.
        lexicon: readings of the job.
    """
    number, names, recordings = 0, _Names(), _Recordings()
    for given in lines:
        line = names.checked(given)
        for part, group in enumerate(_groups(line)):
            number += 1
            yield _planned(number, part, group, line, engine, {**options, **line.options}, lexicon, recordings)


def _groups(line: Line) -> Iterator[Group]:
    if line.error is not None or line.slot is not None:
        yield Group(line.number, line.text, True)
    else:
        yield from split_text(line.text)


def _planned(
    number: int,
    part: int,
    group: Group,
    line: Line,
    engine: Engine,
    options: dict[str, Any],
    lexicon: Lexicon | None,
    recordings: _Recordings,
) -> Planned:
    from ..emotion.parse import parse_emotion

    identity, error = "", line.error
    if error is None:
        try:
            made = make_options(**options)
            parse_emotion(made.emotion, made.emotion_intensity)
            identity = engine.identify(group.text, made, lexicon=lexicon)
            recordings.check(made)
        except TTSError as refused:
            error = bad_line(line.number, refused).error
    pause_after_s = line.pause_after_s if group.text == line.text else group.pause_after_s
    task = Task(
        number=number,
        line=line.number,
        part=part,
        name=line.name,
        text=group.text,
        options=options,
        identity=identity if line.slot is None else _in_slot(identity, line.slot.length_s),
        pause_after_s=pause_after_s,
        slot=line.slot,
        engine=engine.identity,
    )
    return Planned(task, error)


def _in_slot(identity: str, length_s: float) -> str:
    """The identity of a line that is fitted into a slot, which decides how it sounds too."""
    return hashlib.sha256(f"{identity} {length_s:.3f}".encode()).hexdigest()


class _Recordings:
    """Hears every reference of a job once, so that one that cannot serve is known before anything is rendered."""

    def __init__(self) -> None:
        self._cache = StyleCache()
        self._found: dict[tuple[str, ...], TTSError | None] = {}

    def check(self, options: SynthesisOptions) -> None:
        """Passes where all recordings of a line can serve.

        Raises:
            AudioError: one cannot; as everywhere.
        """
        key = (str(options.ref_audio), str(options.ref_neutral), str(options.references))
        if key not in self._found:
            self._found[key] = None
            try:
                hear_all(options, self._cache)
            except TTSError as error:
                self._found[key] = error
        if (error_found := self._found[key]) is not None:
            raise error_found


class _Names:
    """Sees to it that no two lines of a job have the same name; remembers 8 bytes of each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def checked(self, line: Line) -> Line:
        """The line, with an error where its name was there before."""
        if not line.name or line.error is not None:
            return line
        key = hashlib.blake2b(line.name.casefold().encode(), digest_size=8).digest()
        if key in self._seen:
            problem = ControlError(
                f"id {line.name!r} 重复。The id {line.name!r} was there before: ids must differ.",
                code="id_repeated",
                option="id",
                value=line.name,
            )
            return bad_line(line.number, problem, line.text)
        self._seen.add(key)
        return line
