"""The synthesizer: composes the stages, sentence by sentence.

    text ── FrontEnd ──► Sentence ── direct ──► Performance ── Speaker ──► Speech ──► chunks, whole, file

One ``Synthesizer`` loads its model once and may be called from several threads. What it does not know: environment
variables, HTTP, queues.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .audio.labelling import Labelling
from .chunking import Chunker, audible_mark, with_urgency
from .errors import ControlError, FeatureMissingError, TextError
from .gathering import Gathered, joined_parts
from .options import SynthesisOptions, parse_aspects
from .speaking import Turn, programme_db, unshared

if TYPE_CHECKING:
    from .acoustic.device import Device
    from .acoustic.engine import AcousticEngine
    from .acoustic.precision import Precision
    from .acoustic.voices import VoiceInfo, VoiceStore
    from .assets import ModelFiles, ProgressCallback
    from .directing import MakeReader, References, Scene
    from .explaining import TextExplanation
    from .live import LiveText
    from .own_voices.library import VoiceLibrary
    from .text.frontend import FrontEnd
    from .text.lexicon import UserLexicon
    from .types import SynthesisChunk, SynthesisResult

#: Longest text whose waveform is kept in memory (about 70 minutes, 400 MB); longer ones go to a file or a stream.
MAX_IN_MEMORY_CHARACTERS = 20_000

__all__ = ["MAX_IN_MEMORY_CHARACTERS", "Lexicon", "OnProgress", "Synthesizer", "Turn", "as_lexicon"]

OnProgress: TypeAlias = "Callable[[SynthesisChunk], None]"

#: Readings as a mapping, as a YAML or CSV file, or read already.
Lexicon: TypeAlias = "Mapping[str, str] | Path | UserLexicon"


class Synthesizer:
    """Speaks text with one loaded model.

    Args:
        cache_hub: folder of the models; what is missing is fetched into it once.
        model: ``name`` or ``name@version``; None for the one in use.
        threads: processor threads of the engine, None lets it choose.
        device: where the network is computed: ``auto`` (a graphics card if torch can use one, else the processor),
            ``cpu``, ``cuda``, ``cuda:1``. ``Synthesizer.device`` says which it became and why.
        offline: never touch the network.
        hub_endpoint: base address of the model hub, the second source of the model files.
        voices: folder of one's own voices; None for the packs of the model alone.
        refused_names: file with more names that no voice may be made of.
        decoder: ``fast`` for the fast decoder that is installed, or a file: a tuned decoder (``tts-engine voice tune``)
            or a fast one (``.safetensors``); None for the model's own.
        precision: in which numbers the processor computes the model's own decoder: ``float32``, ``int8``, or ``auto``
            for the faster one by a test that is made once and kept; ``small`` for small devices: int8, and the rest
            of the model in as little memory as it takes. ``Synthesizer.precision`` says which and why.
        lexicon: readings of this synthesizer's own: word -> pinyin (``chong2 qing4``), other words, or ``/phonemes/``;
            a file is read again whenever it has changed.
        on_fetch: told about the progress of a first download.
        labelling: how audio says that it was made by AI; by default a mark in the metadata of every file.

    Raises:
        AssetError: the model is missing and cannot be fetched, or is damaged and cannot be repaired.
        ControlError: unknown model, or no such device.
        FeatureMissingError: a card was asked for, and torch or a card that it can use is missing; or the fast decoder
            was, and none is installed.
    """

    _own: tuple[str | Path | None, str | Path | None, ModelFiles | None]  # own voices, refused names, the model
    _decoder: Path | None  # the file of another one than the model's own
    _precision: Precision | None  # None where the parts were loaded already

    def __init__(
        self,
        *,
        cache_hub: str | Path = "cache_hub",
        model: str | None = None,
        threads: int | None = None,
        device: str = "auto",
        offline: bool = False,
        hub_endpoint: str | None = None,
        voices: str | Path | None = None,
        refused_names: str | Path | None = None,
        decoder: str | Path | None = None,
        precision: str = "auto",
        lexicon: Lexicon | None = None,
        on_fetch: ProgressCallback | None = None,
        labelling: Labelling = Labelling(),  # noqa: B008 - frozen
    ) -> None:
        from .acoustic.device import choose_device, choose_processor
        from .acoustic.engine import AcousticEngine
        from .acoustic.fast.weights import find_decoder, is_fast, load_weights
        from .acoustic.precision import FLOAT32, choose_precision
        from .acoustic.voices import VoiceStore
        from .assets import CacheHub
        from .emotion.vocabulary import is_emotion
        from .text.frontend import FrontEnd
        from .text.lexicon_file import LexiconFile

        decoder_file = find_decoder(decoder, Path(cache_hub))
        fast = load_weights(decoder_file) if decoder_file is not None and is_fast(decoder_file) else None
        chosen = choose_device(device) if fast is None else choose_processor(device)
        files = CacheHub(Path(cache_hub), hub_endpoint=hub_endpoint).ensure(model, progress=on_fetch, offline=offline)
        self._precision = choose_precision(
            FLOAT32 if chosen.is_card else precision, folder=files.derived_dir, decoder=decoder_file
        )
        if decoder_file is None or fast is not None:
            engine = AcousticEngine.load(
                files.model_file, threads=threads, device=chosen, fast=fast, precision=self._precision.name
            )
        else:
            from .acoustic import recover
            from .acoustic.config import ModelConfig
            from .own_voices.decoder import load_decoder

            parameters = load_decoder(decoder_file, recover.load(files.model_file))
            engine = AcousticEngine(ModelConfig(), parameters, threads=threads, device=chosen)
        front_end = FrontEnd(
            engine.config.symbols,
            max_phonemes=engine.config.max_phonemes,
            lexicon_dir=files.lexicon_dir,
            lexicon=LexiconFile(lexicon) if isinstance(lexicon, Path) else as_lexicon(lexicon),
            is_emotion=is_emotion,
        )
        shelf = None
        if voices is not None:
            from .own_voices.shelf import Shelf

            shelf = Shelf(Path(voices))
        self._compose(engine, VoiceStore(files.voices_dir, shelf), front_end, labelling)
        self._own = (voices, refused_names, files)
        self._decoder = decoder_file

    @classmethod
    def from_parts(
        cls,
        engine: AcousticEngine,
        voices: VoiceStore,
        front_end: FrontEnd,
        labelling: Labelling = Labelling(),  # noqa: B008 - frozen
    ) -> Synthesizer:
        """A synthesizer of parts that are loaded already."""
        synthesizer = cls.__new__(cls)
        synthesizer._compose(engine, voices, front_end, labelling)
        synthesizer._own = (None, None, None)
        synthesizer._decoder = None
        synthesizer._precision = None
        return synthesizer

    #: Makes who reads emotions for ``emotion_reader=model``; None where no language model is set up.
    make_reader: MakeReader | None = None

    def _compose(self, engine: AcousticEngine, voices: VoiceStore, front_end: FrontEnd, labelling: Labelling) -> None:
        from .hearing.store import StyleCache
        from .speaking import Speaker

        self.labelling = labelling
        self._heard = StyleCache()
        self._engine = engine
        self._voices = voices
        self._front_end = front_end
        self._speaker = Speaker(engine, voices)
        self._chunker = Chunker(engine, self._speaker)

    def voice_library(self) -> VoiceLibrary:
        """The library of one's own voices, which makes them with this synthesizer's engine.

        Raises:
            FeatureMissingError: this synthesizer was made without a folder for it.
        """
        from .acoustic import recover
        from .own_voices.library import VoiceLibrary
        from .own_voices.workshop import Workshop

        folder, refused_names, files = self._own
        if folder is None or files is None:
            raise FeatureMissingError(
                "这个合成器没有声音库目录，请传入 voices=...。"
                "This synthesizer has no folder of own voices: give voices=...",
                code="voice_library_missing",
            )

        def read(text: str) -> tuple[str, int]:
            sentences = self._front_end.analyse(text).sentences
            syllables = sum(len(word.syllables) for sentence in sentences for word in sentence.words)
            return " ".join(sentence.phonemes for sentence in sentences), syllables

        workshop = Workshop(
            self._engine, self._voices, f"{files.name}@{files.version}", lambda: recover.load(files.model_file), read
        )
        return VoiceLibrary(folder, workshop=lambda: workshop, refused_names=refused_names)

    @functools.cached_property
    def identity(self) -> str:
        """The engine in one line: version of the package, model and its digest, other decoder, lexicon, audible mark.

        Same text, options, identity and thread count give the same samples. Own voices are not part of it, since a
        library grows while the engine stays: ``identify`` counts those that a text uses.
        """
        from .identity import engine_identity

        files, lexicon = self._own[2], self._front_end.lexicon
        return engine_identity(
            model=f"{files.name}@{files.version}" if files else "parts",
            digest=files.manifest.digest if files else type(self._engine).__qualname__,
            decoder=self._decoder,
            lexicon=lexicon if lexicon.entries else None,
            audible=self.labelling.heard,
            card=self._engine.arithmetic if self.together > 1 else None,
            precision=self.precision.name,
        )

    def identify(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Lexicon | None = None) -> str:
        """SHA-256 of everything that decides how a text sounds here; equal ones mean equal samples.

        Voices count by full name and version, also those that markup of the text asks for.

        Raises:
            ControlError: unknown voice.
            AudioError: a recording cannot be read.
        """
        from .identity import identify

        return identify(text, options or SynthesisOptions(), self.identity, self._voices, as_lexicon(lexicon))

    @property
    def device(self) -> Device:
        """Where the network is computed, and why there."""
        return self._engine.device

    @property
    def precision(self) -> Precision:
        """In which numbers the processor computes the decoder, and why in these."""
        from .acoustic.precision import Precision

        return self._precision or Precision(self._engine.arithmetic, "of parts that were loaded already")

    @property
    def together(self) -> int:
        """Sentences that the engine computes at the same time at best; 1 on the processor."""
        return self._engine.together

    def warm_up(self) -> None:
        """Does what would otherwise be done while the first requests wait; on a graphics card it takes some seconds."""
        self._engine.warm_up()

    @property
    def sample_rate(self) -> int:
        """Samples per second of every waveform."""
        return self._engine.config.sample_rate

    def voices(self) -> tuple[VoiceInfo, ...]:
        """What is known of every voice, Mandarin ones first."""
        infos = [self._voices.info(name) for name in self._voices.names()]
        return tuple(sorted(infos, key=lambda info: (info.language != "zh", info.name)))

    def stream(
        self,
        text: str,
        options: SynthesisOptions | None = None,
        *,
        lexicon: Lexicon | None = None,
        turn: Turn = unshared,
    ) -> Iterator[SynthesisChunk]:
        """Yields sentence after sentence as soon as each is rendered; joined, they are what ``synthesize`` returns.

        Long sentences at the beginning come in parts, so that the first sound does not wait for their end.

        With ``loudness_lufs`` the chunks have the calibrated level of the voice moved to the target, since the loudness
        of a whole that is not yet rendered cannot be measured.

        Args:
            text: what to say.
            options: how.
            lexicon: readings for this text, before those of the synthesizer.
            turn: held around each rendering of a sentence, from whichever thread renders it; what it raises on entering
                ends the stream.

        Raises:
            TextError: nothing in the text can be spoken.
            ControlError: an option has a value that is not allowed.
            AudioError: a reference recording cannot be used.
        """
        options = options or SynthesisOptions()
        return self._open(text, options, lexicon, turn, extra_db=programme_db(options))

    def synthesize(
        self,
        text: str,
        options: SynthesisOptions | None = None,
        *,
        lexicon: Lexicon | None = None,
        turn: Turn = unshared,
    ) -> SynthesisResult:
        """The whole text as one waveform, with timings, curves and warnings; arguments as ``stream``.

        Raises:
            TextError: nothing can be spoken, or the text is too long for the memory.
            ControlError: an option has a value that is not allowed.
        """
        import numpy as np

        from .audio.levels import soft_ceiling
        from .audio.loudness import gain_to_target, measure_loudness

        if isinstance(text, str) and len(text) > MAX_IN_MEMORY_CHARACTERS:
            raise TextError(
                f"文本有 {len(text)} 字，内存中一次最多 {MAX_IN_MEMORY_CHARACTERS} 字，更长请写入文件或流式合成。"
                f"The text has {len(text)} characters; a waveform in memory may have at most"
                f" {MAX_IN_MEMORY_CHARACTERS}: use synthesize_to_file() or stream().",
                code="text_too_long",
                characters=len(text),
                allowed=MAX_IN_MEMORY_CHARACTERS,
            )
        options = options or SynthesisOptions()
        started = time.perf_counter()
        gathered = Gathered()
        waveform = np.concatenate([gathered.add(chunk) for chunk in self._open(text, options, lexicon, turn)])
        if options.loudness_lufs is not None:
            loudness, peak = measure_loudness(waveform, self.sample_rate), float(np.abs(waveform).max())
            factor, warning = gain_to_target(loudness, peak, options.loudness_lufs)
            waveform = soft_ceiling(waveform * np.float32(factor)).waveform
            gathered.warn(*([warning] if warning else []))
        return gathered.result(waveform, self.sample_rate, options.seed, time.perf_counter() - started, None)

    def synthesize_to_file(
        self,
        text: str,
        options: SynthesisOptions | None = None,
        *,
        path: str | Path | None = None,
        output_dir: str | Path = "outputs",
        on_chunk: OnProgress | None = None,
        lexicon: Lexicon | None = None,
        turn: Turn = unshared,
        produce_id: str | None = None,
    ) -> SynthesisResult:
        """Writes the whole text to an audio file, sentence by sentence in flat memory; the waveform is not kept.

        Args:
            text: any length.
            options: how to speak it; ``options.format`` is the format of the file.
            path: file to write, replaced if it exists; None makes ``output_dir/YYYYMMDD_HHMMSS.<format>``.
            output_dir: folder of the timestamped name, made if missing.
            on_chunk: called after each sentence.
            lexicon: readings for this text, before those of the synthesizer.
            turn: as for ``stream``.
            produce_id: identifier in the mark of the file; None draws a random one, and no two files are the same.

        Raises:
            TextError, ControlError: as ``stream``.
            OutputError: the file cannot be written; nothing half-written is left behind.
        """
        from .audio.files import AudioWriter, open_output

        options = options or SynthesisOptions()
        started = time.perf_counter()
        chunks = self._open(text, options, lexicon, turn)
        gathered = Gathered(keep_prosody=False)
        with (
            open_output(path, directory=output_dir, format=options.format) as target,
            AudioWriter(
                target,
                self.sample_rate,
                options.format,
                loudness_lufs=options.loudness_lufs,
                mark=self.labelling.new_mark(produce_id),
            ) as writer,
        ):
            for chunk in chunks:
                writer.write(gathered.add(chunk))
                if on_chunk is not None:
                    on_chunk(chunk)
        gathered.warn(*writer.warnings)
        return gathered.result(None, self.sample_rate, options.seed, time.perf_counter() - started, target)

    def live(self, *, grain: str = "clause", lexicon: Lexicon | None = None) -> LiveText:
        """A text that is still being written, spoken part by part; see ``live.LiveText``."""
        from .live import LiveText

        return LiveText(
            self._front_end,
            self._speaker,
            self._voices,
            grain=grain,
            lexicon=as_lexicon(lexicon),
            make_reader=self.make_reader,
        )

    def render_sentence(
        self,
        text: str,
        index: int,
        options: SynthesisOptions | None = None,
        *,
        lexicon: Lexicon | None = None,
        turn: Turn = unshared,
    ) -> SynthesisChunk:
        """One sentence of a text as it is spoken in its place there, without rendering the others.

        Its samples are those of the whole text where seed and options are the same; its times count from its own
        beginning.

        Args:
            text: the whole text.
            index: number of the sentence, from 0.
            options: how.
            lexicon: readings for this text.
            turn: as for ``stream``.

        Raises:
            TextError, ControlError: as ``stream``; there is no such sentence.
        """
        options = options or SynthesisOptions()
        cues = with_urgency(self._stage(text, options, lexicon), together=self.together)
        cue = next(itertools.islice(cues, index, None), None) if index >= 0 else None
        if cue is None:
            raise ControlError(
                f"文本没有第 {index + 1} 句。The text has no sentence {index + 1}.",
                code="sentence_unknown",
                value=index,
            )
        own = dataclasses.replace(options, seed=(options.seed + index) % 2**32)
        parts = list(self._chunker.chunks(iter([cue]), own, characters=len(text), turn=turn))
        return dataclasses.replace(joined_parts(parts), index=index)

    def explain(
        self, text: str, options: SynthesisOptions | None = None, *, lexicon: Lexicon | None = None
    ) -> TextExplanation:
        """How the text would be read and meant, and why, without speaking it.

        Raises:
            TextError, ControlError, AudioError: as ``stream``.
        """
        from .directing import choose_reader
        from .explaining import explain

        options = options or SynthesisOptions()
        return explain(
            self._front_end,
            text,
            emotion=options.emotion,
            context=options.context == "on",
            lexicon=as_lexicon(lexicon),
            reader=choose_reader(options.emotion_reader, self.make_reader),
            references=self._references(options),
        )

    def _open(
        self, text: str, options: SynthesisOptions, lexicon: Lexicon | None, turn: Turn, *, extra_db: float = 0.0
    ) -> Iterator[SynthesisChunk]:
        """Refuses at once what cannot be served; the rest happens as the chunks are taken."""
        from .directing import tell_last

        staged = self._stage(text, options, lexicon)
        if self.labelling.at_end != "none":
            staged = tell_last(staged)
        return self._chunker.chunks(
            with_urgency(staged, together=self.together),
            options,
            characters=len(text),
            turn=turn,
            extra_db=extra_db,
            mark=functools.partial(
                audible_mark, self.labelling, self._front_end, self._speaker, options, turn=turn, extra_db=extra_db
            ),
        )

    def _stage(self, text: str, options: SynthesisOptions, lexicon: Lexicon | None) -> Iterator[Scene]:
        """The sentences with their performances; refuses at once what cannot be served."""
        from .directing import choose_reader, scenes

        return scenes(
            self._front_end,
            self._front_end.open(text),
            emotion=options.emotion,
            intensity=options.emotion_intensity,
            context=options.context == "on",
            lexicon=as_lexicon(lexicon),
            reader=choose_reader(options.emotion_reader, self.make_reader),
            references=self._references(options),
        )

    def _references(self, options: SynthesisOptions) -> References:
        """The recordings of a request, heard; what would take somebody's voice needs their consent.

        Raises:
            ControlError: an unknown voice; or timbre is asked for and the consent says nothing, or is about a public
                figure.
            AudioError: a recording cannot be used.
        """
        from .referring import resolve

        voice = self._voices.canonical(options.voice)
        if (options.ref_audio is not None or options.references) and "timbre" in parse_aspects(options.ref_aspects):
            from .own_voices.consent import checked_statement, refuse_public_figures

            statement = checked_statement(options.ref_consent, option="ref_consent")
            refuse_public_figures("", statement, self._own[1], option="ref_consent")
        return resolve(options, self._speaker.register(voice), cache=self._heard)


def as_lexicon(readings: Lexicon | None) -> UserLexicon | None:
    """The readings in whatever form they were given."""
    from .text.lexicon import UserLexicon

    if readings is None or isinstance(readings, UserLexicon):
        return readings
    return UserLexicon.from_file(readings) if isinstance(readings, Path) else UserLexicon.from_mapping(readings)
