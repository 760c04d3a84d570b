"""What runs the three stages: the one interface that every runtime has and the engine calls.

``onnx_runtime`` computes on the processor, one utterance at a time; ``fast`` does so with another decoder; ``card``
computes in torch, many at a time, on a graphics card. Values are checked before they come here; what a runtime gives
back is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tts_engine.errors import SynthesisError

if TYPE_CHECKING:
    from tts_engine.types import FloatArray, IntArray


#: Code of the error where a card itself failed, and not what it was given.
CARD_FAILED = "card_failed"


@dataclass(frozen=True, slots=True)
class Curves:
    """What stage C renders.

    Attributes:
        text: (n, hidden) float32, the text encoding.
        rows: (frames,) int64, which row of it each frame reads.
        f0: (2 * frames,) float32, Hz.
        energy: (2 * frames,) float32.
        style: (style,) float32, the timbre.
        seed: of the noise in the harmonic source.
        noise: factor on that noise; 1 = as trained.
    """

    text: FloatArray
    rows: IntArray
    f0: FloatArray
    energy: FloatArray
    style: FloatArray
    seed: int
    noise: float


class Runtime(Protocol):
    """The stages of one loaded network. Safe to call from several threads; every error is a ``SynthesisError``."""

    #: Utterances that it computes at the same time at best; 1 = each call is computed by itself.
    together: int

    #: Type of its numbers where it is lowest: ``float32``, ``float16``.
    arithmetic: str

    @property
    def joins(self) -> bool:
        """Whether stretches of one utterance join without a seam."""

    def warm_up(self) -> None:
        """Does what would otherwise be done while the first requests wait."""

    def encode(self, ids: IntArray, style: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Stage A: (n,) int64, (style,) -> durations (n,), prosody (n, hidden + style), text (n, hidden)."""

    def predict(self, prosody: FloatArray, rows: IntArray, style: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Stage B: prosody encoding (n, hidden + style), rows (frames,), (style,) -> F0 and energy (2 frames,)."""

    def prepare(self, curves: Curves) -> Any:
        """What is made once for the whole utterance, for ``decode``."""

    def windows(self, curves: Curves, begin: int, end: int) -> list[tuple[int, int]]:
        """The stretches, from frame to frame, in which the frames from ``begin`` to ``end`` are computed best."""

    def decode(self, curves: Curves, made: Any, begin: int, end: int) -> FloatArray:
        """Stage C of the frames from ``begin`` to ``end``, ``made`` by ``prepare``: ((end - begin) * frame_hop,).

        A short utterance is normalised over itself. Where stretches ``join``, they and long utterances are normalised
        with an estimate of the whole; else each over itself.
        """


def refuse_unless_finite(outputs: Mapping[str, FloatArray]) -> None:
    """Lets only numbers out.

    Raises:
        SynthesisError: an output holds NaN or an infinity; names it.
    """
    for name, value in outputs.items():
        if not np.isfinite(value).all():
            raise SynthesisError(
                f"the acoustic model gave NaN or infinite {name}; extreme F0, energy or style values can do that",
                code="output_not_finite",
                output=name,
            )
