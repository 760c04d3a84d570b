"""Fine-tuning from a folder to a decoder: corpus, examples, training, and what was allowed and reached beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio.atomic import output_error, write_whole
from ..errors import AudioError, ControlError, FeatureMissingError
from .corpus import Clip, read_corpus
from .examples import make_example
from .similarity import has_speaker_measure
from .tuning import Example, Judgement, Tuning, tune

if TYPE_CHECKING:
    from ..types import FloatArray
    from .record import Consent
    from .workshop import Workshop


@dataclass(frozen=True, slots=True)
class TunedDecoder:
    """What came of a fine-tuning.

    Attributes:
        path: ``decoder.npz``.
        judgements: on held-out clips, the first before any step.
        refused: clips that were left out, with the reason.
        seconds: of the clips that were used.
    """

    path: Path
    judgements: tuple[Judgement, ...]
    refused: Mapping[str, str]
    seconds: float


def tune_voice(
    workshop: Workshop,
    pack: FloatArray,
    corpus_dir: Path,
    output: Path,
    *,
    consent: Consent,
    steps: int | None = None,
    device: str = "cpu",
    on_progress: Callable[[float, str], None] = lambda share, what: None,
) -> TunedDecoder:
    """A decoder that speaks like the corpus in the timbre of ``pack``.

    Raises:
        ControlError: too few clips, or steps below 1.
        FeatureMissingError: the workshop cannot read texts or give the network's parameters.
        OutputError: the result cannot be written.
    """
    if steps is not None and steps < 1:
        raise ControlError(f"steps 应至少为 1，收到 {steps}。steps must be at least 1, got {steps}.", option="steps")
    if workshop.read is None or workshop.parameters is None:
        raise FeatureMissingError(
            "微调需要前端与模型参数。Tuning needs a workshop with texts and parameters.", code="workshop_missing"
        )
    corpus = read_corpus(corpus_dir, workshop.read, sample_rate=workshop.engine.config.sample_rate)
    refused = dict(corpus.refused)

    def examples(clips: tuple[Clip, ...], begin: float, end: float) -> list[Example]:
        made = []
        for number, clip in enumerate(clips):
            on_progress(begin + (end - begin) * number / len(clips), "对齐 aligning")
            try:
                made.append(make_example(workshop, clip, pack))
            except AudioError as error:
                refused[clip.name] = error.message
        return made

    trained, held_out = corpus.split()
    training, judging = examples(trained, 0.0, 0.15), examples(held_out, 0.15, 0.2)
    if not training or not judging:
        raise ControlError(
            f"{corpus_dir} 中没有能与文本对齐的录音。No recording in {corpus_dir} fits its text: {refused}.",
            code="corpus_too_small",
            option="corpus",
            value=str(corpus_dir),
        )
    tuning = Tuning() if steps is None else Tuning(steps=steps)
    recogniser = None
    if has_speaker_measure():
        from .speaker import load_recogniser

        recogniser = load_recogniser()
    try:
        output.mkdir(parents=True, exist_ok=True)
        path, judgements = tune(
            workshop.engine.config,
            workshop.parameters(),
            training,
            judging,
            output,
            tuning=tuning,
            recogniser=recogniser,
            device=device,
            on_step=lambda step, loss: on_progress(0.2 + 0.8 * step / tuning.steps, f"训练 training {loss:.2f}"),
        )
    except OSError as error:
        raise output_error(output, error) from error
    hashes = tuple(hashlib.sha256((corpus_dir / clip.name).read_bytes()).hexdigest() for clip in corpus.clips)
    allowed = dataclasses.asdict(dataclasses.replace(consent, sources=hashes))
    facts = {"model": workshop.model, "consent": allowed, "seconds": round(corpus.seconds, 1), "refused": refused}
    write_whole(output / "consent.json", json.dumps(facts, ensure_ascii=False, indent=1).encode())
    return TunedDecoder(path, tuple(judgements), refused, corpus.seconds)
