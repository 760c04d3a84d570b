"""Reference transfer: a sentence said the way a recording says its own.

    Reference ── transfer ──► Transfer ── durations ──► predict ── curves ──► render ── colour ──► waveform

It edits the same data as the emotion renderer, before it: a label comes on top of what the reference does. All moves
are ``strength * (reference - neutral reading)`` on scales where that is linear (semitones, log rate, dB), so strength
0 is the neutral reading bit for bit and everything between is monotone. Speaker-normalised: the pitch follows the
recording's distance from its own speaker's neutral, not its hertz. Tones stay: see ``transfer_melody``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..types import Prosody, Reference, Sentence
from . import colour, melody, transfer_melody, transfer_rhythm, transfer_sound
from .envelope import reshape
from .layout import CURVE_S, VOICED_HZ, lay_out
from .matching import match_phrases
from .register import DEEPEST_ST, Register, soft_cap

if TYPE_CHECKING:
    from ..types import FloatArray
    from .layout import Curve
    from .manner import Manner
    from .transfer_sound import Colour

#: A limit on the level that is worth telling, semitones.
WORTH_TELLING_ST = 0.7

#: Seconds of a frame of ``Prosody.durations``.
FRAME_S = 2 * CURVE_S

#: Bounds of the range that is aimed at, as factors on the voice's own.
NARROWEST_RANGE, WIDEST_RANGE = 0.4, 2.2

#: Error of the rate, as a share, at which the curves are drawn a second time.
RATE_TOLERANCE = 0.025


@dataclass(frozen=True)
class Transfer:
    """How one sentence follows a reference.

    Attributes:
        sentence: what is spoken.
        reference: what is followed, how far, and in which aspects.
        register: of the voice that speaks.
        manner: of the voice that speaks.
        usual: of an average voice, which stands for a speaker whose neutral is not known.
        seed: of the breath noise.
    """

    sentence: Sentence
    reference: Reference
    register: Register
    manner: Manner
    usual: Manner
    seed: int = 0

    @cached_property
    def matched(self) -> tuple[int, ...]:
        """For each phrase of the sentence the reference's phrase that it follows."""
        return match_phrases(transfer_rhythm.phrase_lengths(self.sentence), self.reference.style)

    def takes(self, aspect: str) -> bool:
        """Whether an aspect is followed."""
        return aspect in self.reference.aspects

    @property
    def wished_shift_st(self) -> float:
        """How far the reference lies above its speaker's neutral; with timbre, above this voice's, semitones."""
        return wished_shift(self.reference, self.register)

    @property
    def shift_st(self) -> float:
        """The same within what the voice can do."""
        return possible_shift(self.wished_shift_st, self.register)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was limited."""
        return limits_of(self.reference, self.register)

    @property
    def pause_factor(self) -> float:
        """Factor on the silence after the sentence."""
        if not self.takes("rhythm"):
            return 1.0
        return transfer_rhythm.pause_factor(self.reference.style, self.manner.pause_s, self.reference.strength)

    def moved_register(self) -> Register:
        """The register from which an emotion on top moves on."""
        if not self.takes("melody"):
            return self.register
        factor = 2.0 ** (self.reference.strength * self.shift_st / 12.0)
        return Register(self.register.median_hz * factor, self.register.low_hz, self.register.high_hz)

    def durations(self, predicted: FloatArray, correction: float = 1.0) -> FloatArray:
        """The predicted durations with the reference's rate and tempo; (n_phonemes + 2,) frames."""
        if not self.takes("rhythm"):
            return predicted
        return transfer_rhythm.follow_rate(
            predicted,
            self.sentence,
            self.matched,
            self.reference.style,
            self.reference.strength,
            usual_rate=self.manner.syllable_rate,
            frame_s=FRAME_S,
            correction=correction,
        )

    def rate_correction(self, planned: FloatArray, neutral: FloatArray, prosody: Prosody) -> float:
        """Seconds of speech in the curves per second that was planned; 1 where it is not worth drawing again.

        Args:
            planned: durations that the curves were drawn for, frames.
            neutral: durations of the neutral reading, which say where silence is hidden.
            prosody: the curves.
        """
        if not self.takes("rhythm"):
            return 1.0
        from .elasticity import hidden_silence

        sounding = planned - np.minimum(hidden_silence(neutral, self.sentence.breaks), planned)
        sounding[[0, -1]] = 0.0
        sounding[[item.phoneme + 1 for item in self.sentence.breaks]] = 0.0
        layout = lay_out(self.sentence, prosody)
        heard = sum(end - begin for begin, end in map(layout.phrase_span, layout.phrases)) * CURVE_S
        ratio = heard / max(float(sounding.sum()) * FRAME_S, CURVE_S)
        return ratio if abs(ratio - 1.0) > RATE_TOLERANCE and 0.5 < ratio < 2.0 else 1.0

    def silence(self, number: int, drawn_s: float) -> float:
        """Seconds of silence at a break (by its number) that has ``drawn_s`` in a neutral reading."""
        if not self.takes("rhythm"):
            return drawn_s
        style, strength = self.reference.style, self.reference.strength
        return transfer_rhythm.follow_pause(
            number, drawn_s, self.sentence, self.matched, style, strength, usual_pause_s=self.manner.pause_s
        )

    def curves(self, prosody: Prosody, neutral: Prosody | None = None) -> Prosody:
        """The predicted prosody with the reference's melody.

        Args:
            prosody: as drawn, at the reference's rate.
            neutral: the neutral reading, where it may differ from what was drawn. The model's voice sinks when it
                is slow, by one to two semitones per octave of tempo, and the level counts from the neutral reading.
        """
        if not self.takes("melody"):
            return prosody
        layout = lay_out(self.sentence, prosody)
        parts = melody.take_apart(
            prosody, layout, reference_hz=self.register.median_hz, width_s=transfer_melody.WIDTH_S
        )
        home = self.manner.f0_spread_st
        goal = transfer_melody.PitchGoal(
            shift_st=self.shift_st + (0.0 if neutral is None else _sunk_st(prosody, neutral)),
            spread_st=float(np.clip(self.reference.style.f0_spread_st, NARROWEST_RANGE * home, WIDEST_RANGE * home)),
            usual_spread_st=home,
            floor_st=self.register.floor_st,
            ceiling_st=self.register.ceiling_st,
        )
        clear = transfer_melody.clear_voice(prosody)
        edit = transfer_melody.follow(parts, layout, clear, self.matched, self.reference.style, goal)
        return melody.bend(prosody, self.reference.strength * edit)

    @cached_property
    def _colours(self) -> tuple[Colour, ...]:
        """What is done to quality and timbre, at this strength."""
        reference, found = self.reference, []
        if self.takes("quality"):
            found.append(transfer_sound.quality_of(reference.style, reference.neutral, self.usual))
        if self.takes("timbre"):
            found.append(transfer_sound.timbre_of(reference.neutral or reference.style, self.manner))
        return tuple(made.scaled(reference.strength) for made in found)

    def timbre(self, own: FloatArray, soft: FloatArray | None) -> FloatArray:
        """The timbre half of the voice with its share of the soft voice's; ``soft`` is None where that is missing."""
        share = sum(made.softness for made in self._colours)
        if soft is None or share == 0.0:
            return own
        return np.asarray((1.0 - share) * own + share * soft, dtype=np.float32)

    def colour(
        self, waveform: FloatArray, prosody: Prosody, sample_rate: int, *, ceiling: float = math.inf
    ) -> FloatArray:
        """The rendered waveform with the reference's quality and dynamics; same length, no peak above ``ceiling``."""
        count = len(prosody.f0)
        shaped = waveform
        for made in self._colours:
            shaped = reshape(shaped, sample_rate, warp=made.warp, equal=made.equal)
            shaped = colour.aspirate(shaped, np.full(count, made.breath), sample_rate, seed=self.seed)
            if made.tilt_db:
                full = transfer_sound.shelf_for(shaped, sample_rate, made.tilt_db / self.reference.strength)
                shaped = colour.tilt(shaped, np.full(count, self.reference.strength * full), sample_rate)
        if self.takes("dynamics"):
            louder = colour.gain(shaped, self._gain_db(shaped, prosody, sample_rate), sample_rate)
            shaped = colour.same_level(shaped, louder.astype(np.float64))
        return colour.tame(shaped, ceiling, sample_rate) if shaped is not waveform else waveform

    def _gain_db(self, waveform: FloatArray, prosody: Prosody, sample_rate: int) -> Curve:
        level = transfer_sound.levels_db(waveform, len(prosody.f0), sample_rate)
        layout = lay_out(self.sentence, prosody)
        voiced = transfer_sound.voiced_frames(waveform, prosody.f0, sample_rate)
        gain = transfer_sound.follow_level(level, layout, voiced, self.matched, self.reference.style)
        return self.reference.strength * gain


