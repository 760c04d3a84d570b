"""What a batch job consists of: the values that inputs, journal, executors and queues pass to each other.

    Line ── plan ──► Task ── claim ──► render_task ──► Result ──► journal

Everything is frozen plain data. What this module does not know: files of the input, SQLite, queues, sound.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from ..options import SynthesisOptions, make_options

State = Literal["waiting", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = ("waiting", "running", "done", "failed", "cancelled")

#: Folder of the finished files below that of the job.
AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Slot:
    """When a line has to be heard, seconds from the beginning (a cue of subtitles)."""

    begin_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds that the line may take."""
        return self.end_s - self.begin_s


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the input that is to be said.

    Attributes:
        number: where it stands in the input, from 1: the line of a file, the number of a cue, the place in a list.
        text: what is said; may hold inline markup.
        name: how its file is called when results are exported; empty for its number.
        options: what holds for this line beside the options of the job, as ``make_options`` takes it.
        slot: when it has to be heard, where that is asked for.
        pause_after_s: silence between it and the next when they are joined.
        error: why it cannot be said, as ``TTSError.to_dict``; None for a line that can.
    """

    number: int
    text: str
    name: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    slot: Slot | None = None
    pause_after_s: float = 0.85
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What is rendered at once and becomes one file: a line, or a group of sentences of a long one.

    Attributes:
        number: of the task in its job, from 1; also the order in which everything is heard.
        line: ``Line.number``.
        part: of the line, from 0.
        name: ``Line.name``.
        text: what is said.
        options: everything that ``make_options`` needs: those of the job with those of the line over them.
        identity: SHA-256 of text, options and engine (``identity.identify``); its file is found by it.
        pause_after_s: silence between this task and the next when they are joined.
        slot: when it has to be heard.
        engine: ``Synthesizer.identity`` of the engine that it was planned for.
    """

    number: int
    line: int
    part: int
    name: str
    text: str
    options: dict[str, Any]
    identity: str
    pause_after_s: float = 0.0
    slot: Slot | None = None
    engine: str = ""

    @property
    def file(self) -> str:
        """Path of the finished file below the folder of the job, with forward slashes."""
        return str(PurePosixPath(AUDIO, f"{self.number:06d}-{self.identity[:16]}.{self.options.get('format', 'wav')}"))

    def synthesis_options(self) -> SynthesisOptions:
        """The options as the engine takes them.

        Raises:
            ControlError: one of them is not allowed.
        """
        return make_options(**self.options)

    def to_dict(self) -> dict[str, Any]:
        """The task as plain data for a queue; ``task_from`` gives back an equal one."""
        return dataclasses.asdict(self)


def task_from(data: dict[str, Any]) -> Task:
    """The task that ``Task.to_dict`` wrote."""
    slot = data.get("slot")
    return Task(**{**data, "slot": None if slot is None else Slot(**slot)})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task that could be rendered.

    Attributes:
        file: ``Task.file``; it is there, whole.
        sha256: of its content.
        audio_s: length of the audio.
        render_s: seconds that rendering took, 0 where the file was found.
        is_rendered: whether it was rendered now; False where the finished file was found.
        warnings: what a person should know.
    """

    file: str
    sha256: str
    audio_s: float
    render_s: float
    is_rendered: bool
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for a queue; ``result_from`` gives back an equal one."""
        return dataclasses.asdict(self)


def result_from(data: dict[str, Any]) -> Result:
    """The result that ``Result.to_dict`` wrote."""
    return Result(**{**data, "warnings": tuple(data["warnings"])})


@dataclass(frozen=True, slots=True)
class Entry:
    """A task as the journal knows it.

    Attributes:
        task: what is to be done.
        state: where it stands.
        attempts: how often it was begun.
        renders: how often it was really rendered.
        error: why it failed, as ``TTSError.to_dict``; also why the last attempt of a waiting one did.
        result: of a task that is done.
    """

    task: Task
    state: State
    attempts: int
    renders: int
    error: dict[str, Any] | None
    result: Result | None


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a job is, beside its tasks.

    Attributes:
        id: SHA-256 of input, options and engine: the same input asks for the same job.
        name: for people; begins the name of its folder.
        source: what it was read from, for people.
        engine: ``Synthesizer.identity``.
        options: of the whole job.
        created_s: seconds since the epoch.
        lexicon: name of the file of readings in the job's folder; empty for none.
    """

    id: str
    name: str
    source: str
    engine: str
    options: dict[str, Any]
    created_s: float
    lexicon: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a job is.

    Attributes:
        states: tasks in each state.
        characters: of all tasks that can be rendered (failed ones of the input left out).
        characters_done: of those that are done.
        audio_s: length of what is done.
        render_s: seconds of work that it took, over all workers.
        renders: renderings made, also those that were made again.
        attempts: tasks begun, also those that were begun again.
        warnings: tasks that are done with a warning.
    """

    states: dict[State, int]
    characters: int
    characters_done: int
    audio_s: float
    render_s: float
    renders: int
    attempts: int
    warnings: int

    @property
    def total(self) -> int:
        """All tasks."""
        return sum(self.states.values())

    @property
    def is_over(self) -> bool:
        """Whether nothing waits or runs."""
        return not self.states["waiting"] and not self.states["running"]

    @property
    def expected_audio_s(self) -> float | None:
        """Length of everything that is to be said, as the part that is done suggests; None before the first."""
        return self.audio_s * self.characters / self.characters_done if self.characters_done else None
