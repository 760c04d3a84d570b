"""What the page does, without any widget: synthesis into the outputs, a feed for the player, one sentence again."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..emotion.parse import parse_emotion
from ..errors import ControlError, OutputError, TextError
from ..options import DEFAULT_VOICE, SynthesisOptions, make_options
from ..settings import Settings
from .batches import Batches
from .desk import LOCAL, Caller, Desk
from .feed import Feed, Feeds
from .history import Entry, History, new_id, now
from .programmes import Programmes
from .running import OnProgress
from .scheduler import Cancelled
from .wording import in_queue, voice_label, waiting
from .words import WORDS, plain

if TYPE_CHECKING:
    from ..assets import CacheHub
    from ..explaining import TextExplanation
    from ..own_voices.library import VoiceLibrary
    from ..pipeline import Synthesizer, Turn
    from ..speaking import Hold
    from ..types import Prosody, SentenceTiming, SynthesisChunk, Timing
    from .desk import Visit
    from .engine import EngineHolder, EngineState

VOICES_BEFORE_LOADING = (("晓晓 Xiaoxiao", DEFAULT_VOICE),)

#: Every second value of the F0 curve is kept for the pictures: one in 25 ms.
PITCH_STEP = 2


class Studio:
    """The actions behind the page, without any widget.

    Args:
        settings: folders and limits.
        engine: where the synthesizer comes from.
        shelf: folder from which Gradio may hand out files, under names that cannot be guessed.
        desk: where turns at the engine are given out; None for one of its own.

    Attributes:
        history: what was made.
        feeds: what is being made and can be heard already.
        batches: jobs of many texts.
        programmes: scripts with several voices.
    """

    def __init__(self, settings: Settings, engine: EngineHolder, shelf: Path, desk: Desk | None = None) -> None:
        self.settings = settings
        self.engine = engine
        self.history = History(settings.outputs)
        self.feeds = Feeds()
        self.desk = desk or Desk(settings)
        self.batches = Batches(settings, engine, self.desk)
        self.programmes = Programmes(settings, engine, self.desk)
        self._visits: dict[str, Visit] = {}
        self._shelf = shelf
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Makes running syntheses end after their sentence, so that the server can go down."""
        self._stopping.set()
        self.batches.close()
        self.programmes.close()

    def cancel(self, client: str) -> None:
        """Ends what this client has running or waiting, after the sentence that is being rendered."""
        visit = self._visits.get(client)
        if visit is not None:
            visit.cancel()

    def synthesize(
        self,
        text: str,
        options: dict[str, Any],
        on_progress: OnProgress,
        feed: Feed | None = None,
        client: str = LOCAL,
    ) -> Entry:
        """Speaks a text into the outputs folder and keeps it in the history.

        Args:
            text: what to say.
            options: fields of ``SynthesisOptions``.
            on_progress: told a share from 0 to 1 and a few words.
            feed: gets the samples as they are made, for whoever listens already.
            client: who asks; ``cancel`` knows it by this name, and the engine is shared fairly between names.

        Raises:
            TTSError: nothing can be said, an option is not allowed, the model is not there, the disk is full, ...
            Cancelled: the server goes down, or ``cancel`` was called.
        """
        self._check_text(text)
        options = heard_options(options)
        chosen = options_of(options)
        parse_emotion(chosen.emotion, chosen.emotion_intensity)  # an unknown one is refused before any waiting
        pitch: list[tuple[int, ...]] = []
        with self._visit(client, len(text)) as visit:

            def on_chunk(chunk: SynthesisChunk) -> None:
                self._stop_if_asked(visit)
                visit.note(len(chunk.waveform) / chunk.sample_rate)
                if feed is not None:
                    feed.push(chunk.waveform)
                if chunk.ends_sentence:
                    pitch.append(thin_pitch(chunk.prosody))
                on_progress(chunk.progress, plain("rendering", chunk.progress, chunk.timing.end_s))

            synthesizer = self._synthesizer(on_progress, visit)
            on_progress(0.0, plain("starting"))
            result = synthesizer.synthesize_to_file(
                text,
                chosen,
                output_dir=self.settings.outputs,
                on_chunk=on_chunk,
                turn=self._turn(visit, on_progress),
            )
        if result.path is None:
            raise ValueError("the result was not written to a file")
        entry = Entry(
            id=new_id(),
            created=now(),
            name=result.path.name,
            text=text,
            options=options,
            audio_s=result.audio_s,
            synthesis_s=result.synthesis_s,
            warnings=result.warnings,
            sentences=result.sentences,
            pitch=tuple(pitch),
        )
        self.history.add(entry)
        return entry

    def explain(self, text: str, options: dict[str, Any], on_progress: OnProgress) -> TextExplanation:
        """How the text would be read and meant, without speaking it.

        Raises:
            TTSError: as ``synthesize``.
        """
        self._check_text(text)
        return self._synthesizer(on_progress).explain(text, options_of(heard_options(options)))

    def hear(self, recording: str, neutral: str | None) -> tuple[str, dict[str, Any], str]:
        """What is heard in a recording: a picture (SVG), the style as plain data, and the facts in words.

        Raises:
            AudioError: not a recording that can serve; says what to do.
        """
        from ..emotion.vocabulary import chinese
        from ..hearing.decode import decode
        from ..hearing.hear import listen, neutral_pitch
        from ..hearing.plot import plot
        from ..hearing.report import report
        from ..hearing.store import to_dict

        neutral_hz = None if neutral is None else neutral_pitch(neutral)
        heard = listen(decode(recording), neutral_hz=neutral_hz)
        return plot(heard), to_dict(heard.style), report(heard.style, chinese)

    def audio(self, identifier: str) -> tuple[Entry, Path]:
        """A result and its audio file.

        Raises:
            ControlError: no such result.
            OutputError: its audio is gone.
        """
        entry = self.history.get(identifier)
        path = self.history.path(entry)
        if not path.is_file():
            raise OutputError(
                f"结果 {entry.name} 的音频已不在 {self.settings.outputs}。"
                f"The audio of {entry.name} is no longer in {self.settings.outputs}.",
                code="result_gone",
                path=str(path),
            )
        return entry, path

    def sample(self, voice: str, on_progress: OnProgress, client: str = LOCAL) -> str:
        """Speaks a greeting in a voice and returns the name of its feed; nothing is kept.

        Raises:
            TTSError: as ``synthesize``.
        """
        options = make_options(voice=voice)
        words = WORDS["neutral_sample"][voice[:1] in "ab" and voice[1:2] in "fm"]
        name = new_id()
        feed = self.feeds.open(name, mark=self.settings.labelling.new_mark())
        try:
            with self._visit(client, len(words)) as visit:
                synthesizer = self._synthesizer(on_progress, visit)
                chunks = synthesizer.stream(words, options, turn=self._turn(visit, on_progress))
                for chunk in visit.watch(chunks):
                    feed.push(chunk.waveform)
        finally:
            feed.close()
        return name

    def hand_out(self, entry: Entry) -> str:
        """A second name of a result's file, from which Gradio may serve it."""
        _, path = self.audio(entry.id)
        folder = self._shelf / "results" / secrets.token_urlsafe(12)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / path.name
        try:
            os.link(path, target)  # the same file, no second copy
        except OSError:
            shutil.copyfile(path, target)
        return str(target)

    def subtitles(self, identifier: str, format: str) -> str:
        """The subtitles of a result: ``srt``, ``vtt``, ``lrc`` or ``json``.

        Raises:
            ControlError: no such result or format.
        """
        from ..audio.subtitles import subtitles

        return subtitles(self.history.get(identifier).sentences, format)

    def audio_as(self, identifier: str, format: str) -> tuple[Path, bool]:
        """The audio of a result in a format, and whether that file is a temporary one, to be removed after use.

        Raises:
            ControlError: no such result or format.
            OutputError: its audio is gone, or there is no space to convert it.
        """
        import tempfile

        import soundfile

        from ..audio.encoding import BLOCK
        from ..audio.files import AudioWriter

        _, path = self.audio(identifier)
        if path.suffix == f".{format}":
            return path, False
        with tempfile.NamedTemporaryFile(prefix="tts-", suffix=f".{format}", delete=False) as file:
            target = Path(file.name)
        mark = self.settings.labelling.new_mark()
        with (
            soundfile.SoundFile(path) as source,
            AudioWriter(target, source.samplerate, format, mark=mark) as writer,
        ):
            while len(block := source.read(BLOCK, dtype="float32")):
                writer.write(block)
        return target, True

    def again(
        self,
        identifier: str,
        index: int,
        options: dict[str, Any],
        on_progress: OnProgress,
        client: str = LOCAL,
    ) -> Entry:
        """The result with one sentence rendered again, under its own id; every other sample stays as it was.

        Args:
            identifier: of the result.
            index: number of the sentence, from 0.
            options: fields of ``SynthesisOptions`` for that sentence; the seed is changed where it is the old one.
            on_progress: as in ``synthesize``.
            client: as in ``synthesize``.

        Raises:
            TTSError: as ``synthesize``; no such result or sentence.
        """
        entry, path = self.audio(identifier)
        if not 0 <= index < len(entry.sentences):
            raise ControlError(
                f"没有第 {index + 1} 句，共 {len(entry.sentences)} 句。"
                f"There is no sentence {index + 1}; the result has {len(entry.sentences)}.",
                code="sentence_unknown",
                value=index,
                allowed=len(entry.sentences),
            )
        chosen = options_of(heard_options(options))
        if options.get("seed", 0) == entry.options.get("seed", 0):
            chosen = replace(chosen, seed=(chosen.seed + 1 + len(entry.sentences)) % 2**32)
        with self._visit(client, len(entry.sentences[index].text)) as visit:
            synthesizer = self._synthesizer(on_progress, visit)
            on_progress(0.0, plain("starting"))
            chunk = synthesizer.render_sentence(entry.text, index, chosen, turn=self._turn(visit, on_progress))
            visit.note(len(chunk.waveform) / chunk.sample_rate)
        return replaced(self.history, entry, path, index, chunk, mark=self.settings.labelling.new_mark())

    def voices(self) -> list[tuple[str, str]]:
        """Labels and names of the voices, as far as they are known yet."""
        synthesizer = self.engine.synthesizer
        if synthesizer is None:
            return list(VOICES_BEFORE_LOADING)
        return [(voice_label(info), info.name) for info in synthesizer.voices()]

    def shelve(self, name: str, data: bytes) -> str:
        """A file of that name from which Gradio may serve these bytes."""
        folder = self._shelf / "results" / secrets.token_urlsafe(12)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        return str(folder / name)

    def hub(self) -> CacheHub:
        """The model cache of this deployment."""
        from ..assets import CacheHub

        return CacheHub(self.settings.cache_hub, hub_endpoint=self.settings.hub_endpoint)

    def threads(self) -> int:
        """Processor threads of the engine."""
        from ..acoustic.engine import available_threads

        return self.settings.threads or available_threads()

    def library(self, on_progress: OnProgress = lambda share, words: None) -> VoiceLibrary:
        """The own voices, made and measured with the loaded engine; waits for it.

        Raises:
            TTSError: why the engine could not be loaded.
        """
        return self._synthesizer(on_progress).voice_library()

    def warnings(self) -> tuple[str, ...]:
        """Warnings of the last results, newest first."""
        found = (f"{entry.name}: {line}" for entry in self.history.search(limit=30) for line in entry.warnings)
        return tuple(dict.fromkeys(found))

    def _check_text(self, text: str) -> None:
        if not text or not text.strip():
            raise TextError(
                "请先输入要朗读的文字。Enter the text that is to be spoken.", code="text_empty", characters=0
            )
        allowed = self.settings.max_characters
        if len(text) > allowed:
            raise TextError(
                f"文字有 {len(text)} 字，一次最多 {allowed} 字，请分几次合成，或使用命令行 tts-engine say -f。"
                f"The text has {len(text)} characters, the page takes {allowed}: split it, or use tts-engine say -f.",
                code="text_too_long",
                characters=len(text),
                allowed=allowed,
            )

    @contextmanager
    def _visit(self, client: str, characters: int) -> Iterator[Visit]:
        """A place at the desk, under the name by which ``cancel`` finds it."""
        owner = client.partition(":")[0]  # the pages of one key share what that key gets
        with self.desk.visit(Caller(client if owner == LOCAL else owner, "page"), characters=characters) as visit:
            self._visits[client] = visit
            try:
                yield visit
            finally:
                if self._visits.get(client) is visit:
                    del self._visits[client]

    def _stop_if_asked(self, visit: Visit | None) -> None:
        if self._stopping.is_set() or (visit is not None and visit.is_cancelled):
            raise Cancelled

    def _synthesizer(self, on_progress: OnProgress, visit: Visit | None = None) -> Synthesizer:
        def on_wait(state: EngineState) -> None:
            self._stop_if_asked(visit)
            on_progress(0.0, waiting(state))

        return self.engine.obtain(on_wait)

    def _turn(self, visit: Visit, on_progress: OnProgress) -> Turn:
        """What is held around each rendering; the thread that waits for the text is told its place in the queue."""
        told_from = threading.get_ident()

        def turn(size: int) -> AbstractContextManager[Hold]:
            if threading.get_ident() != told_from:
                return visit.turn(size)
            return visit.turn(size, lambda position: on_progress(0.0, in_queue(position)))

        return turn