def _sunk_st(prosody: Prosody, neutral: Prosody) -> float:
    """How far the median of the clear voice lies under that of the neutral reading, semitones."""
    here, home = (item.f0[transfer_melody.clear_voice(item)] for item in (prosody, neutral))
    return 12.0 * math.log2(float(np.median(home) / np.median(here))) if len(here) and len(home) else 0.0


def transfer(
    sentence: Sentence, reference: Reference | None, register: Register, manner: Manner, usual: Manner, *, seed: int = 0
) -> Transfer | None:
    """How a sentence follows a reference, or None where nothing is to be followed."""
    if reference is None or reference.strength == 0.0 or not reference.aspects or not sentence.words:
        return None
    return Transfer(sentence, reference, register, manner, usual, seed)


def wished_shift(reference: Reference, register: Register) -> float:
    """Semitones that the pitch is to move at full strength."""
    home = register.median_hz if "timbre" in reference.aspects else reference.style.neutral_hz
    if home <= VOICED_HZ or reference.style.f0_median_hz <= VOICED_HZ:
        return 0.0
    return 12.0 * math.log2(reference.style.f0_median_hz / home)


def possible_shift(wished_st: float, register: Register) -> float:
    """The same within what the voice can do cleanly."""
    return soft_cap(wished_st, register.room_up_st) if wished_st >= 0 else -soft_cap(-wished_st, DEEPEST_ST)


