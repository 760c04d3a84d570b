"""A JSON object as a speech request, or one error that names the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...emotion.instructions import read_instructions
from ...emotion.parse import parse_emotion
from ...errors import ConfigError, ControlError, TextError, near_matches
from ...options import KNOBS, SynthesisOptions, make_options
from . import names
from .recordings import RECORDINGS, read_recordings
from .schema import AUDIO_FORMATS, FIELDS, STREAM_FORMATS, SUBTITLE_FORMATS, TIMESTAMPS

if TYPE_CHECKING:
    from ...text.lexicon import UserLexicon

#: Options that a request gives in another form than ``SynthesisOptions`` takes them.
_TRANSLATED = ("voice", "emotion", "format", *RECORDINGS)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What is to be said, how, and in which form the answer goes out.

    Attributes:
        text: what to say.
        options: how.
        response_format: one of ``AUDIO_FORMATS`` or ``SUBTITLE_FORMATS``.
        stream_format: ``audio`` or ``sse``.
        timestamps: one of ``TIMESTAMPS``.
        lexicon: readings for this text.
        warnings: what the caller should know of the request itself.
    """

    text: str
    options: SynthesisOptions
    response_format: str = "mp3"
    stream_format: str = "audio"
    timestamps: str = "none"
    lexicon: UserLexicon | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_subtitles(self) -> bool:
        """Whether subtitles are asked for instead of sound."""
        return self.response_format in SUBTITLE_FORMATS


def read_speech(body: Mapping[str, Any], *, max_characters: int) -> SpeechRequest:
    """The request; a field that is null counts as absent.

    Raises:
        ControlError: a field that is not known, or a value that is not allowed.
        TextError: no text, or too much.
        NotFoundError: another model.
        FeatureMissingError: something that this version cannot do.
    """
    refuse_unknown(body, FIELDS)
    given = {name: value for name, value in body.items() if value is not None}
    if "model" in given:
        names.check_model(given["model"])
    if "language" in given:
        names.check_language(given["language"])
    text = read_text(given.get("input"), max_characters)
    values = {name: value for name, value in given.items() if name in KNOBS and name not in _TRANSLATED}
    if "voice" in given:
        values["voice"] = read_voice(given["voice"])
    emotion = _emotion(given)
    if emotion is not None:
        values["emotion"] = emotion
    values.update({name: read_recordings(name, given[name]) for name in RECORDINGS if name in given})
    options, warnings = make_options(**values), tuple[str, ...]()
    if "instructions" in given:
        options, warnings = read_instructions(given["instructions"]).applied_to(options)
    parse_emotion(options.emotion, options.emotion_intensity)  # an unknown one is refused before any waiting
    request = SpeechRequest(
        text=text,
        options=options,
        response_format=choose("response_format", given, (*AUDIO_FORMATS, *SUBTITLE_FORMATS), "mp3"),
        stream_format=choose("stream_format", given, STREAM_FORMATS, "audio"),
        timestamps=choose("timestamps", given, TIMESTAMPS, "none"),
        lexicon=_lexicon(given.get("lexicon")),
        warnings=warnings,
    )
    if request.is_subtitles and (request.stream_format == "sse" or request.timestamps != "none"):
        raise ControlError(
            f"response_format={request.response_format} 只返回字幕，不能与 stream_format=sse 或 timestamps 同用。"
            "Subtitles alone cannot be combined with stream_format=sse or timestamps: ask for an audio format.",
            option="response_format",
            value=request.response_format,
        )
    return request


def refuse_unknown(body: Iterable[str], known: Iterable[str]) -> None:
    """Refuses fields that nobody reads.

    Raises:
        ControlError: names the field and what it may have meant.
    """
    names_known = tuple(known)
    for name in body:
        if name not in names_known:
            near = ["response_format"] if name == "format" else near_matches(name, names_known)
            raise ControlError(
                f"没有字段 {name!r}{'，是否指 ' + '、'.join(near) if near else ''}？可用：{'、'.join(names_known)}。"
                f"Unknown field {name!r}{'; did you mean ' + ', '.join(near) + '?' if near else '.'}",
                code="field_unknown",
                option=name,
                near=near,
            )


def read_text(value: Any, max_characters: int, name: str = "input") -> str:
    """A text to be spoken.

    Raises:
        TextError: not a text, nothing in it, or too long.
    """
    if not isinstance(value, str) or not value.strip():
        shown = "空 empty" if value is None or isinstance(value, str) else type(value).__name__
        raise TextError(
            f"{name} 应为要朗读的文字，收到 {shown}。{name} must be the text that is to be spoken.",
            code="text_empty",
            option=name,
            characters=0,
        )
    if len(value) > max_characters:
        raise TextError(
            f"{name} 有 {len(value)} 字，一次最多 {max_characters} 字，请分几次请求。"
            f"{name} has {len(value)} characters, this server takes {max_characters} at once: split it.",
            code="text_too_long",
            option=name,
            characters=len(value),
            allowed=max_characters,
        )
    return value


def read_voice(value: Any) -> str:
    """A voice by name or as ``{"id": name}``.

    Raises:
        ControlError: neither.
    """
    name = value.get("id") if isinstance(value, Mapping) and set(value) == {"id"} else value
    if not isinstance(name, str) or not name.strip():
        raise ControlError(
            f'voice 应为声音名或 {{"id": 名称}}，收到 {value!r}。voice must be a name or {{"id": name}}.',
            option="voice",
            value=repr(value),
        )
    return names.voice_name(name)


def choose(name: str, given: Mapping[str, Any], allowed: tuple[str, ...], default: str) -> str:
    """One of a few words.

    Raises:
        ControlError: another.
    """
    value = given.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise ControlError(
            f"{name} 应为以下之一：{'、'.join(allowed)}，收到 {value!r}。"
            f"{name} must be one of {', '.join(allowed)}, got {value!r}.",
            option=name,
            value=repr(value),
            allowed=", ".join(allowed),
        )
    return value


def _emotion(given: Mapping[str, Any]) -> Any:
    """The emotion in whichever form it was given, None without one."""
    if "emotion_vector" not in given:
        return given.get("emotion")
    vector = given["emotion_vector"]
    if "emotion" in given:
        raise ControlError(
            "emotion 与 emotion_vector 只能给一个。Give either emotion or emotion_vector, not both.",
            option="emotion_vector",
        )
    if not isinstance(vector, list):
        raise ControlError(
            f"emotion_vector 应为 8 个数的数组，收到 {vector!r}。emotion_vector must be a list of 8 numbers.",
            option="emotion_vector",
            value=repr(vector),
        )
    return vector


def _lexicon(readings: Any) -> UserLexicon | None:
    if readings is None:
        return None
    from ...text.lexicon import UserLexicon

    if not isinstance(readings, Mapping) or not all(isinstance(value, str) for value in readings.values()):
        raise ControlError(
            '读音表应为 {词: 读音}。lexicon must be an object of word -> reading, such as {"重庆": "chong2 qing4"}.',
            option="lexicon",
        )
    try:
        return UserLexicon.from_mapping(readings)
    except ConfigError as error:  # of a deployment elsewhere, of a request here
        raise ControlError(error.message, code="lexicon_invalid", option="lexicon") from error
