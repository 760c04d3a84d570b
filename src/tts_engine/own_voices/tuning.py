"""Fine-tuning of the decoder on a speaker's own recordings, with torch: what a style cannot do, weights can.

Each clip becomes an example: the text encoding repeated by aligned durations, the recording's own F0 and energy, the
timbre of the fitted voice, and the recording as the target. Windows of a clip pass through the decoder; the loss is
that of multi-resolution spectra (Yamamoto et al. 2020, arXiv:1910.11480) and of the mel spectrum; only decoder and
generator learn. Held-out clips judge: similarity of the speaker where a recogniser is given, the mel distance
otherwise, among states whose articulation still follows the recording's. State is kept after each judgement, so that a
run that was cut short goes on; the best state is written as ``decoder.npz``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..acoustic import source
from ..acoustic.network import Network

if TYPE_CHECKING:
    from ..acoustic.config import ModelConfig
    from ..types import FloatArray
    from .speaker import SpeakerRecogniser

RESOLUTIONS = ((512, 120), (1024, 240), (2048, 480))
MELS, MEL_FFT, MEL_HOP, MEL_WINDOW = 80, 2048, 300, 1200
MEL_WEIGHT = 5.0
PARTS = ("decoder.", "generator.")
OnStep = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One clip as the decoder sees it, T frames.

    Attributes:
        text: (hidden, T) float32.
        f0: (2 T,) Hz.
        energy: (2 T,).
        waveform: (T * frame_hop,) the recording.
        timbre: (style,).
    """

    text: FloatArray
    f0: FloatArray
    energy: FloatArray
    waveform: FloatArray
    timbre: FloatArray


