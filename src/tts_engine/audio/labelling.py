"""How what we make says that it was made: a mark in the metadata, and, where asked for, one that is heard.

China: 人工智能生成合成内容标识办法 and GB 45438-2025, in force since 2025-09-01; European Union: AI Act, article 50(2).
``docs/labelling.md`` says which text asks for what, and what we could not verify.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..types import FloatArray

Audible = Literal["none", "spoken", "tones"]
Place = Literal["start", "end", "both"]

#: Every value that the setting of the audible mark can have.
AUDIBLE = ("none", *(f"{kind}:{place}" for kind in ("spoken", "tones") for place in ("start", "end", "both")))

KEY = "AIGC"
NOTICE = "本音频由人工智能合成。"
DEFAULT_PRODUCER = "tts_engine"
#: Fields in the order of the standard.
FIELDS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
_MAX_PRODUCER = 64

_TONE_HZ, _TONE_DB = 660.0, -26.0  # soft beside speech at -20 LUFS
_SHORT_S, _LONG_S, _GAP_S, _LETTER_GAP_S = 0.09, 0.27, 0.09, 0.27
_EDGE_S = 0.3  # silence between the mark and the speech
_RHYTHM = ((_SHORT_S, _LONG_S), (_SHORT_S, _SHORT_S))  # 短长 短短


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    r"""How audio is labelled; the default is what the rules ask of every file.

    Attributes:
        metadata: whether files and streams carry the mark of ``mark_text``.
        producer: who makes the audio, name or registered code: 1-64 printable ASCII characters, no ``"`` or ``\``.
        audible: what is heard: nothing, a notice in the voice of the text, or the rhythm 短长 短短 in soft tones.
        place: where it is heard.

    Raises:
        ControlError: a value that is not allowed.
    """

    metadata: bool = True
    producer: str = DEFAULT_PRODUCER
    audible: Audible = "none"
    place: Place = "start"

    def __post_init__(self) -> None:
        parse_audible(self.heard)
        check_producer(self.producer)

    @property
    def heard(self) -> str:
        """What is heard and where, in one word: ``none``, ``tones:start``."""
        return self.audible if self.audible == "none" else f"{self.audible}:{self.place}"

    @property
    def at_start(self) -> Audible:
        """What is heard before the text."""
        return self.audible if self.place in ("start", "both") else "none"

    @property
    def at_end(self) -> Audible:
        """What is heard after the text."""
        return self.audible if self.place in ("end", "both") else "none"

    def new_mark(self, produce_id: str | None = None) -> str | None:
        """The mark of one new file or stream, ``mark_text`` with an identifier of its own; None where switched off.

        The identifier is random: it tells one file from every other and tells nothing about text, voice or time.

        Args:
            produce_id: identifier to take instead, for files that must come out the same when they are made again.
        """
        return mark_text(self.producer, produce_id or secrets.token_hex(16)) if self.metadata else None


def mark_text(producer: str, produce_id: str) -> str:
    """The metadata mark as one line of ASCII: JSON with the fields of the standard under ``AIGC``.

    The first who writes it is its propagator too. ``Label`` 1 says: made by AI, not only possibly or suspectedly.
    """
    values = ("1", producer, produce_id, "", producer, produce_id, "")
    return json.dumps({KEY: dict(zip(FIELDS, values, strict=True))}, separators=(",", ":"), ensure_ascii=True)


def parse_mark(text: str) -> Mapping[str, str] | None:
    """The fields of a mark, with or without ``AIGC`` around them; None for what is no mark."""
    try:
        value = json.loads(text.strip("\0 \t\r\n"))
    except ValueError:
        return None
    if isinstance(value, dict) and isinstance(value.get(KEY), dict):
        value = value[KEY]
    if not isinstance(value, dict) or "Label" not in value:
        return None
    return {str(name): str(item) for name, item in value.items()}


def parse_audible(value: str) -> tuple[Audible, Place]:
    """What is heard and where, from ``none``, ``spoken``, ``tones`` or one of these with ``:start :end :both``.

    Raises:
        ControlError: anything else.
    """
    full = value if ":" in value or value == "none" else f"{value}:start"
    if full not in AUDIBLE:
        allowed = "none, spoken, tones; spoken:end, tones:both, ..."
        raise ControlError(
            f"声音标识应为 none、spoken、tones，可加 :start、:end、:both，收到 {value!r}。"
            f"The audible label must be one of {allowed}, got {value!r}.",
            option="audible_label",
            value=value,
            allowed=list(AUDIBLE),
        )
    kind, _, place = full.partition(":")
    return kind, place or "start"  # type: ignore[return-value]


def check_producer(producer: str) -> str:
    """The name, if it may stand in a mark.

    Raises:
        ControlError: empty, too long, or with characters that the standard leaves out.
    """
    is_plain = all(" " <= character <= "~" and character not in '"\\' for character in producer)
    if not is_plain or not producer.strip() or len(producer) > _MAX_PRODUCER:
        raise ControlError(
            f'生成者名称应为 1–{_MAX_PRODUCER} 个可见 ASCII 字符，不含 " 和 \\，收到 {producer!r}。'
            f'The producer must be 1 to {_MAX_PRODUCER} printable ASCII characters without " and \\, got {producer!r}.',
            option="label_producer",
            value=producer,
        )
    return producer


def tones(sample_rate: int) -> FloatArray:
    """(samples,) float32: the rhythm 短长 短短 as soft tones, without clicks, 1.17 s."""
    import numpy as np

    def sound(seconds: float) -> FloatArray:
        time_s = np.arange(round(seconds * sample_rate)) / sample_rate
        rise = np.clip(np.minimum(time_s, seconds - time_s) / 0.015, 0, 1)
        envelope = 0.5 - 0.5 * np.cos(np.pi * rise)
        return (10 ** (_TONE_DB / 20) * envelope * np.sin(2 * np.pi * _TONE_HZ * time_s)).astype(np.float32)

    def silence(seconds: float) -> FloatArray:
        return np.zeros(round(seconds * sample_rate), np.float32)

    letters = [np.concatenate([sound(first), silence(_GAP_S), sound(second)]) for first, second in _RHYTHM]
    return np.concatenate([letters[0], silence(_LETTER_GAP_S), letters[1]])


def gap(sample_rate: int) -> FloatArray:
    """(samples,) float32: the silence between the audible mark and the text."""
    import numpy as np

    return np.zeros(round(_EDGE_S * sample_rate), np.float32)
