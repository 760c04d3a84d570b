"""What a client may say: JSON messages as checked values; ``docs/live.md`` is the reference."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...emotion.instructions import read_instructions
from ...emotion.listener import KEYS as READING_KEYS
from ...emotion.policies import POLICIES
from ...errors import ControlError, near_matches
from ...options import KNOBS, SynthesisOptions, make_options
from ...text.incremental import GRAINS
from ..api.fields import read_voice

#: Longest message, bytes.
MAX_MESSAGE_BYTES = 64 * 1024

MESSAGES = ("config", "text", "state", "flush", "clear", "cancel", "end", "log")
FORMATS = ("pcm", "wav", "mp3", "opus", "ogg", "flac", "aac")
TIMESTAMPS = ("none", "word", "character")

#: Options of one request that mean nothing in a session.
_NOT_HERE = ("format", "ref_audio")

_NUMBERS = {"flush_after_s": (0.1, 30.0), "max_lead_s": (0.5, 300.0), "resting_heart_rate": (25.0, 240.0)}


@dataclass(frozen=True, slots=True)
class Config:
    """How a session speaks.

    Attributes:
        options: how clauses are spoken, without the instructions.
        instructions: plain directions, laid over the options.
        response_format: of the binary frames, one growing stream.
        policy: what is done about the listener's state.
        resting_heart_rate: where it is known; None learns it.
        segment: ``clause`` or ``sentence``.
        flush_after_s: when the text pauses so long, what is there up to its last mark is spoken; None waits.
        max_lead_s: rendering goes no further ahead of playback, so that the listener's state counts; None does.
        timestamps: what the clause events hold: ``none``, ``word`` or ``character``.
    """

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    instructions: str = ""
    response_format: str = "pcm"
    policy: str = "off"
    resting_heart_rate: float | None = None
    segment: str = "clause"
    flush_after_s: float | None = 1.0
    max_lead_s: float | None = 8.0
    timestamps: str = "word"

    def effective(self) -> tuple[SynthesisOptions, tuple[str, ...]]:
        """The options with the instructions laid over them, and their warnings."""
        return read_instructions(self.instructions).applied_to(self.options)

    def changed(self, given: Mapping[str, Any]) -> Config:
        """The configuration with these fields set; ``null`` sets a field back.

        Raises:
            ControlError: unknown field or a value that is not allowed; nothing is changed then.
        """
        known = ("instructions", *_CHOICES, *_NUMBERS, *(name for name in KNOBS if name not in _NOT_HERE))
        default = Config()
        knobs = {name: getattr(self.options, name) for name in KNOBS}
        own: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                near = near_matches(name, known)
                raise ControlError(
                    f"没有设置 {name!r}{'，是否指 ' + '、'.join(near) if near else ''}？可用：{'、'.join(known)}。"
                    f"Unknown setting {name!r}{'; did you mean ' + ', '.join(near) + '?' if near else '.'}",
                    code="field_unknown",
                    option=name,
                    near=near,
                )
            if name in KNOBS:
                given_value = read_voice(value) if name == "voice" and value is not None else value
                knobs[name] = getattr(default.options, name) if value is None else given_value
            elif value is None:
                own[name] = None if name in _NUMBERS else getattr(default, name)
            else:
                own[name] = _check(name, value)
        config = replace(self, options=make_options(**knobs), **own)
        config.effective()
        return config


_CHOICES = {
    "response_format": FORMATS,
    "policy": tuple(POLICIES),
    "segment": GRAINS,
    "timestamps": TIMESTAMPS,
}


def _check(name: str, value: Any) -> Any:
    if name == "instructions":
        read_instructions(value)
        return value
    if name in _CHOICES:
        if not isinstance(value, str) or value not in _CHOICES[name]:
            raise _refused(name, value, f"{'、'.join(_CHOICES[name])}")
        return value
    least, most = _NUMBERS[name]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        raise _refused(name, value, f"{least:g} – {most:g}")
    return float(value)


def read_message(raw: str) -> tuple[str, dict[str, Any]]:
    """The type of a message and its other fields.

    A message without ``type`` whose fields are all readings is ``state``.

    Raises:
        ControlError: not JSON, not an object, or of an unknown type.
    """
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ControlError(
            f"消息不是有效的 JSON：{str(error)[:80]}。The message is not valid JSON.", code="json_invalid"
        ) from None
    if not isinstance(message, dict):
        raise ControlError("消息应为 JSON 对象。A message must be a JSON object.", code="json_invalid")
    if "type" not in message and message and all(key in READING_KEYS for key in message):
        return "state", message
    kind = message.pop("type", None)
    if not isinstance(kind, str) or kind not in MESSAGES:
        near = near_matches(kind, MESSAGES) if isinstance(kind, str) else []
        raise ControlError(
            f"没有消息类型 {kind!r}，可用：{'、'.join(MESSAGES)}。Unknown message type; known: {', '.join(MESSAGES)}.",
            code="message_unknown",
            option="type",
            near=near,
        )
    return kind, message


def check_fields(kind: str, message: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Refuses fields that nobody reads.

    Raises:
        ControlError: names the field.
    """
    for name in message:
        if name not in allowed:
            shown = "、".join(allowed) or "无 none"
            raise ControlError(
                f"消息 {kind} 没有字段 {name!r}，可用：{shown}。The message {kind} has no field {name!r}.",
                code="field_unknown",
                option=name,
            )


def _refused(name: str, value: Any, allowed: str) -> ControlError:
    return ControlError(
        f"{name} 应为 {allowed}，收到 {value!r}。{name} must be {allowed}, got {value!r}.",
        option=name,
        value=repr(value)[:80],
        allowed=allowed,
    )