@dataclass(frozen=True, slots=True)
class Tuning:
    """How to learn.

    Attributes:
        steps: most steps.
        judge_every: steps between two judgements.
        patience: judgements without a better state after which it stops.
        rate: learning rate of AdamW.
        window_frames: length of a window, frames of 25 ms.
        least_articulation: part of the first articulation that must remain.
        seed: of everything drawn.
    """

    steps: int = 2000
    judge_every: int = 100
    patience: int = 5
    rate: float = 1e-4
    window_frames: int = 80
    least_articulation: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good a state is on clips that are not trained on.

    Attributes:
        mel_distance: mean absolute difference of log mel spectra, nepers.
        similarity: of the speaker, or None without a recogniser.
        articulation: correlation of the cepstra with those of the recordings.
    """

    mel_distance: float
    similarity: float | None
    articulation: float

    @property
    def score(self) -> float:
        """What is bettered."""
        return -self.mel_distance if self.similarity is None else self.similarity


def tune(
    config: ModelConfig,
    parameters: Mapping[str, FloatArray],
    examples: Sequence[Example],
    held_out: Sequence[Example],
    directory: Path,
    *,
    tuning: Tuning = Tuning(),
    recogniser: SpeakerRecogniser | None = None,
    device: str = "cpu",
    on_step: OnStep = lambda step, loss: None,
) -> tuple[Path, list[Judgement]]:
    """Trains, and writes ``decoder.npz`` and ``tuning.json``; the file and all judgements, the first before any step.

    Args:
        config: of the network.
        parameters: of the network to start from.
        examples: to train on.
        held_out: to judge by.
        directory: of state and result; a state of the same tuning that is there is taken up.
        tuning: how to learn.
        recogniser: judges the speaker.
        device: of torch.
        on_step: told the step and its loss.
    """
    network = Network(config).to(device)
    network.load_parameters(parameters)
    learning = [value for name, value in network.named_parameters() if name.startswith(PARTS)]
    for name, value in network.named_parameters():
        value.requires_grad_(name.startswith(PARTS))
    adam = torch.optim.AdamW(learning, lr=tuning.rate, betas=(0.8, 0.99), weight_decay=0.01)
    loss_of = SpectralLoss(config.sample_rate).to(device)
    spectra = [_spectrum(example, parameters, config) for example in examples]
    judge = _Judge(network, config, parameters, held_out, loss_of, recogniser, device)
    directory.mkdir(parents=True, exist_ok=True)
    state_file = directory / "state.pt"
    step, stale, judgements = 0, 0, [judge()]
    best = _weights(network)
    best_score = judgements[0].score
    if state_file.is_file():
        state: dict[str, Any] = torch.load(state_file, weights_only=True, map_location=device)
        if state["tuning"] == _key(tuning, config):
            network.load_state_dict(state["network"])
            adam.load_state_dict(state["adam"])
            best, best_score, step, stale = state["best"], state["best_score"], state["step"], state["stale"]
            judgements = [Judgement(*values) for values in state["judgements"]]
    while step < tuning.steps and stale < tuning.patience:
        generator = np.random.default_rng((tuning.seed, step))
        chosen = int(generator.integers(len(examples)))
        said, target = _window(
            network, config, examples[chosen], spectra[chosen], tuning.window_frames, generator, device
        )
        loss = loss_of(said, target)
        gradients = torch.autograd.grad(loss, learning)
        for value, gradient in zip(learning, gradients, strict=True):
            value.grad = gradient
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        adam.step()
        step += 1
        on_step(step, float(loss.detach()))
        if step % tuning.judge_every == 0 or step == tuning.steps:
            judgements.append(judge())
            holds = judgements[-1].articulation >= tuning.least_articulation * judgements[0].articulation
            if judgements[-1].score > best_score and holds:
                best, best_score, stale = _weights(network), judgements[-1].score, 0
            else:
                stale += 1
            _save(
                state_file,
                network=network.state_dict(),
                adam=adam.state_dict(),
                best=best,
                best_score=best_score,
                step=step,
                stale=stale,
                judgements=[dataclasses.astuple(one) for one in judgements],
                tuning=_key(tuning, config),
            )
    result = directory / "decoder.npz"
    partial = directory / ".decoder.part"
    with partial.open("wb") as file:
        halves: dict[str, Any] = {name: value.cpu().numpy().astype(np.float16) for name, value in best.items()}
        np.savez(file, **halves)
    partial.replace(result)
    facts = {"steps": step, "judgements": [dataclasses.asdict(one) for one in judgements], "best": best_score}
    (directory / "tuning.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    state_file.unlink(missing_ok=True)
    return result, judgements


class SpectralLoss(torch.nn.Module):
    """Distance of two waveforms, phase left out."""

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.bank: Tensor
        self.register_buffer("bank", torch.from_numpy(htk_bank(sample_rate)))

    def forward(self, said: Tensor, target: Tensor) -> Tensor:
        """(samples,) or (B, samples), twice -> scalar."""
        total = MEL_WEIGHT * self.mel_distance(said, target)
        for size, hop in RESOLUTIONS:
            one, other = (_magnitude(waveform, size, hop, size) for waveform in (said, target))
            total = total + (one - other).norm() / other.norm().clamp_min(1e-6)
            total = total + (one.clamp_min(1e-5).log() - other.clamp_min(1e-5).log()).abs().mean()
        return total

    def mel_distance(self, said: Tensor, target: Tensor) -> Tensor:
        """Mean absolute difference of the log mel spectra."""
        return (self.log_mel(said) - self.log_mel(target)).abs().mean()

    def log_mel(self, waveform: Tensor) -> Tensor:
        """(..., samples) -> (..., 80, steps)."""
        power = _magnitude(waveform, MEL_FFT, MEL_HOP, MEL_WINDOW).square()
        out: Tensor = (1e-5 + self.bank @ power).log()
        return out


def energy_of(waveform: FloatArray, sample_rate: int, count: int) -> FloatArray:
    """(count,) energy curve of a recording as the network was trained to read it: log of the norm of the mel spectrum.

    Checked against the engine: correlation 0.996 with the curve that a render was made from.
    """
    power = _magnitude(torch.from_numpy(waveform), MEL_FFT, MEL_HOP, MEL_WINDOW).square().numpy()
    curve = np.log(np.linalg.norm(htk_bank(sample_rate) @ power + 1e-5, axis=0))
    return np.asarray(np.pad(curve, (0, max(0, count - len(curve))), mode="edge")[:count], np.float32)


def htk_bank(sample_rate: int) -> FloatArray:
    """(80, 1025) mel triangles of height 1 on HTK's scale."""
    top = 2595.0 * np.log10(1.0 + sample_rate / 2 / 700.0)
    hertz = 700.0 * (10.0 ** (np.linspace(0.0, top, MELS + 2) / 2595.0) - 1.0)
    bins = np.linspace(0.0, sample_rate / 2, MEL_FFT // 2 + 1)
    rise = (bins - hertz[:-2, None]) / np.diff(hertz)[:-1, None]
    drop = (hertz[2:, None] - bins) / np.diff(hertz)[1:, None]
    return np.maximum(0.0, np.minimum(rise, drop)).astype(np.float32)


class _Judge:
    """Says every held-out clip whole and compares."""

    def __init__(
        self,
        network: Network,
        config: ModelConfig,
        parameters: Mapping[str, FloatArray],
        held_out: Sequence[Example],
        loss: SpectralLoss,
        recogniser: SpeakerRecogniser | None,
        device: str,
    ) -> None:
        self._network, self._config, self._loss = network, config, loss
        self._examples = [(example, _spectrum(example, parameters, config)) for example in held_out]
        self._recogniser, self._device = recogniser, device

    def __call__(self) -> Judgement:
        from .alignment import cepstra_over

        distances, similarities, articulations = [], [], []
        with torch.no_grad():
            for example, spectrum in self._examples:
                frames = example.text.shape[1]
                said, target = _render(self._network, self._config, example, spectrum, slice(0, frames), self._device)
                distances.append(float(self._loss.mel_distance(said, target)))
                rate = self._config.sample_rate
                one, other = (cepstra_over(waveform.cpu().numpy(), rate) for waveform in (said, target))
                articulations.append(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]))
                if self._recogniser is not None:
                    pair = [self._recogniser.embed(waveform.cpu(), rate) for waveform in (said, target)]
                    similarities.append(float(pair[0] @ pair[1]))
        similarity = float(np.mean(similarities)) if similarities else None
        return Judgement(float(np.mean(distances)), similarity, float(np.mean(articulations)))


