"""One sentence, as it is meant, to a waveform: where the stages meet.

    encode ──► durations ──► predict ──► curves ──► render ──► colour ──► trimmed speech   (the last three in parts)

A ``Transfer`` (from a reference recording), a ``Plan`` (from the emotion and the place in the text) and the request's
own knobs edit the data between the stages, in that order; a neutral sentence passes them untouched.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .errors import ControlError
from .types import Performance, Prosody, Sentence, SentenceTiming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .acoustic.engine import AcousticEngine, Encoding, Rendering
    from .acoustic.voices import VoiceStore
    from .options import SynthesisOptions
    from .prosody.parts import Part
    from .prosody.register import Register
    from .prosody.render import Plan
    from .prosody.transfer import Transfer
    from .types import FloatArray

#: Frames rendered before and after a part so that its colour begins and ends where it is not heard.
CONTEXT_FRAMES = 4

#: Strength that the levels of SSML's ``emphasis`` ask of a word.
EMPHASIS = {"strong": 1.0, "moderate": 0.6, "none": 0.0, "reduced": -0.5}


class Hold(Protocol):
    """A turn that is held: a place at the engine among others."""

    def give_way(self) -> None:
        """Called in the middle of a rendering: lets whoever is more urgent go first, returns when it may go on."""

    def made(self, audio_s: float) -> None:
        """Called at its end: so much more can be listened to."""


#: What is held while a sentence of so many phonemes is rendered: lets a caller with many texts say whose turn it is.
Turn = Callable[[int], AbstractContextManager[Hold | None]]


def unshared(_size: int) -> AbstractContextManager[None]:
    """The turns of a text that has the engine for itself."""
    return nullcontext()


def programme_db(options: SynthesisOptions) -> float:
    """Gain on the calibrated voices that brings them to ``loudness_lufs``, before the whole can be measured."""
    from .acoustic.voices import REFERENCE_LUFS

    return 0.0 if options.loudness_lufs is None else options.loudness_lufs - REFERENCE_LUFS


@dataclass(frozen=True, slots=True)
class Speech:
    """A rendered sentence, or a part of one.

    Attributes:
        waveform: (samples,) float32 in [-1, 1], the model's silence around the sentence cut, its ends faded.
        prosody: the curves of the sentence.
        offset_s: time of the curves' first frame, counted from the first sample: 0 or below.
        pause_factor: what the performance makes of the pause after it.
        stage_s: seconds per stage.
        warnings: what was limited.
        part: the stretch of the sentence that it is, all of it unless parts were asked for.
    """

    waveform: FloatArray
    prosody: Prosody
    offset_s: float
    pause_factor: float
    stage_s: dict[str, float]
    warnings: tuple[str, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sentence with its final curves, not yet rendered."""

    prosody: Prosody
    rendering: Rendering
    follow: Transfer | None
    plan: Plan | None
    gain: float
    sample_rate: int
    hop: int
    stage_s: dict[str, float]
    warnings: tuple[str, ...]

    @property
    def pause_factor(self) -> float:
        """What the performance makes of the pause after the sentence."""
        followed = self.follow.pause_factor if self.follow else 1.0
        return followed * (self.plan.pause_factor if self.plan else 1.0)

    def coloured(self, waveform: FloatArray, begin: int) -> FloatArray:
        """A rendered stretch, from frame ``begin`` on, with the colour and level of the performance."""
        from .audio.levels import KNEE

        ceiling = 0.99 * KNEE / self.gain if self.gain else math.inf
        if self.follow:
            waveform = self.follow.colour(waveform, self.prosody, self.sample_rate, ceiling=ceiling)
        if self.plan:
            waveform = self.plan.colour(waveform, self.prosody, self.sample_rate, begin=begin, ceiling=ceiling)
        return waveform


