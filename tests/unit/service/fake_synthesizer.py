"""A synthesizer without a model: one tone per sentence, the same interface."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tts_engine.acoustic.device import CPU
from tts_engine.audio.files import AudioWriter, open_output
from tts_engine.errors import ControlError, SynthesisError
from tts_engine.identity import identity_of
from tts_engine.options import SynthesisOptions
from tts_engine.own_voices.consent import checked_statement
from tts_engine.own_voices.record import Consent, VoiceRecord, VoiceVersion
from tts_engine.types import Prosody, SentenceTiming, Span, SynthesisResult, Timing

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
    waveform: np.ndarray
    index: int = 0
    sample_rate: int = RATE
    warnings: tuple[str, ...] = ()
    ends_sentence: bool = True
    prosody: Prosody = field(default_factory=lambda: Prosody(np.ones(16, np.int64), np.full(16, 220.0), np.zeros(16)))


def tone_of(sentence: str) -> np.ndarray:
    """0.2 s of a tone that belongs to these words, so that nothing can be mixed up unseen."""
    hz = 200 + zlib.crc32(sentence.encode()) % 2000
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(RATE // 5) / RATE)).astype(np.float32)


def to_pcm16(waveform: np.ndarray) -> bytes:
    """What 16-bit samples of the waveform are."""
    return np.round(waveform * 32768).astype("<i2").tobytes()


def sentences_of(text: str) -> list[str]:
    return list(filter(None, text.replace("。", "。|").split("|")))


@dataclass(frozen=True)
class FakeExplanation:
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"sentences": [{"spoken": self.text}]}


class FakeLibrary:
    """Makes a voice of any recording, but only with consent."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[VoiceRecord, Any]] = {}

    def create(
        self, name: str, recordings: Any, *, consent: str | None, method: str, update: bool, on_progress: Any
    ) -> VoiceRecord:
        checked_statement(consent)
        on_progress(0.5, "")
        old = next((record for record, _ in self.made.values() if update and record.name == name), None)
        version = VoiceVersion(
            f"{len(self.made) + len(old.versions if old else ()):012x}", "2026-01-01T00:00:00+00:00", "1", "m", method,
            -20.0, (200.0, 150.0, 280.0), consent=Consent(str(consent), "2026-01-01T00:00:00+00:00", ("0" * 64,)),
            figures={"own_before": 0.5, "own_after": 0.7}, notes=("只有 4 秒人声。Only 4 s of speech.",),
        )  # fmt: skip
        versions = (*(old.versions if old else ()), version)
        record = VoiceRecord(old.id if old else f"v{len(self.made)}", name, "female", versions)
        self.made[record.id] = record, recordings
        return record

    def show(self, name: str) -> VoiceRecord:
        try:
            return self.made[name.removeprefix("own:")][0]
        except KeyError:
            raise ControlError(f"no own voice {name!r}", code="voice_unknown", option="voice") from None

    def delete(self, name: str) -> VoiceRecord:
        try:
            return self.made.pop(name.removeprefix("own:"))[0]
        except KeyError:
            raise ControlError(f"no own voice {name!r}", code="voice_unknown", option="voice") from None


class FakeSynthesizer:
    """Speaks every sentence as 0.2 s of a tone; ``sentence_s`` seconds of work each."""

    sample_rate = RATE
    together = 1
    identity = "tone generator 1"
    device = CPU

    def __init__(self, sentence_s: float = 0.0) -> None:
        self.sentence_s = sentence_s
        self.calls: list[tuple[str, SynthesisOptions]] = []
        self.rendered: list[str] = []
        self.fails_at: str | None = None
        self.library = FakeLibrary()
        self.explodes_at: str | None = None

    def voices(self) -> tuple[FakeVoice, ...]:
        return (
            FakeVoice("zf_xiaoxiao", "晓晓（普通话，女）", "Xiaoxiao (zh, female)", "zh", "female"),
            FakeVoice("zm_yunxi", "云希（普通话，男）", "Yunxi (zh, male)", "zh", "male"),
            FakeVoice("af_heart", "Heart（美式英语，女）", "Heart (en-us, female)", "en", "female"),
            *(
                FakeVoice(f"own:{record.id}", record.name, record.name, "zh", "female")
                for record, _ in self.library.made.values()
            ),
        )

    def voice_library(self) -> FakeLibrary:
        return self.library

    def stream(
        self, text: str, options: SynthesisOptions | None = None, *, lexicon: Any = None, turn: Any = nullcontext
    ) -> Iterator[FakeChunk]:
        options = options or SynthesisOptions()
        if options.voice not in [voice.name for voice in self.voices()]:
            raise ControlError(f"unknown voice {options.voice!r}", code="voice_unknown", option="voice")
        self.calls.append((text, options))
        return self._chunks(text, turn)

    def _chunks(self, text: str, turn: Any) -> Iterator[FakeChunk]:
        begin, begin_s = 0, 0.0
        for index, sentence in enumerate(sentences_of(text)):
            with turn(2 * len(sentence)):
                self._render(sentence)
            waveform = tone_of(sentence)
            span, end_s = Span(begin, begin + len(sentence)), begin_s + len(waveform) / RATE
            word = Timing(sentence, span, begin_s, end_s)
            timing = SentenceTiming(sentence, span, begin_s, end_s, words=(word,), characters=(word,))
            warnings = ("“☃”没有读音，已跳过。",) if "☃" in sentence else ()
            yield FakeChunk(span.end / len(text), timing, waveform, index=index, warnings=warnings)
            begin, begin_s = span.end, end_s

    def _render(self, sentence: str) -> None:
        if sentence == self.fails_at:
            raise SynthesisError("the engine failed")
        if self.explodes_at is not None and self.explodes_at in sentence:
            raise RuntimeError("nobody expects this")
        time.sleep(self.sentence_s)
        self.rendered.append(sentence)

    def render_sentence(self, text: str, index: int, options: SynthesisOptions, turn: Any = nullcontext) -> FakeChunk:
        self.calls.append((text, options))
        sentence = sentences_of(text)[index]
        waveform = np.full(RATE // 10, 0.01 * (options.seed % 50 + 1), np.float32)
        span = Span(0, len(sentence))
        return FakeChunk(1.0, SentenceTiming(sentence, span, 0.0, len(waveform) / RATE), waveform, index=index)

    def identify(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Any = None) -> str:
        options = options or SynthesisOptions()
        if options.voice not in [voice.name for voice in self.voices()]:
            raise ControlError(f"unknown voice {options.voice!r}", code="voice_unknown", option="voice")
        return identity_of(text, options, self.identity)

    def explain(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Any = None) -> FakeExplanation:
        return FakeExplanation(text)

    def synthesize_to_file(
        self,
        text: str,
        options: SynthesisOptions,
        *,
        path: Path | None = None,
        output_dir: Path = Path("outputs"),
        on_chunk: Callable[[Any], None] | None = None,
        turn: Any = nullcontext,
        lexicon: Any = None,
        produce_id: str | None = None,
    ) -> SynthesisResult:
        self.calls.append((text, options))
        started = time.perf_counter()
        timings = []
        with (
            open_output(path, directory=output_dir, format=options.format) as target,
            AudioWriter(target, RATE, options.format) as writer,
        ):
            begin = 0
            for sentence in sentences_of(text):
                with turn(2 * len(sentence)):
                    self._render(sentence)
                before = writer.audio_s
                writer.write(tone_of(sentence))
                span = Span(begin, begin + len(sentence))
                begin = span.end
                word = Timing(sentence, span, before, writer.audio_s)
                timings.append(SentenceTiming(sentence, span, before, writer.audio_s, words=(word,)))
                if on_chunk is not None:
                    on_chunk(FakeChunk(span.end / len(text), timings[-1], tone_of(sentence)))
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
