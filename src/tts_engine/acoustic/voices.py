"""Voices: style vectors from voice packs and own voices, mixes of them, their names and how loud each is.

A pack is a table with one style per length: row ``n - 1`` belongs to an utterance of ``n`` phonemes. The first half
of a style is the timbre (read by the decoder), the second the prosody (read by the predictors).
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tts_engine.errors import AssetDamagedError, AssetMissingError, ControlError, near_matches
from tts_engine.types import Style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.types import FloatArray

ROWS, WIDTH = 510, 256
REFERENCE_LUFS = -20.0
LANGUAGES = {
    "a": ("en-US", "美式英语"),
    "b": ("en-GB", "英式英语"),
    "e": ("es", "西班牙语"),
    "f": ("fr", "法语"),
    "h": ("hi", "印地语"),
    "i": ("it", "意大利语"),
    "j": ("ja", "日语"),
    "p": ("pt-BR", "葡萄牙语"),
    "z": ("zh", "普通话"),
}
GENDERS = {"f": ("female", "女"), "m": ("male", "男")}
MANDARIN = {
    "zf_xiaobei": "晓贝",
    "zf_xiaoni": "晓妮",
    "zf_xiaoxiao": "晓晓",
    "zf_xiaoyi": "晓伊",
    "zm_yunjian": "云健",
    "zm_yunxi": "云希",
    "zm_yunxia": "云夏",
    "zm_yunyang": "云扬",
}
OWN = "own:"  # starts the full name of a voice of the user's library
MIX_GRAMMAR = "name, or name:weight+name:weight with weights above 0, such as zf_xiaoxiao:0.7+zf_xiaoyi:0.3"
CACHED_PACKS = 8  # 0.5 MB each


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """What a voice is called and speaks.

    Attributes:
        name: stable identifier, ``zf_xiaoxiao``.
        zh: Chinese display name, ``晓晓（普通话，女）``.
        en: English display name, ``Xiaoxiao (zh, female)``.
        language: language of the speaker, BCP 47.
        gender: ``female``, ``male`` or ``unknown``.
        is_own: whether it comes from the user's own library.
    """

    name: str
    zh: str
    en: str
    language: str
    gender: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class OwnVoice:
    """One version of a voice of the user's library, as the engine needs it.

    Attributes:
        info: names; ``info.name`` is ``own:<id>``.
        version: of the style, made from its content.
        pack: (510, 256) float32.
        lufs: integrated loudness of the engine's output with it, LUFS.
        pitch_hz: median, 3rd and 97th percentile of its F0, Hz.
    """

    info: VoiceInfo
    version: str
    pack: FloatArray
    lufs: float
    pitch_hz: tuple[float, float, float]

    @property
    def full_name(self) -> str:
        """``own:<id>@<version>``: names the same sound for ever."""
        return f"{self.info.name}@{self.version}"


class OwnVoices(Protocol):
    """A library of own voices; it may change at any time and may be used from several threads."""

    def infos(self) -> tuple[VoiceInfo, ...]:
        """Every voice in its current version."""
        ...

    def names(self) -> tuple[str, ...]:
        """All that they may be called by, for "did you mean"."""
        ...

    def find(self, name: str) -> OwnVoice | None:
        """The voice of this id or display name, without ``own:``; ``@<version>`` picks a version."""
        ...


def describe(name: str) -> VoiceInfo:
    """Display names, language and gender, from the identifier: language letter, gender letter, ``_``, given name."""
    language, language_zh = LANGUAGES.get(name[:1], ("und", "未知语言"))
    gender, gender_zh = GENDERS.get(name[1:2], ("unknown", "未知"))
    given = name.partition("_")[2].capitalize() or name
    return VoiceInfo(
        name=name,
        zh=f"{MANDARIN.get(name, given)}（{language_zh}，{gender_zh}）",
        en=f"{given} ({language}, {gender})",
        language=language,
        gender=gender,
    )


def is_pack_name(name: str) -> bool:
    """Whether a name is formed like that of a pack: language letter, gender letter, ``_``."""
    return name[:1].lower() in LANGUAGES and name[1:2].lower() in GENDERS and name[2:3] == "_"


def parse_mix(spec: str) -> dict[str, float]:
    """Voice name -> weight, the weights adding up to 1; a name that occurs twice counts twice.

    Raises:
        ControlError: not the grammar of a voice or mix.
    """
    weights: dict[str, float] = {}
    for part in spec.split("+"):
        rest = part.strip()
        prefix = OWN if rest.startswith(OWN) else ""
        name, colon, number = (piece.strip() for piece in rest[len(prefix) :].partition(":"))
        name = prefix + name if name else ""
        try:
            weight = float(number) if colon else 1.0
        except ValueError:
            weight = math.nan
        if not name or not math.isfinite(weight) or weight <= 0:
            raise ControlError(
                f"voice {spec!r}: cannot read {part!r}; allowed is {MIX_GRAMMAR}",
                code="voice_invalid",
                option="voice",
                value=spec,
            )
        weights[name] = weights.get(name, 0.0) + weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


class VoiceStore:
    """The voice packs (``*.bin``, 510 x 256 float32) of one folder, and own voices beside them.

    Own voices are called ``own:小王`` or, where no pack is called so, just ``小王``. Safe to use from several threads.
    """

    def __init__(self, directory: Path, own: OwnVoices | None = None) -> None:
        """Reads the folder's listing only; packs are read when they are used.

        Raises:
            AssetMissingError: no folder, or no pack in it.
        """
        self._files = {file.stem: file for file in sorted(Path(directory).glob("*.bin"))}
        if not self._files:
            raise AssetMissingError(
                f"no voice packs (*.bin) in {directory}; fetch them with 'tts-engine models fetch'", path=str(directory)
            )
        self._own = own
        self._packs: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = Lock()

    def names(self) -> tuple[str, ...]:
        """Identifiers of the packs, Mandarin first, then by name, and of the own voices."""
        packs = tuple(sorted(self._files, key=lambda name: (not name.startswith("z"), name)))
        return packs + (tuple(info.name for info in self._own.infos()) if self._own else ())

    def pack_names(self) -> tuple[str, ...]:
        """Identifiers of the packs alone, by name."""
        return tuple(self._files)

    def info(self, name: str) -> VoiceInfo:
        """What a voice is called and speaks.

        Raises:
            ControlError: no such voice; lists near matches.
        """
        own = self._own_voice(name)
        if own is not None:
            return own.info
        self._known(name)
        return describe(name)

    def canonical(self, spec: str) -> str:
        """The voice or mix by full names: ``xiaoxiao`` and ``晓晓`` are ``zf_xiaoxiao``, own voices get their version.

        Raises:
            ControlError: not a voice or mix, or an unknown voice.
        """
        weights = parse_mix(spec)
        names = {name: self._full_name(name) for name in weights}
        for name in names.values():
            if not name.startswith(OWN):
                self._known(name)
        if len(weights) == 1:
            return next(iter(names.values()))
        return "+".join(f"{names[name]}:{weight!r}" for name, weight in weights.items())

    def _full_name(self, name: str) -> str:
        """The one voice whose given name or Chinese name this is; the name itself where there is none, or several."""
        if name in self._files:
            return name
        own = self._own_voice(name)
        if own is not None:
            return own.full_name
        found = [full for full in self._files if full.partition("_")[2] == name.lower() or MANDARIN.get(full) == name]
        return found[0] if len(found) == 1 else name

    def _own_voice(self, name: str) -> OwnVoice | None:
        """The own voice of this name; None where it is a pack's or nobody's.

        Raises:
            ControlError: it begins with ``own:`` and is nobody's.
        """
        if name in self._files or (self._own is None and not name.startswith(OWN)):
            return None
        voice = self._own.find(name.removeprefix(OWN)) if self._own else None
        if voice is None and name.startswith(OWN):
            known = tuple(OWN + one for one in self._own.names()) if self._own else ()
            near = near_matches(name, known)
            zh = f"是否指 {'、'.join(near)}？" if near else "用 tts-engine voice list 查看。"
            raise ControlError(
                f"没有自己的声音 {name!r}，{zh}Unknown own voice {name!r}; "
                + (f"did you mean {', '.join(near)}?" if near else "see tts-engine voice list."),
                code="voice_unknown",
                option="voice",
                value=name,
                near=near,
            )
        return voice

    def style(self, spec: str, n_phonemes: int) -> Style:
        """The style of a voice or mix for an utterance of so many phonemes (boundary pads not counted).

        Raises:
            ControlError: not a voice or mix, an unknown voice, or a length outside 1-510.
            AssetDamagedError: a pack of another size, or with values that are not finite.
        """
        if not 1 <= n_phonemes <= ROWS:
            raise ControlError(
                f"a style belongs to 1 to {ROWS} phonemes, got {n_phonemes}", option="n_phonemes", value=n_phonemes
            )
        row = self._blend(spec, slice(n_phonemes - 1, n_phonemes))[0]
        timbre, prosody = np.split(row, 2)
        return Style(timbre=timbre, prosody=prosody)

    def pack(self, spec: str) -> FloatArray:
        """(510, 256) float32, every row of a voice or mix.

        Raises:
            ControlError, AssetDamagedError: as ``style``.
        """
        return self._blend(spec, slice(None))

    def _blend(self, spec: str, rows: slice) -> FloatArray:
        total: NDArray[np.float64] | float = 0.0
        for name, weight in parse_mix(spec).items():
            own = self._own_voice(name)
            pack = own.pack if own is not None else self._pack(name)
            total = total + weight * pack[rows].astype(np.float64)
        return np.asarray(total, np.float32)

    def level_db(self, spec: str) -> float:
        """Gain in decibels that brings a voice to -20 LUFS, from the measured table.

        A mix gets the weighted mean of its voices' gains. Voices without a measurement get the mean of the table.

        Raises:
            ControlError: not a voice or mix, or an unknown voice.
        """
        levels = measured_lufs()
        mean = sum(levels.values()) / len(levels) if levels else REFERENCE_LUFS
        gain_db = 0.0
        for name, weight in parse_mix(spec).items():
            own = self._own_voice(name)
            if own is None:
                self._known(name)
            gain_db += weight * (REFERENCE_LUFS - (levels.get(name, mean) if own is None else own.lufs))
        return gain_db

    def own_pitch_hz(self, spec: str) -> dict[str, tuple[float, float, float]]:
        """Own voices of a mix -> median, 3rd and 97th percentile of their F0, Hz."""
        voices = {name: self._own_voice(name) for name in parse_mix(spec)}
        return {name: voice.pitch_hz for name, voice in voices.items() if voice is not None}

    def _known(self, name: str) -> Path:
        file = self._files.get(name)
        if file is None:
            near = near_matches(name, (*self._files, *(self._own.names() if self._own else ())))
            hint = f"did you mean {', '.join(near)}?" if near else f"known voices: {', '.join(self.names())}"
            raise ControlError(
                f"unknown voice {name!r}; {hint}", code="voice_unknown", option="voice", value=name, near=near
            )
        return file

    def _pack(self, name: str) -> FloatArray:
        with self._lock:
            if name in self._packs:
                self._packs.move_to_end(name)
                return self._packs[name]
        pack = _read_pack(self._known(name))
        with self._lock:
            self._packs[name] = pack
            while len(self._packs) > CACHED_PACKS:
                self._packs.popitem(last=False)
        return pack


def _read_pack(file: Path) -> FloatArray:
    """(510, 256) float32 of a pack file."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise AssetMissingError(f"cannot read the voice pack {file}: {error}", path=str(file)) from error
    if len(data) != ROWS * WIDTH * 4:
        raise AssetDamagedError(
            f"the voice pack {file} has {len(data)} bytes instead of {ROWS * WIDTH * 4}; "
            "repair it with 'tts-engine models verify'",
            path=str(file),
        )
    pack = np.frombuffer(data, "<f4").reshape(ROWS, WIDTH)
    if not np.isfinite(pack).all():
        raise AssetDamagedError(f"the voice pack {file} holds values that are not finite", path=str(file))
    return pack


def measured_lufs() -> dict[str, float]:
    """Voice name -> integrated loudness (ITU-R BS.1770) of the engine's output, LUFS; made by a script."""
    data = resources.files(__package__).joinpath("voice_levels.json").read_text(encoding="utf-8")
    levels: dict[str, float] = json.loads(data)["lufs"]
    return levels
