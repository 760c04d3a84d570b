"""What is kept of the chunks of a text: one result, or one chunk for a sentence that came in parts."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .types import Prosody, SentenceTiming, SynthesisChunk, SynthesisResult

if TYPE_CHECKING:
    from pathlib import Path

    from .types import FloatArray


class Gathered:
    """What accumulates over the chunks of one synthesis.

    Args:
        keep_prosody: whether the curves are kept, which grow with the text.
    """

    def __init__(self, *, keep_prosody: bool = True) -> None:
        self._keep_prosody = keep_prosody
        self._sentences: list[SentenceTiming] = []
        self._prosody: list[Prosody] = []
        self._warnings: dict[str, None] = {}
        self._stage_s: dict[str, float] = {}
        self._samples = 0
        self._is_inside = False

    def add(self, chunk: SynthesisChunk) -> FloatArray:
        """Takes the next chunk; its waveform, which is not kept."""
        from .prosody.timings import joined

        if self._is_inside:
            self._sentences[-1] = joined(self._sentences[-1], chunk.timing)
        else:
            self._sentences.append(chunk.timing)
        self._is_inside = not chunk.ends_sentence
        if self._keep_prosody and chunk.ends_sentence:
            self._prosody.append(chunk.prosody)
        self.warn(*chunk.warnings)
        for stage, seconds in chunk.stage_s.items():
            self._stage_s[stage] = self._stage_s.get(stage, 0.0) + seconds
        self._samples += len(chunk.waveform)
        return chunk.waveform

    def warn(self, *warnings: str) -> None:
        """Warnings that no chunk has."""
        self._warnings.update(dict.fromkeys(warnings))

    def result(
        self, waveform: FloatArray | None, sample_rate: int, seed: int, synthesis_s: float, path: Path | None
    ) -> SynthesisResult:
        """Everything so far."""
        return SynthesisResult(
            waveform=waveform,
            sample_rate=sample_rate,
            sentences=tuple(self._sentences),
            prosody=tuple(self._prosody),
            warnings=tuple(self._warnings),
            stage_s=self._stage_s,
            synthesis_s=synthesis_s,
            audio_s=self._samples / sample_rate,
            seed=seed,
            path=path,
        )


def joined_parts(parts: Sequence[SynthesisChunk]) -> SynthesisChunk:
    """All parts of one sentence as one chunk."""
    import numpy as np

    from .prosody.timings import joined

    stage_s: dict[str, float] = {}
    for part in parts:
        for stage, seconds in part.stage_s.items():
            stage_s[stage] = stage_s.get(stage, 0.0) + seconds
    return dataclasses.replace(
        parts[-1],
        waveform=np.concatenate([part.waveform for part in parts]),
        timing=functools.reduce(joined, [part.timing for part in parts]),
        stage_s=stage_s,
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )
