"""The synthesizer: composes the stages, sentence by sentence.

    text ── FrontEnd ──► Sentence ── encode ──► durations ── predict ──► Prosody ── render ──► waveform

One ``Synthesizer`` loads its model once and may be called from several threads. What it does not know: environment
variables, HTTP, queues.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .emotion.vocabulary import find_label
from .errors import FeatureMissingError, TextError
from .options import NEUTRAL, SynthesisOptions
from .types import Prosody, Sentence, SentenceTiming, SynthesisChunk, SynthesisResult

if TYPE_CHECKING:
    from .acoustic.engine import AcousticEngine
    from .acoustic.voices import VoiceInfo, VoiceStore
    from .assets import Progress
    from .text.frontend import FrontEnd
    from .types import FloatArray

#: Longest text whose waveform is kept in memory (about 70 minutes, 400 MB); longer ones go to a file or a stream.
MAX_IN_MEMORY_CHARACTERS = 20_000

#: Rates outside this range cost intelligibility (docs/acoustic.md); they are rendered, with a warning.
CLEAN_SPEED = (0.6, 1.4)

#: Level of every voice after calibration, LUFS; a target of ``loudness_lufs`` is reached from here.
CALIBRATED_LUFS = -20.0

OnProgress = Callable[[SynthesisChunk], None]


class Synthesizer:
    """Speaks text with one loaded model.

    Args:
        cache_hub: folder of the models; what is missing is fetched into it once.
        model: ``name`` or ``name@version``; None for the one in use.
        threads: processor threads of the engine, None lets it choose.
        offline: never touch the network.
        hub_endpoint: base address of the model hub, the second source of the model files.
        on_fetch: told about the progress of a first download.

    Raises:
        AssetError: the model is missing and cannot be fetched, or is damaged and cannot be repaired.
        ControlError: unknown model.
    """

    def __init__(
        self,
        *,
        cache_hub: str | Path = "cache_hub",
        model: str | None = None,
        threads: int | None = None,
        offline: bool = False,
        hub_endpoint: str | None = None,
        on_fetch: Progress | None = None,
    ) -> None:
        from .acoustic.engine import AcousticEngine
        from .acoustic.voices import VoiceStore
        from .assets import CacheHub
        from .text.frontend import FrontEnd

        files = CacheHub(Path(cache_hub), hub_endpoint=hub_endpoint).ensure(model, progress=on_fetch, offline=offline)
        self.model = f"{files.name}@{files.version}"
        self._engine: AcousticEngine = AcousticEngine.load(files.model_file, threads=threads)
        self._voices: VoiceStore = VoiceStore(files.voices_dir)
        self._front_end: FrontEnd = FrontEnd(
            self._engine.config.symbols, max_phonemes=self._engine.config.max_phonemes, lexicon_dir=files.lexicon_dir
        )

    @property
    def sample_rate(self) -> int:
        """Samples per second of every waveform."""
        return self._engine.config.sample_rate

    def voices(self) -> tuple[VoiceInfo, ...]:
        """What is known of every voice, Mandarin ones first."""
        infos = [self._voices.info(name) for name in self._voices.names()]
        return tuple(sorted(infos, key=lambda info: (info.language != "zh", info.name)))

    def stream(self, text: str, options: SynthesisOptions | None = None) -> Iterator[SynthesisChunk]:
        """Yields sentence after sentence as soon as each is rendered; joined, they are what ``synthesize`` returns.

        With ``loudness_lufs`` the chunks have the calibrated level of the voice moved to the target, since the loudness
        of a whole that is not yet rendered cannot be measured.

        Raises:
            TextError: nothing in the text can be spoken.
            ControlError: an option has a value that is not allowed.
        """
        options = options or SynthesisOptions()
        _refuse_unavailable(options)
        gain_db = self._voices.level_db(options.voice) + options.volume_db
        if options.loudness_lufs is not None:
            gain_db += options.loudness_lufs - CALIBRATED_LUFS
        return self._chunks(text, options, 10.0 ** (gain_db / 20.0))

    def synthesize(self, text: str, options: SynthesisOptions | None = None) -> SynthesisResult:
        """The whole text as one waveform, with timings, curves and warnings.

        Raises:
            TextError: nothing can be spoken, or the text is too long for the memory.
            ControlError: an option has a value that is not allowed.
        """
        import numpy as np

        from .audio.loudness import gain_to_target, measure_loudness

        if isinstance(text, str) and len(text) > MAX_IN_MEMORY_CHARACTERS:
            raise TextError(
                f"the text has {len(text)} characters; a waveform in memory may have at most"
                f" {MAX_IN_MEMORY_CHARACTERS}. Use synthesize_to_file() or stream() for longer texts",
                code="text_too_long",
                characters=len(text),
                allowed=MAX_IN_MEMORY_CHARACTERS,
            )
        options = options or SynthesisOptions()
        started = time.perf_counter()
        gathered = _Gathered()
        waveform = np.concatenate([gathered.add(chunk) for chunk in self.stream(text, options)])
        if options.loudness_lufs is not None:
            measured = measure_loudness(waveform, self.sample_rate)
            gain, warning = gain_to_target(measured, float(np.abs(waveform).max()), options.loudness_lufs)
            waveform = waveform * np.float32(gain)
            gathered.warn(warning)
        return gathered.result(waveform, self.sample_rate, options.seed, time.perf_counter() - started, None)

    def synthesize_to_file(
        self,
        text: str,
        options: SynthesisOptions | None = None,
        *,
        path: str | Path | None = None,
        output_dir: str | Path = "outputs",
        on_chunk: OnProgress | None = None,
    ) -> SynthesisResult:
        """Writes the whole text to an audio file, sentence by sentence in flat memory; the waveform is not kept.

        Args:
            text: any length.
            options: how to speak it; ``options.format`` is the format of the file.
            path: file to write, replaced if it exists; None makes ``output_dir/YYYYMMDD_HHMMSS.<format>``.
            output_dir: folder of the timestamped name, made if missing.
            on_chunk: called after each sentence.

        Raises:
            TextError, ControlError: as ``stream``.
            OutputError: the file cannot be written; nothing half-written is left behind.
        """
        from .audio.files import AudioWriter, open_output

        options = options or SynthesisOptions()
        started = time.perf_counter()
        chunks = self.stream(text, options)
        gathered = _Gathered(keep_prosody=False)
        with open_output(path, directory=output_dir, format=options.format) as target:
            with AudioWriter(
                target, self.sample_rate, format=options.format, loudness_lufs=options.loudness_lufs
            ) as writer:
                for chunk in chunks:
                    writer.write(gathered.add(chunk))
                    if on_chunk is not None:
                        on_chunk(chunk)
            for warning in writer.warnings:
                gathered.warn(warning)
        return gathered.result(None, self.sample_rate, options.seed, time.perf_counter() - started, target)

    def _chunks(self, text: str, options: SynthesisOptions, gain: float) -> Iterator[SynthesisChunk]:
        import numpy as np

        position_s = 0.0
        is_empty = True
        option_warnings = _warn_about(options)
        for index, (sentence, text_warnings) in enumerate(self._front_end.sentences(text)):
            is_empty = False
            waveform, prosody, stage_s, speech_s, offset_s = self._speak(sentence, options, index)
            timing = self._time(sentence, prosody, position_s, speech_s, offset_s)
            pause = np.zeros(round(sentence.pause_after_s * options.pause_scale * self.sample_rate), np.float32)
            waveform = np.concatenate([waveform * np.float32(gain), pause])
            position_s += len(waveform) / self.sample_rate
            yield SynthesisChunk(
                index=index,
                progress=sentence.span.end / len(text),
                sentence=sentence,
                waveform=waveform,
                sample_rate=self.sample_rate,
                timing=timing,
                prosody=prosody,
                stage_s=stage_s,
                warnings=option_warnings + text_warnings,
            )
            option_warnings = ()
        if is_empty:
            raise TextError(
                "nothing in the text can be spoken; give at least one word, number or character that has a reading",
                code="text_empty",
            )

    def _speak(
        self, sentence: Sentence, options: SynthesisOptions, index: int
    ) -> tuple[FloatArray, Prosody, dict[str, float], float, float]:
        """Waveform without outer silence, curves, seconds per stage, length of the speech, time of frame 0 (<= 0)."""
        from .audio.join import trim_silence
        from .prosody.durations import scale_rate, set_pauses, to_frames
        from .prosody.pitch import shift_pitch

        config = self._engine.config
        style = self._voices.style(options.voice, len(sentence.phonemes))
        clock = [time.perf_counter()]
        encoding = self._engine.encode(sentence.phonemes, style.prosody)
        durations = scale_rate(encoding.durations, options.speed, sentence.breaks)
        durations = set_pauses(
            durations, sentence.breaks, pause_scale=options.pause_scale, frame_rate=config.frame_rate
        )
        clock.append(time.perf_counter())
        prosody = shift_pitch(self._engine.predict(encoding, to_frames(durations)), options.pitch_shift_st)
        clock.append(time.perf_counter())
        waveform = self._engine.render(encoding, prosody, style.timbre, seed=(options.seed + index) % 2**32)
        clock.append(time.perf_counter())
        begin, end = trim_silence(waveform, self.sample_rate)
        stage_s = dict(zip(("encoder", "prosody", "decoder"), _differences(clock), strict=True))
        return waveform[begin:end], prosody, stage_s, (end - begin) / self.sample_rate, -begin / self.sample_rate

    def _time(
        self, sentence: Sentence, prosody: Prosody, position_s: float, speech_s: float, offset_s: float
    ) -> SentenceTiming:
        from .prosody.timings import time_sentence

        return time_sentence(
            sentence,
            prosody.durations,
            frame_rate=self._engine.config.frame_rate,
            offset_s=position_s + offset_s,
            begin_s=position_s,
            end_s=position_s + speech_s,
        )


class _Gathered:
    """What accumulates over the chunks of one synthesis."""

    def __init__(self, *, keep_prosody: bool = True) -> None:
        self._keep_prosody = keep_prosody
        self._sentences: list[SentenceTiming] = []
        self._prosody: list[Prosody] = []
        self._warnings: dict[str, None] = {}
        self._stage_s: dict[str, float] = {}
        self._samples = 0

    def add(self, chunk: SynthesisChunk) -> FloatArray:
        self._sentences.append(chunk.timing)
        if self._keep_prosody:
            self._prosody.append(chunk.prosody)
        for warning in chunk.warnings:
            self.warn(warning)
        for stage, seconds in chunk.stage_s.items():
            self._stage_s[stage] = self._stage_s.get(stage, 0.0) + seconds
        self._samples += len(chunk.waveform)
        return chunk.waveform

    def warn(self, warning: str | None) -> None:
        if warning is not None:
            self._warnings[warning] = None

    def result(
        self, waveform: FloatArray | None, sample_rate: int, seed: int, synthesis_s: float, path: Path | None
    ) -> SynthesisResult:
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


def _refuse_unavailable(options: SynthesisOptions) -> None:
    """Refuses what this version cannot do yet rather than leaving it out of the result.

    Raises:
        ControlError: nobody knows such an emotion.
        FeatureMissingError: an emotion or a reference recording was asked for.
    """
    label = find_label(options.emotion)
    if label.name != NEUTRAL:
        raise FeatureMissingError(
            f"emotion {options.emotion!r} ({label.zh}) is known but this version speaks only {NEUTRAL!r};"
            " leave emotion out or set it to 'neutral'",
            code="emotion_unavailable",
            emotion=label.name,
        )
    if options.ref_audio is not None:
        raise FeatureMissingError(
            f"ref_audio={options.ref_audio!r}: speaking like a reference recording is not in this version;"
            " leave ref_audio out",
            code="ref_audio_unavailable",
        )


def _warn_about(options: SynthesisOptions) -> tuple[str, ...]:
    slow, fast = CLEAN_SPEED
    if slow <= options.speed <= fast:
        return ()
    return (f"speed {options.speed:g} is outside {slow:g}-{fast:g}, where speech stays clear",)


def _differences(clock: list[float]) -> list[float]:
    return [after - before for before, after in zip(clock[:-1], clock[1:], strict=True)]