def _without_context(
    waveform: FloatArray, part: Part, margin: int, border: FloatArray | None, hop: int
) -> tuple[FloatArray, FloatArray]:
    """The part's own samples, and what follows them of the context; glides out of the context of the part before.

    Args:
        waveform: of the part with ``margin`` frames before it and some after it.
        part: its frames.
        margin: frames of context before it.
        border: what the part before made of this part's beginning.
        hop: samples per frame.
    """
    import numpy as np

    begin, end = margin * hop, (margin + part.end - part.begin) * hop
    own = waveform[begin:end]
    if border is not None:
        glide = (0.5 - 0.5 * np.cos(np.pi * (np.arange(len(border)) + 0.5) / len(border))).astype(np.float32)
        own = np.concatenate([border + glide * (own[: len(border)] - border), own[len(border) :]])
    return own, waveform[end : end + hop]


class Speaker:
    """Speaks sentences with one engine and its voices. Safe to use from several threads."""

    def __init__(self, engine: AcousticEngine, voices: VoiceStore) -> None:
        self._engine = engine
        self._voices = voices

    @property
    def sample_rate(self) -> int:
        """Samples per second of what is spoken."""
        return self._engine.config.sample_rate

    def time(self, sentence: Sentence, speech: Speech, begin_s: float, end_s: float) -> SentenceTiming:
        """When the sentence, or this part of it, is heard where its sound lasts from ``begin_s`` to ``end_s``."""
        from .prosody.timings import part_of, time_sentence

        timing = time_sentence(
            sentence,
            speech.prosody.durations,
            frame_rate=self._engine.config.frame_rate,
            offset_s=begin_s + speech.offset_s,
            begin_s=begin_s,
            end_s=end_s,
        )
        return part_of(timing, speech.part.span, begin_s, end_s)

    def speak(
        self, sentence: Sentence, performance: Performance, options: SynthesisOptions, *, seed: int, extra_db: float
    ) -> Speech:
        """The sentence in one piece; arguments as ``speak_parts``."""
        return next(self.speak_parts(sentence, performance, options, seed=seed, extra_db=extra_db, in_parts=False))

    def speak_parts(
        self,
        sentence: Sentence,
        performance: Performance,
        options: SynthesisOptions,
        *,
        seed: int,
        extra_db: float,
        in_parts: bool = True,
        give_way: Callable[[], None] = lambda: None,
    ) -> Iterator[Speech]:
        """The sentence in the voice, manner and level that request, performance and markup ask for.

        Args:
            sentence: what to say.
            performance: how it is meant.
            options: the request's knobs.
            seed: of everything left to chance in this sentence.
            extra_db: gain beside those of voice, options and markup.
            in_parts: cut a long sentence between words, each part rendered when it is asked for; joined, the parts are
                the sentence. Otherwise it is its only part.
            give_way: called about every second of audio while it is rendered.
        """
        from .audio.join import fade_edges, trim_silence
        from .audio.levels import soft_ceiling
        from .prosody.parts import cut_parts, whole

        drawn = self._ready(sentence, performance, options, seed=seed, extra_db=extra_db)
        can_be_cut = drawn.rendering.joins and drawn.follow is None and (drawn.plan is None or drawn.plan.is_straight)
        in_parts = in_parts and can_be_cut
        context = CONTEXT_FRAMES if drawn.plan else 0  # a sentence without colour joins as it is
        parts = cut_parts(sentence, drawn.prosody) if in_parts else whole(sentence, drawn.prosody)
        stage_s, warnings = drawn.stage_s, drawn.warnings
        border = None
        for part in parts:
            clock = [time.perf_counter()]
            margin = 0 if part.is_first else context
            end = drawn.rendering.frames if part.is_last else part.end + context
            waveform = drawn.rendering.part(part.begin - margin, min(end, drawn.rendering.frames), give_way)
            clock.append(time.perf_counter())
            waveform = drawn.coloured(waveform, part.begin - margin)
            waveform, border = _without_context(waveform, part, margin, border, drawn.hop)
            begin, end = trim_silence(waveform, drawn.sample_rate)
            begin, end = begin if part.is_first else 0, end if part.is_last else len(waveform)
            level = soft_ceiling(waveform[begin:end] * waveform.dtype.type(drawn.gain))
            if level.limited_samples:
                warnings += (
                    "部分采样过响，已做软限幅；请降低音量。"
                    "Some samples were too loud and were limited: lower the volume.",
                )
            clock.append(time.perf_counter())
            decoder_s, colour_s = (after - before for before, after in itertools.pairwise(clock))
            yield Speech(
                waveform=fade_edges(level.waveform, drawn.sample_rate, at_begin=part.is_first, at_end=part.is_last),
                prosody=drawn.prosody,
                offset_s=-(begin + part.begin * drawn.hop) / drawn.sample_rate,
                pause_factor=drawn.pause_factor,
                stage_s={**stage_s, "decoder": decoder_s, "colour": colour_s},
                warnings=warnings,
                part=part,
            )
            stage_s, warnings = {}, ()

    def _ready(
        self, sentence: Sentence, performance: Performance, options: SynthesisOptions, *, seed: int, extra_db: float
    ) -> _Drawn:
        """The sentence up to its final curves, ready to be rendered."""
        from .prosody.edges import crop_silence
        from .prosody.pauses import set_silences
        from .prosody.pitch import shift_pitch

        config, controls = self._engine.config, sentence.controls
        voice, warnings = self._voice(sentence, options)
        style = self._voices.style(voice, len(sentence.phonemes))
        follow = self._transfer(sentence, performance, voice, seed)
        plan = self._plan(sentence, performance, follow.moved_register() if follow else self.register(voice), seed)
        gain_db = self._voices.level_db(voice) + options.volume_db + controls.volume_db + extra_db

        clock = [time.perf_counter()]
        encoding = self._engine.encode(sentence.phonemes, style.prosody)
        clock.append(time.perf_counter())

        def silence(number: int, drawn_s: float) -> float:
            pause_s = sentence.breaks[number].pause_s
            if pause_s is None:
                pause_s = follow.silence(number, drawn_s) if follow else drawn_s
            wished = options.pause_scale * pause_s
            return plan.silence(number, wished) if plan else wished

        prosody = self._draw(encoding, sentence, options.speed * controls.rate, follow, plan)
        prosody = set_silences(prosody, sentence.breaks, silence, frame_rate=config.frame_rate)
        prosody = crop_silence(prosody, sentence)  # as drawn: a whispered end has no f0 and is no silence
        prosody = follow.curves(prosody, self._neutral(encoding, follow)) if follow else prosody
        prosody = plan.curves(prosody) if plan else prosody
        prosody = shift_pitch(prosody, options.pitch_shift_st + controls.pitch_st, hertz=controls.pitch_hz)
        timbre, soft = style.timbre, self._soft_timbre(sentence) if follow or plan else None
        timbre = follow.timbre(timbre, soft) if follow else timbre
        timbre = plan.timbre(timbre, soft) if plan else timbre
        sung = plan.stretched(prosody) if plan else prosody
        rendering = self._engine.rendering(encoding, sung, timbre, seed=seed)
        clock.append(time.perf_counter())
        stages = (after - before for before, after in itertools.pairwise(clock))
        return _Drawn(
            prosody=prosody,
            rendering=rendering,
            follow=follow,
            plan=plan,
            gain=10.0 ** (gain_db / 20.0) if math.isfinite(gain_db) else 0.0,
            sample_rate=config.sample_rate,
            hop=round(config.sample_rate / config.frame_rate),
            stage_s=dict(zip(("encoder", "prosody"), stages, strict=True)),
            warnings=warnings + (follow.warnings if follow else ()) + (plan.warnings if plan else ()),
        )

    def _voice(self, sentence: Sentence, options: SynthesisOptions) -> tuple[str, tuple[str, ...]]:
        """The voice that markup or the request asks for, by its full name; an unknown one in markup is told."""
        asked = sentence.controls.voice
        if asked is not None:
            try:
                return self._voices.canonical(asked), ()
            except ControlError as error:
                return self._voices.canonical(options.voice), (error.message,)
        return self._voices.canonical(options.voice), ()

    def _draw(
        self, encoding: Encoding, sentence: Sentence, speed: float, follow: Transfer | None, plan: Plan | None
    ) -> Prosody:
        """The curves at the rate that is wished; drawn again where the first ones miss that of a reference."""
        from .prosody.durations import scale_rate, to_frames

        def durations(correction: float = 1.0) -> FloatArray:
            planned = follow.durations(encoding.durations, correction) if follow else encoding.durations
            planned = plan.durations(planned) if plan else planned
            return scale_rate(planned, speed, sentence.breaks)

        planned = durations()
        prosody = self._engine.predict(encoding, to_frames(planned))
        if follow:
            correction = follow.rate_correction(planned, encoding.durations, prosody)
            if correction != 1.0:
                prosody = self._engine.predict(encoding, to_frames(durations(correction)))
        return prosody

    def _neutral(self, encoding: Encoding, follow: Transfer) -> Prosody | None:
        """The neutral reading that the level of a reference counts from; None where the level is not followed."""
        from .prosody.durations import to_frames

        return self._engine.predict(encoding, to_frames(encoding.durations)) if follow.takes("melody") else None

    def _plan(self, sentence: Sentence, performance: Performance, register: Register, seed: int) -> Plan | None:
        """How the sentence departs from the neutral reading; None where it does not."""
        performance = _with_emphasis(performance, sentence)
        if performance.is_neutral:
            return None
        from .prosody.render import plan

        return plan(sentence, performance, register, seed=seed)

    def register(self, voice: str) -> Register:
        """Where a voice or a mix speaks."""
        return voice_register(voice, self._voices.own_pitch_hz(voice))

    def _transfer(self, sentence: Sentence, performance: Performance, voice: str, seed: int) -> Transfer | None:
        """How the sentence follows its reference; None where it has none."""
        if performance.reference is None:
            return None
        from .acoustic.voices import parse_mix
        from .prosody.manner import manner_of, usual_manner
        from .prosody.transfer import transfer

        manner = manner_of(tuple(parse_mix(voice).items()))
        return transfer(sentence, performance.reference, self.register(voice), manner, usual_manner(), seed=seed)

    def _soft_timbre(self, sentence: Sentence) -> FloatArray | None:
        """The timbre that soft performances borrow from; None where that voice is not among the model's."""
        from .prosody.render import SOFT_VOICE

        if SOFT_VOICE not in self._voices.names():
            return None
        return self._voices.style(SOFT_VOICE, len(sentence.phonemes)).timbre


def voice_register(voice: str, own: Mapping[str, tuple[float, float, float]] | None = None) -> Register:
    """Where a voice or a mix speaks; ``own`` has median, low and high F0 of voices that are not in the table."""
    from .acoustic.voices import parse_mix
    from .prosody.register import register_of

    return register_of(tuple(parse_mix(voice).items()), own)


def _with_emphasis(performance: Performance, sentence: Sentence) -> Performance:
    """The performance with the stresses that markup asks for."""
    stresses = []
    for span, level in sentence.controls.emphasis:
        inside = [
            syllable.phonemes
            for word in sentence.words
            for syllable in word.syllables
            if syllable.span.begin < span.end and span.begin < syllable.span.end
        ]
        if inside and EMPHASIS.get(level):
            stresses.append((inside[0][0], inside[-1][1], EMPHASIS[level]))
    if not stresses:
        return performance
    context = performance.context
    context = dataclasses.replace(context, emphasis=(*context.emphasis, *stresses))
    return dataclasses.replace(performance, context=context)
