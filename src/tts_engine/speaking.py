"""One sentence, as it is meant, to a waveform: where the stages meet.

    encode ──► durations ──► predict ──► curves ──► render ──► colour ──► trimmed speech

A ``Transfer`` (from a reference recording), a ``Plan`` (from the emotion and the place in the text) and the request's
own knobs edit the data between the stages, in that order; a neutral sentence passes them untouched.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ControlError
from .types import Performance, Prosody, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .acoustic.engine import AcousticEngine, Encoding
    from .acoustic.voices import VoiceStore
    from .options import SynthesisOptions
    from .prosody.register import Register
    from .prosody.render import Plan
    from .prosody.transfer import Transfer
    from .types import FloatArray

#: Strength that the levels of SSML's ``emphasis`` ask of a word.
EMPHASIS = {"strong": 1.0, "moderate": 0.6, "none": 0.0, "reduced": -0.5}


@dataclass(frozen=True, slots=True)
class Speech:
    """A rendered sentence.

    Attributes:
        waveform: (samples,) float32 in [-1, 1], the model's silence around it cut, faded at both ends.
        prosody: the curves that were rendered.
        offset_s: time of the curves' first frame, counted from the first sample: 0 or below.
        pause_factor: what the performance makes of the pause after it.
        stage_s: seconds per stage.
        warnings: what was limited.
    """

    waveform: FloatArray
    prosody: Prosody
    offset_s: float
    pause_factor: float
    stage_s: dict[str, float]
    warnings: tuple[str, ...]


class Speaker:
    """Speaks sentences with one engine and its voices. Safe to use from several threads."""

    def __init__(self, engine: AcousticEngine, voices: VoiceStore) -> None:
        self._engine = engine
        self._voices = voices

    def speak(
        self, sentence: Sentence, performance: Performance, options: SynthesisOptions, *, seed: int, extra_db: float
    ) -> Speech:
        """The sentence in the voice, manner and level that request, performance and markup ask for.

        Args:
            sentence: what to say.
            performance: how it is meant.
            options: the request's knobs.
            seed: of everything left to chance in this sentence.
            extra_db: gain beside those of voice, options and markup.
        """
        from .audio.join import fade_edges, trim_silence
        from .audio.levels import KNEE, soft_ceiling
        from .prosody.edges import crop_silence
        from .prosody.pauses import set_silences
        from .prosody.pitch import shift_pitch

        config, controls = self._engine.config, sentence.controls
        voice, warnings = self._voice(sentence, options)
        style = self._voices.style(voice, len(sentence.phonemes))
        follow = self._transfer(sentence, performance, voice, seed)
        plan = self._plan(sentence, performance, follow.moved_register() if follow else self.register(voice), seed)
        gain_db = self._voices.level_db(voice) + options.volume_db + controls.volume_db + extra_db
        gain = 10.0 ** (gain_db / 20.0) if math.isfinite(gain_db) else 0.0

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
        prosody = follow.curves(prosody) if follow else prosody
        prosody = plan.curves(prosody) if plan else prosody
        prosody = shift_pitch(prosody, options.pitch_shift_st + controls.pitch_st, hertz=controls.pitch_hz)
        timbre, soft = style.timbre, self._soft_timbre(sentence) if follow or plan else None
        timbre = follow.timbre(timbre, soft) if follow else timbre
        timbre = plan.timbre(timbre, soft) if plan else timbre
        clock.append(time.perf_counter())
        sung = plan.stretched(prosody) if plan else prosody
        waveform = self._engine.render(encoding, sung, timbre, seed=seed)
        clock.append(time.perf_counter())
        ceiling = 0.99 * KNEE / gain if gain else math.inf
        if follow:
            waveform = follow.colour(waveform, prosody, config.sample_rate, ceiling=ceiling)
            warnings += follow.warnings
        if plan:
            waveform = plan.colour(waveform, prosody, config.sample_rate, ceiling=ceiling)
            warnings += plan.warnings
        begin, end = trim_silence(waveform, config.sample_rate)
        level = soft_ceiling(waveform[begin:end] * waveform.dtype.type(gain))
        if level.limited_samples:
            warnings += (
                "部分采样过响，已做软限幅；请降低音量。Some samples were too loud and were limited: lower the volume.",
            )
        clock.append(time.perf_counter())
        stages = (after - before for before, after in itertools.pairwise(clock))
        return Speech(
            waveform=fade_edges(level.waveform, config.sample_rate),
            prosody=prosody,
            offset_s=-begin / config.sample_rate,
            pause_factor=(follow.pause_factor if follow else 1.0) * (plan.pause_factor if plan else 1.0),
            stage_s=dict(zip(("encoder", "prosody", "decoder", "colour"), stages, strict=True)),
            warnings=warnings,
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
