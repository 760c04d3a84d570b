"""The thorough fit: gradient search over the timbre through our own network, in minutes. Needs the extra ``[train]``.

The decoder is differentiable (``acoustic.network``), and so is the speaker recogniser. The timbre starts at the fast
fit; each step renders a stretch of a phrase at the speaker's pitch, embeds it, and follows the gradient of

    1 - cosine(embedding, speaker's)  +  weight * squared distance from the start, as the packs are spread

(``descent``). Every so many steps the voice says phrases that are never searched with, and several listeners compare it
with the start (``listeners``). The result is the state most like the speaker among those that are surely better than
the start, and the start where none is: the thorough fit may be of no use, but it should never do harm. The search is
kept on disk, so one that was cut short goes on.

Source: latent optimisation through a fixed generator, e.g. Abdal et al. 2019 (arXiv:1904.03189); differs in the loss.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FeatureMissingError, SynthesisError
from .workshop import CLAUSES, COMPARING, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..types import FloatArray
    from .fast import Fitted
    from .speaker import SpeakerRecogniser
    from .workshop import Workshop

OnStep = Callable[[float, str], None]
INSTALL = "pip install 'tts-engine[train]' && pip install --no-deps resemblyzer"


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how far.

    Attributes:
        steps: of the search.
        judge_every: steps between two states that are judged.
        rate: length of the first step, in distances of a typical pack from the mean; it falls to a tenth.
        tether: weight of the distance from the start.
        frames: of the stretch that a step renders; the recogniser's windows are as long (1.6 s).
        least_articulation: least correlation with the start's articulation.
    """

    steps: int = 40
    judge_every: int = 20
    rate: float = 0.05
    tether: float = 0.02
    frames: int = 64
    least_articulation: float = 0.85


def require_torch(has_recogniser: bool = False) -> None:
    """Passes where torch and, unless there is a recogniser already, Resemblyzer are installed.

    Raises:
        FeatureMissingError: one is not; gives the line that installs them.
    """
    missing = [
        name
        for name in ("torch", "resemblyzer")[: 1 if has_recogniser else 2]
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise FeatureMissingError(
            f"细致拟合需要 {'、'.join(missing)}，请安装：{INSTALL}；或不加 --thorough。The thorough fit needs"
            f" {', '.join(missing)}: install it with {INSTALL}, or leave out --thorough.",
            code="train_missing",
            missing=missing,
        )


def refine(
    workshop: Workshop,
    fitted: Fitted,
    waveforms: Sequence[NDArray[np.floating]],
    *,
    exclude: Collection[str] = (),
    search: Search = Search(),
    trained_on: Sequence[str] = CLAUSES,
    judged_on: Sequence[str] = COMPARING,
    recogniser: SpeakerRecogniser | None = None,
    state_dir: Path | None = None,
    on_step: OnStep = lambda share, what: None,
) -> tuple[FloatArray, dict[str, float]]:
    """The pack (510, 256) with a better timbre half, or as it was, and figures of the search.

    Args:
        workshop: engine and packs.
        fitted: the fast fit to start from.
        waveforms: of the speaker, 16 kHz.
        exclude: packs that must not be used (for measuring).
        search: limits of the search.
        trained_on: phonemes, said in turn.
        judged_on: phonemes of other phrases.
        recogniser: None for Resemblyzer's.
        state_dir: folder of the search's state; None for one in the temporary folder of the system.
        on_step: told the share done, 0-1, and what is being done.

    Raises:
        FeatureMissingError: torch or Resemblyzer is not installed.
    """
    require_torch(recogniser is not None)
    import torch

    from .band import reach_hz
    from .descent import Descent, cloud_of
    from .differentiable import DifferentiableVoice
    from .listeners import Listeners, Verdict
    from .speaker import load_recogniser

    if workshop.parameters is None:
        raise SynthesisError("the thorough fit needs the parameters of the network", code="parameters_missing")
    whole = np.concatenate(list(waveforms)).astype(np.float32)
    half, start, recogniser = workshop.engine.config.style, fitted.pack[ROW - 1], recogniser or load_recogniser()
    begin, band_hz = start[:half].astype(np.float64), reach_hz(whole)
    there = recogniser.embed(torch.from_numpy(whole))
    packs = [workshop.voices.pack(name) for name in workshop.voices.pack_names() if name not in exclude]
    cloud = cloud_of(np.stack([pack[ROW - 1, :half] for pack in packs]).astype(np.float64))
    voice = DifferentiableVoice(workshop.engine, workshop.parameters(), start[half:], trained_on)
    descent = Descent(
        voice, len(trained_on), recogniser, there, begin, cloud, band_hz=band_hz,
        steps=search.steps, rate=search.rate, tether=search.tether, frames=search.frames,
    )  # fmt: skip
    listeners = Listeners(workshop, recogniser, there, fitted.heard, judged_on, band_hz)
    before = listeners.hear(fitted.pack)
    best, pack = before, fitted.pack
    keep = _State(state_dir, search, start, whole)

    def moved(timbre: NDArray[np.floating]) -> FloatArray:
        other = fitted.pack.copy()
        other[:, :half] += (timbre - begin).astype(np.float32)
        return other

    if (state := keep.load()) is not None:
        descent.resume(state["descent"])
        if state["best"] is not None:
            best, pack = Verdict(*state["best"]), moved(state["timbre"].numpy())
    while descent.done < search.steps:
        similarity = descent.step()
        on_step(descent.done / search.steps, f"音色 timbre {similarity:.3f}")
        if descent.done % search.judge_every == 0 or descent.done == search.steps:
            other = moved(descent.timbre)
            verdict = listeners.hear(other)
            if verdict.similarity > best.similarity and verdict.is_surely_better(before, search.least_articulation):
                best, pack = verdict, other
            kept = None if best is before else (best.similarities, best.own, best.articulation)
            timbre = torch.from_numpy(pack[ROW - 1, :half].astype(np.float64))
            keep.save(descent=descent.state(), best=kept, timbre=timbre)
    keep.clear()
    figures = {
        "search_steps": float(descent.done),
        "search_before": before.similarity,
        "search_after": best.similarity,
        "search_own_before": before.own,
        "search_own_after": best.own,
        "search_articulation": best.articulation,
    }
    return pack, {name: round(value, 4) for name, value in figures.items()}


class _State:
    """The state of a search, named by what is searched for, so that nothing foreign is ever taken up."""

    def __init__(self, folder: Path | None, search: Search, start: FloatArray, waveform: FloatArray) -> None:
        import tempfile

        key = hashlib.sha256(start.tobytes() + waveform.tobytes() + repr(search).encode()).hexdigest()[:16]
        self._file = (folder or Path(tempfile.gettempdir())) / f"tts-engine-voice-search-{key}.pt"

    def load(self) -> dict[str, Any] | None:
        import torch

        if not self._file.is_file():
            return None
        try:
            state: dict[str, Any] = torch.load(self._file, weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, ImportError, KeyError):
            return None  # cut off while it was written, or of another torch
        return state

    def save(self, **state: Any) -> None:
        import torch

        partial = self._file.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self._file)

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)
