"""The emotion renderer: what is meant -> how the curves and the waveform of a sentence are edited.

    Performance ── plan ──► Plan ── durations ──► predict ── curves ──► render ── colour ──► waveform

A ``Plan`` holds the moves per phoneme. Everything is linear in the intensity up to soft limits, deterministic for a
seed, and a neutral performance has no plan at all: the neutral path is untouched.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..types import Performance, Prosody, Sentence
from . import colour, cycles, gestures, melody
from .accents import Accent, find_accents
from .breaths import inhalation
from .elasticity import hidden_silence, stretch
from .layout import CURVE_S, VOICED_HZ, Layout, find_phrases, lay_out, smooth, spread
from .moves import FIELDS, Moves
from .palette import moves_of
from .pauses import silence_of
from .register import DEEPEST_ST, Register, soft_cap

if TYPE_CHECKING:
    from ..types import FloatArray
    from .layout import Curve

#: How far chance moves each parameter, relative to itself.
VARIATION = 0.1

#: Pause that a mark stands for when pauses are stretched, seconds; the model's own are often one frame.
NOMINAL_PAUSE_S = 0.18

#: What full stress does to a word: log2 of its length, of the width of its tones and of those after it in the phrase,
#: lift in semitones; and in dB where the context alone asks for it.
HOLD = 0.16
STRESS_WIDER = 0.3
FOCUS_FLATTER = 0.2
STRESS_ST = 1.8
EMPHASIS_DB = 2.0

#: Rise at the end of a sentence against which its phrase is not widened at all, semitones.
FULL_RISE_ST = 4.0

#: Room for an audible breath in a pause; its level against the speech around it.
BREATH_ROOM_S = 0.3
BREATH_DB = -17.0
SHORTEST_BREATH_S = 0.15

#: Glide between stretches with different emotions (standard deviation), seconds: about a word.
SPAN_GLIDE_S = 0.09

#: Farthest that the formants move, semitones: further the voice is no longer the same person's.
MOST_SMILE_ST = 1.5

#: How far they are moved to reach a pitch that the decoder would be rough at; more would cost 5 % of the time.
HELPFUL_SMILE_ST = 0.8

#: Soft voice whose timbre is mixed in.
SOFT_VOICE = "af_nicole"
MOST_SOFTNESS = 0.45


@dataclass(frozen=True)
class Plan:
    """How one sentence departs from the neutral reading.

    Attributes:
        sentence: what is spoken.
        moves: at each phoneme token, pads included; a single element where all are the same.
        accents: words that the emotion leans on.
        emphasis: words that the context wants stressed (or held back), whatever the emotion.
        register: of the voice.
        seed: of everything left to chance.
        warnings: what was limited.
    """

    sentence: Sentence
    moves: tuple[Moves, ...]
    accents: tuple[Accent, ...]
    emphasis: tuple[Accent, ...]
    register: Register
    seed: int
    warnings: tuple[str, ...] = ()

    @property
    def softness(self) -> float:
        """Share of ``SOFT_VOICE`` in the timbre, 0-1."""
        return float(np.clip(np.mean([moves.softness for moves in self.moves]), 0.0, MOST_SOFTNESS))

    def timbre(self, own: FloatArray, soft: FloatArray | None) -> FloatArray:
        """The timbre half of the voice with its share of the soft voice's; ``soft`` is None where that is missing."""
        if soft is None or self.softness == 0.0:
            return own
        return np.asarray((1.0 - self.softness) * own + self.softness * soft, dtype=np.float32)

    @property
    def pause_factor(self) -> float:
        """Factor on the silence after the sentence."""
        return float(2.0 ** self.moves[-1].pause)

    @cached_property
    def _tracks(self) -> dict[str, Curve]:
        """Field -> (n_phonemes + 2,) values."""
        table = np.array([moves.as_tuple() for moves in self.moves])
        table = np.broadcast_to(table, (len(self.sentence.phonemes) + 2, len(FIELDS)))
        return {name: table[:, index] for index, name in enumerate(FIELDS)}

    def _chance(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.sentence.spoken.encode()), purpose])

    def durations(self, predicted: FloatArray) -> FloatArray:
        """The predicted durations with this rate, lengthening and pauses; (n_phonemes + 2,) frames."""
        tracks, sentence = self._tracks, self.sentence
        rate = tracks["rate"].copy()
        syllables = [syllable for word in sentence.words for syllable in word.syllables]
        wander = self._chance(1).standard_normal(len(syllables))
        for index, syllable in enumerate(syllables):
            begin, end = syllable.phonemes
            rate[begin + 1 : end + 1] += np.clip(wander[index], -1.5, 1.5) * tracks["rubato"][begin + 1 : end + 1]
            longer = gestures.WHISPERED_LENGTH.get(syllable.reading[-1:], 0.0) if syllable.language == "zh" else 0.0
            rate[begin + 1 : end + 1] -= longer * tracks["whisper"][begin + 1 : end + 1]
        for accent, amount in [(a, tracks["accent"]) for a in self.accents] + [(a, None) for a in self.emphasis]:
            begin, end = syllables[accent.syllables[0]].phonemes[0], syllables[accent.syllables[1] - 1].phonemes[1]
            held = HOLD * accent.strength  # stressed words are held
            rate[begin + 1 : end + 1] -= held if amount is None else held * amount[begin + 1 : end + 1]
        for phrase in find_phrases(sentence):
            for back, weight in ((1, 1.0), (2, 0.5)):
                if phrase.syllables[1] - back >= phrase.syllables[0]:
                    begin, end = syllables[phrase.syllables[1] - back].phonemes
                    share = weight if phrase.is_last else 0.6 * weight
                    rate[begin + 1 : end + 1] -= share * tracks["final_lengthening"][begin + 1 : end + 1]
        hidden = hidden_silence(predicted, sentence.breaks)
        spoken = stretch(predicted - hidden, sentence.phonemes, rate.astype(np.float32), sentence.breaks)
        return np.asarray(spoken + hidden, dtype=np.float32)

    def silence(self, number: int, length_s: float) -> float:
        """Seconds of silence at a break (by its number) that would have ``length_s`` in a neutral reading."""
        token = self.sentence.breaks[number].phoneme + 1
        factor = 2.0 ** self._tracks["pause"][token]
        breath = BREATH_ROOM_S * float(np.clip(self._tracks["gasp"][token], 0.0, 1.0))
        return max(0.0, float((length_s + NOMINAL_PAUSE_S) * factor - NOMINAL_PAUSE_S) + breath)

    def curves(self, prosody: Prosody) -> Prosody:
        """The predicted prosody with this melody and energy."""
        layout = lay_out(self.sentence, prosody)
        sung = melody.bend(prosody, self._pitch_edit(prosody, layout))
        sung = melody.devoice(sung, self._curve("whisper", prosody), layout.spans)
        return dataclasses.replace(sung, energy=(prosody.energy + self._curve("energy", prosody)).astype(np.float32))

    def stretched(self, prosody: Prosody) -> Prosody:
        """What the decoder is to render: slower and lower by as much as ``colour`` will make it faster and higher.

        So the formants rise, and the decoder sings lower than what is heard.
        """
        ratio = self._stretch(prosody)
        if ratio is None:
            return prosody
        time = cycles.stretched_time(ratio)
        edges = np.concatenate([[0], 2 * np.cumsum(prosody.durations)])
        borders = np.rint(time[edges] / 2.0).astype(np.int64)
        durations = np.maximum(np.diff(borders), 1)
        count = 2 * int(durations.sum())
        at = np.interp(np.arange(count) + 0.5, time, np.arange(len(time))) - 0.5
        lower = prosody.f0 / np.where(prosody.f0 > VOICED_HZ, ratio, 1.0)
        return Prosody(
            durations=durations,
            f0=cycles.read_curve(lower.astype(np.float32), at, threshold=VOICED_HZ),
            energy=cycles.read_curve(prosody.energy, at),
        )

    @property
    def is_straight(self) -> bool:
        """Whether the rendering keeps the prosody's own time, so that a part of it can be coloured by itself."""
        return not any(np.any(self._tracks[name]) for name in ("smile_st", "jitter", "rough"))

    def _stretch(self, prosody: Prosody) -> Curve | None:
        """Factor on the length of each curve value, None where nothing is stretched."""
        return np.exp2(self._curve("smile_st", prosody) / 12.0) if np.any(self._tracks["smile_st"]) else None

    def _curve(self, name: str, prosody: Prosody) -> Curve:
        """A field over the curve values, gliding where it changes."""
        return smooth(spread(self._tracks[name], prosody.durations), SPAN_GLIDE_S)

    def _pitch_edit(self, prosody: Prosody, layout: Layout) -> Curve:
        def of(name: str) -> Curve:
            return self._curve(name, prosody)

        parts = melody.take_apart(prosody, layout, reference_hz=self.register.median_hz)
        accent = of("accent")
        wider = self._focus(layout, accent, lambda words: gestures.stress(layout, words))
        flatter = self._focus(layout, accent, lambda words: gestures.after_focus(layout, words))
        bend, final_st = gestures.final_bend(layout), of("final_st")
        rises = np.clip(final_st / FULL_RISE_ST, 0.0, 1.0) * bend  # a wider phrase would sink what is to rise
        edit = melody.scale(
            parts,
            phrase=of("phrase_range") * (1.0 - rises),
            tones=of("tone_range") + STRESS_WIDER * wider - FOCUS_FLATTER * flatter,
        )
        edit = edit + of("pitch_st")
        edit += STRESS_ST * self._focus(layout, accent, lambda words: gestures.stress_pitch(layout, words))
        edit += of("declination_st") * gestures.declination(layout)
        edit += final_st * bend
        edit += of("attack") * 1.2 * gestures.attack(layout)
        edit += of("tremor_st") * gestures.tremor(layout.count, self._chance(2))
        edit += (of("unrest_st") + 0.4 * np.abs(of("phrase_range"))) * gestures.unrest(layout.count, self._chance(3))
        edit += of("sob") * 2.2 * gestures.sobs(layout, self._chance(4))[0]
        edit += of("creak") * 5.0 * gestures.creak(layout, self._chance(5))
        ceiling_st = self.register.ceiling_st + float(np.mean(self._tracks["smile_st"]))
        return melody.limit(parts, edit, floor_st=self.register.floor_st, ceiling_st=ceiling_st, softness=0.6)

    def _focus(self, layout: Layout, accent: Curve, shape: Callable[[tuple[Accent, ...]], Curve]) -> Curve:
        """A stress gesture: as strong as the emotion says on its words, at full size on the context's."""
        total = accent * shape(self.accents)
        return total + shape(self.emphasis) if self.emphasis else total

    def level_db(self, prosody: Prosody) -> Curve:
        """The level contour, dB per curve value."""

        def of(name: str) -> Curve:
            return self._curve(name, prosody)

        layout = lay_out(self.sentence, prosody)
        stress = gestures.stress(layout, self.accents)
        level = of("level_db") + of("dynamics_db") * (stress - float(stress.mean()))
        level += EMPHASIS_DB * gestures.stress(layout, self.emphasis)
        level += of("attack") * 2.0 * gestures.attack(layout)
        level += of("sob") * 8.0 * gestures.sobs(layout, self._chance(4))[1]
        level += of("creak") * 3.0 * gestures.creak(layout, self._chance(5))
        level += of("whisper") * gestures.whispered_tones(layout)
        level += of("tremor_st") * 1.6 * gestures.tremor(layout.count, self._chance(2))
        return smooth(level, 0.015)

    def colour(
        self, waveform: FloatArray, prosody: Prosody, sample_rate: int, *, begin: int = 0, ceiling: float = np.inf
    ) -> FloatArray:
        """The rendering of the stretched prosody with this colour and level, as long as the prosody itself.

        No peak is above ``ceiling``.

        Args:
            waveform: of the sentence; of a part of it only where ``is_straight``.
            prosody: of the whole sentence, before it was stretched.
            sample_rate: samples per second.
            begin: frame at which the waveform begins.
            ceiling: greatest absolute value of the result.
        """
        seed = int(self._chance(6).integers(2**31))
        shaped = self._with_cycles(waveform, prosody, sample_rate, seed)
        heard = slice(2 * begin, 2 * begin + round(len(shaped) / (CURVE_S * sample_rate)))

        def of(name: str) -> Curve:
            return self._curve(name, prosody)[heard]

        shaped = colour.aspirate(shaped, of("breath"), sample_rate, seed=seed + begin)
        shaped = self._with_breaths(shaped, prosody, sample_rate, seed, begin)
        shaped = colour.pinch(shaped, of("nasal"), sample_rate)
        shaped = colour.tilt(shaped, of("tilt_db"), sample_rate)
        return colour.tame(colour.gain(shaped, self.level_db(prosody)[heard], sample_rate), ceiling, sample_rate)

    def _with_cycles(self, waveform: FloatArray, prosody: Prosody, sample_rate: int, seed: int) -> FloatArray:
        """The waveform in the prosody's own time, its cycles as irregular as the moves say."""
        ratio = self._stretch(prosody)
        is_uneven = np.any(self._tracks["jitter"]) or np.any(self._tracks["rough"])
        if ratio is None and not is_uneven:
            return waveform
        samples = round(len(prosody.f0) * CURVE_S * sample_rate)
        time = cycles.stretched_time(np.ones(len(prosody.f0)) if ratio is None else ratio)
        at, gain = cycles.per_sample_time(time, samples, sample_rate), np.ones(samples)
        if is_uneven:
            jitter, rough = self._curve("jitter", prosody), self._curve("rough", prosody)
            shifts, gain = cycles.waver(prosody.f0, jitter, rough, samples, sample_rate, seed=seed)
            at = at + shifts
        return np.asarray(cycles.read_at(waveform, at) * gain, dtype=np.float32)

    def _with_breaths(
        self, waveform: FloatArray, prosody: Prosody, sample_rate: int, seed: int, begin_frame: int
    ) -> FloatArray:
        """The waveform with audible breaths in its pauses, as strong as the moves there say."""
        strengths = self._tracks["gasp"]
        if not np.any(strengths > 0):
            return waveform
        hop = 2 * CURVE_S * sample_rate
        level = float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))) * 10.0 ** (BREATH_DB / 20.0)
        breathing = waveform.copy()
        for number, item in enumerate(self.sentence.breaks):
            first, last = silence_of(prosody, item)
            begin, length_s = round((first - begin_frame) * hop), (last - first) * hop / sample_rate
            strength = float(np.clip(strengths[item.phoneme + 1], 0.0, 1.0))
            if strength > 0.0 and length_s >= SHORTEST_BREATH_S:
                breath = inhalation(length_s, sample_rate, seed=seed + number)
                heard = slice(max(0, -begin), max(0, len(waveform) - begin))  # of a part, perhaps half of it
                breath = breath[heard]
                begin = max(0, begin)
                breathing[begin : begin + len(breath)] += level * strength * breath
        return breathing


