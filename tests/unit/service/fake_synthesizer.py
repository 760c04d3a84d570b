"""A synthesizer without a model: one tone per sentence, the same interface."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tts_engine.audio.files import AudioWriter, open_output
from tts_engine.options import SynthesisOptions
from tts_engine.types import SentenceTiming, Span, SynthesisResult

RATE = 24000


@dataclass(frozen=True)
class FakeVoice:
    name: str
    zh: str
    en: str
    language: str
    gender: str


@dataclass(frozen=True)
class FakeChunk:
    progress: float
    timing: SentenceTiming


class FakeSynthesizer:
    """Speaks every sentence as 0.2 s of a tone; ``sentence_s`` seconds of work each."""

    sample_rate = RATE

    def __init__(self, sentence_s: float = 0.0) -> None:
        self.sentence_s = sentence_s
        self.calls: list[tuple[str, SynthesisOptions]] = []

    def voices(self) -> tuple[FakeVoice, ...]:
        return (
            FakeVoice("zf_xiaoxiao", "晓晓（普通话，女）", "Xiaoxiao (zh, female)", "zh", "female"),
            FakeVoice("zm_yunxi", "云希（普通话，男）", "Yunxi (zh, male)", "zh", "male"),
            FakeVoice("af_heart", "Heart（美式英语，女）", "Heart (en-us, female)", "en", "female"),
        )

    def synthesize_to_file(
        self,
        text: str,
        options: SynthesisOptions,
        *,
        path: Path | None = None,
        output_dir: Path = Path("outputs"),
        on_chunk: Callable[[Any], None] | None = None,
        turn: Any = nullcontext,
    ) -> SynthesisResult:
        self.calls.append((text, options))
        started = time.perf_counter()
        timings = []
        with (
            open_output(path, directory=output_dir, format=options.format) as target,
            AudioWriter(target, RATE, options.format) as writer,
        ):
            begin = 0
            for sentence in filter(None, text.replace("。", "。|").split("|")):
                with turn(2 * len(sentence)):
                    time.sleep(self.sentence_s)
                before = writer.audio_s
                writer.write((0.3 * np.sin(np.arange(RATE // 5) / 20)).astype(np.float32))
                span = Span(begin, begin + len(sentence))
                begin = span.end
                timings.append(SentenceTiming(sentence, span, before, writer.audio_s))
                if on_chunk is not None:
                    on_chunk(FakeChunk(span.end / len(text), timings[-1]))
        return SynthesisResult(
            waveform=None,
            sample_rate=RATE,
            sentences=tuple(timings),
            prosody=(),
            warnings=("“☃”没有读音，已跳过。",) if "☃" in text else (),
            stage_s={},
            synthesis_s=time.perf_counter() - started,
            audio_s=writer.audio_s,
            seed=options.seed,
            path=target,
        )
