"""The one model of a script that text, JSON, books and language models are views of.

    Script ── chapters ──► Chapter ── lines ──► Line (said by a role, as it is meant)
       └──── roles ──────► Role (who speaks, with which voice)

Everything is frozen plain data, serialisable as it stands. What this module does not know: any file format, sound.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: The role that tells what nobody in the story says.
NARRATOR = "旁白"

#: Who says a line when nothing in the text says who; production speaks it with a voice of its choice.
UNKNOWN = "未知"

#: What a script is where it does not say.
LANGUAGE, KIND = "zh-CN", "drama"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something was decided about a line.

    Attributes:
        what: the property decided, such as ``role`` or ``emotion``.
        words: the words of the text that speak for it; empty where it follows from the place.
        rule: name of the rule.
        confidence: 0 to 1.
    """

    what: str
    words: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said without a break of role.

    Attributes:
        text: what is said; may hold inline markup of the engine. Empty where a direction, a sound or a pause stands
            alone: nothing is spoken then.
        role: name of who says it, a key of ``Script.roles``; ``NARRATOR`` for narration, ``UNKNOWN`` where the text
            does not say.
        emotion: as ``SynthesisOptions.emotion`` takes it in words (``悲伤 0.6 + 愤怒 0.3``); None: the words decide.
        intensity: 0 to 1, None for the emotion's own.
        direction: stage direction in free words (``压低声音``); never spoken.
        pause_s: silence before the line, seconds; None leaves it to production; negative overlaps the line before.
        speed: factor on the rate of the role, 1 is as the role speaks.
        volume_db: gain over the role's level.
        sound: file of a sound that starts with the line, relative to the script; None for speech alone.
        span: start and end in the text that it was read from; None where there is none.
        evidence: why role and emotion are what they are, empty where a person wrote them.
    """

    text: str
    role: str = NARRATOR
    emotion: str | None = None
    intensity: float | None = None
    direction: str | None = None
    pause_s: float | None = None
    speed: float = 1.0
    volume_db: float = 0.0
    sound: str | None = None
    span: tuple[int, int] | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """Who speaks.

    Attributes:
        name: as lines call it.
        voice: as ``SynthesisOptions.voice`` takes it; None leaves it to casting.
        description: of the person, in free words (``八岁的女孩，活泼``); casting reads it.
        aliases: other names for the same person.
        emotion: what the role's lines are said with where the line names nothing.
        speed: speaking rate, 1 is normal.
        pitch_shift_st: semitones.
        reference: recording whose way of speaking the role takes, relative to the script.
        lexicon: word -> reading, of this role alone.
    """

    name: str
    voice: str | None = None
    description: str = ""
    aliases: tuple[str, ...] = ()
    emotion: str | None = None
    speed: float = 1.0
    pitch_shift_st: float = 0.0
    reference: str | None = None
    lexicon: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a programme with lines of its own.

    Attributes:
        title: empty for the only chapter of a short script.
        lines: in the order in which they are said.
        music: file of a bed under the chapter, relative to the script; None for none.
    """

    title: str
    lines: tuple[Line, ...]
    music: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A whole programme.

    Attributes:
        title: of the programme.
        chapters: at least one.
        roles: every role that a line names, by name, in order of appearance.
        author: empty where unknown.
        language: BCP 47 tag.
        kind: what it is (``drama``, ``news``, ``story``, ``lesson``, ``podcast``, ``companion``, ``book``).
    """

    title: str
    chapters: tuple[Chapter, ...]
    roles: dict[str, Role] = field(default_factory=dict)
    author: str = ""
    language: str = LANGUAGE
    kind: str = KIND

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line, chapter after chapter."""
        return tuple(line for chapter in self.chapters for line in chapter.lines)
