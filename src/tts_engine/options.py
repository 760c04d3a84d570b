"""Per-request knobs with their ranges: the one definition behind Python, CLI, HTTP, page and docs.

A knob is a field of ``SynthesisOptions`` whose ``Knob`` metadata says what it means, in Chinese and in English,
and which values are allowed. ``KNOBS`` lists them in order; the CLI, the HTTP schema and the page are built from it.
What this module does not know: which voices exist (``acoustic.voices`` does) and what an emotion sounds like.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import ControlError, near_matches
from .types import REFERENCE_ASPECTS, ReferenceStyle

if TYPE_CHECKING:
    #: A recording: the path of an audio file, its bytes, or what was heard in it already.
    Recording: TypeAlias = str | Path | bytes | ReferenceStyle

DEFAULT_VOICE = "zf_xiaoxiao"
NEUTRAL = "neutral"

FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "aac", "m4a")


@dataclass(frozen=True, slots=True)
class Knob:
    """What one option means and allows.

    Attributes:
        zh: label and explanation for people who read Chinese.
        en: the same in English.
        minimum: least allowed number, inclusive; None for options that are no numbers.
        maximum: greatest allowed number, inclusive.
        step: sensible step of a slider.
        unit: unit of the number, empty where it has none.
        choices: allowed values, empty where the range or another module decides.
        is_structured: whether a list of numbers or a mapping is taken too, which another module reads.
        is_recording: whether it is a recording. Only who owns the machine may name a path: not a client of a server.
        is_named: whether it is a mapping of names to such values.
    """

    zh: str
    en: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    is_structured: bool = False
    is_recording: bool = False
    is_named: bool = False


def _knob(default: Any, zh: str, en: str, **limits: Any) -> Any:
    return dataclasses.field(default=default, metadata={"knob": Knob(zh, en, **limits)})


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisOptions:
    """How one text is to be spoken.

    Raises:
        ControlError: on construction, for a value outside its range or of the wrong type; names the option, the
            value and what is allowed. Nothing is clamped.
    """

    voice: str = _knob(
        DEFAULT_VOICE,
        "声音：名称，或带权重的混合 zf_xiaoxiao:0.7+zf_xiaoyi:0.3",
        "voice name, or a weighted mix such as zf_xiaoxiao:0.7+zf_xiaoyi:0.3",
    )
    emotion: str | Sequence[float] | Mapping[str, Any] = _knob(
        NEUTRAL,
        "情感：名称（悲伤）、混合（悲伤 0.6 + 愤怒 0.3）、8 个数的向量，或 auto 由文字决定",
        "emotion: a name (sad), a blend (sad 0.6 + angry 0.3), a vector of 8 numbers, or auto to let the words decide",
        is_structured=True,
    )
    emotion_intensity: float | None = _knob(
        None,
        "情感强度，0 为中性，1 为最强；留空用该情感的默认强度",
        "intensity of the emotion, 0 is neutral, 1 is full; empty takes its default",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
    )
    emotion_reader: str = _knob(
        "words",
        "emotion=auto 时由谁判断情感：words 词句规则，model 语言模型（需配置 TTS_LLM_*）",
        "who reads the emotion for emotion=auto: words (rules), or model, a language model (needs TTS_LLM_*)",
        choices=("words", "model"),
    )
    context: str = _knob(
        "on",
        "上下文：按句子在段落中的位置与作用调整语气",
        "context: let the place and role of a sentence in its text shape how it is said",
        choices=("on", "off"),
    )
    ref_audio: Recording | None = _knob(  # noqa: RUF009
        None,
        "参考音频：照这段录音的说法来说",
        "reference recording: say the text the way it says its own",
        is_recording=True,
    )
    ref_neutral: Recording | None = _knob(  # noqa: RUF009
        None,
        "同一说话人的中性录音（可选），使参考更准",
        "neutral recording of the same speaker (optional): makes the reference more exact",
        is_recording=True,
    )
    ref_strength: float = _knob(
        1.0,
        "参考强度，0 为不参考，1 为完全照参考",
        "strength of the reference, 0 is not at all, 1 is as the recording",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
    )
    ref_aspects: str = _knob(
        ",".join(REFERENCE_ASPECTS[:-1]),
        "取参考的哪些方面，逗号分隔：melody 语调、rhythm 节奏、dynamics 强弱、quality 音质、timbre 音色",
        "aspects taken from the reference, separated by commas: melody, rhythm, dynamics, quality, timbre",
    )
    ref_consent: str | None = _knob(
        None,
        "取音色（timbre）须写明：谁同意用其声音做什么",
        "needed for the aspect timbre: who consents to what being done with the voice",
    )
    references: Mapping[str, Recording] | None = _knob(
        None,
        "文中 [ref:名称] 用的参考音频，名称=文件",
        "recordings for tags such as [ref:NAME] in the text, NAME=FILE",
        is_recording=True,
        is_named=True,
    )
    speed: float = _knob(
        1.0,
        "语速，1 为正常，越大越快",
        "speaking rate, 1 is normal, higher is faster",
        minimum=0.25,
        maximum=4.0,
        step=0.05,
    )
    pitch_shift_st: float = _knob(
        0.0, "音高（半音）", "pitch shift in semitones", minimum=-12.0, maximum=12.0, step=0.5, unit="st"
    )
    volume_db: float = _knob(0.0, "音量（分贝）", "gain in decibels", minimum=-40.0, maximum=20.0, step=0.5, unit="dB")
    pause_scale: float = _knob(1.0, "停顿长度倍数", "factor on every pause", minimum=0.0, maximum=5.0, step=0.1)
    loudness_lufs: float | None = _knob(
        None,
        "整段响度目标（LUFS），例如播客 -16；留空为每个声音的标准响度",
        "programme loudness target, e.g. -16 for podcasts; empty leaves the calibrated level of the voice",
        minimum=-40.0,
        maximum=-9.0,
        step=0.5,
        unit="LUFS",
    )
    seed: int = _knob(0, "随机种子", "random seed", minimum=0, maximum=2**32 - 1, step=1)
    format: str = _knob("wav", "音频格式", "audio format", choices=FORMATS)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check(field.name, getattr(self, field.name))
        if "timbre" in parse_aspects(self.ref_aspects) and self.ref_consent is None:
            raise ControlError(
                "取参考音频的音色（timbre）需要 ref_consent：写明谁同意用其声音做什么；或从 ref_aspects 去掉 timbre。"
                "Taking timbre from a reference needs ref_consent, which says who consents to what; or leave timbre"
                " out of ref_aspects.",
                code="consent_missing",
                option="ref_consent",
                value=self.ref_aspects,
            )


KNOBS: dict[str, Knob] = {field.name: field.metadata["knob"] for field in dataclasses.fields(SynthesisOptions)}
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(SynthesisOptions)}


def check(name: str, value: Any) -> None:
    """Accepts a value for an option or raises a ``ControlError`` that says what is allowed."""
    knob, default = KNOBS[name], _DEFAULTS[name]
    if value is None and default is None:
        return
    if name == "ref_aspects":
        parse_aspects(value)
        return
    if knob.minimum is not None and knob.maximum is not None:
        whole = isinstance(default, int)
        limits = f"{knob.minimum:.12g} to {knob.maximum:.12g} {knob.unit}".rstrip()
        allowed = f"{'a whole number' if whole else 'a number'} from {limits}"
        allowed_zh = f"{'整数' if whole else '数'} {limits.replace(' to ', '–')}"
        is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        is_allowed = is_number and math.isfinite(value) and knob.minimum <= value <= knob.maximum
    elif knob.choices:
        allowed, allowed_zh = "one of " + ", ".join(knob.choices), "以下之一：" + "、".join(knob.choices)
        is_allowed = value in knob.choices
    elif knob.is_recording:
        allowed = "the path of an audio file, its bytes or a ReferenceStyle"
        allowed_zh = "音频文件的路径、音频内容（bytes）或 ReferenceStyle"
        is_allowed = _is_recording(value)
        if knob.is_named:
            allowed, allowed_zh = f"a mapping of names to {allowed}", f"名称到{allowed_zh}的映射"
            is_allowed = isinstance(value, Mapping) and all(
                isinstance(key, str) and key.strip() and _is_recording(item) for key, item in value.items()
            )
    else:
        allowed, allowed_zh = "a non-empty string", "非空文字"
        is_allowed = isinstance(value, str) and bool(value.strip())
        if knob.is_structured:
            allowed, allowed_zh = f"{allowed}, a list of numbers or a mapping", f"{allowed_zh}、数列或映射"
            is_allowed = is_allowed or _is_structure(value)
    if not is_allowed:
        raise ControlError(
            f"{name} 应为{allowed_zh}，收到 {value!r}。{name} must be {allowed}, got {value!r}.",
            option=name,
            value=repr(value),
            allowed=allowed,
        )


def parse_aspects(value: str) -> frozenset[str]:
    """The aspects of a comma-separated list.

    Raises:
        ControlError: nothing named, or a name that is no aspect; lists near matches.
    """
    names = [name.strip().lower() for name in value.replace("，", ",").split(",")] if isinstance(value, str) else []
    unknown = [name for name in names if name not in REFERENCE_ASPECTS]
    if not names or unknown:
        near = near_matches(unknown[0], REFERENCE_ASPECTS) if unknown and unknown[0] else []
        raise ControlError(
            f"ref_aspects 应为以下之一或几个，逗号分隔：{'、'.join(REFERENCE_ASPECTS)}，收到 {value!r}。"
            f"ref_aspects must be one or more of {', '.join(REFERENCE_ASPECTS)}, separated by commas, got {value!r}"
            f"{'; did you mean ' + ', '.join(near) + '?' if near else '.'}",
            option="ref_aspects",
            value=repr(value),
            allowed=", ".join(REFERENCE_ASPECTS),
            near=near,
        )
    return frozenset(names)


def _is_recording(value: Any) -> bool:
    return isinstance(value, (Path, ReferenceStyle)) or (
        bool(value.strip()) if isinstance(value, str) else isinstance(value, bytes)
    )


def _is_structure(value: Any) -> bool:
    return isinstance(value, (Sequence, Mapping)) and not isinstance(value, (str, bytes))


def make_options(**values: Any) -> SynthesisOptions:
    """Options from loose keyword values; an unknown name is an error that lists near matches.

    Raises:
        ControlError: unknown option or value not allowed.
    """
    for name in values:
        if name not in KNOBS:
            near = near_matches(name, KNOBS)
            raise ControlError(
                f"没有选项 {name!r}{'，是否指 ' + '、'.join(near) if near else ''}？可用：{'、'.join(KNOBS)}。"
                f"Unknown option {name!r}{'; did you mean ' + ', '.join(near) + '?' if near else '.'}",
                code="option_unknown",
                option=name,
                near=near,
            )
    return SynthesisOptions(**values)
