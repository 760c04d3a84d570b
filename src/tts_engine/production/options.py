"""What a production is asked to be, beside the script itself: one definition for Python, command line and docs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ControlError
from ..options import SynthesisOptions
from .music import Ducking
from .pacing import Pacing
from .subtitles import FORMATS as SUBTITLE_FORMATS
from .subtitles import check_formats
from .tagged import check_format, picture_size

#: Loudness targets that can be called by name, LUFS.
TARGETS = {"podcast": -16.0, "broadcast": -23.0, "audiobook": -19.0, "streaming": -14.0}


@dataclass(frozen=True, slots=True)
class Selection:
    """Lines that are to be rendered anew though nothing changed; empty selects none.

    Attributes:
        lines: numbers in the programme, from 1.
        roles: names.
        chapters: numbers, from 1.
    """

    lines: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    chapters: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.lines or self.roles or self.chapters)

    def has(self, line: int, role: str, chapter: int) -> bool:
        """Whether a line is selected; numbers count from 1."""
        return line in self.lines or role in self.roles or chapter in self.chapters


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionOptions:
    """How a script becomes a programme.

    Attributes:
        format: of the programme, one of ``tagged.FORMATS``.
        loudness_lufs: what the programme is brought to, -40 to -9 LUFS; None leaves it alone.
        ceiling_dbtp: greatest true peak, -9 to 0 dBTP.
        subtitles: formats of subtitles, of ``subtitles.FORMATS``.
        stems: whether a file for each role, music and effects is written too.
        chapters: whether a file with subtitles for each chapter is written too.
        base: what holds where neither line nor role says anything; its emotion ``auto`` lets the words decide.
        narrator: voice of the narrator, None leaves it to the casting.
        pacing: pauses between lines.
        ducking: how music makes room for speech.
        music: bed under chapters that name none themselves.
        effects_db: level of effects over that of a voice.
        again: lines that get a new take.
        only_changed: no new takes, whatever ``again`` selects: only what changed is rendered.
        relevel: measure every gain anew instead of keeping those of the last run.
        check: folder or name of the weights of a recogniser that hears every line; None for none.
        retakes: how often a line that was heard wrongly is rendered again with another seed, 0-5.
        title: of the programme, empty for that of the script.
        author: empty for that of the script.
        chapter_subtitles: whether each chapter gets subtitles of its own, also without an audio file of its own.
        cover_data: picture of the programme, JPEG or PNG.

    Raises:
        ControlError: on construction, for a value that is not allowed.
        FeatureMissingError: the format needs what is not installed.
    """

    format: str = "wav"
    loudness_lufs: float | None = TARGETS["podcast"]
    ceiling_dbtp: float = -1.0
    subtitles: tuple[str, ...] = SUBTITLE_FORMATS
    stems: bool = False
    chapters: bool = False
    base: SynthesisOptions = field(default_factory=lambda: SynthesisOptions(emotion="auto"))
    narrator: str | None = None
    pacing: Pacing = field(default_factory=Pacing)
    ducking: Ducking = field(default_factory=Ducking)
    music: Path | None = None
    effects_db: float = -4.0
    again: Selection = field(default_factory=Selection)
    only_changed: bool = False
    relevel: bool = False
    check: str | None = None
    retakes: int = 2
    title: str = ""
    author: str = ""
    chapter_subtitles: bool = False
    cover_data: bytes | None = None

    def __post_init__(self) -> None:
        check_format(self.format)
        check_formats(self.subtitles)
        if self.loudness_lufs is not None:
            _between("loudness_lufs", self.loudness_lufs, -40.0, -9.0, "LUFS")
        _between("ceiling_dbtp", self.ceiling_dbtp, -9.0, 0.0, "dBTP")
        _between("pace", self.pacing.scale, 0.0, 5.0, "")
        _between("music_db", self.ducking.level_db, -40.0, 6.0, "dB")
        _between("duck_db", self.ducking.under_db, -40.0, 0.0, "dB")
        _between("effects_db", self.effects_db, -40.0, 12.0, "dB")
        _between("retakes", self.retakes, 0, 5, "")
        if self.cover_data is not None and picture_size(self.cover_data) is None:
            raise ControlError(
                "封面应为 JPEG 或 PNG 图片。The cover must be a JPEG or PNG picture.",
                option="cover",
                allowed="JPEG, PNG",
            )


def parse_loudness(value: str) -> float | None:
    """LUFS from a number, one of ``TARGETS``, or ``off``.

    Raises:
        ControlError: anything else.
    """
    if value in TARGETS:
        return TARGETS[value]
    if value == "off":
        return None
    try:
        return float(value)
    except ValueError:
        allowed = f"a number, {', '.join(TARGETS)} or off"
        raise ControlError(
            f"响度应为数（LUFS）、{'、'.join(TARGETS)} 或 off，收到 {value!r}。"
            f"The loudness must be {allowed}, got {value!r}.",
            option="loudness_lufs",
            value=value,
            allowed=allowed,
        ) from None


def _between(name: str, value: float, least: float, most: float, unit: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        limits = f"{least:g} to {most:g} {unit}".rstrip()
        raise ControlError(
            f"{name} 应为 {limits.replace(' to ', '–')} 的数，收到 {value!r}。"
            f"{name} must be a number from {limits}, got {value!r}.",
            option=name,
            value=repr(value),
            allowed=limits,
        )
