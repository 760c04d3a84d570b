"""Any request for an emotion -> ``Emotion``: the one function behind every entrance.

    悲伤 | sad | (angry) | [whispers] | disgruntled        a name of the vocabulary or of another system
    非常开心 | slightly sad                                with a degree
    悲伤 0.6 + 愤怒 0.3 | sad:0.6,angry:0.3 | 悲伤+温柔     a blend
    [0, 0, 0.6, 0.3, 0, 0, 0, 0]                           a vector in the order of IndexTTS-2, also as text
    {"sad": 0.6, "angry": 0.3}                             amounts by name
    {"emotion": "sad", "intensity": 0.5}                   a name with its intensity
    {"vector": [...], "styles": {...}, "intensity": 0.5}   the internal form as plain data
    auto                                                   what the words themselves carry

The internal form has one scale: the weights of ``vector`` and ``styles`` sum to 1 and say what is mixed, ``intensity``
says how much of it. Amounts in a request (0.6) are absolute: their sum, at most 1, is the intensity. An intensity given
beside them multiplies, so that equal numbers sound equal through every entrance.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import ControlError
from ..types import Emotion
from .vocabulary import AUTO, AXES, EXCLUSIVE, NEUTRAL, STYLE_VECTORS, chinese, find_blend, find_label, is_auto
from .vocabulary import is_emotion as is_name

#: Intensity of a name that comes without one (Azure's styledegree 1).
DEFAULT_INTENSITY = 0.8

_DEGREES = {
    "一丝": 0.25, "略带": 0.35, "略微": 0.35, "有些": 0.45, "有点": 0.4, "稍微": 0.35, "微微": 0.35, "比较": 0.6,
    "很": 0.8, "十分": 0.9, "特别": 0.95, "非常": 1.0, "极其": 1.0, "极度": 1.0, "万分": 1.0, "超级": 1.0,
    "slightly ": 0.35, "a bit ": 0.4, "a little ": 0.4, "somewhat ": 0.5, "very ": 1.0, "extremely ": 1.0,
}  # fmt: skip
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?nan|[+-]?inf(?:inity)?"
_PART = re.compile(
    rf"^(?P<name>.*?)[\s:：=×*]*(?P<amount>{_NUMBER})?\s*(?P<percent>[%％])?$", re.IGNORECASE | re.DOTALL
)
_LEADING = re.compile(rf"^(?P<amount>{_NUMBER})\s*(?P<percent>[%％])?\s*[×*]?\s*(?P<name>\D+)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[+＋,，;；、&|]\s*")
_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】", "「": "」", "<": ">"}
_REQUEST_KEYS = ("emotion", "vector", "styles", "intensity")


def parse_emotion(
    value: str | Sequence[float] | Mapping[str, Any] | Emotion, intensity: float | None = None
) -> Emotion:
    """The emotion that a request means, in the internal form.

    Args:
        value: a name, a blend, a vector of 8 numbers, amounts by name, or an ``Emotion``.
        intensity: 0-1, multiplied with the amounts of the request; None means ``DEFAULT_INTENSITY`` for a bare name
            and 1 where the request has amounts of its own.

    Raises:
        ControlError: unknown name (``emotion_unknown``), malformed, out of range, all zeros (``emotion_invalid``),
            contradictory (``emotion_contradictory``), or an intensity outside 0-1 (``intensity_invalid``).
    """
    checked = None if intensity is None else check_intensity(intensity)
    if isinstance(value, Emotion):
        return _scaled(value, checked)
    if isinstance(value, str):
        return _from_text(value, checked)
    if isinstance(value, Mapping):
        return _from_mapping(value, checked)
    if (isinstance(value, Sequence) and not isinstance(value, bytes)) or hasattr(value, "tolist"):
        return _from_vector(value, checked)
    raise _invalid(
        value,
        f"情感应为名称、混合、{len(AXES)} 个数或映射，收到 {value!r}。"
        f"An emotion must be a name, a blend, {len(AXES)} numbers or a mapping, got {value!r}.",
    )


def check_intensity(intensity: Any) -> float:
    """The intensity as a float.

    Raises:
        ControlError: not a number from 0 to 1 (``intensity_invalid``).
    """
    is_number = isinstance(intensity, (int, float)) and not isinstance(intensity, bool)
    if not is_number or not math.isfinite(intensity) or not 0.0 <= intensity <= 1.0:
        raise ControlError(
            f"情感强度应为 0（中性）到 1（最强）的数，收到 {intensity!r}。"
            f"The intensity must be a number from 0 (neutral) to 1 (full), got {intensity!r}.",
            code="intensity_invalid",
            option="intensity",
            value=repr(intensity),
            allowed="0-1",
        )
    return float(intensity)


def intensity_of_styledegree(degree: float) -> float:
    """Our intensity for Azure's ``styledegree``: 1 is our default, 2 is full.

    Raises:
        ControlError: not a number from 0.01 to 2 (``intensity_invalid``).
    """
    is_number = isinstance(degree, (int, float)) and not isinstance(degree, bool)
    if not is_number or not 0.01 <= degree <= 2.0:
        raise ControlError(
            f"styledegree 应为 0.01 到 2 的数，收到 {degree!r}。"
            f"styledegree must be a number from 0.01 to 2, got {degree!r}.",
            code="intensity_invalid",
            option="styledegree",
            value=repr(degree),
            allowed="0.01-2",
        )
    return DEFAULT_INTENSITY * min(degree, 1.0) + (1.0 - DEFAULT_INTENSITY) * max(degree - 1.0, 0.0)


def make_emotion(amounts: Mapping[str, float], intensity: float | None = None) -> Emotion:
    """The emotion of amounts by stable identifier: weights that sum to 1; intensity as given, or the sum, at most 1."""
    total = math.fsum(amounts.values())
    if total <= 0.0:
        return Emotion(intensity=0.0)
    vector = tuple(amounts.get(axis, 0.0) / total for axis in AXES)
    styles = tuple((name, amount / total) for name, amount in sorted(amounts.items()) if name not in AXES and amount)
    return Emotion(vector, styles, round(min(1.0, total) if intensity is None else intensity, 9))


def amounts_of(emotion: Emotion) -> dict[str, float]:
    """Weight per stable identifier, without those that are zero; the inverse of ``make_emotion`` up to intensity."""
    weights = dict(zip(AXES, emotion.vector, strict=True)) | dict(emotion.styles)
    return {name: weight for name, weight in weights.items() if weight > 0.0}


def asks_for_auto(emotion: Emotion) -> bool:
    """Whether the request is ``auto``: the words decide, ``intensity`` scales what they say."""
    return any(name == AUTO for name, _ in emotion.styles)


def describe(emotion: Emotion, language: str = "zh") -> str:
    """A request that means this emotion (``悲伤 0.53 + 愤怒 0.27``), for people and logs."""
    if emotion.is_neutral:
        return chinese(NEUTRAL) if language == "zh" else NEUTRAL
    weights = sorted(amounts_of(emotion).items(), key=lambda item: -item[1])
    parts = (f"{chinese(n) if language == 'zh' else n} {w * emotion.intensity:.2f}" for n, w in weights if w >= 0.005)
    return " + ".join(parts)


def to_vector(emotion: Emotion) -> tuple[float, ...]:
    """The 8 amounts, intensity included, for engines that know only the axes; styles count as what they come near."""
    amounts = dict.fromkeys(AXES, 0.0)
    for name, weight in amounts_of(emotion).items():
        for axis, share in ({name: 1.0} if name in AXES else STYLE_VECTORS.get(name, {})).items():
            amounts[axis] += weight * share * emotion.intensity
    return tuple(min(1.0, amount) for amount in amounts.values())


def _from_text(text: str, intensity: float | None) -> Emotion:
    stripped = _unwrap(text)
    if not stripped:
        raise _invalid(
            text,
            f"情感不能为空，收到 {text!r}；不要情感请写 neutral。"
            f"An emotion must not be empty, got {text!r}: say 'neutral' for none.",
        )
    if is_auto(stripped):
        return Emotion(styles=((AUTO, 1.0),), intensity=1.0 if intensity is None else intensity)
    if is_name(stripped):
        return _from_names([(stripped, None)], intensity)
    vector = _vector_in(text)
    if vector is not None:
        return _from_vector(vector, intensity)
    return _from_names([_part(part, text) for part in _SEPARATOR.split(stripped)], intensity)


def _unwrap(text: str) -> str:
    """``[whispers]`` and ``(angry)`` without their brackets."""
    stripped = text.strip()
    while len(stripped) > 1 and _BRACKETS.get(stripped[0]) == stripped[-1]:
        stripped = stripped[1:-1].strip()
    return stripped


def _vector_in(text: str) -> list[float] | None:
    """The numbers of a text that holds nothing but numbers, or None."""
    fields = [field for field in re.split(r"[\s,，;；]+", _unwrap(text)) if field]
    try:
        return [float(field) for field in fields]
    except ValueError:
        return None


def _part(part: str, whole: str) -> tuple[str, float | None]:
    """``悲伤 0.6`` or ``0.6 悲伤`` -> name and amount; ``非常开心`` -> name and the degree's amount."""
    match = _PART.match(part) if is_name(part) or not _LEADING.match(part) else _LEADING.match(part)
    name = match["name"].strip() if match else ""
    if not name:
        raise _invalid(
            whole,
            f"看不懂情感 {whole!r} 中的 {part!r}；混合请写成“悲伤 0.6 + 愤怒 0.3”或 sad:0.6。"
            f"{part!r} in the emotion {whole!r} cannot be read: give a blend as '悲伤 0.6 + 愤怒 0.3' or 'sad:0.6'.",
        )
    if match is not None and match["amount"] is not None:
        return name, float(match["amount"]) / (100.0 if match["percent"] else 1.0)
    if not is_name(name):
        for degree, amount in _DEGREES.items():
            if name.casefold().startswith(degree) and is_name(name[len(degree) :].removesuffix("的")):
                return name[len(degree) :].removesuffix("的"), amount
    return name, None


