"""The frozen values that pass between the stages.

    str ── text/ ──► Utterance ── acoustic A,B ──► Prosody ── prosody/ ──► Prosody ── acoustic C ──► waveform
                         └─ emotion/ ──► Performance ──────────────────┘

Offsets in a ``Span`` always count Python characters of the *original* input, whatever normalisation did in
between. Arrays inside these values are to be treated as read-only; transforms return new values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # importing the values must stay cheap: no numpy at import time
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    IntArray = NDArray[np.int64]

Language = Literal["zh", "en"]

#: Stands in ``Sentence.source`` for a character of markup: invisible, without width or sound.
MASK = "\u2060"


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range ``[begin, end)`` of characters in the original input."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Syllable:
    """One spoken unit: a Mandarin syllable, or a whole English word or letter.

    Attributes:
        text: what it is written as in the spoken form (``重``, ``OpenAI``).
        reading: tone-numbered pinyin as spoken, after sandhi (``chong2``; 5 = neutral), or the phonemes of an
            English word.
        span: the characters of the original input that it reads. Several syllables may share one (``110`` -> 3).
        phonemes: begin and end index into ``Sentence.phonemes``.
        language: ``zh`` or ``en``.
    """

    text: str
    reading: str
    span: Span
    phonemes: tuple[int, int]
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the segmentation with its syllables, never empty."""

    text: str
    span: Span
    syllables: tuple[Syllable, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """A pause inside a sentence that stands on a phoneme token (punctuation).

    Attributes:
        phoneme: index of the token in ``Sentence.phonemes`` on which the pause lies.
        mark: the punctuation mark that asked for it, as in the spoken form (``，``).
        pause_s: wished length in seconds, or None to leave it to the acoustic model.
    """

    phoneme: int
    mark: str
    pause_s: float | None = None


@dataclass(frozen=True, slots=True)
class Controls:
    """What markup asks of a sentence, beside its emotion.

    Attributes:
        voice: name as written, None for the voice of the request.
        rate: factor on the speaking rate.
        pitch_st: shift in semitones.
        pitch_hz: shift in hertz, on top.
        volume_db: gain in decibels; minus infinity for silence.
        emphasis: stretches of the original input with a level: ``strong``, ``moderate``, ``none``, ``reduced``.
        reference: name of the recording to speak like, as written; None for that of the request.
    """

    voice: str | None = None
    rate: float = 1.0
    pitch_st: float = 0.0
    pitch_hz: float = 0.0
    volume_db: float = 0.0
    emphasis: tuple[tuple[Span, str], ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One unit of synthesis: at most ``max_phonemes`` tokens of the acoustic model.

    Attributes:
        source: the characters of the original input, as many as in ``text[span.begin:span.end]``; those of markup are
            replaced by U+2060, which is invisible.
        span: where they stand.
        spoken: normalised text, as read.
        words: in order.
        phonemes: tokens of the acoustic model, one character each.
        breaks: pauses inside, in order.
        paragraph: index of the paragraph that it belongs to.
        pause_after_s: silence wished between this sentence and the next, in seconds.
        roles: what it is in its text: ``paragraph_first``, ``paragraph_last``, ``question``, ``exclamation``,
            ``continues`` (cut inside a long sentence; the next one goes on), ...
        silence_before_s: silence that markup asks for before it; counts where it is longer than the pause there.
        silence_after_s: the same after the last sentence.
        controls: what else markup asks for.
    """

    source: str
    span: Span
    spoken: str
    words: tuple[Word, ...]
    phonemes: str
    breaks: tuple[Break, ...] = ()
    paragraph: int = 0
    pause_after_s: float = 0.0
    roles: frozenset[str] = frozenset()
    silence_before_s: float = 0.0
    silence_after_s: float = 0.0
    controls: Controls = Controls()


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text as it will be spoken.

    Attributes:
        text: the original input.
        sentences: in order; may be empty only together with a warning.
        warnings: what could not be read and what was done about it.
    """

    text: str
    sentences: tuple[Sentence, ...]
    warnings: tuple[str, ...] = ()


#: Order of ``Emotion.vector``, that of IndexTTS-2: 喜 怒 哀 惧 厌恶 低落 惊喜 平静.
EMOTION_AXES = ("happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm")


@dataclass(frozen=True, slots=True)
class Emotion:
    """What is felt and in which manner it is said; the default is neutral.

    Attributes:
        vector: 8 weights, 0-1 each, in the order of ``EMOTION_AXES``.
        styles: (name, weight 0-1) of manners that are more than an emotion (``gentle``, ``sarcastic``, ...).
        intensity: 0 = exactly neutral, 1 = full.
    """

    vector: tuple[float, ...] = (0.0,) * len(EMOTION_AXES)
    styles: tuple[tuple[str, float], ...] = ()
    intensity: float = 1.0

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return self.intensity == 0.0 or not (any(self.vector) or any(weight for _, weight in self.styles))


@dataclass(frozen=True, slots=True)
class ContextProsody:
    """What place and role in the text add to a sentence: small moves; the default changes nothing.

    Attributes:
        pitch_st: higher or lower, semitones.
        range: factor on the pitch range.
        rate: factor on the speaking rate, above 1 faster.
        level_db: louder or softer, dB.
        pause_before_s: silence added before the sentence, seconds, may be negative (the pause is then shortened).
        declination_st: fall (below 0) or rise of the pitch from the first to the last syllable, semitones.
        final_lengthening: factor on the length of the last syllables.
        emphasis: (begin, end, strength 0-1) of stretches of ``Sentence.phonemes`` to be stressed; a strength below
            0 makes them less prominent.
        reasons: why, for people; what ``explain`` shows.
    """

    pitch_st: float = 0.0
    range: float = 1.0
    rate: float = 1.0
    level_db: float = 0.0
    pause_before_s: float = 0.0
    declination_st: float = 0.0
    final_lengthening: float = 1.0
    emphasis: tuple[tuple[int, int, float], ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        moves = (self.pitch_st, self.level_db, self.pause_before_s, self.declination_st)
        factors = (self.range, self.rate, self.final_lengthening)
        return not any(moves) and all(factor == 1.0 for factor in factors) and not self.emphasis


@dataclass(frozen=True, slots=True)
class EmotionSpan:
    """A stretch of a sentence with an emotion of its own.

    Attributes:
        phonemes: begin and end index into ``Sentence.phonemes``.
        emotion: what holds there.
    """

    phonemes: tuple[int, int]
    emotion: Emotion


@dataclass(frozen=True, slots=True)
class ReferencePhrase:
    """One stretch of a reference recording between two pauses.

    Attributes:
        begin_s: where it begins in the recording, seconds.
        end_s: where it ends.
        melody_st: (32,) slow component of log-F0 at equal steps through the phrase, semitones over the recording's
            median; the movement of its own tones is taken out.
        level_db: (32,) level at the same steps, dB over the recording's mean.
        tempo: (32,) local syllable rate at the same steps, relative to the recording's mean (1 = as fast).
        syllables: how many syllables it has, estimated from the sound; may be a fraction.
    """

    begin_s: float
    end_s: float
    melody_st: tuple[float, ...]
    level_db: tuple[float, ...]
    tempo: tuple[float, ...]
    syllables: float


@dataclass(frozen=True, slots=True)
class ReferenceStyle:
    """The way of speaking that was heard in a recording; holds no words and no identity beyond these figures.

    Attributes:
        digest: SHA-256 of the decoded samples, the key of every cache.
        duration_s: length of the recording, seconds.
        speech_s: of which speech.
        f0_median_hz: middle of the voiced F0, Hz.
        f0_low_hz: its 5th percentile.
        f0_high_hz: its 95th percentile.
        f0_spread_st: standard deviation of voiced log-F0, semitones.
        neutral_hz: what the speaker's median F0 would be when speaking neutrally, Hz, estimated or from a second,
            neutral recording of the same speaker.
        syllable_rate: syllables per second of speech, pauses left out.
        pause_share: share of the time between first and last sound that is pause, 0-1.
        pauses_s: the pauses inside, seconds, in order.
        phrases: in order, never empty.
        level_spread_db: spread of the level of voiced frames, dB: 10th to 90th percentile over 2.56, which in a normal
            distribution is the standard deviation; noise between the sounds stays out of it.
        tilt_db: level above 1.5 kHz against below, dB; more negative is darker.
        hnr_db: harmonics-to-noise ratio of the voiced parts, dB; lower is breathier or rougher.
        jitter: mean relative difference of neighbouring periods.
        shimmer: mean relative difference of neighbouring peak amplitudes.
        formants_hz: (4,) medians of F1-F4 over vowels, Hz.
        vocal_tract_cm: apparent length of the vocal tract, cm.
        spectrum_db: (40,) long-term average spectrum of speech on the mel scale from 50 Hz to 7.6 kHz, dB, mean 0.
        sounds_like: (name, share) nearest points of the emotion vocabulary, largest first.
        warnings: doubts about the recording that do not forbid its use.
    """

    digest: str
    duration_s: float
    speech_s: float
    f0_median_hz: float
    f0_low_hz: float
    f0_high_hz: float
    f0_spread_st: float
    neutral_hz: float
    syllable_rate: float
    pause_share: float
    pauses_s: tuple[float, ...]
    phrases: tuple[ReferencePhrase, ...]
    level_spread_db: float
    tilt_db: float
    hnr_db: float
    jitter: float
    shimmer: float
    formants_hz: tuple[float, ...]
    vocal_tract_cm: float
    spectrum_db: tuple[float, ...]
    sounds_like: tuple[tuple[str, float], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shift_st(self) -> float:
        """How far the speaker is above their own neutral pitch, semitones; 0 where one of the two is unknown."""
        if min(self.f0_median_hz, self.neutral_hz) <= 0:
            return 0.0
        return 12.0 * math.log2(self.f0_median_hz / self.neutral_hz)


#: What can be taken from a reference, each by itself.
REFERENCE_ASPECTS = ("melody", "rhythm", "dynamics", "quality", "timbre")


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording to speak like, and how far.

    Attributes:
        style: what was heard in it.
        strength: 0 = not at all, 1 = as the recording; between them ``base + strength * (reference - base)``.
        aspects: which of ``REFERENCE_ASPECTS`` are taken.
        neutral: the same speaker speaking neutrally, where there is such a recording.
        name: for people; what a tag calls it.
    """

    style: ReferenceStyle
    strength: float = 1.0
    aspects: frozenset[str] = frozenset(REFERENCE_ASPECTS[:-1])
    neutral: ReferenceStyle | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Performance:
    """How one sentence is meant.

    Attributes:
        emotion: of the sentence as a whole.
        origin: who said so: ``default``, ``label``, ``vector``, ``tag``, ``text`` (from the words), ``reference``.
        evidence: why, for people; what ``explain`` shows.
        context: what the place in the text adds.
        spans: stretches with another emotion, in order, without overlap; changes between them glide.
        reference: recording whose way of speaking is followed; the emotion comes on top of it.
    """

    emotion: Emotion = Emotion()
    origin: str = "default"
    evidence: tuple[str, ...] = ()
    context: ContextProsody = ContextProsody()
    spans: tuple[EmotionSpan, ...] = ()
    reference: Reference | None = None

    @property
    def is_neutral(self) -> bool:
        """Whether emotion and place in the text change nothing; what a reference changes is another matter."""
        return self.emotion.is_neutral and self.context.is_neutral and all(s.emotion.is_neutral for s in self.spans)


@dataclass(frozen=True, slots=True)
class Style:
    """What a voice is, in two independent halves of the model's style space.

    Attributes:
        timbre: (128,) float32, read by the decoder: how the voice sounds.
        prosody: (128,) float32, read by the predictors: how it moves.
    """

    timbre: FloatArray
    prosody: FloatArray


@dataclass(frozen=True, slots=True)
class Prosody:
    """Everything that makes a performance, as editable curves.

    Attributes:
        durations: (n_phonemes + 2,) int64, model frames (25 ms) per token; the first and last are the boundary pads.
        f0: (2 * sum(durations),) float32, Hz, 0 = unvoiced, 12.5 ms per value.
        energy: (2 * sum(durations),) float32, the model's energy curve (a timbre knob more than a level),
            12.5 ms per value.
    """

    durations: IntArray
    f0: FloatArray
    energy: FloatArray


@dataclass(frozen=True, slots=True)
class Timing:
    """When a stretch of the original input is heard.

    Attributes:
        text: the characters of the original input, ``text[span.begin:span.end]``.
        span: where they stand in the original input.
        begin_s: start in seconds from the beginning of the audio.
        end_s: end in seconds.
    """

    text: str
    span: Span
    begin_s: float
    end_s: float

    def to_dict(self) -> dict[str, Any]:
        """What every subtitle and event says of it: the text without markup, its place, its seconds to 0.1 ms."""
        return {
            "text": self.text.replace(MASK, ""),
            "begin": self.span.begin,
            "end": self.span.end,
            "begin_s": round(self.begin_s, 4),
            "end_s": round(self.end_s, 4),
        }


@dataclass(frozen=True, slots=True)
class SentenceTiming(Timing):
    """A sentence's timing with those of its words and characters."""

    words: tuple[Timing, ...] = ()
    characters: tuple[Timing, ...] = ()


@dataclass(frozen=True, slots=True)
class SynthesisChunk:
    """One finished sentence of a running synthesis, or a part of one that comes early in its text.

    Attributes:
        index: number of the sentence, from 0; the parts of one sentence share it.
        progress: share of the text's characters that is spoken once this chunk has been heard, 0-1.
        sentence: what was spoken, the whole of it.
        waveform: (samples,) float32 in [-1, 1], the pause before the sentence included.
        sample_rate: samples per second.
        timing: when it is heard, counted from the beginning of the whole text; of a part, that of the part.
        prosody: the curves of the sentence.
        stage_s: seconds spent per stage (``encoder``, ``prosody``, ``decoder``, ``colour``) on this chunk.
        warnings: about this sentence, with its first part.
        performance: how the sentence was meant, and why.
        ends_sentence: whether no further part of the sentence follows.
    """

    index: int
    progress: float
    sentence: Sentence
    waveform: FloatArray
    sample_rate: int
    timing: SentenceTiming
    prosody: Prosody
    stage_s: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    performance: Performance = Performance()
    ends_sentence: bool = True


@dataclass(frozen=True, slots=True)
class SynthesisResult:
    """A finished synthesis.

    Attributes:
        waveform: (samples,) float32 in [-1, 1]; None where the audio went to a file only.
        sample_rate: samples per second.
        sentences: when each sentence, word and character is heard.
        prosody: per sentence, the curves that were rendered.
        warnings: everything that a caller should know (unread characters, clamped values, ...).
        stage_s: seconds per stage, summed.
        synthesis_s: wall time of the whole call, seconds.
        audio_s: length of the audio, seconds.
        seed: the seed used; the same text, options, seed and version give the same samples.
        path: the file written, if any.
    """

    waveform: FloatArray | None
    sample_rate: int
    sentences: tuple[SentenceTiming, ...]
    prosody: tuple[Prosody, ...]
    warnings: tuple[str, ...]
    stage_s: dict[str, float]
    synthesis_s: float
    audio_s: float
    seed: int
    path: Path | None = None

    @property
    def rtf(self) -> float:
        """Real-time factor, ``synthesis_s / audio_s``: lower is faster."""
        return self.synthesis_s / self.audio_s if self.audio_s else float("nan")
