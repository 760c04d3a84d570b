"""What a speech request may hold, as one table for the reader, its error messages and the OpenAPI document."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...options import KNOBS, Knob, SynthesisOptions
from .names import LANGUAGES, MODEL, MODEL_ALIASES, VOICE_ALIASES
from .recordings import RECORDINGS

AUDIO_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm", "ogg")
SUBTITLE_FORMATS = ("srt", "vtt", "lrc")
STREAM_FORMATS = ("audio", "sse")
TIMESTAMPS = ("none", "sentence", "word", "character")

_DEFAULTS = {field.name: field.default for field in dataclasses.fields(SynthesisOptions)}


def _field(zh: str, en: str, **schema: Any) -> dict[str, Any]:
    return {"description": f"{zh} · {en}", **schema}


def _of_knob(name: str, knob: Knob) -> dict[str, Any]:
    """A knob of ``SynthesisOptions`` as JSON schema."""
    default = _DEFAULTS[name]
    schema: dict[str, Any] = {}
    if knob.minimum is not None:
        kind = "integer" if isinstance(default, int) else "number"
        schema = {"type": kind, "minimum": knob.minimum, "maximum": knob.maximum}
    elif knob.choices:
        schema = {"type": "string", "enum": list(knob.choices)}
    elif knob.is_structured:
        schema = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}, {"type": "object"}]}
    else:
        schema = {"type": "string"}
    if default is not None:
        schema["default"] = default
    return _field(knob.zh, knob.en, **schema)


def _voice() -> dict[str, Any]:
    names = ", ".join(f"{alias} = {name}" for alias, name in VOICE_ALIASES.items())
    knob = KNOBS["voice"]
    return _field(
        f"{knob.zh}，或 OpenAI 的声音名",
        f"{knob.en}; or one of OpenAI's names ({names}); or an object with the id of a voice",
        anyOf=[
            {"type": "string"},
            {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        ],
        default=_DEFAULTS["voice"],
    )


#: Field -> JSON schema, in the order of the documentation.
FIELDS: dict[str, dict[str, Any]] = {
    "model": _field(
        "模型", f"the model: {MODEL}; also {', '.join(MODEL_ALIASES)}", type="string", default=MODEL, examples=["tts-1"]
    ),
    "input": _field("要朗读的文字，可带标记或 SSML", "what to say, with markup or SSML where wanted", type="string"),
    "voice": _voice(),
    "instructions": _field(
        "用一句话说明语气，例如“温柔一点，慢慢说”",
        "how to say it in plain words, such as 'gently, a little slower'",
        type="string",
    ),
    "response_format": _field(
        "音频格式；srt、vtt、lrc 只返回字幕",
        "audio format; srt, vtt and lrc give the subtitles alone",
        type="string",
        enum=[*AUDIO_FORMATS, *SUBTITLE_FORMATS],
        default="mp3",
    ),
    "stream_format": _field(
        "audio 为音频本身，sse 为事件流",
        "audio is the sound itself, sse is server-sent events",
        type="string",
        enum=list(STREAM_FORMATS),
        default="audio",
    ),
    "timestamps": _field(
        "时间戳粒度；none 以外时返回 JSON（音频为 base64），或随 SSE 事件发出",
        "how finely times are given; other than none answers with JSON (audio in base64), or adds events to sse",
        type="string",
        enum=list(TIMESTAMPS),
        default="none",
    ),
    "language": _field(
        "语言；中英文逐词自动识别",
        "Chinese and English are told apart word by word",
        type="string",
        default="auto",
        enum=list(LANGUAGES),
    ),
    "emotion_vector": _field(
        "8 维情感向量：喜怒哀惧厌恶低落惊喜平静",
        "8 weights: happy angry sad afraid disgusted melancholic surprised calm",
        type="array",
        items={"type": "number", "minimum": 0, "maximum": 1},
        minItems=8,
        maxItems=8,
    ),
    "lexicon": _field(
        "自定读音：词 -> 拼音",
        "readings for this text: word -> pinyin, other words, or /phonemes/",
        type="object",
        additionalProperties={"type": "string"},
    ),
    **{name: _of_knob(name, knob) for name, knob in KNOBS.items() if name not in ("voice", "format", *RECORDINGS)},
    **{
        name: _field(f"{KNOBS[name].zh}；base64，不接受路径", f"{KNOBS[name].en}; base64, never a path", **shape)
        for name, shape in RECORDINGS.items()
    },
}

EXAMPLES = {
    "openai": {
        "summary": "As OpenAI's clients send it",
        "value": {"model": "tts-1", "input": "欢迎收听今日新闻。", "voice": "alloy"},
    },
    "emotion": {
        "summary": "With emotion and a seed",
        "value": {
            "model": MODEL,
            "input": "你终于回来了！",
            "voice": "zf_xiaoxiao",
            "response_format": "wav",
            "emotion": "喜悦",
            "emotion_intensity": 0.8,
            "seed": 7,
        },
    },
    "events": {
        "summary": "As server-sent events with times of words",
        "value": {
            "model": MODEL,
            "input": "第一句。第二句。",
            "stream_format": "sse",
            "response_format": "pcm",
            "timestamps": "word",
        },
    },
}


def speech_schema() -> dict[str, Any]:
    """The JSON schema of a speech request."""
    return {"type": "object", "required": ["input"], "additionalProperties": False, "properties": FIELDS}


def json_body(schema: dict[str, Any], examples: dict[str, Any] | None = None) -> dict[str, Any]:
    """A ``requestBody`` of the OpenAPI document."""
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = examples
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
                "details": {"type": "object"},
            },
        }
    },
}


PREFER: dict[str, Any] = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "最多等待几秒 · `wait=10`: seconds within which every sentence must get its turn, or 504 (RFC 7240)",
    "schema": {"type": "string"},
    "example": "wait=10",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of the OpenAPI document for these statuses."""
    words = {
        400: "The request is wrong; the message names the field and what is allowed",
        401: "No key, or a wrong one; asked for as soon as the server is reachable from elsewhere",
        404: "No such thing",
        413: "More than this server takes at once",
        429: "Too much at once; Retry-After says when to come back",
        500: "The engine failed",
        501: "Not in this version or installation",
        503: "The model is not ready, or the server is going down",
        504: "No turn at the engine came within the time that the request or the server allows",
    }
    content = {"application/json": {"schema": ERROR_SCHEMA}}
    return {status: {"description": words[status], "content": content} for status in statuses}
