"""Training in slices: every run goes on where the last one stopped and leaves what the next one needs.

A run folder holds ``settings.json`` (what was asked), ``state/`` (everything to go on), ``curves.csv`` (one line per
report and per validation) and its pictures. What step *n* does follows from the settings and the state before it, so a
run in slices is the run in one piece (on one machine and one thread count). Adam, a running mean of the weights (EMA)
that is what is judged and exported, half precision where a card has it, discriminators from a step on.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from tts_engine.acoustic.fast.config import SIZES, FastConfig

from .data import Batch, Prepared, batches
from .discriminators import Discriminators
from .judge import Judgement, judge
from .losses import StudentLoss, for_discriminators, for_student, of_features
from .state import load_state, save_state
from .student import Student, untrained

if TYPE_CHECKING:
    from tts_engine.acoustic.config import ModelConfig

Report = Callable[[str], None]

#: Values at both ends of a stretch whose loss is not counted: the student does not see beyond them.
MARGIN = 10

COLUMNS = ("step", "minutes", "kind", "loss", "spectral", "phase", "adversarial", "features", "discriminators",
           "log_mel_db", "f0_percent", "voicing_percent")  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What a run is; it cannot change between slices, but for ``steps``.

    Attributes:
        size: one of ``SIZES``, or ``custom`` with ``config``.
        config: of the student.
        recipe: digest of the recipe of the lessons.
        steps: to the end of the schedule.
        batch: stretches in a step.
        values: length of a stretch, values of the curves (12.5 ms).
        rate: highest learning rate of the student.
        warm_up: steps until it is reached; it falls to a tenth by half a cosine.
        ema: share of the running mean that stays at a step.
        adversarial_from: step at which the discriminators begin; none with a number beyond ``steps``.
        discriminator_width: of their layers.
        clip: largest norm of a gradient.
        seed: of everything drawn.
    """

    size: str
    config: FastConfig
    recipe: str = ""
    steps: int = 200_000
    batch: int = 32
    values: int = 128
    rate: float = 5e-4
    warm_up: int = 500
    ema: float = 0.999
    adversarial_from: int = 20_000
    discriminator_width: int = 32
    clip: float = 10.0
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        share = min(1.0, step / max(1, self.steps))
        return self.rate * min(1.0, (step + 1) / max(1, self.warm_up)) * (0.55 + 0.45 * math.cos(math.pi * share))