def limits_of(reference: Reference, register: Register) -> tuple[str, ...]:
    """What of the reference the voice cannot follow, for people."""
    if "melody" not in reference.aspects or reference.strength == 0.0:
        return ()
    wished = wished_shift(reference, register)
    possible = possible_shift(wished, register)
    if abs(wished - possible) <= WORTH_TELLING_ST:
        return ()
    return (
        f"参考音频的音高变化 {wished:+.1f} 半音已收到 {possible:+.1f} 半音，以保持该声音清晰。"
        f"The reference's pitch move of {wished:+.1f} st was limited to {possible:+.1f} st, which this voice (median"
        f" {register.median_hz:.0f} Hz) can do cleanly.",
    )


def describe(reference: Reference) -> tuple[str, ...]:
    """What is taken from a reference, for people; one entry per aspect."""
    style, said = reference.style, []
    if "melody" in reference.aspects:
        phrases = f"{len(style.phrases)} 个短语的语调"
        said.append(f"音高 {style.shift_st:+.1f} st、起伏 {style.f0_spread_st:.1f} st、{phrases}")
    if "rhythm" in reference.aspects:
        said.append(f"语速 {style.syllable_rate:.1f} 音节/秒、停顿占 {100 * style.pause_share:.0f}%")
    if "dynamics" in reference.aspects:
        said.append(f"强弱 {style.level_spread_db:.1f} dB")
    if "quality" in reference.aspects:
        said.append(f"音质：倾斜 {style.tilt_db:+.1f} dB、谐噪比 {style.hnr_db:.0f} dB")
    if "timbre" in reference.aspects:
        said.append(f"音色：声道 {style.vocal_tract_cm:.1f} cm")
    return tuple(said)