def _from_names(parts: Iterable[tuple[str, float | None]], intensity: float | None) -> Emotion:
    """The blend of named parts; amounts for all of them or for none."""
    given = list(parts)
    with_amount = [amount for _, amount in given if amount is not None]
    if with_amount and len(with_amount) < len(given):
        bare = next(name for name, amount in given if amount is None)
        raise _invalid(
            bare,
            f"{bare!r} 没有写份量，而混合的其他部分写了；请每部分都写。"
            f"{bare!r} has no amount while other parts of the blend have one: give one to each part.",
        )
    amounts: dict[str, float] = {}
    for name, amount in given:
        share = _check_amount(name, 1.0 if amount is None else amount)
        for target, part in _expand(name).items():
            if len(given) > 1 and target in (NEUTRAL, AUTO):
                raise _contradiction(
                    f"{name!r} 不能与别的情感混合，请单独使用。"
                    f"{name!r} cannot be blended with another emotion: ask for it alone.",
                    name,
                )
            if target in amounts and find_blend(name) is None:
                raise _contradiction(
                    f"{name!r}（{chinese(target)}）写了两次，请只给一个份量。"
                    f"{name!r} is asked for twice: give one amount.",
                    name,
                )
            amounts[target] = amounts.get(target, 0.0) + share * part
    _check_exclusive(amounts)
    if NEUTRAL in amounts:
        return Emotion(intensity=0.0)
    if not any(amounts.values()):
        raise _invalid(
            given,
            "情感的份量全为零，等于没有说；不要情感请写 neutral。"
            "An emotion whose amounts are all zero says nothing: give one an amount, or say 'neutral' for none.",
        )
    if not with_amount:
        return make_emotion(amounts, DEFAULT_INTENSITY if intensity is None else intensity)
    return make_emotion(amounts, min(1.0, math.fsum(amounts.values())) * (1.0 if intensity is None else intensity))