def heard_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options with what is heard in the recordings in the place of the recordings, which are not kept.

    Raises:
        AudioError: a recording that cannot serve.
    """
    from ..hearing.hear import hear
    from ..hearing.store import to_dict

    if not isinstance(options.get("ref_audio"), str):
        return options
    style = hear(options["ref_audio"], neutral=options.get("ref_neutral"))
    return {**{name: value for name, value in options.items() if name != "ref_neutral"}, "ref_audio": to_dict(style)}


def options_of(kept: dict[str, Any]) -> SynthesisOptions:
    """Options from values as the history keeps them, where a reference is what was heard in it, as plain data.

    Raises:
        ControlError: unknown option or value not allowed.
    """
    from ..hearing.store import from_dict

    style = kept.get("ref_audio")
    return make_options(**({**kept, "ref_audio": from_dict(style)} if isinstance(style, dict) else kept))


def replaced(
    history: History, entry: Entry, path: Path, index: int, chunk: SynthesisChunk, *, mark: str | None = None
) -> Entry:
    """A copy of a result with the speech of one sentence exchanged, kept in the history as a result of its own.

    ``mark`` is the text of its metadata mark.
    """
    import numpy as np
    import soundfile

    from ..audio.files import AudioWriter, open_output

    rate = chunk.sample_rate
    old, new = entry.sentences[index], chunk.timing
    speech = chunk.waveform[round(new.begin_s * rate) : round(new.end_s * rate)]
    waveform = soundfile.read(path, dtype="float32")[0]
    waveform = np.concatenate([waveform[: round(old.begin_s * rate)], speech, waveform[round(old.end_s * rate) :]])
    shift_s = len(speech) / rate - (old.end_s - old.begin_s)
    with (
        open_output(None, directory=history.outputs, format=path.suffix[1:]) as target,
        AudioWriter(target, rate, path.suffix[1:], mark=mark) as writer,
    ):
        writer.write(waveform)
    sentences = (
        *entry.sentences[:index],
        moved(new, old.begin_s - new.begin_s),
        *(moved(sentence, shift_s) for sentence in entry.sentences[index + 1 :]),
    )
    pitch = (*entry.pitch[:index], thin_pitch(chunk.prosody), *entry.pitch[index + 1 :])
    changed = replace(
        entry,
        id=new_id(),
        created=now(),
        name=target.name,
        audio_s=len(waveform) / rate,
        sentences=sentences,
        pitch=pitch,
        warnings=chunk.warnings,
    )
    history.add(changed)
    return changed


def moved(sentence: SentenceTiming, by_s: float) -> SentenceTiming:
    """The timing of a sentence, later by so many seconds."""

    def shift(timings: Iterable[Timing]) -> tuple[Timing, ...]:
        return tuple(replace(timing, begin_s=timing.begin_s + by_s, end_s=timing.end_s + by_s) for timing in timings)

    return replace(
        sentence,
        begin_s=sentence.begin_s + by_s,
        end_s=sentence.end_s + by_s,
        words=shift(sentence.words),
        characters=shift(sentence.characters),
    )


def thin_pitch(prosody: Prosody) -> tuple[int, ...]:
    """The F0 curve for pictures: Hz every 25 ms, 0 where unvoiced."""
    return tuple(int(value) if value >= 50 else 0 for value in prosody.f0[::PITCH_STEP])
