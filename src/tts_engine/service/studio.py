"""What the page does, without any widget: waiting for the model, synthesis into the outputs, files for the browser."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..emotion.parse import parse_emotion
from ..errors import TextError
from ..options import DEFAULT_VOICE, SynthesisOptions, make_options
from ..settings import Settings
from .desk import LOCAL, Caller, Desk
from .scheduler import Cancelled
from .wording import in_queue, voice_label, waiting

if TYPE_CHECKING:
    from ..types import SynthesisChunk, SynthesisResult
    from .desk import Visit
    from .engine import EngineHolder, EngineState

VOICES_BEFORE_LOADING = (("晓晓 Xiaoxiao", DEFAULT_VOICE),)


class Studio:
    """The actions behind the page, without any widget.

    Args:
        settings: folders and limits.
        engine: where the synthesizer comes from.
        shelf: folder from which the page may hand out files, under names that cannot be guessed.
        desk: where turns at the engine are given out; None for one of its own.
    """

    def __init__(self, settings: Settings, engine: EngineHolder, shelf: Path, desk: Desk | None = None) -> None:
        self.settings = settings
        self.engine = engine
        self.desk = desk or Desk(settings)
        self._visits: dict[str, Visit] = {}
        self._shelf = shelf
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Makes running syntheses end after their sentence, so that the server can go down."""
        self._stopping.set()

    def cancel(self, client: str) -> None:
        """Ends what this client has running or waiting, after the sentence that is being rendered."""
        visit = self._visits.get(client)
        if visit is not None:
            visit.cancel()

    def synthesize(
        self, text: str, options: dict[str, Any], on_progress: Callable[[float, str], None], client: str = LOCAL
    ) -> SynthesisResult:
        """Speaks a text into the outputs folder.

        Args:
            text: what to say.
            options: fields of ``SynthesisOptions``.
            on_progress: told a share from 0 to 1 and a few words.
            client: who asks; ``cancel`` knows it by this name, and the engine is shared fairly between names.

        Raises:
            TTSError: nothing can be said, an option is not allowed, the model is not there, the disk is full, ...
            Cancelled: the server goes down, or ``cancel`` was called.
        """
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
        chosen = make_options(**options)
        parse_emotion(chosen.emotion, chosen.emotion_intensity)  # an unknown one is refused before any waiting

        with self.desk.visit(Caller(client, "page"), characters=len(text)) as visit:
            self._visits[client] = visit
            try:
                return self._speak(text, chosen, visit, on_progress)
            finally:
                if self._visits.get(client) is visit:
                    del self._visits[client]

    def _speak(
        self, text: str, options: SynthesisOptions, visit: Visit, on_progress: Callable[[float, str], None]
    ) -> SynthesisResult:
        told_from = threading.get_ident()  # only this thread may tell the page anything

        def stop_if_asked() -> None:
            if self._stopping.is_set() or visit.is_cancelled:
                raise Cancelled

        def on_wait(state: EngineState) -> None:
            stop_if_asked()
            on_progress(0.0, waiting(state))

        def turn(size: int) -> AbstractContextManager[None]:
            if threading.get_ident() != told_from:
                return visit.turn(size)
            return visit.turn(size, lambda position: on_progress(0.0, in_queue(position)))

        spoken_s = 0.0

        def on_chunk(chunk: SynthesisChunk) -> None:
            nonlocal spoken_s
            stop_if_asked()
            visit.note(chunk.timing.end_s - spoken_s)
            spoken_s = chunk.timing.end_s
            on_progress(chunk.progress, f"已合成 {chunk.progress:.0%}（{chunk.timing.end_s:.0f} 秒音频）· rendering")

        synthesizer = self.engine.obtain(on_wait)
        on_progress(0.0, "正在合成第一句… · Rendering the first sentence…")
        return synthesizer.synthesize_to_file(
            text, options, output_dir=self.settings.outputs, on_chunk=on_chunk, turn=turn
        )

    def hand_out(self, result: SynthesisResult) -> str:
        """A second name of a result's file, under which the browser may fetch it."""
        path = result.path
        if path is None:
            raise ValueError("the result was not written to a file")
        folder = self._shelf / "results" / secrets.token_urlsafe(12)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / path.name
        try:
            os.link(path, target)  # the same file, no second copy
        except OSError:
            shutil.copyfile(path, target)
        return str(target)

    def voices(self) -> list[tuple[str, str]]:
        """Labels and names of the voices, as far as they are known yet."""
        synthesizer = self.engine.synthesizer
        if synthesizer is None:
            return list(VOICES_BEFORE_LOADING)
        return [(voice_label(info), info.name) for info in synthesizer.voices()]