def _expand(name: str) -> dict[str, float]:
    """Stable identifiers behind a name, with weights that sum to 1."""
    if is_auto(name):
        return {AUTO: 1.0}
    blend = find_blend(name)
    if blend is None:
        return {find_label(name).name: 1.0}
    parts = [_part(part, blend) for part in _SEPARATOR.split(blend)]
    total = math.fsum(amount or 0.0 for _, amount in parts)
    return {find_label(part).name: (amount or 0.0) / total for part, amount in parts}


def _from_vector(value: Any, intensity: float | None) -> Emotion:
    """The emotion of 8 amounts in the order of ``AXES``."""
    numbers = _numbers_of(value)
    amounts = {axis: _check_amount(axis, number) for axis, number in zip(AXES, numbers, strict=True)}
    if not any(amounts.values()):
        raise _invalid(
            value,
            "情感向量全为零，等于没有说；请给其中一项份量，或写 neutral。"
            "An emotion vector of zeros says nothing: give one of the 8 an amount, or say 'neutral' for none.",
        )
    return make_emotion(amounts, min(1.0, math.fsum(amounts.values())) * (1.0 if intensity is None else intensity))


def _from_mapping(value: Mapping[str, Any], intensity: float | None) -> Emotion:
    if not value:
        raise _invalid(
            value,
            "情感不能是空的映射；不要情感请写 neutral。"
            "An emotion must not be an empty mapping: say 'neutral' for none.",
        )
    if not any(key in value for key in _REQUEST_KEYS):
        if any(not isinstance(key, str) for key in value):
            raise _invalid(
                value,
                f"情感映射的键应为情感名，收到 {list(value)!r}。"
                f"The keys of an emotion mapping must be names of emotions, got {list(value)!r}.",
            )
        return _from_names([(name, _check_amount(name, amount)) for name, amount in value.items()], intensity)
    stray = [key for key in value if key not in _REQUEST_KEYS]
    if stray:
        raise _invalid(
            value,
            f"情感中有不认识的键 {stray[0]!r}，可用：{'、'.join(_REQUEST_KEYS)} 或情感名。"
            f"Unknown key {stray[0]!r} in the emotion; allowed: {', '.join(_REQUEST_KEYS)}, or names.",
        )
    inner = value.get("intensity")
    if inner is not None:
        intensity = check_intensity(inner) * (1.0 if intensity is None else intensity)
    has_name, has_weights = value.get("emotion") is not None, any(value.get(key) for key in ("vector", "styles"))
    if has_name and has_weights:
        raise _contradiction(
            "情感同时用名称和向量（或语气）给出，请只用一种。"
            "An emotion is given both by name and by vector or styles: give one of them.",
            value,
        )
    if has_name:
        return parse_emotion(value["emotion"], intensity)
    if not has_weights:
        raise _invalid(
            value,
            f"情感 {dict(value)!r} 什么也没有指定；请给 emotion、vector 或 styles。"
            f"The emotion {dict(value)!r} names nothing: give 'emotion', 'vector' or 'styles'.",
        )
    named: dict[str, Any] = {}
    if value.get("vector") is not None:
        numbers = _numbers_of(value["vector"])
        if not value.get("styles"):
            return _from_vector(numbers, intensity)
        named = {axis: number for axis, number in zip(AXES, numbers, strict=True) if number}
    styles = value.get("styles") or {}
    if not isinstance(styles, Mapping):
        raise _invalid(
            styles, f"styles 应把语气名对应到份量，收到 {styles!r}。'styles' must map names to amounts, got {styles!r}."
        )
    return _from_names(
        [(name, _check_amount(name, amount)) for name, amount in [*named.items(), *styles.items()]], intensity
    )


