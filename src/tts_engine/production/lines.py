"""A script as the lines that are rendered: what each says, in which voice and manner, and what names its sound.

    Script + Cast ── plan ──► PlannedLine, PlannedLine, ...      (nothing is spoken here)

A line's sound depends on its own words, options and readings alone, so that a change renders what changed. Level,
pauses and effects belong to the mix and are no part of its identity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ControlError, TTSError
from ..options import SynthesisOptions, make_options

if TYPE_CHECKING:
    from ..script.model import Line, Role, Script
    from .casting.cast import Cast

#: Names a sound: text, options, readings.
Identify = Callable[[str, SynthesisOptions, "Mapping[str, str] | None"], str]


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line as it is to be rendered and placed.

    Attributes:
        number: in the programme, from 1.
        chapter: index of its chapter, from 0.
        role: who says it.
        text: what is said; a line without a word in it (……) is a silence, an empty one takes no time.
        options: how it is rendered.
        readings: of the role alone, word -> reading.
        identity: names its sound.
        first: names the sound of its first take.
        pause_s: silence before it, negative overlaps; None leaves it to the pacing.
        gain_db: over the level of its role.
        sound: effect that starts with it, an absolute path.
        take: 0 for the first, counted up by each new take.
        source: the characters of the chapter's text that it was read from, None where there is none.
        warnings: what of its directions could not be followed.
    """

    number: int
    chapter: int
    role: str
    text: str
    options: SynthesisOptions
    readings: Mapping[str, str] | None
    identity: str
    first: str
    pause_s: float | None
    gain_db: float
    sound: Path | None
    take: int
    source: tuple[int, int] | None
    warnings: tuple[str, ...] = ()

    @property
    def is_spoken(self) -> bool:
        """Whether there is a word in it."""
        return any(character.isalnum() for character in self.text)


def plan(
    script: Script,
    cast: Cast,
    *,
    identify: Identify,
    folder: Path,
    base: SynthesisOptions | None = None,
    takes: Mapping[str, int] | None = None,
) -> Iterator[PlannedLine]:
    """Line after line of the whole script.

    Args:
        script: what is said.
        cast: with which voices.
        identify: names a sound.
        folder: what paths in the script are relative to.
        base: options that hold where neither line nor role says anything; its emotion is for lines without one.
        takes: identity of a line's first take -> number of the take that is wanted.

    Raises:
        ControlError: a line asks for something that is not allowed; says which line.
    """
    base = base or SynthesisOptions(emotion="auto")
    number = 0
    for index, chapter in enumerate(script.chapters):
        for line in chapter.lines:
            number += 1
            role = cast.role(line.role, script.roles)
            try:
                options, gain_db, warnings = _options(line, role, base, folder)
                first = identify(line.text, options, dict(role.lexicon) or None)
            except TTSError as error:
                raise in_line(error, number, line.text) from error
            take = (takes or {}).get(first, 0)
            identity = first
            if take:
                options = dataclasses.replace(options, seed=seed_of(options.seed, take))
                identity = identify(line.text, options, dict(role.lexicon) or None)
            yield PlannedLine(
                number=number,
                chapter=index,
                role=line.role,
                text=line.text,
                options=options,
                readings=dict(role.lexicon) or None,
                identity=identity,
                first=first,
                pause_s=line.pause_s,
                gain_db=gain_db,
                sound=None if line.sound is None else (folder / line.sound).absolute(),
                take=take,
                source=line.span,
                warnings=warnings,
            )


def seed_of(seed: int, take: int) -> int:
    """The seed of a further take; far from those of a line's own sentences, which count up from its seed."""
    return (seed + 100_003 * take) % 2**32


def in_line(error: TTSError, number: int, text: str) -> TTSError:
    """The same error, which says in which line of the programme it arose."""
    shown = text if len(text) <= 24 else text[:24] + "…"
    fields = {key: value for key, value in error.fields.items() if key != "code"}
    return type(error)(
        f"第 {number} 条“{shown}”：{error.message} (line {number})", code=error.code, **(fields | {"line": number})
    )


def _options(
    line: Line, role: Role, base: SynthesisOptions, folder: Path
) -> tuple[SynthesisOptions, float, tuple[str, ...]]:
    """How a line is rendered, its gain in the mix, and what could not be followed.

    The line's own emotion comes first, then what its stage direction says, then that of its role.
    """
    from ..emotion.instructions import read_instructions

    speed = role.speed * line.speed
    changed: dict[str, object] = {"voice": role.voice or base.voice, "speed": base.speed * speed, "volume_db": 0.0}
    changed |= {"pitch_shift_st": base.pitch_shift_st + role.pitch_shift_st, "loudness_lufs": None, "format": "wav"}
    if line.emotion is not None:
        changed["emotion"] = line.emotion
    if line.intensity is not None:
        changed["emotion_intensity"] = line.intensity
    if role.reference is not None:
        changed["ref_audio"] = str(folder / role.reference)
    kept = {field.name: getattr(base, field.name) for field in dataclasses.fields(base)}
    options = make_options(**(kept | changed))
    warnings: tuple[str, ...] = ()
    if line.direction:
        options, warnings = read_instructions(line.direction).applied_to(options)
    if role.emotion is not None and options.emotion == base.emotion:  # neither the line nor a direction says more
        options = dataclasses.replace(options, emotion=role.emotion)
    gain_db = line.volume_db + options.volume_db
    if not -60.0 <= gain_db <= 24.0:
        raise ControlError(
            f"音量应在 -60–24 dB，收到 {gain_db:g}。volume_db must be from -60 to 24, got {gain_db:g}.",
            option="volume_db",
            value=gain_db,
            allowed="-60 to 24 dB",
        )
    return dataclasses.replace(options, volume_db=0.0), gain_db, warnings
