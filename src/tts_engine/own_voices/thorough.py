"""The thorough fit: gradient search over the timbre through our own network, in minutes. Needs the extra ``[train]``.

The decoder is differentiable (``acoustic.network``), and so is the speaker recogniser. The timbre starts at the fast
fit; each step renders a clause at the speaker's pitch, embeds it, and follows the gradient of

    1 - cosine(embedding, speaker's)  +  weight * squared distance from the start, in mean distances of the packs

by Adam. Every few steps a phrase that is never trained on is judged: similarity by half of the recordings that is not
trained on either, and intelligibility, for which no recogniser is needed: the start says the same phrase with the same
durations and pitch, so frame stands against frame, and the correlation of their cepstra tells whether the articulation
holds. The best state by similarity among those that can be understood is the result, and the search stops when it has
not been bettered for a while. The state is kept on disk, so a search that was cut short goes on.

Source: latent optimisation through a fixed generator, e.g. Abdal et al. 2019 (arXiv:1904.03189); differs in the loss.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FeatureMissingError, SynthesisError
from .encoder import load_encoder
from .fast import Fitted, at_hearing_rate
from .timbre import cepstra_of
from .workshop import CLAUSES, HELD_OUT, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..types import FloatArray
    from .speaker import SpeakerRecogniser
    from .workshop import Workshop

    Matrix = NDArray[np.float64]

OnStep = Callable[[float, str], None]
INSTALL = "pip install 'tts-engine[train]' && pip install --no-deps resemblyzer"


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how far.

    Attributes:
        steps: most steps.
        judge_every: steps between two judgements.
        patience: judgements without a better state after which it stops.
        rate: learning rate of Adam, in mean distances of the packs per coordinate.
        tether: weight of the distance from the start.
        least_articulation: least correlation with the start's articulation.
    """

    steps: int = 60
    judge_every: int = 10
    patience: int = 2
    rate: float = 0.006
    tether: float = 0.02
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
    search: Search = Search(),
    trained_on: Sequence[str] = CLAUSES,
    judged_on: str = HELD_OUT[0],
    recogniser: SpeakerRecogniser | None = None,
    state_dir: Path | None = None,
    on_step: OnStep = lambda share, what: None,
) -> tuple[FloatArray, dict[str, float]]:
    """The pack (510, 256) with a better timbre half, and figures of the search.

    Args:
        workshop: engine and packs.
        fitted: the fast fit to start from.
        waveforms: of the speaker, 16 kHz.
        search: limits of the search.
        trained_on: phonemes, said in turn.
        judged_on: phonemes.
        recogniser: None for Resemblyzer's.
        state_dir: folder of the search's state; None for one in the temporary folder of the system.
        on_step: told the share done, 0-1, and what is being done.

    Raises:
        FeatureMissingError: torch or Resemblyzer is not installed.
    """
    require_torch(recogniser is not None)
    import torch

    from .differentiable import DifferentiableVoice
    from .speaker import load_recogniser

    encoder = load_encoder()
    whole = np.concatenate(list(waveforms))
    halves = np.array_split(whole, 2) if len(whole) > 6 * 16_000 else [whole, whole]
    half = workshop.engine.config.style
    start = fitted.pack[ROW - 1]
    if workshop.parameters is None:
        raise SynthesisError("the thorough fit needs the parameters of the network", code="parameters_missing")
    voice = DifferentiableVoice(workshop.engine, workshop.parameters(), start[half:], (*trained_on, judged_on))
    rate, recogniser = workshop.engine.config.sample_rate, recogniser or load_recogniser()
    trained, judged = (recogniser.embed(torch.from_numpy(one.astype(np.float32))) for one in halves)
    keep = _State(state_dir, start, whole)
    timbre = torch.nn.Parameter(torch.from_numpy(start[:half].copy()))
    begin = timbre.detach().clone()
    adam = torch.optim.Adam([timbre], lr=search.rate * encoder.radius)
    with torch.no_grad():
        said = voice.say(len(trained_on), begin)
        score = float(recogniser.embed(said, rate) @ judged)
    articulation_of = _Articulation(at_hearing_rate(said.numpy(), rate))
    best: dict[str, Any] = {"score": score, "timbre": begin.clone(), "articulation": 1.0}
    first, step, stale = best["score"], 0, 0
    if (state := keep.load()) is not None:
        timbre.data, best, step, stale, first = (
            state["timbre"], state["best"], state["step"], state["stale"], state["first"],
        )  # fmt: skip
        adam.load_state_dict(state["adam"])
    while step < search.steps and stale < search.patience:
        loss = 1.0 - recogniser.embed(voice.say(step % len(trained_on), timbre), rate) @ trained
        apart = (timbre - begin).square().sum() / encoder.radius**2
        timbre.grad = torch.autograd.grad(loss + search.tether * apart, timbre)[0]
        adam.step()
        step += 1
        on_step(step / search.steps, f"音色 timbre {1.0 - float(loss.detach()):.3f}")
        if step % search.judge_every == 0 or step == search.steps:
            with torch.no_grad():
                said = voice.say(len(trained_on), timbre)
                score = float(recogniser.embed(said, rate) @ judged)
            articulation = articulation_of(at_hearing_rate(said.numpy(), rate))
            if score > best["score"] and articulation >= search.least_articulation:
                best, stale = {"score": score, "timbre": timbre.detach().clone(), "articulation": articulation}, 0
            else:
                stale += 1
            keep.save(timbre=timbre.detach(), best=best, step=step, stale=stale, first=first, adam=adam.state_dict())
    keep.clear()
    pack = fitted.pack.copy()
    pack[:, :half] += (best["timbre"] - begin).numpy()
    return pack, {
        "search_steps": float(step),
        "search_before": round(float(first), 4),
        "search_after": round(float(best["score"]), 4),
        "search_articulation": round(float(best["articulation"]), 4),
    }


class _Articulation:
    """How well the articulation of a reading holds, by frames of cepstra against those of the first reading."""

    def __init__(self, waveform: NDArray[np.floating]) -> None:
        self._reference = movement(waveform)

    def __call__(self, waveform: NDArray[np.floating]) -> float:
        """Correlation with the first reading, 1 = the same movements."""
        other = movement(waveform)[: len(self._reference)]
        reference = self._reference[: len(other)]
        return float(np.corrcoef(reference.ravel(), other.ravel())[0, 1])


def movement(waveform: NDArray[np.floating]) -> Matrix:
    """(frames, 12) cepstra without the speaker's mean, each of the same variance."""
    from ..hearing.frames import decibels, mel_bank, power_spectra

    power = power_spectra(waveform)
    mel = decibels(power @ mel_bank(40, 80.0, 7600.0, power.shape[1]).T)
    cepstra = cepstra_of(np.maximum(mel, mel.max() - 60.0))[:, :12]
    return np.asarray((cepstra - cepstra.mean(axis=0)) / (cepstra.std(axis=0) + 1e-6))


class _State:
    """The state of a search, named by what is searched for, so that nothing foreign is ever taken up."""

    def __init__(self, folder: Path | None, start: FloatArray, waveform: NDArray[np.floating]) -> None:
        import tempfile

        key = hashlib.sha256(start.tobytes() + np.asarray(waveform, np.float32).tobytes()).hexdigest()[:16]
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