def plan(sentence: Sentence, performance: Performance, register: Register, *, seed: int = 0) -> Plan | None:
    """The plan of a sentence, or None where it is to be spoken exactly as the model draws it.

    Raises:
        ControlError: a style that has no performance.
    """
    if performance.is_neutral:
        return None
    chance = np.random.default_rng([seed, zlib.crc32(sentence.spoken.encode())])
    variation = 1.0 + VARIATION * np.clip(chance.standard_normal(len(FIELDS)), -1.5, 1.5)
    whole = _varied(moves_of(performance.emotion), variation)
    tokens = [whole] * (len(sentence.phonemes) + 2) if performance.spans else [whole]
    for span in performance.spans:
        begin, end = span.phonemes
        inside = _varied(moves_of(span.emotion), variation)
        tokens[begin + 1 : end + 1] = [inside] * (end - begin)
    context = performance.context
    added = Moves(
        pitch_st=context.pitch_st,
        phrase_range=float(np.log2(context.range)),
        tone_range=0.5 * float(np.log2(context.range)),
        rate=float(np.log2(context.rate)),
        level_db=context.level_db,
        declination_st=context.declination_st,
        final_lengthening=float(np.log2(context.final_lengthening)),
    )
    warnings: dict[str, None] = {}
    limited = tuple(_limited(_sum(moves, added), register, warnings) for moves in dict.fromkeys(tokens))
    by_moves = dict(zip(dict.fromkeys(tokens), limited, strict=True))
    return Plan(
        sentence=sentence,
        moves=tuple(by_moves[moves] for moves in tokens),
        accents=find_accents(sentence, seed),
        emphasis=_emphasis(sentence, performance),
        register=register,
        seed=seed,
        warnings=tuple(warnings),
    )