def _window(
    network: Network,
    config: ModelConfig,
    example: Example,
    spectrum: FloatArray,
    length: int,
    generator: np.random.Generator,
    device: str,
) -> tuple[Tensor, Tensor]:
    frames = example.text.shape[1]
    begin = int(generator.integers(max(1, frames - length + 1)))
    return _render(network, config, example, spectrum, slice(begin, min(begin + length, frames)), device)


def _render(
    network: Network, config: ModelConfig, example: Example, spectrum: FloatArray, frames: slice, device: str
) -> tuple[Tensor, Tensor]:
    """What the network says in these frames, and what the speaker said."""
    curves = slice(2 * frames.start, 2 * frames.stop)
    per_frame = config.frame_hop // config.hop
    steps = slice(frames.start * per_frame, frames.stop * per_frame + 1)
    inputs = (example.text[:, frames], example.f0[curves], example.energy[curves], example.timbre, spectrum[:, steps])
    text, f0, energy, timbre, read = (torch.from_numpy(np.ascontiguousarray(one))[None].to(device) for one in inputs)
    said = network.render(text, f0, energy, timbre, read)[0]
    samples = slice(frames.start * config.frame_hop, frames.stop * config.frame_hop)
    return said, torch.from_numpy(example.waveform[samples]).to(device)


def _spectrum(example: Example, parameters: Mapping[str, FloatArray], config: ModelConfig) -> FloatArray:
    mix, bias = parameters["source.mix.weight"].reshape(-1), float(parameters["source.mix.bias"].item())
    return source.spectrum(source.excitation(example.f0, mix, bias, config), config)


def _magnitude(waveform: Tensor, size: int, hop: int, window: int) -> Tensor:
    padded = functional.pad(waveform, (size // 2, size // 2))
    shape = torch.hann_window(window, device=waveform.device)
    spectrum = torch.stft(padded, size, hop, window, shape, center=False, return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square()).clamp_min(1e-10).sqrt()


def _weights(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items() if name.startswith(PARTS)}


def _key(tuning: Tuning, config: ModelConfig) -> str:
    return json.dumps([dataclasses.asdict(dataclasses.replace(tuning, steps=0)), config.hidden, config.style])


def _save(file: Path, **state: Any) -> None:
    partial = file.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(file)