class Trainer:
    """A run: student, running mean, discriminators and their optimisers.

    Args:
        settings: what the run is.
        model: rates.
        device: of torch.
        precision: type of the activations: ``float32``, or ``bfloat16`` on a card.
    """

    def __init__(
        self, settings: Settings, model: ModelConfig, device: torch.device, *, precision: torch.dtype = torch.float32
    ) -> None:
        self.settings, self.model, self.device, self._precision = settings, model, device, precision
        self.student = untrained(settings.config, settings.seed).to(device)
        self.mean = untrained(settings.config, settings.seed).to(device).requires_grad_(False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.listeners = Discriminators(settings.discriminator_width).to(device)
        self._loss = StudentLoss(model.sample_rate).to(device)
        self._adams = [
            torch.optim.AdamW(one.parameters(), lr=settings.rate, betas=(0.8, 0.99), weight_decay=0.01)
            for one in (self.student, self.listeners)
        ]
        self.step = 0
        self.minutes = 0.0

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; the terms of the loss."""
        for adam in self._adams:
            for group in adam.param_groups:
                group["lr"] = self.settings.rate_at(self.step)
        batch = batch.to(self.device)
        hears = self.step >= self.settings.adversarial_from
        with self._half():
            said = self.student(*batch.inputs)
        margin = MARGIN * self.model.curve_hop if self.settings.values > 4 * MARGIN else 0
        inner = slice(margin, said.shape[1] - margin)
        said, target = said[:, inner].float(), batch.target[:, inner]
        terms: dict[str, Tensor] = {}
        if hears:
            terms["discriminators"] = self._teach_listeners(said.detach(), target)
        pulsed = batch.excitation[:, 0].unflatten(1, (-1, self.model.curve_hop)).abs().amax(dim=2) > 0
        voiced = pulsed.float().repeat_interleave(self.model.curve_hop, dim=1)
        told = self._loss(said, target, voiced[:, inner])
        if hears:
            with self._half():
                scores, features = self.listeners(said)
                with torch.no_grad():
                    _, real = self.listeners(target)
            told |= {"adversarial": for_student(scores), "features": of_features(real, features)}
        loss = torch.stack(list(told.values())).sum()
        self._descend(0, self.student, loss)
        with torch.no_grad():
            share = min(self.settings.ema, (1 + self.step) / (10 + self.step))
            for kept, value in zip(self.mean.parameters(), self.student.parameters(), strict=True):
                kept.lerp_(value, 1 - share)
        self.step += 1
        terms |= told | {"loss": loss}
        return {name: float(value.detach()) for name, value in terms.items()}

    def _teach_listeners(self, said: Tensor, target: Tensor) -> Tensor:
        with self._half():
            real, _ = self.listeners(target)
            false, _ = self.listeners(said)
        loss = for_discriminators(real, false)
        self._descend(1, self.listeners, loss)
        return loss

    def _descend(self, which: int, module: torch.nn.Module, loss: Tensor) -> None:
        """One step of an optimiser; one whose gradient is not finite is left out, not taken."""
        learning = list(module.parameters())
        gradients = torch.autograd.grad(loss, learning)
        for value, gradient in zip(learning, gradients, strict=True):
            value.grad = gradient
        norm = torch.nn.utils.clip_grad_norm_(learning, self.settings.clip)
        if torch.isfinite(norm):
            self._adams[which].step()
        module.zero_grad(set_to_none=True)

    def _half(self) -> Any:
        if self._precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self._precision)

    def state(self) -> dict[str, Any]:
        """Everything to go on with."""
        return {
            "step": self.step,
            "minutes": self.minutes,
            "student": self.student.state_dict(),
            "mean": self.mean.state_dict(),
            "listeners": self.listeners.state_dict(),
            "adams": [adam.state_dict() for adam in self._adams],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state."""
        self.step, self.minutes = state["step"], state["minutes"]
        self.student.load_state_dict(state["student"])
        self.mean.load_state_dict(state["mean"])
        self.listeners.load_state_dict(state["listeners"])
        for adam, kept in zip(self._adams, state["adams"], strict=True):
            adam.load_state_dict(kept)


def open_run(folder: Path, settings: Settings, model: ModelConfig, device: torch.device, **options: Any) -> Trainer:
    """The run in a folder, where it stopped; a new one where there is none.

    Raises:
        ValueError: the folder holds a run with other settings; says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked, kept_file = settings_as_data(settings), folder / "settings.json"
    if kept_file.is_file():
        kept = json.loads(kept_file.read_text(encoding="utf-8"))
        different = [name for name in asked if name != "steps" and asked[name] != kept.get(name)]
        if different:
            listed = ", ".join(f"{name} {kept.get(name)!r} -> {asked[name]!r}" for name in different)
            raise ValueError(f"{folder} holds a run with other settings ({listed}): take another folder")
    kept_file.write_text(json.dumps(asked, indent=1), encoding="utf-8")
    trainer = Trainer(settings, model, device, **options)
    state = load_state(folder, device)
    if state is not None:
        trainer.restore(state)
    return trainer


def settings_as_data(settings: Settings) -> dict[str, Any]:
    """As JSON holds it."""
    return dict(json.loads(json.dumps(dataclasses.asdict(settings))))


def read_settings(folder: Path) -> Settings:
    """The settings of the run in a folder.

    Raises:
        ValueError: there is no run.
    """
    file = folder / "settings.json"
    if not file.is_file():
        raise ValueError(f"no run in {folder}: train begins one")
    data = json.loads(file.read_text(encoding="utf-8"))
    return Settings(**{**data, "config": FastConfig(**data["config"])})


def read_mean(folder: Path) -> tuple[Settings, Student, int]:
    """Settings, the student that is judged and exported, and the steps it has learned.

    Raises:
        ValueError: there is no run, or no state of it yet.
    """
    settings = read_settings(folder)
    state = load_state(folder, torch.device("cpu"))
    if state is None:
        raise ValueError(f"the run in {folder} has no state yet")
    student = Student(settings.config)
    student.load_state_dict(state["mean"])
    return settings, student.eval(), int(state["step"])


@dataclass(frozen=True)
class Slice:
    """How long one call trains, and how often it tells and keeps.

    Attributes:
        minutes: at most so long, loading not counted.
        steps: at most up to this step; None = to the end of the schedule.
        checkpoint_minutes: between two states.
        report_steps: between two lines of the curves.
        validate_steps: between two validations.
        workers: threads that cut batches.
    """

    minutes: float = 9.0
    steps: int | None = None
    checkpoint_minutes: float = 4.0
    report_steps: int = 50
    validate_steps: int = 2000
    workers: int = 2


def train(
    trainer: Trainer,
    folder: Path,
    lessons: Sequence[Prepared],
    held_out: Sequence[Prepared],
    part: Slice,
    report: Report = print,
) -> list[Judgement]:
    """One slice; the validations in it, the last one of the state that is kept."""
    settings = trainer.settings
    until = settings.steps if part.steps is None else min(part.steps, settings.steps)
    judgements: list[Judgement] = []
    before, began, kept = trainer.minutes, time.monotonic(), time.monotonic()
    stream = batches(
        lessons,
        size=settings.batch,
        values=settings.values,
        seed=settings.seed,
        first=trainer.step,
        config=trainer.model,
        workers=part.workers,
    )
    sums: dict[str, float] = {}
    counted = 0

    def validated() -> None:
        if held_out:
            judgements.append(judge(trainer.mean, held_out, trainer.model, trainer.device))
            _note(folder, {"step": trainer.step, "minutes": trainer.minutes, "kind": "valid", **judgements[-1].row()})
            report(f"step {trainer.step}: {judgements[-1].line()}")

    if trainer.step == 0:
        validated()
    while trainer.step < until and time.monotonic() - began < 60 * part.minutes:
        for name, value in trainer.learn(next(stream)).items():
            sums[name] = sums.get(name, 0.0) + value
        counted += 1
        trainer.minutes = before + (time.monotonic() - began) / 60
        if trainer.step % part.report_steps == 0:
            means = {name: value / counted for name, value in sums.items()}
            _note(folder, {"step": trainer.step, "minutes": trainer.minutes, "kind": "train", **means})
            listed = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
            report(f"step {trainer.step}, {trainer.minutes:.1f} min: {listed}")
            sums, counted = {}, 0
        if trainer.step % part.validate_steps == 0:
            validated()
        if time.monotonic() - kept > 60 * part.checkpoint_minutes:
            save_state(folder, trainer.state())
            kept = time.monotonic()
    if trainer.step % part.validate_steps:
        validated()
    stream.close()  # type: ignore[attr-defined]  # a generator: its threads end
    save_state(folder, trainer.state())
    return judgements


def read_curves(folder: Path) -> list[dict[str, Any]]:
    """The lines of ``curves.csv``; numbers are numbers, what a line does not have is missing."""
    file = folder / "curves.csv"
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        return [
            {name: value if name == "kind" else float(value) for name, value in row.items() if value}
            for row in csv.DictReader(lines)
        ]


def _note(folder: Path, row: Mapping[str, Any]) -> None:
    file = folder / "curves.csv"
    is_new = not file.is_file()
    with file.open("a", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow({name: f"{value:.5g}" if isinstance(value, float) else value for name, value in row.items()})


def config_of(size: str) -> FastConfig:
    """The configuration of a size.

    Raises:
        ValueError: no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}: choose from {', '.join(SIZES)}")
    return SIZES[size]