def _varied(moves: Moves, variation: Curve) -> Moves:
    return Moves(*(value * factor for value, factor in zip(moves.as_tuple(), variation.tolist(), strict=True)))


def _sum(one: Moves, other: Moves) -> Moves:
    return Moves(*(a + b for a, b in zip(one.as_tuple(), other.as_tuple(), strict=True)))


def _limited(moves: Moves, register: Register, warnings: dict[str, None]) -> Moves:
    """Moves within what the voice can do."""
    smile_st = moves.smile_st
    if smile_st > 0.0:  # a voice that cannot sing as high may smile more instead
        lacking = max(moves.pitch_st - register.room_up_st - smile_st, 0.0)
        smile_st += min(lacking, max(HELPFUL_SMILE_ST - smile_st, 0.0))
    room_st = register.room_up_st + max(smile_st, 0.0)  # what the formants rise with, the decoder need not sing
    up, down = soft_cap(moves.pitch_st, room_st), -soft_cap(-moves.pitch_st, DEEPEST_ST)
    pitch = up if moves.pitch_st >= 0 else down
    if abs(moves.pitch_st - pitch) > 0.7:
        warnings[
            f"音高变化 {moves.pitch_st:+.1f} 半音已收到 {pitch:+.1f} 半音，以保持该声音清晰。"
            f"The pitch move of {moves.pitch_st:+.1f} st was limited to {pitch:+.1f} st, which this voice (median"
            f" {register.median_hz:.0f} Hz) can do cleanly."
        ] = None
    return moves.replaced(
        pitch_st=pitch,
        rate=float(np.clip(moves.rate, -0.75, 0.5)),
        level_db=float(np.clip(moves.level_db, -14.0, 10.0)),
        jitter=min(moves.jitter, register.most_jitter),
        smile_st=float(np.clip(smile_st, -MOST_SMILE_ST, MOST_SMILE_ST)),
    )


def _emphasis(sentence: Sentence, performance: Performance) -> tuple[Accent, ...]:
    """The words that the context's stretches of phonemes touch."""
    found, position = [], 0
    for index, word in enumerate(sentence.words):
        begin, end = word.syllables[0].phonemes[0], word.syllables[-1].phonemes[1]
        strengths = [s for b, e, s in performance.context.emphasis if b < end and begin < e]
        if strengths:
            found.append(Accent(index, (position, position + len(word.syllables)), max(strengths, key=abs)))
        position += len(word.syllables)
    return tuple(found)
