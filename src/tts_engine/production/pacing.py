"""When each line begins: pauses from punctuation, turns and scenes, interruptions and overlaps, in whole samples.

A pause that the script gives counts as it stands. Where it gives none: a change of speaker in a dialogue is quick
(people take turns after 0.2 s on average, Stivers et al. 2009, PNAS 106), narration breathes longer, an unfinished
word (——) is cut off by the next speaker, and what trails away (……) leaves room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..script.model import NARRATOR

if TYPE_CHECKING:
    from .lines import PlannedLine

_CLOSING = "”’」』\"'）)》 　\n"
_CUT_OFF = ("——", "—", "--", "–")
_TRAILING = ("……", "…", "...")


@dataclass(frozen=True, slots=True)
class Pacing:
    """Pauses in seconds; negative ones overlap.

    Attributes:
        turn_s: another speaker answers.
        same_s: the same speaker goes on.
        to_speech_s: from narration to speech.
        to_narration_s: from speech to narration.
        answer_s: added after a question.
        trailing_s: added after what trails away.
        interruption_s: after what is cut off by another speaker, in place of all that.
        chapter_s: before a chapter.
        after_title_s: after its first line where that is its title.
        lead_s: silence at the very beginning.
        tail_s: silence at the very end.
        silent_line_s: length of a line without a word.
        scale: factor on everything but what the script itself gives.
    """

    turn_s: float = 0.28
    same_s: float = 0.45
    to_speech_s: float = 0.32
    to_narration_s: float = 0.38
    answer_s: float = -0.06
    trailing_s: float = 0.3
    interruption_s: float = -0.18
    chapter_s: float = 2.5
    after_title_s: float = 1.2
    lead_s: float = 0.3
    tail_s: float = 0.8
    silent_line_s: float = 0.9
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it stands, in samples from the beginning of the programme."""

    line: PlannedLine
    begin: int
    end: int


def lay_out(
    lines: Iterable[tuple[PlannedLine, int]],
    sample_rate: int,
    pacing: Pacing,
    *,
    titled: frozenset[int] = frozenset(),
    start_s: float = 0.0,
) -> Iterator[Placed]:
    """Places one line after the other; each depends on those before it alone.

    A line never begins before the one before it, and nobody overlaps with himself.

    Args:
        lines: with their lengths in samples, in order; a line without a word has its length from the pacing.
        sample_rate: samples per second.
        pacing: the pauses.
        titled: chapters whose first line is their title.
        start_s: what comes before everything, seconds.
    """
    before: Placed | None = None
    is_title = False
    own_end: dict[str, int] = {}
    for line, rendered in lines:
        silent_s = pacing.silent_line_s * pacing.scale if line.text.strip() else 0.0
        length = rendered if line.is_spoken else round(silent_s * sample_rate)
        if before is None:
            begin = round((start_s + pacing.lead_s) * sample_rate) + max(0, round((line.pause_s or 0.0) * sample_rate))
        else:
            begin = before.end + round(pause_s(before.line, line, pacing, is_title=is_title) * sample_rate)
            begin = max(begin, before.begin, own_end.get(line.role, 0))
        is_title = line.chapter in titled and (before is None or before.line.chapter != line.chapter)
        placed = Placed(line, begin, begin + length)
        yield placed
        own_end[line.role] = placed.end
        # a short word that falls into a long line does not pull the next one forward
        before = Placed(line, begin, max(placed.end, before.end) if before is not None else placed.end)


def pause_s(before: PlannedLine, line: PlannedLine, pacing: Pacing, *, is_title: bool = False) -> float:
    """Seconds between the end of a line and the beginning of the next."""
    if line.chapter != before.chapter:
        return max(pacing.chapter_s * pacing.scale, line.pause_s or 0.0)
    if line.pause_s is not None:
        return line.pause_s
    if is_title:
        return pacing.after_title_s * pacing.scale
    said = before.text.rstrip(_CLOSING)
    if before.role != line.role and NARRATOR not in (before.role, line.role) and said.endswith(_CUT_OFF):
        return pacing.interruption_s
    if before.role == line.role:
        pause = pacing.same_s
    elif before.role == NARRATOR:
        pause = pacing.to_speech_s
    elif line.role == NARRATOR:
        pause = pacing.to_narration_s
    else:
        pause = pacing.turn_s + (pacing.answer_s if said.endswith(("？", "?")) else 0.0)
    if said.endswith(_TRAILING):
        pause += pacing.trailing_s
    return max(0.0, pause * pacing.scale)
