"""The acoustic engine: phonemes and two style halves in, editable prosody between, waveform out.

    encode(phonemes, prosody style)      -> Encoding   durations as predicted
    predict(encoding, durations)         -> Prosody    F0 and energy for these durations
    render(encoding, prosody, timbre)    -> waveform   exactly what the curves say

Nothing here knows text, emotion or voices. Values are checked where they enter: a wrong one is a ``ControlError``
that says what is allowed, and a result that is not finite is a ``SynthesisError``, never audio.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tts_engine.acoustic import recover
from tts_engine.acoustic.config import ModelConfig
from tts_engine.acoustic.device import CPU, Device
from tts_engine.acoustic.precision import FLOAT32
from tts_engine.acoustic.profile import PLAIN, Profile, packaged
from tts_engine.acoustic.runtime import CARD_FAILED, Curves, Runtime
from tts_engine.errors import AssetDamagedError, ControlError, FeatureMissingError, SynthesisError, TextError
from tts_engine.memory import give_back_memory
from tts_engine.types import Prosody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tts_engine.acoustic.fast.weights import FastWeights
    from tts_engine.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Encoding:
    """What stage A knows about an utterance.

    Attributes:
        phonemes: the tokens, one character each.
        durations: (n_phonemes + 2,) float32, predicted frames per token, boundary pads included.
        prosody: (n_phonemes + 2, hidden + style) float32, read by stage B.
        text: (n_phonemes + 2, hidden) float32, read by stage C.
        style: (style,) float32, the prosody style that it was made with.
    """

    phonemes: str
    durations: FloatArray
    prosody: FloatArray
    text: FloatArray
    style: FloatArray

    def rounded_durations(self) -> IntArray:
        """(n_phonemes + 2,) whole frames as the network was trained to use them, at least one each."""
        return np.maximum(np.rint(self.durations), 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Rendering:
    """An utterance made ready for the decoder, to be rendered whole or in windows.

    The full decoder normalises over an utterance: exactly, where it is short and rendered whole. Parts and longer ones
    are normalised with an estimate of what the whole has: a little unlike it, but they fit each other sample for
    sample, and windows take little memory and half the time. The fast decoder's parts are the whole's.

    Attributes:
        runtime: that renders it.
        curves: what is rendered.
        made: by the runtime, for the whole of it.
    """

    runtime: Runtime
    curves: Curves
    made: Any

    @property
    def frames(self) -> int:
        """Length of the whole."""
        return len(self.curves.rows)

    @property
    def joins(self) -> bool:
        """Whether its parts fit each other without a seam; where not, it is better rendered whole."""
        return self.runtime.joins

    def part(self, begin: int, end: int, between: Callable[[], None] = lambda: None) -> FloatArray:
        """The waveform of the frames from ``begin`` to ``end``: ((end - begin) * frame_hop,) float32.

        Args:
            begin: first frame.
            end: frame behind the last one.
            between: called between two windows, about every second of audio.

        Raises:
            ControlError: not a stretch of the utterance.
            SynthesisError: the network's output is not finite.
        """
        if not 0 <= begin < end <= self.frames:
            raise ControlError(
                f"a part must lie in frames 0 to {self.frames}, got {begin} to {end}", option="part", value=[begin, end]
            )
        rendered = []
        for number, (first, last) in enumerate(self.runtime.windows(self.curves, begin, end)):
            if number:
                between()
            rendered.append(self.runtime.decode(self.curves, self.made, first, last))
        return np.concatenate(rendered) if len(rendered) > 1 else rendered[0]


class AcousticEngine:
    """The network on one runtime. Safe to call from several threads; they share one set of weights."""

    def __init__(
        self,
        config: ModelConfig,
        parameters: Mapping[str, FloatArray],
        *,
        threads: int | None = None,
        device: Device = CPU,
        profile: Profile = PLAIN,
    ) -> None:
        """An engine from float parameters; ``load`` is the usual way.

        Args:
            config: describes the parameters.
            parameters: name -> float32 array, read once, stage by stage.
            threads: CPU threads of one call; None = the processors that this process may use.
            device: where it is computed, from ``choose_device``.
            profile: how the processor computes it.

        Raises:
            ControlError: threads below 1.
            AssetDamagedError: a parameter is missing or has another shape than the configuration says.
            FeatureMissingError: the card cannot run it.
        """
        if threads is not None and threads < 1:
            raise ControlError(f"threads must be at least 1, got {threads}", option="threads", value=repr(threads))
        self.config = config
        self.threads = threads or available_threads()
        self.device = device
        try:
            self._runtime = _open(config, parameters, self.threads, device, profile)
            self._try_out()
        except (KeyError, ValueError, SynthesisError) as error:
            if isinstance(error, SynthesisError) and error.code == CARD_FAILED:
                raise _refused(device, error) from error
            raise AssetDamagedError(f"the model file lacks a parameter or has a wrong one: {error}") from error

    @property
    def runtime(self) -> Runtime:
        """What computes the stages, for who has curves and no phonemes."""
        return self._runtime

    @property
    def together(self) -> int:
        """Sentences that it renders at the same time at best; 1 = each by itself."""
        return self._runtime.together

    @property
    def arithmetic(self) -> str:
        """Type of its numbers where it is lowest: as ``precision`` names it on the processor, ``float16`` on a card."""
        return self._runtime.arithmetic

    @classmethod
    def load(
        cls,
        model_file: Path,
        *,
        threads: int | None = None,
        device: Device = CPU,
        fast: FastWeights | None = None,
        precision: str = FLOAT32,
    ) -> AcousticEngine:
        """The engine for a packaged model file.

        Args:
            model_file: the packaged network.
            threads: CPU threads of one call; None = the processors that this process may use.
            device: where it is computed, from ``choose_device``.
            fast: decoder in place of the model's own.
            precision: of the model's own decoder on the processor, from ``choose_precision``: not ``auto``.

        Raises:
            AssetMissingError: no such file.
            AssetDamagedError: not a model of this family.
        """
        parameters, profile = recover.load(model_file), packaged(precision, fast)
        engine = cls(ModelConfig(), parameters, threads=threads, device=device, profile=profile)
        give_back_memory()
        return engine

    def warm_up(self) -> None:
        """Does what would otherwise be done while the first requests wait: on a card, some seconds."""
        self._runtime.warm_up()

    def encode(self, phonemes: str, prosody_style: FloatArray) -> Encoding:
        """Encodings and predicted durations.

        Args:
            phonemes: 1 to ``config.max_phonemes`` characters of ``config.symbols``.
            prosody_style: (style,) float32.

        Raises:
            TextError: no phonemes, too many, or one that the model does not know.
            ControlError: a style of another shape, or not finite.
        """
        ids = self._ids(phonemes)
        style = _checked("prosody_style", prosody_style, (self.config.style,))
        durations, prosody, text = self._runtime.encode(ids, style)
        return Encoding(phonemes, durations, prosody, text, style)

    def predict(self, encoding: Encoding, durations: IntArray | None = None) -> Prosody:
        """F0 and energy for these durations (default: the predicted ones, rounded).

        Raises:
            ControlError: durations of another shape, not whole or below 1.
        """
        frames = encoding.rounded_durations() if durations is None else self._durations(encoding, durations)
        f0, energy = self._runtime.predict(encoding.prosody, _rows(frames), encoding.style)
        return Prosody(durations=frames, f0=f0, energy=energy)

    def render(
        self,
        encoding: Encoding,
        prosody: Prosody,
        timbre_style: FloatArray,
        *,
        seed: int = 0,
        noise: float = 1.0,
    ) -> FloatArray:
        """The waveform of these curves: (sum(durations) * frame_hop,) float32.

        Args and errors: see ``rendering``.
        """
        rendering = self.rendering(encoding, prosody, timbre_style, seed=seed, noise=noise)
        return rendering.part(0, rendering.frames)

    def rendering(
        self,
        encoding: Encoding,
        prosody: Prosody,
        timbre_style: FloatArray,
        *,
        seed: int = 0,
        noise: float = 1.0,
    ) -> Rendering:
        """These curves made ready, to be rendered whole or part by part.

        Args:
            encoding: of the phonemes.
            prosody: the curves to render, predicted or edited.
            timbre_style: (style,) float32.
            seed: of the noise in the harmonic source.
            noise: factor on that noise; 1 = as trained.

        Raises:
            ControlError: an array of another shape or not finite, durations below 1.
        """
        frames = self._durations(encoding, prosody.durations)
        values = (2 * int(frames.sum()),)
        f0 = _checked("f0", prosody.f0, values)
        energy = _checked("energy", prosody.energy, values)
        style = _checked("timbre_style", timbre_style, (self.config.style,))
        curves = Curves(
            text=encoding.text, rows=_rows(frames), f0=f0, energy=energy, style=style, seed=seed, noise=noise
        )
        return Rendering(self._runtime, curves, self._runtime.prepare(curves))

    def _try_out(self) -> None:
        """Speaks one phoneme, so that parameters that do not fit together show at loading and not in a request."""
        style = np.zeros(self.config.style, np.float32)
        encoding = self.encode(next(iter(self.config.symbols)), style)
        self.render(encoding, self.predict(encoding), style)

    def _ids(self, phonemes: str) -> IntArray:
        if not phonemes:
            raise TextError("no phonemes to speak", code="phonemes_empty")
        limit = self.config.max_phonemes
        if len(phonemes) > limit:
            raise TextError(
                f"{len(phonemes)} phonemes in one sentence, the model takes at most {limit}: split the sentence",
                code="phonemes_too_many",
                count=len(phonemes),
                limit=limit,
            )
        unknown = sorted(set(phonemes) - self.config.symbols.keys())
        if unknown:
            listed = " ".join(f"{symbol!r} (U+{ord(symbol):04X})" for symbol in unknown[:10])
            raise TextError(
                f"the model has no phoneme {listed}; it knows {''.join(self.config.symbols)}",
                code="phoneme_unknown",
                phonemes=unknown,
            )
        return np.array([0, *(self.config.symbols[symbol] for symbol in phonemes), 0], np.int64)

    def _durations(self, encoding: Encoding, durations: IntArray) -> IntArray:
        expected = encoding.durations.shape
        array = np.asarray(durations)
        is_whole = array.dtype.kind in "iu" or (array.dtype.kind == "f" and bool(np.all(array == np.rint(array))))
        if array.shape != expected or not is_whole or array.min() < 1:
            least = array.min() if array.size and array.dtype.kind in "iuf" else None
            raise ControlError(
                f"durations must be {expected[0]} whole frames of at least 1, one per phoneme and boundary pad; got "
                f"shape {array.shape}, type {array.dtype}, least {least}",
                code="durations_invalid",
                shape=list(array.shape),
                expected=list(expected),
            )
        return array.astype(np.int64)


def available_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked(name: str, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind not in "iuf":
        raise ControlError(
            f"{name} must be numbers of shape {shape}, got {array.dtype} of shape {array.shape}",
            code="array_invalid",
            option=name,
            shape=list(array.shape),
            expected=list(shape),
        )
    if not np.isfinite(array).all():
        raise ControlError(f"{name} holds NaN or infinite values", code="array_not_finite", option=name)
    return np.ascontiguousarray(array, np.float32)


def _refused(device: Device, error: Exception) -> FeatureMissingError:
    return FeatureMissingError(
        f"模型无法在 {device.name}（{device.card}）上运行：{error}。请释放显存或用 TTS_DEVICE=cpu。"
        f"The model does not run on {device.name} ({device.card}): free its memory, or take TTS_DEVICE=cpu.",
        code=CARD_FAILED,
        device=device.name,
    )


def _rows(frames: IntArray) -> IntArray:
    """(tokens,) durations -> (frames,) the token that each frame belongs to."""
    return np.repeat(np.arange(len(frames)), frames)


def _open(
    config: ModelConfig, parameters: Mapping[str, FloatArray], threads: int, device: Device, profile: Profile
) -> Runtime:
    if profile.fast is not None:
        from tts_engine.acoustic.fast.runtime import FastRuntime

        return FastRuntime(config, parameters, profile.fast, threads=threads, is_small=profile.is_small)
    if device.is_card:
        from tts_engine.acoustic.card.runtime import CardRuntime

        try:
            return CardRuntime(config, parameters, device.name)
        except RuntimeError as error:  # torch's own: no memory left, a card too old for this torch
            raise _refused(device, error) from error
    from tts_engine.acoustic.onnx_runtime import OnnxRuntime

    return OnnxRuntime(config, parameters, profile, threads=threads)
