"""What is known of an own voice: its names, its versions, who consented to what. One JSON file per voice."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import AssetDamagedError

FORMAT = 1
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
VERSION = re.compile(r"[0-9a-f]{12}")
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Consent:
    """Who allows what.

    Attributes:
        statement: in the words of whoever created the voice.
        date: when it was given to the engine, ISO 8601.
        sources: SHA-256 of every recording that it is about.
    """

    statement: str
    date: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A recording that a voice was made from; the recording itself is not kept.

    Attributes:
        name: file name, without its folder.
        sha256: of the file's bytes.
        seconds: length.
    """

    name: str
    sha256: str
    seconds: float


@dataclass(frozen=True, slots=True)
class VoiceVersion:
    """One state of a voice; its style lies beside it under the same name.

    Attributes:
        version: first 12 hex digits of the SHA-256 of the style.
        created: ISO 8601, UTC.
        engine: version of this package.
        model: ``name@version`` of the acoustic model, empty where unknown.
        method: ``fast``, ``thorough`` (from recordings) or ``mix``.
        lufs: integrated loudness of the engine's output with it, LUFS.
        pitch_hz: median, 3rd and 97th percentile of its F0, Hz.
        speech_s: seconds of speech used.
        sources: recordings that it was made from.
        consent: who allows it; None for mixes of the packs.
        mix: the mix that it stands for, or that it was started from.
        figures: results of the fit, for people.
        notes: what speaks against the recordings, for people.
    """

    version: str
    created: str
    engine: str
    model: str
    method: str
    lufs: float
    pitch_hz: tuple[float, float, float]
    speech_s: float = 0.0
    sources: tuple[Source, ...] = ()
    consent: Consent | None = None
    mix: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    """One voice of the library.

    Attributes:
        id: stable, ASCII, name of its folder.
        name: for people; may change.
        gender: ``female``, ``male`` or ``unknown``, as it sounds.
        versions: oldest first, never empty; the last one is in use.
    """

    id: str
    name: str
    gender: str
    versions: tuple[VoiceVersion, ...]

    @property
    def current(self) -> VoiceVersion:
        """The version in use."""
        return self.versions[-1]

    def to_dict(self) -> dict[str, Any]:
        """As plain data, the content of ``voice.json``."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def record_from(data: Any, where: str) -> VoiceRecord:
    """The record of the content of a ``voice.json``, every value checked: the file may come from anywhere.

    Raises:
        AssetDamagedError: not such a file.
    """
    try:
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}, this version reads {FORMAT}")
        versions = tuple(_version(item) for item in data["versions"])
        record = VoiceRecord(
            id=_matching(data["id"], ID),
            name=_text(data["name"], LONGEST_NAME),
            gender=data["gender"],
            versions=versions,
        )
        if not versions or record.gender not in ("female", "male", "unknown"):
            raise ValueError("no versions, or an unknown gender")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetDamagedError(
            f"{where} 不是有效的声音文件（{error}）。{where} is not the description of a voice ({error}).",
            code="voice_damaged",
            path=where,
        ) from error
    return record


def _version(item: Any) -> VoiceVersion:
    consent = item.get("consent")
    return VoiceVersion(
        version=_matching(item["version"], VERSION),
        created=_text(item["created"], 40),
        engine=_text(item["engine"], 40),
        model=_text(item["model"], 100, empty=True),
        method=_text(item["method"], 20),
        lufs=_number(item["lufs"], -70.0, 0.0),
        pitch_hz=_pitch(item["pitch_hz"]),
        speech_s=_number(item["speech_s"], 0.0, 1e6),
        sources=tuple(
            Source(_text(one["name"], 255), _matching(one["sha256"], re.compile("[0-9a-f]{64}")), float(one["seconds"]))
            for one in item["sources"]
        ),
        consent=None
        if consent is None
        else Consent(
            _text(consent["statement"], 2000), _text(consent["date"], 40), tuple(map(str, consent["sources"]))
        ),
        mix=_text(item["mix"], 2000, empty=True),
        figures={str(key): _number(value, -1e9, 1e9) for key, value in item["figures"].items()},
        notes=tuple(_text(note, 1000) for note in item.get("notes", ())),
    )


def _pitch(values: Any) -> tuple[float, float, float]:
    median, low, high = (_number(value, 20.0, 1500.0) for value in values)
    return median, low, high


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    if not least <= value <= most:
        raise ValueError(f"{value!r} is outside {least:g} to {most:g}")
    return float(value)


def _text(value: Any, longest: int, *, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > longest or not (value.strip() or empty):
        raise ValueError(f"{str(value)[:40]!r} is no text of at most {longest} characters")
    if any(ord(character) < 32 for character in value.replace("\n", "")):
        raise ValueError("a text with control characters")
    return value


def _matching(value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{str(value)[:40]!r} is no identifier")
    return value
