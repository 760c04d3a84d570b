"""What can be asked for, and the options of a request."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ControlError, SizeError, TextError, near_matches
from ..model import NARRATOR, Role
from .checks import NAME_CHARACTERS, check_name, check_words, spoken_length

#: Shortest and longest text that is written from little, in characters.
LENGTHS = (100, 60_000)

#: Characters spoken in a minute, to turn minutes into a length: four a second with pauses.
CHARACTERS_PER_MINUTE = 240

#: Characters of a piece that is asked about at once.
PIECES = (200, 6000)

HOSTS = ("晓光", "思雨")


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of writing.

    Attributes:
        name: of the command and of the prompt.
        zh: in Chinese.
        style: what the text becomes, as the ledger groups it; empty where it stays what it was.
        kind: of the script.
        is_composed: written from little to a given length; else the text is worked through piece by piece.
        factor: length of the result over that of the source, where no length is given.
        fields: of each line of the answer.
        temperature: how freely the model writes.
    """

    name: str
    zh: str
    style: str
    kind: str
    is_composed: bool
    factor: float
    fields: tuple[str, ...]
    temperature: float


_MANNER = ("emotion", "intensity")

TASKS = {
    task.name: task
    for task in (
        Task("expand", "把摘要写成完整讲述", "narration", "story", True, 5.0, ("text", *_MANNER), 0.7),
        Task("outline", "按提纲写全文", "narration", "story", True, 8.0, ("text", *_MANNER), 0.7),
        Task("podcast", "写成两人对谈", "podcast", "podcast", True, 3.0, ("role", "text", *_MANNER), 0.7),
        Task("adapt", "改写成适合听的稿子", "adapted", "story", False, 1.0, ("text", *_MANNER), 0.3),
        Task(
            "dramatise", "改编成多角色剧本", "drama", "drama", False, 1.0,
            ("role", "text", *_MANNER, "direction", "pause_s"), 0.7,
        ),
        Task(
            "annotate", "给原文分角色、标情绪", "", "drama", False, 1.0,
            ("role", "text", *_MANNER, "direction", "confidence"), 0.0,
        ),
    )
}  # fmt: skip

#: Longest source that is written from, and that is worked through, in characters.
LONGEST_SOURCE, LONGEST_TEXT = 12_000, 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingOptions:
    """How to write.

    Attributes:
        length: characters of the result, white space not counted; None lets the source decide. Only for texts that are
            written from little (expand, outline, podcast).
        title: of the programme; empty lets the plan decide.
        wishes: on audience or style, in free words.
        hosts: of a podcast.
        roles: who is known already, for instance from the chapter before; they keep their names.
        piece_characters: of the text that go into one question (annotate, adapt, dramatise).

    Raises:
        ControlError: a value is not allowed.
    """

    length: int | None = None
    title: str = ""
    wishes: str = ""
    hosts: tuple[str, str] = HOSTS
    roles: tuple[Role, ...] = ()
    piece_characters: int = 1200

    def __post_init__(self) -> None:
        if self.length is not None:
            _check_range("length", self.length, LENGTHS, "字 characters")
        _check_range("piece_characters", self.piece_characters, PIECES, "字 characters")
        if len(self.wishes) > 1000:
            raise _refused("wishes", f"{len(self.wishes)} 字", "至多 1000 字 at most 1000 characters")
        if self.title:
            try:
                check_words(self.title, "title", 80)
            except ValueError:
                raise _refused("title", repr(self.title), "至多 80 个字的一行，不含标记 one plain line") from None
        try:
            names = [check_name(name) for name in self.hosts]
        except ValueError:
            names = []
        if len(set(names)) != 2 or NARRATOR in names:
            allowed = f"两个不同的名字，各至多 {NAME_CHARACTERS} 字 two different names"
            raise _refused("hosts", ",".join(self.hosts), allowed)


def find_task(name: str) -> Task:
    """The task of this name.

    Raises:
        ControlError: there is none.
    """
    if name not in TASKS:
        near = near_matches(name, TASKS)
        allowed = ", ".join(TASKS) + (f"；是不是 did you mean {near[0]}?" if near else "")
        raise _refused("task", repr(name), allowed)
    return TASKS[name]


def check_source(task: Task, text: str) -> int:
    """Characters of a source.

    Raises:
        TextError: there is nothing in it.
        SizeError: it is longer than the task takes.
    """
    characters = spoken_length(text)
    if not characters:
        raise TextError("文字是空的，没有可写的。The text is empty: there is nothing to work on.", code="text_empty")
    longest = LONGEST_SOURCE if task.is_composed else LONGEST_TEXT
    if len(text) > longest:
        advice = "；长文请用 adapt 或 dramatise use adapt or dramatise for long texts" if task.is_composed else ""
        raise SizeError(
            f"{task.name} 的原文有 {len(text)} 字，至多 {longest} 字{advice}。"
            f"The source has {len(text)} characters, at most {longest} are taken.",
            code="text_too_long",
            characters=len(text),
            limit=longest,
        )
    return characters


def _check_range(name: str, value: int, limits: tuple[int, int], unit: str) -> None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not limits[0] <= value <= limits[1]:
        raise _refused(name, repr(value), f"{limits[0]} – {limits[1]} {unit}")


def _refused(name: str, value: str, allowed: str) -> ControlError:
    return ControlError(
        f"{name} 不能是 {value}，允许：{allowed}。{name} cannot be {value}; allowed: {allowed}.",
        option=name,
        value=value,
        allowed=allowed,
    )
