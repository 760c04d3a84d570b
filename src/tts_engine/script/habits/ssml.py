"""SSML with several voices -> lines: every voice is a role, styles are emotions, breaks are pauses.

What a line cannot hold (emphasis, durations, pitch in hertz) is left out and told. Pronunciations become the engine's
inline markup, so that they are kept.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from ...emotion.parse import intensity_of_styledegree
from ...emotion.vocabulary import is_emotion
from ...text.markup import (
    EmotionRequest,
    MarkedText,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    SayAsRequest,
    VoiceRequest,
    read_markup,
)
from ...types import Span
from ..fields import LINE_FIELDS
from ..model import NARRATOR, Line, Role

_LIMITS = {field.name: (field.minimum, field.maximum) for field in LINE_FIELDS}


@dataclass(frozen=True, slots=True)
class _Manner:
    """What holds for one character."""

    voice: str | None = None
    emotion: str | None = None
    intensity: float | None = None
    speed: float = 1.0
    volume_db: float = 0.0


def read_ssml_script(text: str) -> tuple[list[Line], dict[str, Role], list[str]]:
    """Lines, the roles that the voices are, and what was left out.

    Raises:
        TextError: SSML that is not well formed or not allowed; with line and column.
    """
    marked = read_markup(text, is_emotion=is_emotion)
    warnings = list(marked.warnings)
    manners, inline, pauses = _lay_out(marked, warnings)
    lines: list[Line] = []
    begin, pause_s = 0, None
    for at in range(len(marked.text) + 1):
        is_end = at == len(marked.text)
        is_cut = is_end or marked.text[at] == "\n" or (at > begin and manners[at] != manners[at - 1])
        waits = pauses.get(at)
        if is_cut or (waits is not None and not marked.text[begin:at].strip()):
            line = _line(marked.text, begin, at, manners, inline)
            if line is not None:
                lines.append(replace(line, pause_s=pause_s))
                pause_s = None
            begin = at
        if waits is not None:
            if marked.text[begin:at].strip():
                inline.setdefault(at, []).append(f"[pause:{round(waits * 1000)}ms]")
            else:
                pause_s = round((pause_s or 0.0) + waits, 3)
    roles = {line.role: Role(line.role, voice=line.role if line.role != NARRATOR else None) for line in lines}
    return lines, roles, warnings


def _lay_out(marked: MarkedText, warnings: list[str]) -> tuple[list[_Manner], dict[int, list[str]], dict[int, float]]:
    """Per character what holds; inline markup and pauses by the place that they stand before."""
    spans = marked.spans()
    begins = [span.begin for span in spans]
    manners = [_Manner()] * len(spans)
    inline: dict[int, list[str]] = {}
    pauses: dict[int, float] = {}
    skipped: dict[str, None] = {}
    for request in marked.requests:
        if isinstance(request, PauseRequest):
            at = bisect_left(begins, request.at)
            pauses[at] = pauses.get(at, 0.0) + request.seconds
            continue
        begin, end = _within(request.span, begins)
        if isinstance(request, VoiceRequest):
            manners[begin:end] = [replace(manner, voice=request.name) for manner in manners[begin:end]]
        elif isinstance(request, EmotionRequest):
            _feel(request, manners, begin, end, skipped)
        elif isinstance(request, ProsodyRequest):
            _move(request, manners, begin, end, skipped)
        elif isinstance(request, PronunciationRequest):
            if not request.alias and begin < end:
                said = " ".join(request.pinyin) or f"/{request.phonemes}/"
                inline.setdefault(begin, []).append("<")
                inline.setdefault(end, []).insert(0, f"|{said}>")
        elif not isinstance(request, SayAsRequest):
            skipped[type(request).__name__.removesuffix("Request").lower()] = None
    if skipped:
        warnings.append(f"未转换的 SSML：{'、'.join(skipped)} (SSML that a line cannot hold was left out)")
    return manners, inline, pauses


def _within(span: Span, begins: list[int]) -> tuple[int, int]:
    return bisect_left(begins, span.begin), bisect_left(begins, span.end)


def _feel(request: EmotionRequest, manners: list[_Manner], begin: int, end: int, skipped: dict[str, None]) -> None:
    if request.name is not None and not is_emotion(request.name):
        skipped[f"style={request.name}"] = None
        return
    intensity = request.intensity
    if request.degree is not None:
        intensity = round(intensity_of_styledegree(request.degree), 3)
    for at in range(begin, end):
        manners[at] = replace(manners[at], emotion=request.name or manners[at].emotion, intensity=intensity)


def _move(request: ProsodyRequest, manners: list[_Manner], begin: int, end: int, skipped: dict[str, None]) -> None:
    if request.pitch_st is not None or request.pitch_hz is not None:
        skipped["pitch"] = None
    for at in range(begin, end):
        manner = manners[at]
        speed = manner.speed * (request.rate or 1.0)
        volume_db = manner.volume_db + (request.volume_db or 0.0)
        manners[at] = replace(manner, speed=_limited("speed", speed), volume_db=_limited("volume_db", volume_db))


def _limited(name: str, value: float) -> float:
    low, high = _LIMITS[name]
    return round(min(high, max(low, value)), 3)


def _line(text: str, begin: int, end: int, manners: list[_Manner], inline: dict[int, list[str]]) -> Line | None:
    """The line of a run of characters with one manner, inline markup put back."""
    if not text[begin:end].strip():
        return None
    written = []
    for at in range(begin, end):
        written += inline.get(at, []) if at > begin or any("<" in item for item in inline.get(at, [])) else []
        written.append(text[at])
    written += [item for item in inline.get(end, []) if item.startswith("|")]
    first = next(at for at in range(begin, end) if not text[at].isspace())
    manner = manners[first]
    return Line(
        "".join(written).strip(),
        manner.voice or NARRATOR,
        emotion=manner.emotion,
        intensity=manner.intensity,
        speed=manner.speed,
        volume_db=manner.volume_db,
    )
