"""One live session: what comes in changes its state at once, one worker thread speaks.

    message() ── segmenter ──► parts ── worker: lead, visit, turn, render ──► outbox
              └─ listener ───────────────────────┘ (asked right before each clause)

Every event is numbered and kept (``log``). Cancelling (barge-in) drops what waits and what is being rendered; what was
sent belongs to the client. The worker holds a place in the queue only while it has a part to speak.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ...emotion.listener import Listener, check_reading
from ...errors import BusyError, ControlError, DrainingError, SynthesisError, TextError, TTSError
from ...text.incremental import check_text
from ..scheduler import Cancelled
from .backlog import Backlog, Mark, Work
from .log import EventLog
from .outbox import Close, Outbox
from .protocol import Config, check_fields, read_message
from .telling import Teller
from .voice import AudioStream, clause_event

if TYPE_CHECKING:
    from ...emotion.policies import Influence
    from ...live import LiveClause, LiveText
    from ...pipeline import Synthesizer
    from ..desk import Visit

logger = logging.getLogger(__name__)

#: WebSocket close codes (RFC 6455, and 4000-4999 for applications).
NORMAL, TOO_BIG, FAILED, RESTARTING, TRY_LATER, IDLE, TOO_SLOW = 1000, 1009, 1011, 1012, 1013, 4408, 4409

#: Seconds for which a full queue is asked again, and for which a client may leave audio unread.
BUSY_PATIENCE_S = 60.0
UNREAD_PATIENCE_S = 60.0


class LiveSession:
    """A session; ``message`` and ``close`` may be called from any thread.

    Args:
        obtain: gives the synthesizer, waiting for it.
        visit: a place in the queue for a text of so many characters; see ``desk.Desk.visit``.
        log: its events.
        outbox: where they and the audio go.
        max_backlog: characters that may wait to be spoken.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        obtain: Callable[[], Synthesizer],
        visit: Callable[[int], Visit],
        log: EventLog,
        outbox: Outbox,
        *,
        max_backlog: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._obtain = obtain
        self._open_visit = visit
        self._log = log
        self._outbox = outbox
        self._teller = Teller(log, outbox)
        self._clock = clock
        self._changed = threading.Condition()
        self._config = Config()
        self._options = self._config.effective()[0]
        self._listener = Listener("off")
        self._backlog = Backlog(max_backlog, clock)
        self._generation = 0
        self._is_ended = self._is_closed = self._has_text = self._is_speaking = False
        self._visit: Visit | None = None
        self._live: LiveText | None = None
        self._audio: AudioStream | None = None
        self._first_audio_s: float | None = None
        self._said = 0
        self._thread = threading.Thread(target=self._run, name="live-session", daemon=True)

    def start(self) -> None:
        """Begins to speak what comes in."""
        self._teller.tell("started", session=self._log.session, protocol=1, max_backlog=self._backlog.most)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether something waits or is being spoken."""
        with self._changed:
            return bool(self._backlog) or self._is_speaking

    def message(self, raw: str) -> None:
        """Takes one message; what is wrong with it is told to the client and changes nothing."""
        try:
            kind, fields = read_message(raw)
            with self._changed:
                if self._is_ended and kind not in ("state", "cancel", "log"):
                    raise ControlError(
                        "会话已结束，不再接受新的内容。The session has been ended: nothing more is taken.",
                        code="session_ended",
                    )
            getattr(self, f"_on_{kind}")(fields)
        except TTSError as error:
            self._teller.error(error, is_fatal=False)

    def close(self) -> None:
        """The client has gone: ends the work and the worker."""
        with self._changed:
            self._is_closed = True
            self._generation += 1
            self._backlog.close()
            visit = self._visit
            self._changed.notify_all()
        if visit is not None:
            visit.cancel()
        self._outbox.close()
        self._log.end()

    def _on_config(self, fields: dict[str, Any]) -> None:
        with self._changed:
            config = self._config.changed(fields)
            if self._has_text and (config.response_format, config.segment) != (
                self._config.response_format,
                self._config.segment,
            ):
                raise ControlError(
                    "response_format 和 segment 只能在第一段文字之前设置。"
                    "response_format and segment can only be set before the first text.",
                    option="response_format",
                )
            options, warnings = config.effective()
            live = self._live
            if live is not None:
                live.check(options)
            else:
                from ...emotion.parse import parse_emotion

                parse_emotion(options.emotion, options.emotion_intensity)
            if config.policy != self._config.policy:
                self._listener = self._listener.with_policy(config.policy)
            if config.resting_heart_rate not in (None, self._config.resting_heart_rate):
                self._listener = self._listener.with_baseline(config.resting_heart_rate or 0.0)
            if config.segment != self._config.segment:
                self._backlog.cut_by(config.segment)
            self._config, self._options = config, options
        self._teller.tell("configured", settings={name: fields[name] for name in fields})
        self._teller.warn(*warnings)

    def _on_text(self, fields: dict[str, Any]) -> None:
        check_fields("text", fields, ("text", "flush"))
        text = check_text(fields.get("text"))
        with self._changed:
            self._backlog.feed(text)
            self._has_text = self._has_text or bool(text.strip())
            if fields.get("flush") is True:
                self._backlog.flush()
            self._changed.notify_all()

    def _on_state(self, fields: dict[str, Any]) -> None:
        with self._changed:
            check_reading(fields)
            self._listener, decisions = self._listener.hear(fields, self._log.now_s())
        self._teller.decisions(decisions)

    def _on_flush(self, fields: dict[str, Any]) -> None:
        check_fields("flush", fields, ())
        with self._changed:
            self._backlog.flush()
            self._backlog.mark("flushed")
            self._changed.notify_all()

    def _on_clear(self, fields: dict[str, Any]) -> None:
        check_fields("clear", fields, ())
        with self._changed:
            dropped = self._backlog.clear()
        self._teller.tell("cleared", dropped_characters=dropped)

    def _on_cancel(self, fields: dict[str, Any]) -> None:
        check_fields("cancel", fields, ())
        with self._changed:
            dropped = self._backlog.clear()
            self._generation += 1
            visit = self._visit
            self._first_audio_s = None
            self._changed.notify_all()
        if visit is not None:
            visit.cancel()
        unsent = self._outbox.drop_audio() if self._config.response_format == "pcm" else 0  # others must stay whole
        self._teller.tell("cancelled", dropped_characters=dropped, dropped_bytes=unsent, said=self._said)
        if self._is_ended:
            with self._changed:
                self._backlog.mark("done")
                self._changed.notify_all()

    def _on_end(self, fields: dict[str, Any]) -> None:
        check_fields("end", fields, ())
        with self._changed:
            self._is_ended = True
            self._backlog.flush()
            self._backlog.mark("done")
            self._changed.notify_all()

    def _on_log(self, fields: dict[str, Any]) -> None:
        check_fields("log", fields, ("after",))
        after = fields.get("after", -1)
        if not isinstance(after, int) or isinstance(after, bool):
            raise ControlError(f"after 应为整数，收到 {after!r}。after must be a whole number.", option="after")
        self._outbox.put({"type": "log", **self._log.read(after)})

    def _run(self) -> None:
        """The worker: speaks part after part until the session is over."""
        try:
            while (item := self._next()) is not None:
                if isinstance(item, Work):
                    self._speak(item)
                elif item.kind == "done":
                    self._finish()
                    return
                else:
                    self._teller.tell(item.kind)
        except TTSError as error:
            code = (
                RESTARTING
                if isinstance(error, DrainingError)
                else TRY_LATER
                if isinstance(error, BusyError)
                else FAILED
            )
            self._fail(error, code)
        except Exception as error:
            logger.exception("a live session failed")
            self._fail(
                SynthesisError(f"会话出错：{type(error).__name__}。The session failed.", code="session_failed"), FAILED
            )

    def _next(self) -> Work | Mark | None:
        """The next thing to do; None once the client has gone. A pause of the writer lets what is safe go."""
        with self._changed:
            while not self._backlog:
                if self._is_closed:
                    return None
                wait_s = self._backlog.settle(self._config.flush_after_s)
                if not self._backlog:
                    self._changed.wait(wait_s)
            return None if self._is_closed else self._backlog.take()

    def _speak(self, work: Work) -> None:
        with self._changed:
            generation, options, config = self._generation, self._options, self._config
            self._is_speaking = True
        try:
            live = self._voice(config)
            if not self._await_lead(config, generation):
                return
            self._render(live, work, options, config, generation)
        except Cancelled:
            if generation == self._generation:
                raise DrainingError("服务正在关闭，会话提前结束。The server is going down: the session ends.") from None
        except (TextError, ControlError) as error:  # this part cannot be spoken; the next one may be
            self._teller.error(error, is_fatal=False)
        finally:
            with self._changed:
                self._is_speaking = False
                self._visit = None

    def _render(self, live: LiveText, work: Work, options: Any, config: Config, generation: int) -> None:
        with self._admitted(len(work.part.text), generation) as visit:
            began_s = self._clock()
            with self._changed:
                self._visit = visit
                if generation != self._generation:
                    return
            spoken = live.speak(work.part, options, influence=self._influence, turn=visit.turn)
            with closing(spoken) as clauses:  # type: ignore[type-var]
                for clause in clauses:
                    with self._changed:
                        if generation != self._generation:
                            live.drop(clause)
                            return
                    visit.note(len(clause.waveform) / clause.sample_rate)
                    seconds = {"waited_s": began_s - work.came_s, "latency_s": self._clock() - work.came_s}
                    self._send(clause, config, seconds)

    def _send(self, clause: LiveClause, config: Config, seconds: dict[str, float]) -> None:
        assert self._audio is not None
        data = self._audio.push(clause.waveform)
        if self._first_audio_s is None:
            self._first_audio_s = self._clock() - clause.timing.begin_s
        self._said = clause.span.end
        self._teller.tell("clause", **clause_event(clause, config, seconds, len(data)))
        self._teller.warn(*clause.warnings)
        if not self._outbox.put_audio(data, UNREAD_PATIENCE_S):
            self._outbox.drop_audio()
            self._outbox.put(Close(TOO_SLOW, "audio is not read"))
            self.close()

    def _voice(self, config: Config) -> LiveText:
        """The text as it goes on; made when the first part is there."""
        if self._live is None or self._audio is None:
            synthesizer = self._obtain()
            live = synthesizer.live()
            live.check(self._options)
            self._audio = AudioStream(
                config.response_format, synthesizer.sample_rate, mark=synthesizer.labelling.new_mark()
            )
            self._live = live
            self._teller.tell(
                "ready",
                sample_rate=synthesizer.sample_rate,
                response_format=config.response_format,
                media_type=self._audio.media_type,
            )
        return self._live

    def _admitted(self, characters: int, generation: int) -> Visit:
        """A place in the queue, asked for again while it is full."""
        until_s = self._clock() + BUSY_PATIENCE_S
        while True:
            try:
                return self._open_visit(characters)
            except DrainingError:
                raise
            except BusyError as error:
                wait_s = min(float(error.fields.get("retry_after_s", 1)), 5.0)
                if self._clock() + wait_s > until_s:
                    raise
                self._teller.warn(error.message)
                with self._changed:
                    self._changed.wait_for(lambda: generation != self._generation, wait_s)
                    if generation != self._generation:
                        raise Cancelled from None

    def _await_lead(self, config: Config, generation: int) -> bool:
        """Waits until rendering is no more than ``max_lead_s`` ahead of playback; whether it is still wanted."""
        with self._changed:
            while generation == self._generation:
                if config.max_lead_s is None or self._first_audio_s is None or self._live is None:
                    return True
                lead_s = self._live.audio_s - (self._clock() - self._first_audio_s)
                if lead_s <= config.max_lead_s:
                    return True
                self._changed.wait(lead_s - config.max_lead_s)
            return False

    def _influence(self) -> Influence:
        with self._changed:
            self._listener, decisions = self._listener.settle(self._log.now_s())
            influence = self._listener.influence
        self._teller.decisions(decisions)
        return influence

    def _finish(self) -> None:
        if self._audio is not None:
            self._outbox.put_audio(self._audio.finish(), UNREAD_PATIENCE_S)
        self._teller.tell(
            "done",
            characters=self._backlog.position,
            audio_s=round(self._live.audio_s, 3) if self._live else 0.0,
            warnings=self._teller.warnings,
            log=f"/v1/audio/speech/sessions/{self._log.session}",
        )
        self._log.end()
        self._outbox.put(Close(NORMAL))

    def _fail(self, error: TTSError, code: int) -> None:
        self._teller.error(error, is_fatal=True)
        self._log.end()
        self._outbox.put(Close(code, error.code))
