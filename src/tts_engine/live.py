"""A text that is still being written, spoken part by part, steered while it goes on.

    feed ── Segmenter ──► Part ── FrontEnd ──► Sentence ── Director, shade ──► Performance ── glide,
    Speaker ──► LiveClause

What came before counts (paragraph, quotation, the feeling of the last sentence), what comes later is not known. Options
and the listener's influence may change between any two clauses; inside a clause they are one value, and from clause to
clause they glide (``GLIDE``). Knows no clock, network or session: ``service.sessions`` does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import TextError
from .gliding import Knobs
from .options import SynthesisOptions
from .speaking import programme_db, unshared
from .types import MASK, Emotion, Performance, Sentence, SentenceTiming, Span

if TYPE_CHECKING:
    from .acoustic.voices import VoiceStore
    from .directing import EmotionReader, MakeReader
    from .emotion.direct import Reader
    from .emotion.policies import Influence
    from .emotion.tags import EmotionTag
    from .speaking import Speaker, Speech, Turn
    from .text.frontend import FrontEnd
    from .text.incremental import Part
    from .text.lexicon import UserLexicon
    from .types import FloatArray

#: Share of a newly requested emotion in the first clause after the change.
_FIRST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class LiveClause:
    """A spoken clause or sentence.

    Attributes:
        index: number of the clause, from 0.
        text: the characters that were spoken, as written.
        span: where they stand in all that was fed.
        waveform: (samples,) float32, the pause before it included.
        sample_rate: samples per second.
        timing: when it is heard, counted from the first sample of the stream; spans as ``span``.
        performance: how it was meant, the listener's share included.
        speed: rate that was used, a factor.
        pitch_shift_st: semitones that were used.
        volume_db: gain that was used, dB.
        listener_weight: share of what the listener's state wants, 0-1.
        warnings: about it.
        stage_s: seconds per stage.
    """

    index: int
    text: str
    span: Span
    waveform: FloatArray
    sample_rate: int
    timing: SentenceTiming
    performance: Performance
    speed: float
    pitch_shift_st: float
    volume_db: float
    listener_weight: float = 0.0
    warnings: tuple[str, ...] = ()
    stage_s: dict[str, float] = dataclasses.field(default_factory=dict)


class LiveText:
    """One growing text. Not thread-safe: ``segmenter`` may be fed by one thread while another speaks parts.

    Made by ``Synthesizer.live``.

    Attributes:
        segmenter: cuts what is fed into parts.
        audio_s: length of everything spoken so far.
    """

    def __init__(
        self,
        front_end: FrontEnd,
        speaker: Speaker,
        voices: VoiceStore,
        *,
        grain: str = "clause",
        lexicon: UserLexicon | None = None,
        make_reader: MakeReader | None = None,
    ) -> None:
        from .emotion.direct import Director
        from .text.incremental import Segmenter

        self.segmenter = Segmenter(grain)
        self.audio_s = 0.0
        self._front_end = front_end
        self._speaker = speaker
        self._voices = voices
        self._sample_rate = speaker.sample_rate
        self._lexicon = lexicon
        self._director = Director()
        self._make_reader = make_reader
        self._reader: EmotionReader | None = None
        self._index = 0
        self._paragraph = 0
        self._begins_paragraph = True
        self._pause_s = 0.0
        self._held_tags = ""
        self._used: Knobs | None = None
        self._wish: Emotion | None = None
        self._warned: set[str] = set()

    def check(self, options: SynthesisOptions) -> None:
        """Refuses at once what could not be spoken later.

        Raises:
            ControlError: unknown voice or emotion.
        """
        from .directing import choose_reader
        from .emotion.parse import parse_emotion

        choose_reader(options.emotion_reader, self._make_reader)
        self._voices.canonical(options.voice)
        parse_emotion(options.emotion, options.emotion_intensity)

    def speak(
        self,
        part: Part,
        options: SynthesisOptions,
        *,
        influence: Callable[[], Influence] | None = None,
        turn: Turn = unshared,
    ) -> Iterator[LiveClause]:
        """The clauses of a part, one after another; what cannot be spoken (a lone mark) gives none.

        Args:
            part: of ``segmenter``, in order.
            options: what holds for it.
            influence: asked right before each clause is rendered, for what the listener's state wants.
            turn: held around each rendering; gets the number of phonemes.

        Raises:
            ControlError, SynthesisError: as ``Synthesizer.stream``.
        """
        from .directing import emotion_tags
        from .text.incremental import open_tags

        if not part.text.strip():
            return
        held = self._held_tags
        self._director.context = options.context == "on"
        manuscript = self._front_end.open(held + part.text)
        self._held_tags = "" if part.ends_paragraph else open_tags(manuscript)
        try:
            reads = list(self._front_end.read(manuscript, self._lexicon))
        except TextError as error:
            if error.code != "text_unspeakable":
                raise
            return
        tags, told = emotion_tags(manuscript, options.emotion)
        offset = part.begin - len(held)
        for number, read in enumerate(reads):
            is_last = number == len(reads) - 1
            sentence = self._place(read.sentence, part, is_last=is_last)
            by_model = self._read_by_model(sentence, options)  # before the turn: a model may take its time
            with turn(len(sentence.phonemes)):  # the state that counts is the latest
                wanted = Knobs.wanted(options, influence() if influence else None)
                used = wanted.glide_from(self._used)
                performance = self._perform(sentence, options, tags, used, by_model)
                moved = dataclasses.replace(
                    options, speed=used.speed, pitch_shift_st=used.pitch_shift_st, volume_db=used.volume_db
                )
                speech = self._speaker.speak(
                    sentence,
                    performance,
                    moved,
                    seed=(options.seed + self._index) % 2**32,
                    extra_db=programme_db(options),
                )
            late = self._reader.take_warnings() if self._reader is not None else ()
            warnings = self._new((*told, *late, *read.warnings, *speech.warnings))
            self._used = used
            yield self._clause(sentence, performance, speech, options, used, offset, part.begin, warnings)

    def drop(self, clause: LiveClause) -> None:
        """Takes back the last clause, which nobody will hear: the next one takes its place in the stream."""
        self.audio_s -= len(clause.waveform) / clause.sample_rate
        self._pause_s = 0.0

    def _clause(
        self,
        sentence: Sentence,
        performance: Performance,
        speech: Speech,
        options: SynthesisOptions,
        used: Knobs,
        offset: int,
        least: int,
        warnings: tuple[str, ...],
    ) -> LiveClause:
        import numpy as np

        gap_s = self._pause_s + performance.context.pause_before_s if self._index else 0.0
        before = round(options.pause_scale * max(gap_s, sentence.silence_before_s, 0.0) * self._sample_rate)
        after = round(options.pause_scale * sentence.silence_after_s * self._sample_rate)
        waveform = np.concatenate([np.zeros(before, np.float32), speech.waveform, np.zeros(after, np.float32)])
        begin_s = self.audio_s + before / self._sample_rate
        timing = self._speaker.time(sentence, speech, begin_s, begin_s + len(speech.waveform) / self._sample_rate)
        begin = max(least, sentence.span.begin + offset)
        source = sentence.source[begin - offset - sentence.span.begin :].replace(MASK, "")
        clause = LiveClause(
            index=self._index,
            text=source,
            span=Span(begin, sentence.span.end + offset),
            waveform=waveform,
            sample_rate=self._sample_rate,
            timing=_moved(timing, offset),
            performance=performance,
            speed=used.speed,
            pitch_shift_st=used.pitch_shift_st,
            volume_db=used.volume_db,
            listener_weight=used.influence.weight if used.influence else 0.0,
            warnings=warnings,
            stage_s=speech.stage_s,
        )
        self.audio_s += len(waveform) / self._sample_rate
        self._pause_s = sentence.pause_after_s * speech.pause_factor
        self._index += 1
        return clause

    def _place(self, sentence: Sentence, part: Part, *, is_last: bool) -> Sentence:
        """The sentence at its place in the whole: paragraph, roles, and the pause after it."""
        from .text.incremental import pause_after_s

        roles = sentence.roles - {"paragraph_first", "paragraph_last"}
        if self._begins_paragraph:
            roles |= {"paragraph_first"}
        ends = (is_last and part.ends_paragraph) or (not is_last and "paragraph_last" in sentence.roles)
        if ends:
            roles |= {"paragraph_last"}
        if is_last and part.continues:
            roles |= {"continues"}
        pause_s = sentence.pause_after_s
        if is_last and not part.ends_paragraph:
            pause_s = pause_after_s(sentence.source, self._front_end.pauses, ends_paragraph=False)
        placed = dataclasses.replace(sentence, roles=roles, paragraph=self._paragraph, pause_after_s=pause_s)
        self._begins_paragraph = ends
        self._paragraph += ends
        return placed

    def _perform(
        self,
        sentence: Sentence,
        options: SynthesisOptions,
        tags: list[EmotionTag],
        used: Knobs,
        read: Reader | None,
    ) -> Performance:
        """How it is meant: request, tags, words and place, then the listener's share; a new request glides in."""
        from .emotion.listener import mix, shade
        from .emotion.parse import asks_for_auto, parse_emotion
        from .emotion.policies import Influence

        wish = parse_emotion(options.emotion, options.emotion_intensity)
        asked = wish
        if self._wish is not None and wish != self._wish and not asks_for_auto(wish) and not asks_for_auto(self._wish):
            asked = mix(self._wish, Influence(weight=_FIRST_SHARE, emotion=wish))
        self._wish = wish
        performance = self._director.perform(sentence, asked, tags=tags, reader=read)
        return performance if used.influence is None else shade(performance, used.influence)

    def _read_by_model(self, sentence: Sentence, options: SynthesisOptions) -> Reader | None:
        """What the language model says of a sentence, where it is asked for."""
        from .directing import choose_reader
        from .emotion.locate import without_markup
        from .emotion.parse import asks_for_auto, parse_emotion

        if options.emotion_reader != "model" or not asks_for_auto(parse_emotion(options.emotion)):
            return None
        self._reader = self._reader or choose_reader("model", self._make_reader)
        assert self._reader is not None
        inference = self._reader.read(without_markup(sentence).source)
        return lambda _: inference

    def _new(self, warnings: tuple[str, ...]) -> tuple[str, ...]:
        """Warnings that were not given before in this text."""
        fresh = tuple(one for one in dict.fromkeys(warnings) if one not in self._warned)
        self._warned.update(fresh)
        return fresh


def _moved(timing: SentenceTiming, offset: int) -> SentenceTiming:
    """The timing with its spans in the whole text; what belongs to held tags is left out."""

    def move(span: Span) -> Span:
        return Span(max(0, span.begin + offset), max(0, span.end + offset))

    words = tuple(dataclasses.replace(word, span=move(word.span)) for word in timing.words)
    characters = tuple(dataclasses.replace(one, span=move(one.span)) for one in timing.characters if one.text != MASK)
    return dataclasses.replace(timing, span=move(timing.span), words=words, characters=characters)