def _numbers_of(value: Any) -> list[Any]:
    """The entries of a vector, 8 of them."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    order = ", ".join(AXES)
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise _invalid(
            value,
            f"情感向量应为 {len(AXES)} 个数的列表（{order}），收到 {value!r}。"
            f"An emotion vector must be a list of {len(AXES)} numbers, got {value!r}.",
        )
    if len(value) != len(AXES):
        raise _invalid(
            value,
            f"情感向量应有 {len(AXES)} 个数（{order}），收到 {len(value)} 个。"
            f"An emotion vector must have {len(AXES)} numbers, got {len(value)}.",
        )
    return list(value)


def _check_amount(name: str, amount: Any) -> float:
    is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
    if not is_number or not math.isfinite(amount) or not 0.0 <= amount <= 1.0:
        raise _invalid(
            amount,
            f"{name!r} 的份量应为 0 到 1 的数，收到 {amount!r}。"
            f"The amount of {name!r} must be a number from 0 to 1, got {amount!r}.",
        )
    return float(amount)


def _check_exclusive(amounts: Mapping[str, float]) -> None:
    for first, second in EXCLUSIVE:
        if amounts.get(first) and amounts.get(second):
            raise _contradiction(
                f"{chinese(first)}（{first}）与{chinese(second)}（{second}）互相矛盾，请选一个。"
                f"{first} and {second} exclude each other: choose one.",
                f"{first}+{second}",
            )


def _scaled(emotion: Emotion, intensity: float | None) -> Emotion:
    if intensity is None or emotion.is_neutral:
        return emotion
    return Emotion(emotion.vector, emotion.styles, emotion.intensity * intensity)


def _invalid(value: Any, message: str) -> ControlError:
    return ControlError(message, code="emotion_invalid", option="emotion", value=_plain(value))


def _contradiction(message: str, value: Any) -> ControlError:
    return ControlError(message, code="emotion_contradictory", option="emotion", value=_plain(value))


def _plain(value: Any) -> str:
    """The value as short text, whatever it is."""
    try:
        return json.dumps(value, ensure_ascii=False)[:200]
    except (TypeError, ValueError):
        return repr(value)[:200]
