"""Every line heard back by a recogniser: syllables that are missing, repeated or misread, and new takes of such lines.

The recogniser is the extra ``check`` (faster-whisper) with weights that the user fetched. Both sides are compared as
syllables without tones, homophones alike; what recognisers cannot tell apart (n/ng at the end of a syllable) counts as
the same. A recogniser errs by itself: a line is flagged only where much of it is wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FeatureMissingError
from .checks import Finding
from .lines import PlannedLine, seed_of
from .rendering import OnProgress, Progress, Renderer

if TYPE_CHECKING:
    from ..types import FloatArray
    from .options import ProductionOptions
    from .store import LineStore, Take

INSTALL = "pip install 'tts-engine[check]'"
HEARING_RATE = 16_000

#: A line is flagged from this share of wrong syllables on, and from this many.
WRONG_SHARE, LEAST_WRONG = 0.25, 2

_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """What was heard otherwise than it was to be said.

    Attributes:
        wrong: number of syllables: missing, added or other ones.
        share: of those that were to be said.
        words: for people: ``缺 shi，多 ma，xing → hang``.
    """

    wrong: int
    share: float
    words: str

    @property
    def is_bad(self) -> bool:
        """Whether the line is to be looked at."""
        return self.wrong >= LEAST_WRONG and self.share >= WRONG_SHARE


#: Hears (samples,) float32 at 16 kHz and gives its words.
Recognise = Callable[["FloatArray"], str]


def hear_back(
    lines: Sequence[PlannedLine],
    renderer: Renderer,
    store: LineStore,
    options: ProductionOptions,
    on_progress: OnProgress | None = None,
    *,
    recognise: Recognise | None = None,
) -> tuple[list[Finding], dict[str, int]]:
    """What was heard wrongly in the takes that are kept, and better takes: name of the first take -> number.

    A bad line is rendered again with other seeds, up to ``options.retakes`` times; the take with the fewest wrong
    syllables is kept.

    Raises:
        FeatureMissingError: the extra or its weights are missing.
    """
    recognise = recognise or load_recogniser(str(options.check))
    findings: list[Finding] = []
    better: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        take = store.find(line.identity) if line.is_spoken else None
        if take is not None:
            best = _hear(take, store, renderer, recognise)
            for further in range(1, options.retakes + 1 if best.is_bad else 1):
                another = retake(line, line.take + further, renderer)
                heard = _hear(store.find(another.identity) or renderer.render(another), store, renderer, recognise)
                if heard.wrong < best.wrong:
                    best, better[line.first] = heard, another.take
                if not best.is_bad:
                    break
            if best.is_bad:
                findings.append(Finding(line.number, "misread", best.words))
        if on_progress is not None:
            on_progress(Progress(number, len(lines), 0, 0.0, None, "check"))
    return findings, better


def retake(line: PlannedLine, take: int, renderer: Renderer) -> PlannedLine:
    """The same line in another take."""
    base = seed_of(line.options.seed, -line.take)
    options = dataclasses.replace(line.options, seed=seed_of(base, take))
    identity = renderer.identify(line.text, options, line.readings)
    return dataclasses.replace(line, options=options, identity=identity, take=take)


def compare(wanted: Sequence[str], heard: Sequence[str]) -> Difference:
    """The fewest syllables that are missing, added or other ones."""
    a, b = [_folded(one) for one in wanted], [_folded(one) for one in heard]
    cost = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if not i or not j:
                cost[i][j] = i + j
            else:
                other = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])
                cost[i][j] = min(other, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    told: list[str] = []
    i, j = len(a), len(b)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
            if a[i] != b[j]:
                told.append(f"{wanted[i]} → {heard[j]}")
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            told.append(f"缺 {wanted[i]}")
        else:
            j -= 1
            told.append(f"多 {heard[j]}")
    wrong, told = cost[-1][-1], told[::-1]
    words = "，".join(told[:_MOST_SHOWN]) + ("…" if len(told) > _MOST_SHOWN else "")
    return Difference(wrong, wrong / max(1, len(a)), words)


def load_recogniser(model: str) -> Recognise:
    """The recogniser whose weights are in a folder.

    Raises:
        FeatureMissingError: it is not installed, or there are no weights.
    """
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise FeatureMissingError(
            f"逐条识别检查需要扩展 [check]：{INSTALL}。Hearing lines back needs the extra [check]: {INSTALL}.",
            code="check_missing",
            install=INSTALL,
        ) from error
    if not (Path(model) / "model.bin").is_file():
        raise FeatureMissingError(
            f"{model} 里没有识别模型（model.bin）。请下载 faster-whisper 的模型（CTranslate2 格式）并给出其目录。"
            f"There is no model.bin in {model}: fetch a model of faster-whisper (CTranslate2) and give its folder.",
            code="check_model_missing",
            path=model,
        )
    network: Any = WhisperModel(model, device="cpu", compute_type="int8", local_files_only=True)

    def recognise(waveform: FloatArray) -> str:
        segments, _ = network.transcribe(
            waveform, language="zh", beam_size=5, temperature=0.0, condition_on_previous_text=False
        )
        return "".join(segment.text for segment in segments)

    return recognise


def _hear(take: Take, store: LineStore, renderer: Renderer, recognise: Recognise) -> Difference:
    import numpy as np
    from scipy.signal import resample_poly

    waveform = store.read(take.identity)
    clip = resample_poly(waveform, HEARING_RATE, take.sample_rate).astype(np.float32)
    return compare(take.syllables, renderer.syllables(recognise(clip)))


def _folded(syllable: str) -> str:
    """What a recogniser cannot tell apart made the same: final n and ng, erhua, ü written as v or u."""
    plain = syllable.casefold().replace("ü", "v")
    if len(plain) > 2 and plain.endswith("r"):
        plain = plain[:-1]
    return plain.removesuffix("g") if plain.endswith("ng") else plain
